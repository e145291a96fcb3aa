/**
 * The virtual machine hears of every transaction once, before or while it runs, and of none when the switch is off.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ExecutorPool, executeBlock } from '../../src/executor/execute-block.ts'
import { Executor } from '../../src/executor/executor.ts'
import type { View, VirtualMachine } from '../../src/executor/machine.ts'
import { NO_PREPARATION } from '../../src/executor/policy.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { LedgerMachine } from '../../src/lab/ledger.ts'
import { workloads } from '../../src/lab/workloads.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'

/** A ledger that notes what it is told, in the order of things. */
class Told implements VirtualMachine {
  private readonly ledger = new LedgerMachine()
  private readonly log: string[]

  constructor(log: string[]) {
    this.log = log
  }

  prepare(words: Int32Array, transactions: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      assert.ok(transactions[i]! > 0 && transactions[i]! < words.length)
      this.log.push(`told ${transactions[i]}`)
    }
  }

  execute(txIndex: number, view: View): number {
    this.log.push(`runs ${view.transaction}`)
    return this.ledger.execute(txIndex, view)
  }

  finish(): void {}

  accept(): void {}
}

const shape = { transactions: 75, accounts: 20, iterations: 0, seed: 3 }

/** Executors on one thread that take turns. */
function poolOf(log: string[], workers: number): ExecutorPool {
  const memory = createEngineMemory({ executors: workers + 1 })
  const run = async () => {
    const executors = Array.from(
      { length: workers },
      (_, index) => new Executor(memory, new Told(log), index + 1),
    )
    for (const executor of executors) executor.begin()
    while (memory.words[memory.layout.stop] === 0) for (const executor of executors) executor.turn()
    return null
  }
  return { memory, machine: new Told([]), workers, run }
}

function assertToldOnce(log: string[]): void {
  const told = log.filter((line) => line.startsWith('told'))
  assert.is(told.length, shape.transactions)
  assert.is(new Set(told).size, shape.transactions)
}

test('the sequential executor tells of each transaction before it runs', () => {
  const log: string[] = []
  const memory = createEngineMemory()
  const { input, state } = workloads.independent(shape)
  loadState(memory, state)
  executeSequentially(input, new Told(log), memory)
  assertToldOnce(log)
  for (const line of log.filter((one) => one.startsWith('runs'))) {
    assert.ok(log.indexOf(line.replace('runs', 'told')) < log.indexOf(line))
  }
})

for (const workers of [1, 2, 3, 9]) {
  test(`${workers} executors tell of each transaction once`, async () => {
    const log: string[] = []
    const pool = poolOf(log, workers)
    const { input, state } = workloads.independent(shape)
    loadState(pool.memory, state)
    const { statistics } = await executeBlock(input, pool, { workers })
    assert.is(statistics.fallback, null)
    assertToldOnce(log)
  })
}

test('the switch turns it off', async () => {
  const log: string[] = []
  const pool = poolOf(log, 2)
  const { input, state } = workloads.independent(shape)
  loadState(pool.memory, state)
  await executeBlock(input, pool, { policy: NO_PREPARATION })
  assert.is(log.filter((line) => line.startsWith('told')).length, 0)
})

test.run()
