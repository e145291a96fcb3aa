/**
 * `npm run campaign -- aborts [--minutes 10] [--seed S]`
 *
 * Random lives with reorganisations, each compared with a node that never had one, until the time is over or something
 * differs; then the life is told.
 */
import { parseArgs } from 'node:util'
import { Random } from '../../src/lab/random.ts'
import { numberOf } from '../named.ts'
import { liveWithAborts } from '../node/_random-aborts.ts'

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() & 0xffffff) },
    },
  })
  const endMs = performance.now() + numberOf('minutes', values.minutes, 0) * 60_000
  const totals = { blocks: 0, transactions: 0, aborts: 0, abortedBlocks: 0, questions: 0 }
  console.log(`aborts: ${values.minutes} minutes from seed ${values.seed}`)
  for (let seed = numberOf('seed', values.seed, 0); performance.now() < endMs; seed++) {
    const random = new Random(seed)
    const workers = random.pick([0, 1, 2])
    const steps = 10 + random.below(60)
    const census = await liveWithAborts({ seed, workers, inFolder: !random.oneIn(3), steps })
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += census[name]
    console.log(`seed ${seed}: ${JSON.stringify(totals)}`)
  }
}
