/**
 * `npm run campaign -- NAME [OPTION ...]` runs `spec/campaigns/NAME.ts`, which exports `run(args)`: searches that are too
 * long for `npm test`.
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runNamed } from './named.ts'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'campaigns')
await runNamed('campaign', folder, process.argv.slice(2))
