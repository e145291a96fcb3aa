/**
 * The sequential executor against a naive one: Maps of strings, nothing shared, nothing in place.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BlockInput, BlockResult, Change } from '../../src/executor/block.ts'
import { idleStatistics } from '../../src/executor/changes.ts'
import { COMPLETED, type View, type VirtualMachine } from '../../src/executor/machine.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import {
  BALANCES,
  CHAOS,
  encodeLedger,
  LedgerMachine,
  ledgerKey,
  smallCell,
} from '../../src/lab/ledger.ts'
import { workloadNames, workloads } from '../../src/lab/workloads.ts'
import { createEngineMemory, loadState, readState } from '../../src/mvmemory/memory.ts'
import { assertSame } from '../same-as-sequential.ts'

const zero = [0, 0, 1, 0, 0, 0, 0, 0]

/** One block by Maps; cells are arrays, numbers are bigint. */
function executeNaively(input: BlockInput, state: Map<string, number[]>): BlockResult {
  const machine = new LedgerMachine()
  const before = new Map<string, number[]>()
  const outcomes = new Uint8Array(input.transactions.length)
  const results: Int32Array[] = []
  for (const [txIndex, transaction] of input.transactions.entries()) {
    const words = new Int32Array(1 << 14)
    words.set(transaction, 16)
    let top = 64
    const take = (count: number) => (top += count) - count
    const keys: string[] = []
    const writes = new Map<string, number[]>()
    let pair: [string, string] | null = null
    let amount = 0n
    let result = [0, 0]
    const current = (key: string) => writes.get(key) ?? state.get(key) ?? zero
    const place = (cell: number[]) => {
      const offset = take(8)
      words.set(cell, offset)
      return offset
    }
    const view: View = {
      words,
      transaction: 16,
      transactionWords: transaction.length,
      constants: 0,
      intern: (source, offset) => keys.push(source.slice(offset, offset + 16).join()) - 1,
      read: (location) => place(current(keys[location]!)),
      write: (location, source, offset) => {
        writes.set(keys[location]!, [...source.subarray(offset, offset + 8)])
      },
      add: (low, high, source, offset) => {
        pair = [keys[low]!, keys[high]!]
        amount += toHalf([...source.subarray(offset, offset + 8)])
      },
      stopped: () => false,
      result: (count) => (result = [take(count), count])[0]!,
    }
    outcomes[txIndex] = machine.execute(txIndex, view)
    if (outcomes[txIndex] === COMPLETED) {
      if (pair !== null) {
        const [low, high] = pair as [string, string]
        const sum = toHalf(current(low)) + (toHalf(current(high)) << 128n) + amount
        const cells = [current(low), current(high), fromHalf(sum), fromHalf(sum >> 128n)]
        writes.set(low, cells[2]!)
        writes.set(high, cells[3]!)
        const delta = take(32)
        words.set(cells.flat(), delta)
        machine.finish(words, result[0]!, delta)
      }
      for (const [key, cell] of writes) {
        if (!before.has(key)) before.set(key, state.get(key) ?? zero)
        state.set(key, cell)
      }
    }
    results.push(words.slice(result[0]!, result[0]! + result[1]!))
  }
  const changes: Change[] = []
  for (const [key, cell] of before) {
    const after = state.get(key)!
    if (after.join() === cell.join()) continue
    changes.push({
      key: Int32Array.from(key.split(',').map(Number)),
      before: Int32Array.from(cell),
      after: Int32Array.from(after),
    })
  }
  const statistics = idleStatistics('sequential', outcomes.length)
  return { outcomes, results, changes, statistics }
}

function toHalf(cell: number[]): bigint {
  const word = (index: number) => BigInt(cell[index]! >>> 0)
  const low = word(0) | (word(1) << 32n)
  return cell[3]! < 0 ? low | (word(4) << 64n) | (word(5) << 96n) : low
}

function fromHalf(number: bigint): number[] {
  const word = (index: number) => Number(BigInt.asIntN(32, number >> BigInt(32 * index)))
  const isBig = BigInt.asUintN(128, number) >> 64n !== 0n
  return isBig
    ? [word(0), word(1), 0, -0x80000000, word(2), word(3), 0, 0]
    : [word(0), word(1), 1, 0, 0, 0, 0, 0]
}

