/**
 * The arrows of a transaction's status as a truth table: each leads from one state to one other, and from no third.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as Status from '../../src/executor/status.ts'

const { MISSING, READY, EXECUTING, BLOCKED, EXECUTED, ABORTING, COMMITTED } = Status
const states = [MISSING, READY, EXECUTING, BLOCKED, EXECUTED, ABORTING, COMMITTED]

type Arrow = (words: Int32Array, line: number) => unknown

/** Name, arrow, from, to, how much the incarnation rises, and whether another state is refused softly. */
const table: [string, Arrow, number, number, number, boolean][] = [
  ['admit', Status.admit, MISSING, READY, 0, false],
  ['claim', Status.claim, READY, EXECUTING, 0, true],
  ['publish', Status.publish, EXECUTING, EXECUTED, 0, false],
  ['block', Status.block, EXECUTING, BLOCKED, 0, false],
  ['handOff', Status.handOff, BLOCKED, EXECUTING, 1, false],
  ['wake', Status.wake, BLOCKED, READY, 1, false],
  ['tryAbort', (words, line) => Status.tryAbort(words, line, 5), EXECUTED, ABORTING, 0, true],
  ['rerun', Status.rerun, ABORTING, EXECUTING, 1, false],
  ['commit', (words, line) => Status.commit(words, line, 5), EXECUTED, COMMITTED, 0, true],
]

for (const [name, arrow, from, to, more, isSoft] of table) {
  test(`${name} leads from ${Status.stateNames[from]} to ${Status.stateNames[to]} only`, () => {
    for (const state of states) {
      const words = Int32Array.of(0, Status.pack(state, 5))
      if (state === from) {
        arrow(words, 1)
        assert.is(Status.stateOf(words[1]!), to)
        assert.is(Status.incarnationOf(words[1]!), 5 + more)
        continue
      }
      if (isSoft) assert.ok([-1, false].includes(arrow(words, 1) as number | boolean))
      else assert.throws(() => arrow(words, 1), /expected \w+ on the way to \w+/)
      assert.is(words[1], Status.pack(state, 5), 'the status stays')
    }
  })
}

test('an incarnation that is not the current one is neither aborted nor committed', () => {
  const words = Int32Array.of(Status.pack(EXECUTED, 6))
  assert.not(Status.tryAbort(words, 0, 5))
  assert.not(Status.commit(words, 0, 5))
  assert.ok(Status.tryAbort(words, 0, 6))
  assert.not(Status.tryAbort(words, 0, 6), 'one winner')
})

test('the incarnation that a claim returns is the one that runs', () => {
  const words = Int32Array.of(Status.pack(READY, 3))
  assert.is(Status.claim(words, 0), 3)
  assert.is(Status.claim(words, 0), -1)
})

test.run()
