/**
 * `npm run campaign -- chain [--minutes 10] [--seed S]`
 *
 * Random lives of whole chains, each audited and replayed, until the time is over or something is wrong; then the seed of
 * that life is told. Times are not reproducible, so a seed repeats what clients do, not what happens first.
 */
import { parseArgs } from 'node:util'
import { Random } from '../../src/lab/random.ts'
import type { BlockGeneration } from '../../src/node/options.ts'
import { numberOf } from '../named.ts'
import { liveRandomly } from '../node/_random-chain.ts'

const modes: BlockGeneration[] = [
  { mode: 'auto' },
  { mode: 'auto' },
  { mode: 'demand' },
  { mode: 'transaction' },
  { mode: 'interval', intervalMs: 20 },
]

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() & 0xffffff) },
    },
  })
  const endMs = performance.now() + numberOf('minutes', values.minutes, 0) * 60_000
  const totals = { lives: 0, blocks: 0, transactions: 0, refused: 0, rejected: 0, replacements: 0 }
  console.log(`chain: ${values.minutes} minutes from seed ${values.seed}`)
  for (let seed = numberOf('seed', values.seed, 0); performance.now() < endMs; seed++) {
    const random = new Random(seed)
    const census = await liveRandomly({
      seed,
      workers: random.pick([0, 1, 2, 2, 3]),
      blockGeneration: random.pick(modes),
      clients: 2 + random.below(10),
      steps: 4 + random.below(20),
      kills: random.below(4),
    })
    totals.lives++
    for (const name of Object.keys(census) as (keyof typeof census)[]) totals[name] += census[name]
    console.log(`seed ${seed}: ${JSON.stringify(totals)}`)
  }
}
