/**
 * Classes of the vectors, compiled, against the reference: random calls (level 1) and a few mutants (level 3).
 */
import { runsOf } from './_random.ts'

process.env.FUGUE_VM = 'compiled'
const { searchClasses } = await import('./_levels.ts')
searchClasses('classes', /./, runsOf(40))
