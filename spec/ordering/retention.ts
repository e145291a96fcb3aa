/**
 * Which segments of the journal are needed, case by case, and the places of submissions.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { extendRecord, rewindRecord, submitRecord } from '../../src/ordering/record.ts'
import { Retention } from '../../src/ordering/retention.ts'

const submitted = (first: number, ...hashes: bigint[]) =>
  submitRecord(hashes.map((hash, i) => ({ place: first + i, hash, body: new Uint8Array() })))
const extended = (height: number, included: bigint[], dropped: bigint[] = []) =>
  extendRecord({ height, index: 0, included, dropped, digest: 0 })

test('the next place is above all that were noted', () => {
  const retention = new Retention()
  assert.is(retention.nextPlace, 0)
  retention.note(submitted(0, 1n, 2n), 1)
  assert.is(retention.nextPlace, 2)
  retention.note(submitted(7, 3n), 2)
  assert.is(retention.nextPlace, 8)
  // A copy keeps its place.
  retention.note(submitted(0, 1n), 3)
  assert.is(retention.nextPlace, 8)
})

test('a segment is needed while something in it waits, or is in no stored block', () => {
  const retention = new Retention()
  retention.note(submitted(0, 1n, 2n), 1)
  retention.note(extended(5, [1n]), 2)
  assert.is(retention.isFree(1, 100), false, '2 waits')
  retention.note(extended(5, [], [2n]), 2)
  for (const segment of [1, 2]) {
    assert.is(retention.isFree(segment, 5), false, 'block 5 is not stored')
    assert.is(retention.isFree(segment, 6), true)
  }
  assert.is(retention.isFree(3, 0), true, 'a segment of nothing')
})

test('the newest copy counts', () => {
  const retention = new Retention()
  retention.note(submitted(0, 1n), 1)
  retention.note(submitted(0, 1n), 2)
  assert.equal([retention.isLive(1n, 1), retention.isLive(1n, 2)], [false, true])
  assert.equal([retention.isFree(1, 0), retention.isFree(2, 0)], [true, false])
})

test('few that wait in a segment of stored blocks are worth a copy, half of them are not', () => {
  const retention = new Retention()
  retention.note(submitted(0, 1n, 2n, 3n, 4n), 1)
  retention.note(extended(5, [1n, 2n]), 1)
  assert.is(retention.isSparse(1, 6), false, 'two of four wait')
  retention.note(extended(6, [3n]), 1)
  assert.is(retention.isSparse(1, 6), false, 'block 6 is not stored')
  assert.is(retention.isSparse(1, 7), true)
  assert.is(retention.isSparse(2, 7), false, 'a segment of nothing')
})

test('what a rewind made void is not needed, the rewind is', () => {
  const retention = new Retention()
  retention.note(extended(9, []), 1)
  retention.note(rewindRecord(3), 2)
  assert.is(retention.isFree(1, 4), true)
  assert.is(retention.isFree(2, 4), false)
  assert.is(retention.isFree(2, 5), true)
})

test.run()