test('every shape gives what Maps of strings give, block after block', () => {
  for (const name of workloadNames) {
    const memory = createEngineMemory({ arenaWords: 2 ** 18, locations: 2 ** 12, executors: 1 })
    const state = new Map<string, number[]>()
    for (let block = 0; block < 20; block++) {
      const seed = 1000 + block
      const shape = { transactions: 40, accounts: 1 + block, iterations: 1, seed }
      const workload = workloads[name](shape)
      if (block === 0) {
        loadState(memory, workload.state)
        for (const { key, after } of workload.state) state.set(key.join(), [...after])
      }
      const expected = executeNaively(workload.input, state)
      const actual = executeSequentially(workload.input, new LedgerMachine(), memory)
      assertSame(actual, expected, `${name}, seed ${seed}`)
    }
  }
})

test('a reader that is no engine memory is only read, and gives the same', () => {
  const memory = createEngineMemory({ arenaWords: 2 ** 18, executors: 1 })
  const workload = workloads.mixed({ transactions: 60, accounts: 5, iterations: 0, seed: 7 })
  loadState(memory, workload.state)
  const reader = memory.read.bind(memory)
  const simulated = executeSequentially(workload.input, new LedgerMachine(), { read: reader })
  const again = executeSequentially(workload.input, new LedgerMachine(), { read: reader })
  assertSame(again, simulated, 'second simulation')
  const real = executeSequentially(workload.input, new LedgerMachine(), memory)
  assertSame(simulated, real, 'simulation')
  const out = new Int32Array(8)
  for (const { key, after } of real.changes) {
    readState(memory, key, out)
    assert.equal(out, after)
  }
})

test('a full arena and a full table grow the memory and keep the state', () => {
  const memory = createEngineMemory({
    arenaWords: 256,
    locations: 16,
    transactions: 2,
    executors: 1,
  })
  const big = createEngineMemory({ executors: 1 })
  for (let block = 0; block < 4; block++) {
    const shape = { transactions: 100, accounts: 80, iterations: 0, seed: block }
    const { input, state } = workloads.mixed(shape)
    for (const target of [memory, big]) loadState(target, state)
    const actual = executeSequentially(input, new LedgerMachine(), memory)
    assertSame(actual, executeSequentially(input, new LedgerMachine(), big), `block ${block}`)
  }
  assert.ok(memory.generation > 3)
})

test('a fault fails the block and leaves the state', () => {
  class Faulty extends LedgerMachine {
    override execute(txIndex: number, view: View): number {
      if (txIndex === 20) throw new Error('out of order')
      return super.execute(txIndex, view)
    }
  }
  const memory = createEngineMemory({ executors: 1 })
  const { input, state } = workloads.chain({
    transactions: 30,
    accounts: 0,
    iterations: 0,
    seed: 1,
  })
  loadState(memory, state)
  const run = (machine: VirtualMachine) => executeSequentially(input, machine, memory)
  assert.throws(() => run(new Faulty()), /failed on transaction 20: out of order/)
  const out = new Int32Array(8)
  readState(memory, ledgerKey(BALANCES, 0), out)
  assert.equal(out, smallCell(1_000_000_000))
  assert.is(run(new LedgerMachine()).outcomes.length, 30)
})

test('a transaction that adds to two numbers is a fault', () => {
  const input = {
    constants: new Int32Array(0),
    transactions: [encodeLedger({ kind: CHAOS, from: 1, to: 1, amount: 0 })],
  }
  class TwoPairs extends LedgerMachine {
    override execute(_txIndex: number, view: View): number {
      const locations = [1, 2, 3, 4].map((space) => view.intern(ledgerKey(space, 0), 0))
      view.add(locations[0]!, locations[1]!, smallCell(1), 0)
      view.add(locations[2]!, locations[3]!, smallCell(1), 0)
      return COMPLETED
    }
  }
  const memory = createEngineMemory({ executors: 1 })
  assert.throws(() => executeSequentially(input, new TwoPairs(), memory), /one pair of locations/)
})

test.run()
