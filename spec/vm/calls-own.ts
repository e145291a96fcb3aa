/**
 * Our own contracts, but those of the libfuncs, on the fast machine and on the reference: random calls (level 1) and mutants (level 3).
 */
import { searchClasses } from './_levels.ts'

searchClasses('own', /^(?!libfuncs-)/)
