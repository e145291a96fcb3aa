/**
 * Our own contracts, compiled, against the reference: random calls (level 1) and mutants (level 3), each compiled anew.
 */
import { runsOf } from './_random.ts'

process.env.FUGUE_VM = 'compiled'
const { searchClasses } = await import('./_levels.ts')
searchClasses('own', /./, runsOf(150))
