/**
 * Blocks on workers whose machines have hot programs compiled: the results are those of the interpreter, before the modules
 * come, when they come, and after.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { createCryptoMemory } from '../../src/felt/crypto.ts'
import { bundleClasses, bundleInput, bundleState } from '../../src/lab/run-bundle.ts'
import { buildWorkload } from '../../src/lab/starknet-workloads.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { buildMachine } from '../../workers/machines.ts'
import { Pool } from '../../workers/pool.ts'
import { assertSame } from '../same-as-sequential.ts'

const MOST_ROUNDS = 60

test('blocks come out alike while programs are compiled on the way', async () => {
  const bundle = buildWorkload('pool', { transactions: 300, accounts: 600, seed: 1, skip: 0 })
  const input = bundleInput(bundle)
  const crypto = createCryptoMemory(4)
  const plain = await buildMachine({ kind: 'starknet', crypto, cairo: 'fast' }, 3)
  const memory = createEngineMemory({ executors: 1 })
  loadState(memory, bundleState(bundle))
  for (const message of bundleClasses(bundle)) plain.accept(message)
  const expected = executeSequentially(input, plain, memory)

  const machine = { kind: 'starknet', crypto, cairo: 'compiled' } as const
  const pool = await Pool.start({ workers: 2, machine })
  try {
    let arrivals = 0
    const accept = pool.machine.accept.bind(pool.machine)
    pool.machine.accept = (message) => {
      if ((message as { kind: string }).kind === 'compiled') arrivals++
      accept(message)
    }
    for (const message of bundleClasses(bundle)) pool.publish(message)
    loadState(pool.memory, bundleState(bundle))
    // Some rounds more, for workers to run what came.
    for (let round = 0, after = 0; round < MOST_ROUNDS && after < 3; round++) {
      if (arrivals > 0) after++
      const parallel = await executeBlock(input, pool, { workers: 2 })
      assert.is(parallel.statistics.fallback, null)
      const undone = parallel.changes.map(({ key, before }) => ({ key, after: before }))
      loadState(pool.memory, undone)
      const sequential = executeSequentially(input, pool.machine, pool.memory)
      loadState(pool.memory, undone)
      assertSame(parallel, expected, `round ${round}, workers`)
      assertSame(sequential, expected, `round ${round}, main`)
      // The compiler's thread gets its turn.
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.ok(arrivals > 0)
  } finally {
    await pool.stop()
  }
})

test.run()
