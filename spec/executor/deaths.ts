/**
 * Workers die, hang or run out of memory: the block is the sequential one all the same, and the pool goes on.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BlockResult } from '../../src/executor/block.ts'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { encodeLedger, LedgerMachine, TRAP } from '../../src/lab/ledger.ts'
import { Random } from '../../src/lab/random.ts'
import { iterationsPerMicro } from '../../src/lab/work.ts'
import { type Workload, workloads } from '../../src/lab/workloads.ts'
import { createEngineMemory, type EngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { assertSame } from '../same-as-sequential.ts'
import { seed } from '../seed.ts'
import { withPool } from './_pool.ts'

function expectedOf({ input, state }: Workload, oracle: EngineMemory): BlockResult {
  loadState(oracle, state)
  return executeSequentially(input, new LedgerMachine(), oracle)
}

test(`a worker is terminated at a random moment, 20 times, seed ${seed}`, async () => {
  console.log(`deaths: seed ${seed}`)
  const random = new Random(seed)
  await withPool({ workers: 3, machine: { kind: 'ledger' } }, async (pool) => {
    const oracle = createEngineMemory({ executors: 1 })
    const iterations = Math.round(40 * iterationsPerMicro())
    let killed = 0
    for (let block = 0; killed < 20 && block < 60; block++) {
      const shape = { transactions: 300, accounts: 30, iterations, seed: random.word() }
      const workload = workloads[random.pick(['random', 'mixed', 'fees'] as const)](shape)
      const expected = expectedOf(workload, oracle)
      loadState(pool.memory, workload.state)
      const before = pool.replacements
      const victim = 1 + random.below(3)
      // Somewhere in the block, wherever that is: nobody waits for the moment.
      const moment = random.below(300)
      const { words, layout } = pool.memory
      const running = executeBlock(workload.input, pool)
      while (
        Atomics.load(words, layout.commit) < moment &&
        Atomics.load(words, layout.stop) === 0
      ) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      const kill = pool.kill(victim)
      const actual = await running
      await kill
      assertSame(actual, expected, `block ${block}, worker ${victim} killed at commit ${moment}`)
      if (actual.statistics.fallback !== null) killed++
      const next = workloads.fees({ transactions: 40, accounts: 2, iterations: 0, seed: block })
      const after = expectedOf(next, oracle)
      loadState(pool.memory, next.state)
      const recovered = await executeBlock(next.input, pool)
      assertSame(recovered, after, `the block after ${block}`)
      assert.is(recovered.statistics.fallback, null)
      assert.is(pool.replacements, before + 1)
    }
    assert.is(killed, 20)
  })
})

test('a worker that dies between two blocks is replaced before the next', async () => {
  await withPool({ workers: 2, machine: { kind: 'ledger' } }, async (pool) => {
    const oracle = createEngineMemory({ executors: 1 })
    for (let block = 0; block < 3; block++) {
      const shape = { transactions: 100, accounts: 9, iterations: 0, seed: seed + block }
      const workload = workloads.mixed(shape)
      const expected = expectedOf(workload, oracle)
      loadState(pool.memory, workload.state)
      const actual = await executeBlock(workload.input, pool)
      assertSame(actual, expected, `block ${block}`)
      assert.is(actual.statistics.fallback, null)
      await pool.kill(1 + (block % 2))
    }
    assert.is(pool.replacements, 2)
  })
})

test('full arenas and a full table: thrown away, run sequentially, grown for the next block', async () => {
  await withPool(
    {
      workers: 2,
      machine: { kind: 'ledger' },
      memory: { arenaWords: 2048, locations: 64, transactions: 4, inputWords: 64 },
    },
    async (pool) => {
      const oracle = createEngineMemory({ executors: 1 })
      const fallbacks: (string | null)[] = []
      for (let block = 0; block < 12; block++) {
        const shape = { transactions: 150, accounts: 100, iterations: 0, seed: seed + block }
        const workload = workloads.mixed(shape)
        const expected = expectedOf(workload, oracle)
        loadState(pool.memory, workload.state)
        const actual = await executeBlock(workload.input, pool)
        assertSame(actual, expected, `block ${block}`)
        fallbacks.push(actual.statistics.fallback)
      }
      assert.is(fallbacks[0], 'memory full')
      assert.is(fallbacks.at(-1), null)
      assert.is(pool.replacements, 0)
    },
  )
})

for (const trap of ['hang', 'throw', 'exit'] as const) {
  test(`a transaction that makes every worker ${trap} runs on the main thread`, async () => {
    const kind = { kind: 'ledger', trap } as const
    await withPool({ workers: 2, machine: kind, stuckMs: 1000 }, async (pool) => {
      const oracle = createEngineMemory({ executors: 1 })
      const shape = { transactions: 30, accounts: 5, iterations: 0, seed }
      const workload = workloads.mixed(shape)
      workload.input.transactions[12] = encodeLedger({ kind: TRAP })
      const expected = expectedOf(workload, oracle)
      for (let round = 0; round < 2; round++) {
        loadState(pool.memory, workload.state)
        const actual = await executeBlock(workload.input, pool)
        const what = { hang: 'a worker is stuck', throw: 'fault', exit: 'a worker died' }[trap]
        assert.is(actual.statistics.fallback, what)
        if (round === 0) assertSame(actual, expected, trap)
      }
      const { input, state } = workloads.fees(shape)
      loadState(pool.memory, state)
      assert.is((await executeBlock(input, pool)).statistics.fallback, null)
    })
  })
}

test('a block in which nobody can commit is stalled', async () => {
  await withPool({ workers: 2, machine: { kind: 'ledger' }, stuckMs: 400 }, async (pool) => {
    const oracle = createEngineMemory({ executors: 1 })
    const shape = { transactions: 30, accounts: 5, iterations: 0, seed }
    const workload = workloads.random(shape)
    const expected = expectedOf(workload, oracle)
    loadState(pool.memory, workload.state)
    const running = executeBlock(workload.input, pool)
    // Somebody has the clock who does not exist.
    Atomics.store(pool.memory.words, pool.memory.layout.clock, 99)
    const actual = await running
    // On a machine so crowded that a worker gets no time, that one is found first.
    assert.match(actual.statistics.fallback ?? '', /the block is stalled|a worker is stuck/)
    assertSame(actual, expected, 'stalled')
  })
})

test('a long transaction that polls is not stuck', async () => {
  await withPool({ workers: 2, machine: { kind: 'ledger' }, stuckMs: 1000 }, async (pool) => {
    const iterations = Math.round(1_200_000 * iterationsPerMicro())
    const long = workloads.independent({ transactions: 2, accounts: 0, iterations, seed })
    loadState(pool.memory, long.state)
    const result = await executeBlock(long.input, pool)
    assert.is(result.statistics.fallback, null)
  })
})

test.run()
