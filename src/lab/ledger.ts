/**
 * The synthetic ledger: a virtual machine with tunable work, for specs, benches and experiments.
 *
 *     word  transfer    counter    reader     chaos
 *     0     TRANSFER    COUNTER    READER     CHAOS
 *     1     iterations of work
 *     2     sender      counter    target     slots
 *     3     recipient                         values
 *     4     amount                            steps
 *     5     nonce
 *     6     seed of the work, and of the choices of chaos
 *     7     fee: what is added to the collector's number (a delta), 0 for none
 *     8     number of the collector
 *
 * A transfer with a wrong nonce is REJECTED; an overdraft completes, keeps the nonce and says so in its result. A reader
 * reads the collector's number exactly and copies it. Chaos reads where what it read sends it, writes a varying set of
 * slots with few values, adds, reads exactly and rejects itself, all by what it saw. The result tells what was seen.
 */
import {
  BLOCKED,
  COMPLETED,
  REJECTED,
  type View,
  type VirtualMachine,
} from '../executor/machine.ts'
import { CELL_WORDS, KEY_WORDS } from '../state/location.ts'
import { work } from './work.ts'

export const TRANSFER = 1
export const COUNTER = 2
export const READER = 3
export const CHAOS = 4
/** Completes; or does what a machine with a trap does instead, to see what becomes of the block. */
export const TRAP = 5

/** Ways for a machine to fail its thread. */
export type Trap = 'hang' | 'throw' | 'exit'

export const LEDGER_WORDS = 9

/** Spaces of locations. */
export const NONCES = 1
export const BALANCES = 2
export const COUNTERS = 3
export const SLOTS = 4
export const COLLECTED_LOW = 5
export const COLLECTED_HIGH = 6

/** Words of a result before the four cells of `finish`. */
const RESULT_WORDS = 8
/** What happened, in word 1 of a result. */
export const DONE = 0
export const OVERDRAFT = 1
export const BAD_NONCE = 2

export interface LedgerTransaction {
  kind: number
  iterations?: number
  from?: number
  to?: number
  amount?: number
  nonce?: number
  seed?: number
  fee?: number
  collector?: number
}

/** The words of a transaction. */
export function encodeLedger(transaction: LedgerTransaction): Int32Array {
  const { kind, iterations = 0, from = 0, to = 0, amount = 0 } = transaction
  const { nonce = 0, seed = 0, fee = 0, collector = 0 } = transaction
  return Int32Array.of(kind, iterations, from, to, amount, nonce, seed, fee, collector)
}

/** The key of a location of the ledger. */
export function ledgerKey(space: number, index: number): Int32Array {
  const key = new Int32Array(KEY_WORDS)
  setKey(key, space, index)
  return key
}

/** The cell of a small number. */
export function smallCell(value: number): Int32Array {
  const cell = new Int32Array(CELL_WORDS)
  cell[0] = value
  cell[2] = 1
  return cell
}

function setKey(key: Int32Array, space: number, index: number): void {
  key[0] = space
  key[2] = 1
  key[8] = index
  key[10] = 1
}

export class LedgerMachine implements VirtualMachine {
  private readonly key = new Int32Array(KEY_WORDS)
  /** Of small numbers only: a view may throw for want of room, and nothing is put back then. */
  private readonly cell = smallCell(0)
  /** Written in full each time. */
  private readonly fee = smallCell(0)
  private readonly trap: Trap | null

  constructor(trap: Trap | null = null) {
    this.trap = trap
  }

  execute(_txIndex: number, view: View): number {
    switch (view.words[view.transaction]) {
      case TRANSFER:
        return this.transfer(view)
      case COUNTER:
        return this.count(view)
      case READER:
        return this.readCollected(view)
      case CHAOS:
        return this.chaos(view)
      case TRAP:
        return this.spring(view)
      default:
        throw new Error(`expected a ledger transaction, got kind ${view.words[view.transaction]}`)
    }
  }

  finish(words: Int32Array, result: number, delta: number): void {
    words.copyWithin(result + RESULT_WORDS, delta, delta + 4 * CELL_WORDS)
  }

  accept(): void {}

  /** Three reads, three writes: the recipient's balance is read late, as a transfer does. */
  private transfer(view: View): number {
    const { words, transaction } = view
    const iterations = words[transaction + 1]!
    const from = words[transaction + 2]!
    const amount = words[transaction + 4]!
    const nonceLocation = this.location(view, NONCES, from)
    const nonceCell = view.read(nonceLocation)
    if (nonceCell < 0) return BLOCKED
    const nonce = words[nonceCell]!
    if (nonce !== words[transaction + 5]) {
      this.report(view, BAD_NONCE, nonce, 0, 0)
      return REJECTED
    }
    const fromLocation = this.location(view, BALANCES, from)
    const fromCell = view.read(fromLocation)
    if (fromCell < 0) return BLOCKED
    const balance = words[fromCell]!
    this.put(view, nonceLocation, nonce + 1)
    this.payFee(view)
    const worked = work(view, words[transaction + 6]!, iterations)
    if (view.stopped()) return BLOCKED
    if (balance < amount) {
      this.report(view, OVERDRAFT, nonce, balance, worked)
      return COMPLETED
    }
    this.put(view, fromLocation, balance - amount)
    const toLocation = this.location(view, BALANCES, words[transaction + 3]!)
    const toCell = view.read(toLocation)
    if (toCell < 0) return BLOCKED
    const received = words[toCell]!
    this.put(view, toLocation, received + amount)
    this.report(view, DONE, balance, received, worked)
    return COMPLETED
  }

