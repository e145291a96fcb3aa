/**
 * Dependants: who waits comes back, whenever the one it waits for ends.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Scheduler } from '../../src/executor/scheduler.ts'
import * as Status from '../../src/executor/status.ts'
import { createEngineMemory } from '../../src/mvmemory/memory.ts'
import { Versions } from '../../src/mvmemory/versions.ts'
import { Arena } from '../../src/shared/arena.ts'

/** Ten transactions that this thread is executing, all started. */
function fixture() {
  const memory = createEngineMemory({ locations: 16, arenaWords: 4096, executors: 2 })
  const { words, layout, sizes } = memory
  const start = layout.arenas + sizes.arenaWords
  const arena = new Arena(start, start + sizes.arenaWords)
  const versions = new Versions(words, layout, arena, layout.workers + 2)
  const scheduler = new Scheduler(memory, versions)
  words[layout.added] = 10
  words[layout.exec] = 10
  words[layout.val] = 10
  words[layout.window] = 10
  for (let txIndex = 0; txIndex < 10; txIndex++) {
    Status.admit(words, scheduler.line(txIndex))
    Status.claim(words, scheduler.line(txIndex))
  }
  const location = memory.table.intern(new Int32Array(16).fill(1), 0)
  const state = (txIndex: number) => Status.stateOf(words[scheduler.line(txIndex)]!)
  const estimate = (writer: number) => {
    const record = versions.put(location, writer, arena.take(8))
    versions.markEstimate(record)
    return record
  }
  const publish = (txIndex: number) => Status.publish(words, scheduler.line(txIndex))
  return { words, layout, scheduler, versions, location, state, estimate, publish }
}

test('who blocks on a transaction that has just ended is handed back at once', () => {
  const { scheduler, location, state, publish } = fixture()
  publish(3)
  scheduler.block(5, 3, location)
  assert.is(scheduler.handed, 5)
  assert.is(state(5), Status.EXECUTING)
})

test('of several dependants the lowest is handed over, the others become ready and are found', () => {
  const { words, layout, scheduler, location, state, publish } = fixture()
  for (const txIndex of [7, 5, 9]) scheduler.block(txIndex, 3, location)
  assert.equal([5, 7, 9].map(state), [Status.BLOCKED, Status.BLOCKED, Status.BLOCKED])
  assert.is(scheduler.handed, -1)
  publish(3)
  scheduler.release(3)
  assert.is(scheduler.handed, 5)
  assert.equal([5, 7, 9].map(state), [Status.EXECUTING, Status.READY, Status.READY])
  assert.is(words[layout.exec], 7)
  assert.is(scheduler.claimExecution(), 7)
  assert.is(scheduler.claimExecution(), -1, 'transaction 8 is executing')
  assert.is(scheduler.claimExecution(), 9)
  assert.is(scheduler.claimExecution(), -1)
})

test('who would meet the estimate of another moves to that one without a start', () => {
  const { scheduler, versions, location, state, estimate, publish } = fixture()
  const record = estimate(4)
  for (const txIndex of [5, 6, 8]) scheduler.block(txIndex, 3, location)
  publish(3)
  scheduler.release(3)
  assert.is(scheduler.handed, 5, 'one is handed over, whatever it meets')
  assert.equal([6, 8].map(state), [Status.BLOCKED, Status.BLOCKED])
  scheduler.handed = -1
  versions.retract(record)
  publish(4)
  scheduler.release(4)
  assert.is(scheduler.handed, 6)
  assert.is(state(8), Status.READY)
})

test('who moves to one that has just ended goes on', () => {
  const { scheduler, location, state, estimate, publish, versions } = fixture()
  const record = estimate(4)
  for (const txIndex of [5, 6]) scheduler.block(txIndex, 3, location)
  // It is executed, but its mark is still seen: as if it ended between the look and the push.
  publish(4)
  publish(3)
  const resolve = versions.resolve.bind(versions)
  versions.resolve = (at, txIndex) => {
    const met = resolve(at, txIndex)
    versions.retract(record)
    return met
  }
  scheduler.release(3)
  assert.is(scheduler.handed, 5)
  assert.is(state(6), Status.READY)
})

test('claims end at the window and at the end of the block', () => {
  const { words, layout, scheduler } = fixture()
  for (let txIndex = 0; txIndex < 10; txIndex++) {
    words[scheduler.line(txIndex)] = Status.pack(Status.READY, 0)
  }
  words[layout.exec] = 0
  words[layout.window] = 3
  const claimAll = () => {
    let claims = 0
    while (scheduler.claimExecution() >= 0) claims++
    return claims
  }
  assert.is(claimAll(), 3)
  assert.not(scheduler.hasWork() && words[layout.val]! >= words[layout.exec]!)
  words[layout.commit] = 2
  assert.is(claimAll(), 2)
  words[layout.window] = 100
  assert.is(claimAll(), 5)
  assert.is(words[layout.exec], 10)
})

test.run()
