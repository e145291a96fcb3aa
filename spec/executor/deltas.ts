/**
 * Additions: a block in which everybody adds to one number is as free of conflicts as one in which nobody does, until
 * somebody reads the number, and then that one alone pays.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BlockResult } from '../../src/executor/block.ts'
import type { View } from '../../src/executor/machine.ts'
import { NO_DELTAS } from '../../src/executor/policy.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import {
  COLLECTED_HIGH,
  COLLECTED_LOW,
  COUNTER,
  encodeLedger,
  LEDGER_WORDS,
  LedgerMachine,
  ledgerKey,
  READER,
} from '../../src/lab/ledger.ts'
import { Random } from '../../src/lab/random.ts'
import { type Workload, workloads } from '../../src/lab/workloads.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { MemoryFull } from '../../src/shared/arena.ts'
import { assertSame } from '../same-as-sequential.ts'
import { executeVirtually } from './_virtual.ts'

const transactions = 200

async function run({ input, state }: Workload, policy = 0): Promise<BlockResult> {
  const memory = createEngineMemory()
  const oracle = createEngineMemory({ executors: 1 })
  for (const target of [memory, oracle]) loadState(target, state)
  const machine = () => new LedgerMachine()
  const advice = { policy, window: 16 }
  const actual = await executeVirtually(input, memory, machine, 4, new Random(5), advice)
  assert.is(actual.statistics.fallback, null)
  assertSame(actual, executeSequentially(input, machine(), oracle), `policy ${policy}`)
  return actual
}

const shape = { transactions, accounts: 0, iterations: 0, seed: 9 }

test('additions do not conflict', async () => {
  const { statistics, results, changes } = await run(workloads.fees(shape))
  assert.is(statistics.aborts, 0)
  assert.is(statistics.executions, transactions)
  // Each result tells the values before and after that the sequential run would have seen.
  for (const [txIndex, result] of results.entries()) {
    assert.is(result[8], 3 * txIndex)
    assert.is(result[8 + 16], 3 * txIndex + 3)
  }
  const collected = changes.find(({ key }) => key.join() === ledgerKey(COLLECTED_LOW, 0).join())
  assert.is(collected?.after[0], 3 * transactions)
})

test('as reads and writes they do', async () => {
  const { statistics } = await run(workloads.fees(shape), NO_DELTAS)
  assert.ok(statistics.aborts + statistics.blocked > 0)
})

test('an exact reader in the middle sees the exact number, and few others run again', async () => {
  const workload = workloads.fees(shape)
  workload.input.transactions[100] = encodeLedger({ kind: READER, from: 1 })
  const { results, statistics } = await run(workload)
  assert.is(results[100]![2], 300)
  assert.ok(statistics.executions <= transactions + 20)
})

test('a payer that also reads the number pays after what it read', async () => {
  const workload = workloads.fees(shape)
  workload.input.transactions[50] = encodeLedger({ kind: READER, from: 1, fee: 1000 })
  const { results } = await run(workload)
  assert.is(results[50]![2], 150)
  assert.is(results[50]![8 + 16], 1150)
  assert.is(results[51]![8], 1150)
})

test('sums carry from the low to the high half', async () => {
  const workload = workloads.fees(shape)
  for (const at of [20, 60, 61, 150]) {
    const transaction = workload.input.transactions[at]!
    transaction[7] = -1
  }
  const { changes } = await run(workload)
  const high = changes.find(({ key }) => key.join() === ledgerKey(COLLECTED_HIGH, 0).join())
  assert.is(high?.after[0], 4)
})

test('a machine whose addition found no room adds the next amounts as they are', () => {
  const fees = [-3, 5, -7, 9]
  const transactions = fees.map((fee) => encodeLedger({ kind: COUNTER, fee }))
  const words = new Int32Array(1000)
  for (const [index, transaction] of transactions.entries())
    words.set(transaction, index * LEDGER_WORDS)
  const machine = new LedgerMachine()
  const amounts: number[][] = []
  const viewOf = (index: number, hasRoom: boolean): View => ({
    words,
    transaction: index * LEDGER_WORDS,
    transactionWords: LEDGER_WORDS,
    constants: 0,
    intern: () => 0,
    read: () => 500,
    write: () => {},
    add: (_low, _high, source, offset) => {
      if (!hasRoom) throw new MemoryFull('no room')
      amounts.push([...source.subarray(offset, offset + 8)])
    },
    stopped: () => false,
    result: () => 600,
  })
  for (const failing of fees.keys()) {
    for (const index of fees.keys()) {
      assert.throws(() => machine.execute(failing, viewOf(failing, false)), 'no room')
      machine.execute(index, viewOf(index, true))
      assert.equal(amounts.pop(), amountOf(fees[index]!), `${fees[failing]}, then ${fees[index]}`)
    }
  }
})

/** Of 128 bits; below zero it is a big felt. */
function amountOf(fee: number): number[] {
  return fee < 0 ? [fee, -1, 0, 0x80000000 | 0, -1, -1, 0, 0] : [fee, 0, 1, 0, 0, 0, 0, 0]
}

test.run()
