/**
 * `npm run campaign -- NAME [OPTION ...]` runs `spec/campaigns/NAME.ts`, which exports `run(args)`: searches that are too
 * long for `npm test`.
 */
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'campaigns')
const [name = '', ...args] = process.argv.slice(2)
const path = join(folder, `${name}.js`)
if (!/^[a-z-]+$/.test(name) || !existsSync(path)) {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.slice(0, -'.js'.length))
  console.error(`fugue: expected the name of a campaign, one of ${names.join(', ')}; got '${name}'`)
  process.exit(2)
}
const campaign: { run: (args: string[]) => Promise<void> | void } = await import(path)
await campaign.run(args)
