/** The truth table of execution. */
import { test } from 'uvu'
import { execution } from '../../actors/execution.ts'
import { checkTable, done, failed } from './_table.ts'

const advice = { mode: 'parallel', sequentialBelow: 4, window: 8 }
const context = { advice, size: 0, runs: 0, fallbacks: 0 }
const ran = (fallback: string | null) => ({ included: 9, report: { fallback } })

test('size and advice choose the executor', () => {
  const run = (size: number) => ({ type: 'run.ordered', size })
  const sequential = { advice: { ...advice, mode: 'sequential' } }
  checkTable(execution, context, [
    { from: 'idle', event: run(4), to: 'parallel', leaves: { size: 4 } },
    { from: 'idle', event: run(3), to: 'sequential' },
    { from: 'idle', with: sequential, event: run(100), to: 'sequential' },
    {
      from: 'idle',
      event: { type: 'advice.given', advice: sequential.advice },
      to: 'idle',
      leaves: sequential,
    },
  ])
})

test('a failed parallel run is done again, one by one; a failed sequential one ends the node', () => {
  checkTable(execution, context, [
    {
      from: 'parallel',
      event: done(execution, 'parallel', ran(null)),
      to: 'idle',
      leaves: { runs: 1, fallbacks: 0 },
    },
    {
      from: 'parallel',
      event: done(execution, 'parallel', ran('a worker died')),
      to: 'idle',
      leaves: { runs: 1, fallbacks: 1 },
    },
    {
      from: 'parallel',
      event: failed(execution, 'parallel', 'all workers died'),
      to: 'sequential',
    },
    { from: 'sequential', event: done(execution, 'sequential', ran(null)), to: 'idle' },
    { from: 'sequential', event: failed(execution, 'sequential', 'bug'), to: 'broken' },
  ])
})

test.run()
