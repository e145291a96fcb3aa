/**
 * Random lives of a chain, audited and replayed: with and without workers, in each way of closing blocks, workers dying.
 * For longer searches: `npm run campaign -- chain`.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BlockGeneration } from '../../src/node/options.ts'
import { seed } from '../seed.ts'
import { liveRandomly } from './_random-chain.ts'

const modes: BlockGeneration[] = [
  { mode: 'auto' },
  { mode: 'demand' },
  { mode: 'transaction' },
  { mode: 'interval', intervalMs: 30 },
]

for (const [index, blockGeneration] of modes.entries()) {
  const workers = index === 2 ? 0 : 2
  test(`${blockGeneration.mode}, ${workers} workers, seed ${seed + index}`, async () => {
    console.log(`random chain: seed ${seed + index}, ${blockGeneration.mode}, ${workers} workers`)
    const life = { seed: seed + index, workers, blockGeneration, clients: 4, steps: 5, kills: 1 }
    const { transactions, blocks } = await liveRandomly(life)
    assert.ok(transactions > 20 && blocks > 0)
  })
}

test.run()
