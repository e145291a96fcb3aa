/**
 * Tokens of the npm package of the vectors on the fast machine and on the reference: random calls (level 1) and mutants
 * (level 3).
 */
import { searchClasses } from './_levels.ts'

searchClasses('npm', /^token_/)
