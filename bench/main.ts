/**
 * `npm run bench -- NAME [OPTION ...]` runs `bench/NAME.ts`, which exports `run(args)`.
 */
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const [name = '', ...args] = process.argv.slice(2)
const path = join(folder, `${name}.js`)
if (!/^[a-z-]+$/.test(name) || name === 'main' || !existsSync(path)) {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.js') && file !== 'main.js' && !file.startsWith('_'))
    .map((file) => file.slice(0, -'.js'.length))
  console.error(`fugue: expected the name of a bench, one of ${names.join(', ')}; got '${name}'`)
  process.exit(2)
}
const bench: { run: (args: string[]) => Promise<void> | void } = await import(path)
await bench.run(args)
