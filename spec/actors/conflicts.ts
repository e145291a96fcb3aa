/** The truth table of conflicts, and what its advice measures. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  conflicts,
  firstProbeInterval,
  initialAdvice,
  lastProbeInterval,
  nextWindow,
  wasteOf,
} from '../../actors/conflicts.ts'
import type { RunReport } from '../../actors/events.ts'
import { checkTable } from './_table.ts'

const context = {
  workers: 2,
  advice: initialAdvice(2),
  waste: 0,
  untilProbe: 0,
  probeInterval: firstProbeInterval,
}
const report = (usefulMicros: number, wastedMicros: number): RunReport => ({
  executor: 'parallel',
  transactions: 10,
  executions: 10,
  aborts: 0,
  usefulMicros,
  wastedMicros,
  fallback: null,
})
const run = (useful: number, wasted: number) => ({
  type: 'run.executed',
  included: 10,
  report: report(useful, wasted),
})
const oneByOne = { ...run(100, 0), report: { ...report(100, 0), executor: 'sequential' } }

test('waste leads to sequential execution, and a probe leads back', () => {
  checkTable(conflicts, context, [
    { from: 'parallel', event: run(100, 0), to: 'parallel' },
    { from: 'parallel', event: run(100, 120), to: 'parallel' },
    {
      from: 'parallel',
      with: { waste: 0.5 },
      event: run(100, 120),
      to: 'sequential',
      leaves: { untilProbe: firstProbeInterval, probeInterval: 2 * firstProbeInterval },
    },
    { from: 'sequential', with: { untilProbe: 2 }, event: oneByOne, to: 'sequential' },
    { from: 'sequential', with: { untilProbe: 1 }, event: oneByOne, to: 'probing' },
    { from: 'probing', event: oneByOne, to: 'probing' },
    {
      from: 'probing',
      with: { probeInterval: lastProbeInterval },
      event: run(100, 120),
      to: 'sequential',
      leaves: { untilProbe: lastProbeInterval, probeInterval: lastProbeInterval },
    },
    {
      from: 'probing',
      event: run(100, 10),
      to: 'parallel',
      leaves: { probeInterval: firstProbeInterval, waste: 0 },
    },
    { from: 'parallel', event: { type: 'sequencer.stop' }, to: 'stopped' },
  ])
})

test('the window halves under waste and grows by two without, between 2 and 4 per worker', () => {
  assert.is(nextWindow(8, 0.06, 2), 4)
  assert.is(nextWindow(2, 0.5, 2), 2)
  assert.is(nextWindow(4, 0.01, 2), 6)
  assert.is(nextWindow(8, 0, 2), 8)
})

test('waste is the share of worker time that did not count', () => {
  assert.is(wasteOf(report(75, 25)), 0.25)
  assert.is(wasteOf(report(0, 0)), 0)
  assert.is(wasteOf({ ...report(75, 25), executor: 'sequential' }), 0)
})

test('a node without workers runs everything sequentially', () => {
  assert.is(initialAdvice(0).mode, 'sequential')
  checkTable(conflicts, { ...context, workers: 0 }, [
    { from: 'alone', event: run(1, 9), to: 'alone' },
  ])
})

test.run()
