/**
 * The parts of a block's result that both executors build alike.
 */
import { KEY } from '../mvmemory/regions.ts'
import type { BlockStatistics, Change } from './block.ts'

/** Copies one change out of the memory; the arrays share one buffer. */
export function changeOf(words: Int32Array, key: number, before: number, after: number): Change {
  const copy = new Int32Array(KEY + 16)
  for (let word = 0; word < KEY; word++) copy[word] = words[key + word]!
  for (let word = 0; word < 8; word++) {
    copy[KEY + word] = words[before + word]!
    copy[KEY + 8 + word] = words[after + word]!
  }
  return { key: copy.subarray(0, 16), before: copy.subarray(16, 24), after: copy.subarray(24) }
}

/** Statistics of a block in which nothing was counted yet. */
export function idleStatistics(
  executor: BlockStatistics['executor'],
  transactions: number,
): BlockStatistics {
  return {
    executor,
    workers: 0,
    window: 0,
    transactions,
    executions: 0,
    blocked: 0,
    validations: 0,
    aborts: 0,
    usefulMicros: 0,
    wastedMicros: 0,
    totalMicros: 0,
    fallback: null,
    hot: [],
  }
}
