/**
 * The fee transfer: the sender's `transfer` to the sequencer on the fee token.
 *
 * Every transaction adds to the sequencer's balance; to read it would make each wait for the one before. So the call sees
 * that balance as 0 without reading it, what it writes there is dropped, and the engine is told to *add* the fee when the
 * transaction is committed. The ordinary transfer runs instead where that would not be the same: the sequencer sends,
 * the transaction has looked at the balance itself, or the token did not simply add.
 */
import { BLOCKED, COMPLETED, REJECTED } from '../executor/machine.ts'
import {
  CELL_BYTES,
  CELL_WORDS,
  copyCellWords,
  equalCellWords,
  readCellWords,
  writeCell,
  writeCellWords,
} from '../felt/cell.ts'
import { OK } from '../felt/crypto.ts'
import { defaultCrypto, starknetKeccak } from '../felt/hash.ts'
import { FAULTED, HALTED } from '../vm/host.ts'
import { ADDRESS_BOUND, TRANSFER_SELECTOR } from './addresses.ts'
import {
  ADDRESS,
  CALL_RECORD_WORDS,
  CALLDATA,
  CALLDATA_LENGTH,
  CALLER,
  EXTERNAL,
  FEE_PHASE,
  SELECTOR,
} from './call-tree.ts'
import { FIELD_SENDER, fieldOffset } from './encoded-transaction.ts'
import { callEntryPoint } from './entry-point.ts'
import type { BalanceSlots } from './pre-validation.ts'
import {
  type Run,
  SEQUENCER_CELL,
  SEQUENCER_HIGH_KEY,
  SEQUENCER_LOW_KEY,
  STRK_CELL,
  ZERO_CELL,
} from './run.ts'
import type { TransactionInput } from './transaction-input.ts'

const TRANSFER_ARGUMENTS = 3

let balances: Int32Array | null = null

/** The cell of the name of the variable that holds balances, made on first use. */
export function balanceVariable(): Int32Array {
  if (balances === null) {
    balances = new Int32Array(CELL_WORDS)
    writeCellWords(balances, 0, starknetKeccak('ERC20_balances'))
  }
  return balances
}

/**
 * Writes the keys of an account's balance, low and high half, as cells. The account is the cell at `from[offset]`. The
 * kernel is called on cells, for this is done for every transaction.
 */
export function writeBalanceKeys(
  words: Int32Array,
  at: number,
  from: Int32Array,
  offset: number,
): void {
  const variable = balanceVariable()
  const crypto = defaultCrypto()
  const name = crypto.scratch
  const account = name + CELL_BYTES
  copyCellWords(variable, 0, crypto.words, name >> 2)
  copyCellWords(from, offset, crypto.words, account >> 2)
  if (crypto.pedersen(name, account, name) !== OK) {
    throw new Error('the Pedersen hash of a balance met a degenerate addition')
  }
  copyCellWords(crypto.words, name >> 2, words, at)
  copyCellWords(words, at, words, at + CELL_WORDS)
  const isPlain = words[at + 3]! < LIMB3_NEAR_BOUND && words[at]! !== -1
  if (isPlain) {
    words[at + CELL_WORDS]!++
    return
  }
  const low = readCellWords(words, at) % ADDRESS_BOUND
  writeCellWords(words, at, low)
  writeCellWords(words, at + CELL_WORDS, low + 1n)
}

/** Upper half of the tag of felts just below the bound of keys: from here on they are reduced. */
const LIMB3_NEAR_BOUND = 0x87ffffff | 0

export class FeeTransfer {
  /** Slots whose values come at commit, -1 after an ordinary transfer or none. */
  deferredLow = -1
  deferredHigh = -1
  /** Why the transfer was impossible, after REJECTED. */
  error = ''

  readonly #run: Run
  readonly #input: TransactionInput
  readonly #keys = new Int32Array(2 * CELL_WORDS)
  readonly #amount = new Int32Array(CELL_WORDS)
  readonly #amountLongs = new BigUint64Array(this.#amount.buffer)
  readonly #selector = new Int32Array(CELL_WORDS)

