/**
 * Workers that die while they start, that cannot start, or that start while the pool stops: nothing is left behind.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { createCryptoMemory } from '../../src/felt/crypto.ts'
import type { Trap } from '../../src/lab/ledger.ts'
import { workloads } from '../../src/lab/workloads.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { type NodeConfig, readCommand } from '../../src/node/config.ts'
import { MOST_WORKERS } from '../../workers/doorbell.ts'
import { Pool } from '../../workers/pool.ts'
import { withPool } from './_pool.ts'

const workload = workloads.fees({ transactions: 40, accounts: 2, iterations: 0, seed: 1 })

/** Threads of this process that have not ended. */
function threads(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
}

async function fallbackOf(pool: Pool): Promise<string | null> {
  loadState(pool.memory, workload.state)
  return (await executeBlock(workload.input, pool)).statistics.fallback
}

test('workers that cannot start are ended', async () => {
  const before = threads()
  // A function cannot be sent to another thread.
  const trap = (() => {}) as unknown as Trap
  const started = Pool.start({ workers: 2, machine: { kind: 'ledger', trap } })
  const failure = await started.catch((error: Error) => error)
  assert.instance(failure, Error)
  await sleep(50)
  assert.is(threads(), before)
})

test('as many workers as there may be find room in one memory', () => {
  const { chain } = (readCommand(['dev'], {}, 1000) as { config: NodeConfig }).config
  assert.is(chain.workers, MOST_WORKERS)
  assert.throws(() => readCommand(['dev', '--workers', String(MOST_WORKERS + 1)], {}, 2), 'to 63')
  assert.ok(createEngineMemory({ executors: MOST_WORKERS + 1 }).words.length > 0)
})

test('a successor that dies while it starts is replaced too', async () => {
  await withPool({ workers: 2, machine: { kind: 'ledger' } }, async (pool) => {
    await pool.kill(1)
    const running = fallbackOf(pool)
    await sleep(5)
    await pool.kill(1)
    assert.match((await running) ?? '', /expected an answer of executor 1|died/)
    assert.is(await fallbackOf(pool), null)
  })
})

test('a pool stops while a successor starts', async () => {
  const before = threads()
  const pool = await Pool.start({ workers: 2, machine: { kind: 'ledger' } })
  await pool.kill(2)
  const running = fallbackOf(pool)
  await Promise.all([pool.stop(), running])
  await sleep(50)
  assert.is(threads(), before)
})

test('who stops a pool that is stopping waits until it has stopped', async () => {
  const pool = await Pool.start({ workers: 2, machine: { kind: 'ledger' } })
  const first = pool.stop().then(() => 'first')
  assert.is(await Promise.race([pool.stop().then(() => 'second'), first]), 'first')
})

test('what the machine of this thread refuses is not sent to workers, nor to their successors', async () => {
  const crypto = createCryptoMemory()
  await withPool(
    { workers: 1, machine: { kind: 'starknet', crypto, cairo: 'fast' } },
    async (pool) => {
      const bad = { kind: 'class', classHash: 1n, sierraVersion: [1, 7, 0], program: {} }
      assert.throws(() => pool.publish(bad))
      await pool.kill(1)
      pool.memory.words[pool.memory.layout.stop] = 1
      assert.is(await pool.run(1), null)
    },
  )
})

test.run()
