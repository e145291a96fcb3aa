/**
 * THE equality: what any run of a block must share with the sequential run of the same block from the same state.
 */
import * as assert from 'uvu/assert'
import type { BlockResult, Change } from '../src/executor/block.ts'

/** Outcomes, results and net changes are equal, word by word; `hint` tells which block it was. */
export function assertSame(actual: BlockResult, expected: BlockResult, hint: string): void {
  assert.equal([...actual.outcomes], [...expected.outcomes], `${hint}: outcomes`)
  assert.is(actual.results.length, expected.results.length, `${hint}: number of results`)
  for (const [txIndex, result] of expected.results.entries()) {
    const other = actual.results[txIndex]!
    if (!sameWords(other, result)) {
      assert.equal([...other], [...result], `${hint}: result of transaction ${txIndex}`)
    }
  }
  assert.equal(changeLines(actual.changes), changeLines(expected.changes), `${hint}: changes`)
}

function sameWords(one: Int32Array, other: Int32Array): boolean {
  return one.length === other.length && one.every((word, index) => word === other[index])
}

/** Changes in one order, as text: `key before after`. */
export function changeLines(changes: Change[]): string[] {
  return changes.map(({ key, before, after }) => `${key} ${before} ${after}`).sort()
}