  constructor(run: Run, input: TransactionInput) {
    this.#run = run
    this.#input = input
    writeCellWords(this.#selector, 0, TRANSFER_SELECTOR)
  }

  /** Begins a transaction: the slots of its sender's balance. */
  balanceSlots(): BalanceSlots {
    this.deferredLow = -1
    this.deferredHigh = -1
    writeBalanceKeys(this.#keys, 0, this.#input.words, fieldOffset(FIELD_SENDER))
    return this.#slots(this.#keys, 0, CELL_WORDS)
  }

  /** Transfers the fee: COMPLETED, BLOCKED, or REJECTED with `error`. */
  transfer(fee: bigint, steps: number): number {
    const run = this.#run
    const { state, tree, block } = run
    writeCell(this.#amountLongs, 0, fee)
    const { low, high } = this.#slots(block.cells, SEQUENCER_LOW_KEY, SEQUENCER_HIGH_KEY)
    const sender = fieldOffset(FIELD_SENDER)
    const isOrdinary =
      state.isLoaded(low) ||
      state.isLoaded(high) ||
      equalCellWords(this.#input.words, sender, block.cells, SEQUENCER_CELL)
    if (isOrdinary) return this.#call(steps)
    const writes = state.mark()
    const before = tree.mark()
    state.preset(low)
    state.preset(high)
    const status = this.#call(steps)
    if (status === BLOCKED) return BLOCKED
    if (status === COMPLETED && this.#received(low, high)) {
      this.deferredLow = low
      this.deferredHigh = high
      return COMPLETED
    }
    state.undo(writes)
    tree.cut(before)
    state.discard(low)
    state.discard(high)
    return this.#call(steps)
  }

  /** Tells the engine of deferred income. */
  publish(): void {
    if (this.deferredLow < 0) return
    const { view, state } = this.#run
    view.add(state.location(this.deferredLow), state.location(this.deferredHigh), this.#amount, 0)
  }

  /** Whether a balance that was shown as 0 is the fee now: then adding it to any balance is what the token does. */
  #received(low: number, high: number): boolean {
    const { values } = this.#run.state
    return equalCellWords(values, low * CELL_WORDS, this.#amount, 0) && this.#run.isZero(high)
  }

  #call(steps: number): number {
    const run = this.#run
    const { tree, block } = run
    run.beginPhase(FEE_PHASE, false, block.constants.defaultGas, steps)
    const call = run.openCall(EXTERNAL)
    const at = call * CALL_RECORD_WORDS
    copyCellWords(block.cells, STRK_CELL, tree.calls, at + ADDRESS)
    copyCellWords(this.#selector, 0, tree.calls, at + SELECTOR)
    copyCellWords(this.#input.words, fieldOffset(FIELD_SENDER), tree.calls, at + CALLER)
    tree.calls[at + CALLDATA] = tree.copyCells(block.cells, SEQUENCER_CELL, 1)
    tree.copyCells(this.#amount, 0, 1)
    tree.copyCells(block.cells, ZERO_CELL, 1)
    tree.calls[at + CALLDATA_LENGTH] = TRANSFER_ARGUMENTS
    const ended = callEntryPoint(run, call, block.constants.defaultGas)
    if (ended === HALTED) return BLOCKED
    // A panic of the token is not looked at: after the balance check a sane token has none.
    if (ended !== FAULTED) return COMPLETED
    this.error = `Failed to execute fee transfer: ${run.fault!.text}`
    return REJECTED
  }

  #slots(words: Int32Array, low: number, high: number): BalanceSlots {
    const { block } = this.#run
    return {
      low: this.#run.storageSlot(block.cells, STRK_CELL, words, low),
      high: this.#run.storageSlot(block.cells, STRK_CELL, words, high),
    }
  }
}
