/**
 * Parallel equals sequential on real contracts: transfers, swaps, counters, nested calls, deployments, reverts and wrong
 * nonces at random, block after block, on 1, 2, 3 and 4 workers. Receipts and traces are the results' words; block
 * hashes are computed from both runs.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BlockResult } from '../../src/executor/block.ts'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { COMPLETED, type VirtualMachine } from '../../src/executor/machine.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { createCryptoMemory } from '../../src/felt/crypto.ts'
import type { Bundle } from '../../src/lab/bundle.ts'
import { bundleClasses, bundleInput, bundleState } from '../../src/lab/run-bundle.ts'
import { buildWorkload } from '../../src/lab/starknet-workloads.ts'
import { createEngineMemory, type EngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { headerOf } from '../../src/starknet/sealed-block.ts'
import { stateDiffOfChanges } from '../../src/starknet/state-diff.ts'
import { StateCommitter } from '../../src/state/state-root.ts'
import { buildMachine, type MachineKind } from '../../workers/machines.ts'
import { Pool } from '../../workers/pool.ts'
import { assertSame } from '../same-as-sequential.ts'
import { seed } from '../seed.ts'

const blocks = Number(process.env.FUGUE_BLOCKS ?? 40)
const size = 24
const accounts = 6
const kind: MachineKind = { kind: 'starknet', crypto: createCryptoMemory(), cairo: 'fast' }

for (const workers of [1, 2, 3, 4]) {
  test(`${blocks} random blocks of real contracts on ${workers} workers`, async () => {
    console.log(`real contracts: seed ${seed}, ${blocks} blocks on ${workers} workers`)
    const pool = await Pool.start({ workers, machine: kind })
    try {
      await compareChains(pool, await buildMachine(kind, 0), workers)
    } finally {
      await pool.stop()
    }
  })
}

/** Grows one chain in parallel and one sequentially, and compares them block by block. */
async function compareChains(pool: Pool, machine: VirtualMachine, workers: number): Promise<void> {
  const oracle = createEngineMemory({ executors: 1 })
  const nonces = new Map<bigint, bigint>()
  const parallel = new StateCommitter()
  const sequential = new StateCommitter()
  for (let block = 0; block < blocks; block++) {
    const options = { transactions: size, accounts, seed: seed * 1000 + block }
    const bundle = buildWorkload('mixed', options, new Map(nonces))
    if (block === 0) {
      open(bundle, pool, oracle, machine)
      for (const committer of [parallel, sequential]) committer.apply(bundle.state)
    }
    const input = bundleInput(bundle)
    const hint = `FUGUE_SEED=${seed}, block ${block}, ${workers} workers`
    const expected = executeSequentially(input, machine, oracle)
    const actual = await executeBlock(input, pool, { window: 1 + (block % 9) })
    assert.is(actual.statistics.fallback, null, hint)
    assertSame(actual, expected, hint)
    const hash = hashOf(bundle, expected, sequential)
    assert.is(hashOf(bundle, actual, parallel), hash, `${hint}: block hash`)
    for (const [sender, nonce] of stateDiffOfChanges(expected.changes).nonces) {
      nonces.set(sender, nonce)
    }
  }
}

function open(bundle: Bundle, pool: Pool, oracle: EngineMemory, machine: VirtualMachine): void {
  for (const message of bundleClasses(bundle)) {
    pool.publish(message)
    machine.accept(message)
  }
  const state = bundleState(bundle)
  for (const memory of [pool.memory, oracle]) loadState(memory, state)
}

function hashOf(bundle: Bundle, result: BlockResult, committer: StateCommitter): bigint {
  const kept = bundle.transactions.filter((_, index) => result.outcomes[index] === COMPLETED)
  const sealed = {
    context: bundle.context,
    parentHash: 0n,
    transactions: kept.map(({ hash, transaction }) => ({
      hash,
      transaction: transaction!,
      contractAddress: null,
    })),
    results: result.results.filter((_, index) => result.outcomes[index] === COMPLETED),
    stateDiff: stateDiffOfChanges(result.changes),
  }
  return headerOf(sealed, committer.apply(sealed.stateDiff)).blockHash
}

test.run()