  /** One location, read at the start and written at the end. */
  private count(view: View): number {
    const { words, transaction } = view
    const location = this.location(view, COUNTERS, words[transaction + 2]!)
    const cell = view.read(location)
    if (cell < 0) return BLOCKED
    const count = words[cell]!
    this.payFee(view)
    const worked = work(view, words[transaction + 6]!, words[transaction + 1]!)
    if (view.stopped()) return BLOCKED
    this.put(view, location, count + 1)
    this.report(view, DONE, count, 0, worked)
    return COMPLETED
  }

  /** Reads the collected number, both halves, and copies the low one. */
  private readCollected(view: View): number {
    const { words, transaction } = view
    const collector = words[transaction + 8]!
    this.payFee(view)
    const low = view.read(this.location(view, COLLECTED_LOW, collector))
    if (low < 0) return BLOCKED
    const worked = work(view, words[transaction + 6]!, words[transaction + 1]!)
    if (view.stopped()) return BLOCKED
    const high = view.read(this.location(view, COLLECTED_HIGH, collector))
    if (high < 0) return BLOCKED
    view.write(this.location(view, SLOTS, words[transaction + 2]!), words, low)
    this.report(view, DONE, words[low]!, words[high]!, worked)
    return COMPLETED
  }

  private chaos(view: View): number {
    const { words, transaction } = view
    const slots = words[transaction + 2]!
    const values = words[transaction + 3]!
    const steps = words[transaction + 4]!
    const collector = words[transaction + 8]!
    let word = words[transaction + 6]!
    for (let step = 0; step < steps; step++) {
      word = work(view, word, 1 + words[transaction + 1]!)
      const cell = view.read(this.location(view, SLOTS, (word >>> 8) % slots))
      if (cell < 0) return BLOCKED
      word = mix(word ^ words[cell]!)
      switch (word >>> 28) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
        case 5:
          this.put(view, this.location(view, SLOTS, (word >>> 4) % slots), (word >>> 12) % values)
          break
        case 6:
        case 7:
          this.payFee(view)
          break
        case 8: {
          const space = (word & 1) === 0 ? COLLECTED_LOW : COLLECTED_HIGH
          const collected = view.read(this.location(view, space, collector))
          if (collected < 0) return BLOCKED
          word = mix(word ^ words[collected]!)
          break
        }
        case 9:
          // The collector's number is overwritten: what was added above goes on top.
          if ((word & 3) === 0) {
            this.put(view, this.location(view, COLLECTED_LOW, collector), word & 0xffff)
          }
          break
        case 10:
          if ((word & 7) === 0) {
            this.report(view, DONE, word, step, 0)
            return REJECTED
          }
      }
    }
    this.report(view, DONE, word, steps, 0)
    return COMPLETED
  }

  private spring(view: View): number {
    if (this.trap === 'throw') throw new Error('trapped')
    if (this.trap === 'exit') process.exit(1)
    while (this.trap === 'hang');
    this.report(view, DONE, 0, 0, 0)
    return COMPLETED
  }

  private payFee(view: View): void {
    const fee = view.words[view.transaction + 7]!
    if (fee === 0) return
    const collector = view.words[view.transaction + 8]!
    const low = this.location(view, COLLECTED_LOW, collector)
    const high = this.location(view, COLLECTED_HIGH, collector)
    const isNegative = fee < 0
    // A negative fee stands for one near 2^128, whose sum carries into the high half.
    this.fee.fill(isNegative ? -1 : 0, 0, 6)
    this.fee[0] = fee
    this.fee[2] = isNegative ? 0 : 1
    this.fee[3] = isNegative ? 0x80000000 | 0 : 0
    view.add(low, high, this.fee, 0)
  }

  private location(view: View, space: number, index: number): number {
    setKey(this.key, space, index)
    return view.intern(this.key, 0)
  }

  private put(view: View, location: number, value: number): void {
    this.cell[0] = value
    view.write(location, this.cell, 0)
  }

  private report(view: View, what: number, first: number, second: number, third: number): void {
    const { words, transaction } = view
    const result = view.result(RESULT_WORDS + 4 * CELL_WORDS)
    words.fill(0, result, result + RESULT_WORDS + 4 * CELL_WORDS)
    words[result] = words[transaction]!
    words[result + 1] = what
    words[result + 2] = first
    words[result + 3] = second
    words[result + 4] = third
  }
}

function mix(word: number): number {
  const mixed = Math.imul(word ^ (word >>> 16), 0x45d9f3b)
  return mixed ^ (mixed >>> 13)
}
