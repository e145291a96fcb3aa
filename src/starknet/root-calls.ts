/**
 * The calls that the protocol itself makes: an account's entry points, a constructor, `starknet_call`. Each opens a
 * record without caller and fills in what `entry-point.ts` needs.
 */
import { CELL_WORDS, copyCellWords, readCellWords, writeCellWords } from '../felt/cell.ts'
import { formatFelt } from '../felt/felt.ts'
import {
  EXECUTE_SELECTOR,
  VALIDATE_DECLARE_SELECTOR,
  VALIDATE_DEPLOY_SELECTOR,
  VALIDATE_SELECTOR,
} from './addresses.ts'
import {
  ADDRESS,
  CALL_RECORD_WORDS,
  CALLDATA,
  CALLDATA_LENGTH,
  CALLER,
  CLASS,
  CONSTRUCTOR,
  ENTRY_TYPE,
  EXTERNAL,
  L1_HANDLER as L1_HANDLER_ENTRY,
  RESULT,
  RESULT_LENGTH,
  SELECTOR,
} from './call-tree.ts'
import {
  DECLARE,
  DEPLOY_ACCOUNT,
  FIELD_CLASS_HASH,
  FIELD_SALT,
  FIELD_SELECTOR,
  FIELD_SENDER,
  fieldOffset,
  INVOKE,
  LISTS,
} from './encoded-transaction.ts'
import { type Run, ZERO_CELL } from './run.ts'
import type { TransactionInput } from './transaction-input.ts'

const executeSelector = cellOf(EXECUTE_SELECTOR)
const validateSelectors = {
  [INVOKE]: cellOf(VALIDATE_SELECTOR),
  [DECLARE]: cellOf(VALIDATE_DECLARE_SELECTOR),
  [DEPLOY_ACCOUNT]: cellOf(VALIDATE_DEPLOY_SELECTOR),
} as Record<number, Int32Array>

export class RootCalls {
  readonly #run: Run
  readonly #input: TransactionInput

  constructor(run: Run, input: TransactionInput) {
    this.#run = run
    this.#input = input
  }

  /** `__validate__` and its like, each with its own arguments. */
  validate(): number {
    const { kind } = this.#input
    const { tree } = this.#run
    const call = this.#open(EXTERNAL)
    const at = call * CALL_RECORD_WORDS
    copyCellWords(validateSelectors[kind]!, 0, tree.calls, at + SELECTOR)
    if (kind === INVOKE) {
      this.#setCalldata(at)
      return call
    }
    tree.calls[at + CALLDATA] = this.#copyField(FIELD_CLASS_HASH)
    tree.calls[at + CALLDATA_LENGTH] = 1
    if (kind === DEPLOY_ACCOUNT) {
      const { calldataCount, words } = this.#input
      this.#copyField(FIELD_SALT)
      tree.copyCells(words, LISTS, calldataCount)
      tree.calls[at + CALLDATA_LENGTH] = calldataCount + 2
    }
    return call
  }

  /** `__execute__`. */
  execute(): number {
    const { tree } = this.#run
    const call = this.#open(EXTERNAL)
    const at = call * CALL_RECORD_WORDS
    copyCellWords(executeSelector, 0, tree.calls, at + SELECTOR)
    this.#setCalldata(at)
    return call
  }

  /** The constructor of a deploy_account. */
  deployment(): number {
    const { tree } = this.#run
    const call = this.#open(CONSTRUCTOR)
    const at = call * CALL_RECORD_WORDS
    copyCellWords(this.#input.words, fieldOffset(FIELD_CLASS_HASH), tree.calls, at + CLASS)
    this.#setCalldata(at)
    return call
  }

  /** The entry point that a `starknet_call` names. */
  call(): number {
    const { tree } = this.#run
    const call = this.#open(EXTERNAL)
    const at = call * CALL_RECORD_WORDS
    copyCellWords(this.#input.words, fieldOffset(FIELD_SELECTOR), tree.calls, at + SELECTOR)
    this.#setCalldata(at)
    return call
  }

  /** The handler that a message from L1 names. */
  handler(): number {
    const call = this.call()
    this.#run.tree.calls[call * CALL_RECORD_WORDS + ENTRY_TYPE] = L1_HANDLER_ENTRY
    return call
  }

  /** The result of a call as the Rust executor shows lists. */
  debugResult(call: number): string {
    const { tree } = this.#run
    const at = call * CALL_RECORD_WORDS
    const first = tree.calls[at + RESULT]! * CELL_WORDS
    const felts = Array.from({ length: tree.calls[at + RESULT_LENGTH]! }, (_, i) =>
      formatFelt(readCellWords(tree.cellWords, first + i * CELL_WORDS)),
    )
    return `Retdata([${felts.join(', ')}])`
  }

  #open(type: number): number {
    const run = this.#run
    const call = run.openCall(type)
    const at = call * CALL_RECORD_WORDS
    copyCellWords(this.#input.words, fieldOffset(FIELD_SENDER), run.tree.calls, at + ADDRESS)
    copyCellWords(run.block.cells, ZERO_CELL, run.tree.calls, at + CALLER)
    return call
  }

  #setCalldata(at: number): void {
    const { tree } = this.#run
    const { words, calldataCount } = this.#input
    tree.calls[at + CALLDATA] = tree.copyCells(words, LISTS, calldataCount)
    tree.calls[at + CALLDATA_LENGTH] = calldataCount
  }

  #copyField(field: number): number {
    return this.#run.tree.copyCells(this.#input.words, fieldOffset(field), 1)
  }
}

function cellOf(felt: bigint): Int32Array {
  const words = new Int32Array(CELL_WORDS)
  writeCellWords(words, 0, felt)
  return words
}
