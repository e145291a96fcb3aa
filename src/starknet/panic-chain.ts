/**
 * Which calls a panic came through: from the root down, as long as each failed because exactly one of its inner calls
 * did, which it shows by passing on its felts with 'ENTRYPOINT_FAILED' behind them.
 */
import { CELL_WORDS, readCellWords } from '../felt/cell.ts'
import { encodeShortString } from '../felt/felt.ts'
import {
  ADDRESS,
  CALL_FAILED,
  CALL_RECORD_WORDS,
  type CallTree,
  CLASS,
  FLAGS,
  PARENT,
  RESULT,
  RESULT_LENGTH,
  SELECTOR,
} from './call-tree.ts'
import type { CalledContract } from './revert-reason.ts'

export const ENTRYPOINT_FAILED = encodeShortString('ENTRYPOINT_FAILED')

/** The failing chain from `root`, outermost first, and the felts it panicked with; no chain if it is not clear. */
export function panicChain(
  tree: CallTree,
  root: number,
): { chain: CalledContract[]; data: bigint[] } {
  const chain: CalledContract[] = []
  let call = root
  for (;;) {
    chain.push(calledIn(tree, call))
    const data = resultOf(tree, call)
    if (data.at(-1) !== ENTRYPOINT_FAILED) return { chain, data }
    const inner = failedInner(tree, call, data.slice(0, -1))
    if (inner === null) return { chain: [], data: resultOf(tree, root) }
    call = inner
  }
}

function failedInner(tree: CallTree, call: number, data: bigint[]): number | null {
  let found: number | null = null
  for (let inner = call + 1; inner < tree.callCount; inner++) {
    const at = inner * CALL_RECORD_WORDS
    if (tree.calls[at + PARENT] !== call || (tree.calls[at + FLAGS]! & CALL_FAILED) === 0) continue
    const result = resultOf(tree, inner)
    if (result.length !== data.length || result.some((felt, i) => felt !== data[i])) continue
    if (found !== null) return null
    found = inner
  }
  return found
}

function resultOf(tree: CallTree, call: number): bigint[] {
  const at = call * CALL_RECORD_WORDS
  const first = tree.calls[at + RESULT]! * CELL_WORDS
  return Array.from({ length: tree.calls[at + RESULT_LENGTH]! }, (_, i) =>
    readCellWords(tree.cellWords, first + i * CELL_WORDS),
  )
}

function calledIn(tree: CallTree, call: number): CalledContract {
  const at = call * CALL_RECORD_WORDS
  return {
    contractAddress: readCellWords(tree.calls, at + ADDRESS),
    classHash: readCellWords(tree.calls, at + CLASS),
    selector: readCellWords(tree.calls, at + SELECTOR),
  }
}
