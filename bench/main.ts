/**
 * `npm run bench -- NAME [OPTION ...]` runs `bench/NAME.ts`, which exports `run(args)`.
 */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runNamed } from '../spec/named.ts'

await runNamed('bench', dirname(fileURLToPath(import.meta.url)), process.argv.slice(2))
