/**
 * Parallel equals sequential, on real workers: 1, 2, 3 and 4 of them, block after block on one memory.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { LedgerMachine } from '../../src/lab/ledger.ts'
import { Random } from '../../src/lab/random.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { assertSame } from '../same-as-sequential.ts'
import { seed } from '../seed.ts'
import { randomBlock } from './_blocks.ts'
import { withPool } from './_pool.ts'

const blocks = Number(process.env.FUGUE_BLOCKS ?? 150)

for (const workers of [1, 2, 3, 4]) {
  test(`${blocks} random blocks on ${workers} workers, seed ${seed}`, async () => {
    console.log(`parallel: seed ${seed}, ${blocks} blocks on ${workers} workers`)
    await withPool({ workers, machine: { kind: 'ledger' } }, async (pool) => {
      const oracle = createEngineMemory({ executors: 1 })
      const machine = new LedgerMachine()
      const totals = { executions: 0, aborts: 0, blocked: 0 }
      for (let block = 0; block < blocks; block++) {
        const { input, state, advice, text } = randomBlock(new Random(seed + block), 200)
        for (const target of [pool.memory, oracle]) loadState(target, state)
        const hint = `FUGUE_SEED=${seed + block} FUGUE_BLOCKS=1: ${workers} workers, ${text}`
        const expected = executeSequentially(input, machine, oracle)
        const actual = await executeBlock(input, pool, advice)
        assert.is(actual.statistics.fallback, null, hint)
        assertSame(actual, expected, hint)
        totals.executions += actual.statistics.executions
        totals.aborts += actual.statistics.aborts
        totals.blocked += actual.statistics.blocked
      }
      console.log(`parallel: ${JSON.stringify(totals)}`)
    })
  })
}

test.run()
