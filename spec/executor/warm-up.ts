/**
 * Workers warm up while nobody calls them, and nothing of it shows: blocks that come in the middle of it, after it, and
 * after the death of a worker equal sequential ones; a pool that stops does not wait for it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { COMPLETED } from '../../src/executor/machine.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { createCryptoMemory } from '../../src/felt/crypto.ts'
import { bundleClasses, bundleInput, bundleState } from '../../src/lab/run-bundle.ts'
import { buildWorkload } from '../../src/lab/starknet-workloads.ts'
import { warmBlock } from '../../src/lab/warm-block.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { buildMachine, type MachineKind } from '../../workers/machines.ts'
import { assertSame } from '../same-as-sequential.ts'
import { withPool } from './_pool.ts'

const machine: MachineKind = { kind: 'starknet', crypto: createCryptoMemory(), cairo: 'fast' }

test('blocks equal sequential ones in the middle of it, after it, and after a death', async () => {
  const sequential = await buildMachine(machine, 0)
  const oracle = createEngineMemory({ executors: 1 })
  await withPool({ workers: 2, machine }, async (pool) => {
    const nonces = new Map<bigint, bigint>()
    const run = async (seed: number) => {
      const options = { transactions: 30, accounts: 20, seed }
      const bundle = buildWorkload('transfers-signed', options, nonces)
      if (seed === 1) {
        for (const message of bundleClasses(bundle)) {
          pool.publish(message)
          sequential.accept(message)
        }
        for (const memory of [pool.memory, oracle]) loadState(memory, bundleState(bundle))
      }
      const input = bundleInput(bundle)
      const expected = executeSequentially(input, sequential, oracle)
      assert.ok(expected.outcomes.includes(COMPLETED))
      assertSame(await executeBlock(input, pool), expected, `block ${seed}`)
    }
    pool.warm(warmBlock())
    await run(1)
    await run(2)
    await delay(300)
    await run(3)
    await pool.kill(1)
    await run(4)
    await run(5)
    assert.is(pool.replacements, 1)
  })
})

test('a block that cannot run harms nobody', async () => {
  await withPool({ workers: 1, machine }, async (pool) => {
    const broken = warmBlock()
    pool.warm({ ...broken, messages: [] })
    await delay(200)
    const bundle = buildWorkload('transfers', { transactions: 5, accounts: 20, seed: 1 })
    for (const message of bundleClasses(bundle)) pool.publish(message)
    loadState(pool.memory, bundleState(bundle))
    const { outcomes } = await executeBlock(bundleInput(bundle), pool)
    assert.equal([...outcomes], new Array(5).fill(COMPLETED))
    assert.is(pool.replacements, 0)
  })
})

test('a pool that stops does not wait for it', async () => {
  let startMs = 0
  await withPool({ workers: 2, machine }, async (pool) => {
    pool.warm(warmBlock())
    await delay(50)
    startMs = performance.now()
  })
  // A round of cold code, on a crowded machine.
  assert.ok(performance.now() - startMs < 5000)
})

test.run()
