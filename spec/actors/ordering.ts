/** The truth table of ordering, and its clock. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createActor, createMachine, fromPromise, SimulatedClock } from 'xstate'
import { lagLimit, ordering } from '../../actors/ordering.ts'
import { checkTable, done, failed } from './_table.ts'

const context = {
  mode: 'auto',
  intervalMs: 1000,
  blockLimit: 10,
  runLimit: 4,
  included: 0,
  waiting: false,
  closing: null,
  stopping: false,
  lag: 0,
  aborting: null,
}
const at = (block: string, clock = 'silent') => ({ block, clock })
const taken = (size: number, waiting = false) => done(ordering, 'block.taking', { size, waiting })
const report = { executor: 'parallel' }
const executed = (included: number) => ({ type: 'run.executed', included, report })

test('a run is taken when something waits, and handed to execution', () => {
  checkTable(ordering, context, [
    { from: at('idle'), event: { type: 'batch.admitted', count: 1 }, to: at('taking') },
    { from: at('taking'), event: taken(3), to: at('running') },
    { from: at('taking'), event: taken(0), to: at('idle') },
    {
      from: at('running'),
      event: { type: 'batch.admitted', count: 2 },
      to: at('running'),
      leaves: { waiting: true },
    },
    { from: at('taking'), event: failed(ordering, 'block.taking', 'bug'), to: at('stopped') },
  ])
})

test('a block closes when nothing waits, when full, after one transaction, or on demand', () => {
  checkTable(ordering, context, [
    { from: at('running'), event: executed(3), to: at('sealing'), leaves: { closing: 'idle' } },
    { from: at('running'), with: { waiting: true }, event: executed(3), to: at('taking') },
    {
      from: at('running'),
      with: { waiting: true },
      event: executed(10),
      to: at('sealing'),
      leaves: { closing: 'full' },
    },
    {
      from: at('running'),
      with: { waiting: true, mode: 'transaction' },
      event: executed(1),
      to: at('sealing'),
      leaves: { closing: 'single' },
    },
    { from: at('running'), with: { mode: 'demand' }, event: executed(3), to: at('idle') },
    { from: at('running'), event: executed(0), to: at('idle') },
    {
      from: at('idle'),
      with: { mode: 'demand' },
      event: { type: 'block.close' },
      to: at('sealing'),
      leaves: { closing: 'demand' },
    },
    {
      from: at('running'),
      with: { mode: 'demand', waiting: true },
      event: { type: 'block.close' },
      to: at('running'),
      leaves: { closing: 'demand' },
    },
    {
      from: at('idle', 'ticking'),
      with: { mode: 'interval' },
      event: { type: 'deadline.reached' },
      to: at('sealing', 'ticking'),
      leaves: { closing: 'deadline' },
    },
  ])
})

test('the next block opens after a seal, unless commit is too far behind', () => {
  const sealed = done(ordering, 'block.sealing', { number: 7 })
  checkTable(ordering, { ...context, closing: 'idle', included: 3 }, [
    {
      from: at('sealing'),
      event: sealed,
      to: at('idle'),
      leaves: { included: 0, closing: null, lag: 1 },
    },
    { from: at('sealing'), with: { waiting: true }, event: sealed, to: at('taking') },
    {
      from: at('sealing'),
      with: { lag: lagLimit - 1, waiting: true },
      event: sealed,
      to: at('lagging'),
    },
  ])
  checkTable(ordering, context, [
    {
      from: at('lagging'),
      with: { lag: lagLimit, waiting: true },
      event: { type: 'block.appended', number: 1 },
      to: at('taking'),
      leaves: { lag: lagLimit - 1 },
    },
  ])
})

test('blocks are taken back between two runs, when commit has none in hand', () => {
  const abort = { type: 'blocks.abort', height: 4 }
  const asked = { aborting: 4 }
  const aborted = done(ordering, 'block.aborting', { height: 4, waiting: false })
  checkTable(ordering, { ...context, included: 3, mode: 'demand' }, [
    { from: at('idle'), event: abort, to: at('aborting'), leaves: asked },
    { from: at('running'), event: abort, to: at('running'), leaves: asked },
    { from: at('running'), with: { aborting: 4 }, event: executed(3), to: at('aborting') },
    { from: at('idle'), with: { lag: 2 }, event: abort, to: at('lagging'), leaves: asked },
    {
      from: at('lagging'),
      with: { lag: 2, aborting: 4 },
      event: { type: 'block.appended', number: 6 },
      to: at('lagging'),
      leaves: { lag: 1 },
    },
    {
      from: at('lagging'),
      with: { lag: 1, aborting: 4 },
      event: { type: 'block.appended', number: 7 },
      to: at('aborting'),
    },
    {
      from: at('aborting'),
      with: { aborting: 4 },
      event: aborted,
      to: at('idle'),
      leaves: { aborting: null, included: 0 },
    },
    {
      from: at('aborting'),
      with: { aborting: 4 },
      event: done(ordering, 'block.aborting', { height: 4, waiting: true }),
      to: at('taking'),
    },
    // Who asked for a block meanwhile gets one.
    {
      from: at('aborting'),
      with: { aborting: 4, closing: 'demand' },
      event: aborted,
      to: at('sealing'),
      leaves: { closing: 'demand' },
    },
    {
      from: at('aborting'),
      with: { aborting: 4 },
      event: failed(ordering, 'block.aborting', 'bug'),
      to: at('stopped'),
    },
  ])
})

test('a stop lets the run in flight end and seals what the block holds', () => {
  const stop = { type: 'sequencer.stop' }
  checkTable(ordering, context, [
    { from: at('idle'), event: stop, to: at('stopped') },
    { from: at('idle'), with: { included: 2, mode: 'demand' }, event: stop, to: at('sealing') },
    { from: at('running'), event: stop, to: at('running'), leaves: { stopping: true } },
    {
      from: at('running'),
      with: { stopping: true, waiting: true, mode: 'demand' },
      event: executed(1),
      to: at('sealing'),
      leaves: { closing: 'stop' },
    },
    {
      from: at('running', 'ticking'),
      with: { mode: 'interval' },
      event: stop,
      to: at('running', 'silent'),
      leaves: { stopping: true },
    },
  ])
})

test('blocks that close by time close at every interval, counted from the start', async () => {
  const clock = new SimulatedClock()
  const sealed: string[] = []
  const machine = ordering.provide({
    actors: {
      'take a run': fromPromise<{ size: number; waiting: boolean }, { limit: number }>(
        async () => ({
          size: 0,
          waiting: false,
        }),
      ),
      'seal the block': fromPromise(async ({ input }) => {
        sealed.push(input.reason)
        return { number: sealed.length }
      }),
    },
  })
  const parent = createMachine({
    invoke: {
      src: machine,
      id: 'ordering',
      input: { mode: 'interval', intervalMs: 1000, blockLimit: 10, runLimit: 10 },
    },
  })
  const actor = createActor(parent, { clock })
  actor.start()
  for (let tick = 1; tick <= 3; tick++) {
    clock.increment(999)
    await settled()
    assert.is(sealed.length, tick - 1)
    clock.increment(1)
    await settled()
    assert.is(sealed.length, tick)
  }
  actor.stop()
  assert.equal(sealed, ['deadline', 'deadline', 'deadline'])
})

/** Resolves after all promises that are ready have settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test.run()
