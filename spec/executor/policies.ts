/**
 * Switches, windows and advice change speed, never results: each accelerator is switched off, alone and with all others.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { LedgerMachine } from '../../src/lab/ledger.ts'
import { Random } from '../../src/lab/random.ts'
import { workloads } from '../../src/lab/workloads.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { assertSame } from '../same-as-sequential.ts'
import { seed } from '../seed.ts'
import { switches } from './_blocks.ts'
import { executeVirtually } from './_virtual.ts'

const all = switches.reduce((bits, [, bit]) => bits | bit, 0)
const machine = () => new LedgerMachine()

for (const [name, policy] of [...switches, ['all of them', all] as const]) {
  test(`${name}, seed ${seed}`, async () => {
    const random = new Random(seed)
    const memory = createEngineMemory()
    const oracle = createEngineMemory({ executors: 1 })
    for (const window of [1, 2, 3, 5, 16, 64]) {
      for (const workload of [workloads.mixed, workloads.hotSlot, workloads.random]) {
        const shape = { transactions: 60, accounts: 4, iterations: 0, seed: random.word() }
        const { input, state } = workload(shape)
        for (const target of [memory, oracle]) loadState(target, state)
        const expected = executeSequentially(input, machine(), oracle)
        const advice = { policy, window }
        const actual = await executeVirtually(input, memory, machine, 3, random, advice)
        assert.is(actual.statistics.fallback, null)
        assertSame(actual, expected, `${name}, window ${window}, seed ${seed}`)
      }
    }
  })
}

test('where everything conflicts the window closes, and little is wasted', async () => {
  const memory = createEngineMemory()
  const shape = { transactions: 2000, accounts: 0, iterations: 20000, seed }
  const { input } = workloads.hotSlot(shape)
  const { statistics } = await executeVirtually(input, memory, machine, 2, new Random(seed), {
    window: 8,
  })
  assert.ok(statistics.executions < 2000 * 1.25, `${statistics.executions} executions`)
  assert.is(statistics.hot.length, 1)
})

test('where nothing conflicts it stays open', async () => {
  const memory = createEngineMemory()
  const { input, state } = workloads.independent({
    transactions: 500,
    accounts: 0,
    iterations: 0,
    seed,
  })
  loadState(memory, state)
  const random = new Random(seed)
  const { statistics } = await executeVirtually(input, memory, machine, 2, random, { window: 8 })
  assert.is(statistics.window, 8)
  assert.is(statistics.executions, 500)
})

test.run()
