/**
 * Parallel equals sequential, on virtual workers: every step is decided by a seed, so a failure can be run again.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { LedgerMachine } from '../../src/lab/ledger.ts'
import { Random } from '../../src/lab/random.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { assertSame } from '../same-as-sequential.ts'
import { seed } from '../seed.ts'
import { randomBlock } from './_blocks.ts'
import { executeVirtually } from './_virtual.ts'

const blocks = Number(process.env.FUGUE_BLOCKS ?? 400)

test(`${blocks} blocks on 1 to 4 virtual workers, seed ${seed}`, async () => {
  console.log(`interleaved: seed ${seed}, ${blocks} blocks`)
  const machine = () => new LedgerMachine()
  let aborts = 0
  let blocked = 0
  for (let block = 0; block < blocks; block++) {
    const random = new Random(seed + block)
    const { input, state, advice, text } = randomBlock(random, 40)
    const workers = 1 + random.below(4)
    const memory = createEngineMemory({ arenaWords: 2 ** 18, locations: 2 ** 12 })
    const oracle = createEngineMemory({ arenaWords: 2 ** 18, locations: 2 ** 12, executors: 1 })
    for (const target of [memory, oracle]) loadState(target, state)
    const hint = `FUGUE_SEED=${seed + block} FUGUE_BLOCKS=1: ${workers} workers, ${text}`
    for (let again = 0; again < 2; again++) {
      const expected = executeSequentially(input, machine(), oracle)
      const actual = await executeVirtually(input, memory, machine, workers, random, advice)
      assert.is(actual.statistics.fallback, null, hint)
      assertSame(actual, expected, hint)
      aborts += actual.statistics.aborts
      blocked += actual.statistics.blocked
    }
  }
  console.log(`interleaved: ${aborts} aborts, ${blocked} blocked`)
  assert.ok(blocks < 100 || (aborts > 100 && blocked > 10), 'the blocks were no challenge')
})

test.run()
