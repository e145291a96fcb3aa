/**
 * The line of a transaction: 16 words, one cache line, at `lines + txIndex * 16`.
 *
 *     word  name        meaning
 *     0     STATUS      state and incarnation (src/executor/status.ts)
 *     1     OUT         sets and result of the last complete incarnation (src/executor/out.ts), 0 = none yet
 *     2     DEPENDANTS  stack of the transactions that wait for this one: txIndex + 1, or 0
 *     3     DEPENDANT   own link in such a stack
 *     4     BLOCKER     while BLOCKED: the transaction waited for
 *     5     BLOCK_LOC   while BLOCKED: the location it was met at
 *     6, 7  INPUT, INPUT_WORDS   encoded transaction
 *     8     USEFUL      microseconds of the last complete incarnation
 *     9     ABORTS      failed validations
 */
import type { EngineMemory } from '../mvmemory/memory.ts'
import { LINE } from '../mvmemory/regions.ts'
import type { BlockInput } from './block.ts'

export const OUT = 1
export const DEPENDANTS = 2
export const DEPENDANT = 3
export const BLOCKER = 4
export const BLOCK_LOC = 5
export const INPUT = 6
export const INPUT_WORDS = 7
export const USEFUL = 8
export const ABORTS = 9

/** Lays a block into the memory, which grows if need be: constants at `layout.input`, then a line per transaction. */
export function writeInput(memory: EngineMemory, input: BlockInput): void {
  const { constants, transactions } = input
  const inputWords = transactions.reduce((sum, words) => sum + even(words.length), 0)
  memory.ensure(transactions.length, even(constants.length) + inputWords)
  const { words, layout } = memory
  words.set(constants, layout.input)
  let offset = layout.input + even(constants.length)
  for (let txIndex = 0; txIndex < transactions.length; txIndex++) {
    const line = layout.lines + txIndex * LINE
    const transaction = transactions[txIndex]!
    words.fill(0, line, line + LINE)
    words[line + INPUT] = offset
    words[line + INPUT_WORDS] = transaction.length
    words.set(transaction, offset)
    offset += even(transaction.length)
  }
}

/** Cells may be read as 64-bit words. */
function even(count: number): number {
  return (count + 1) & ~1
}
