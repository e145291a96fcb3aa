/**
 * The ghost replays what the ledger did: the same locations, so the same conflicts, and parallel equals sequential.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { GhostMachine, recordTrace } from '../../src/lab/ghost.ts'
import { COLLECTED_HIGH, LedgerMachine } from '../../src/lab/ledger.ts'
import { workloads } from '../../src/lab/workloads.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { assertSame, changeLines } from '../same-as-sequential.ts'
import { withPool } from './_pool.ts'

test('a recorded block replays in parallel as it does sequentially', async () => {
  await withPool({ workers: 2, machine: { kind: 'ghost' } }, async (pool) => {
    const oracle = createEngineMemory({ executors: 1 })
    for (const name of ['mixed', 'random', 'hotSlot', 'fees'] as const) {
      const shape = { transactions: 120, accounts: 8, iterations: 100, seed: 3 }
      const { input, state } = workloads[name](shape)
      const ledger = createEngineMemory({ executors: 1 })
      loadState(ledger, state)
      const reader = { read: ledger.read.bind(ledger) }
      const trace = recordTrace(input, new LedgerMachine(), reader)
      const original = executeSequentially(input, new LedgerMachine(), reader)
      for (const target of [pool.memory, oracle]) loadState(target, state)
      const expected = executeSequentially(trace, new GhostMachine(), oracle)
      const actual = await executeBlock(trace, pool)
      assert.is(actual.statistics.fallback, null)
      assertSame(actual, expected, name)
      // What the ledger changed the ghost changes too, to other values; but other sums carry elsewhere.
      const replayed = new Set(expected.changes.map(({ key }) => key.join()))
      const missing = original.changes.filter(({ key }) => !replayed.has(key.join()))
      assert.ok(
        missing.every(({ key }) => key[0] === COLLECTED_HIGH),
        name,
      )
      assert.equal([...expected.outcomes], [...original.outcomes], name)
      assert.ok(changeLines(expected.changes).length > 0)
    }
  })
})

test.run()
