/**
 * Versions: for each location a list of records, one per transaction that wrote it, newest position first.
 *
 *     heads[location] ──▶ record of 7 ──▶ record of 4 ──▶ record of 2 ──▶ 0, then the base cell
 *
 *     word of a record   meaning
 *     0  WRITER          txIndex
 *     1  NEXT            record of the next lower writer
 *     2  CURRENT         the cell, or 0 = not written (any more), with two flags:
 *                        bit 31 ESTIMATE: the writer will run again and likely write here
 *                        bit 30 DELTA: eight words of an amount that is added to what lies below
 *
 * Invariant: records are inserted, never unlinked, and a published cell never changes: no walk sees a torn value or
 * leaves the list. Only the owner of a transaction touches its records. A number has its two halves at two locations,
 * the block's pair; an addition leaves a DELTA at both, and reading either half sums both lists downward.
 */
import type { Arena } from '../shared/arena.ts'
import { copyCell, loadLink, sameCell } from '../shared/words.ts'
import { addNumber, cellsOfNumber, numberOfCells } from './delta.ts'
import type { MemoryLayout } from './regions.ts'

const WRITER = 0
export const NEXT = 1
export const CURRENT = 2
const RECORD_WORDS = 4

const ESTIMATE = 0x80000000 | 0
export const DELTA = 0x40000000
const OFFSET = 0x1fffffff

export class Versions {
  private readonly words: Int32Array
  private readonly arena: Arena
  private readonly heads: number
  private readonly base: number
  private readonly touched: number
  private readonly touchedList: number
  private readonly pair: number
  /** Writer of what `newest` found. */
  private writer = -1

  /** `touchedList` is the word that heads this thread's list of locations with records. */
  constructor(words: Int32Array, layout: MemoryLayout, arena: Arena, touchedList: number) {
    this.words = words
    this.arena = arena
    this.heads = layout.heads
    this.base = layout.base
    this.touched = layout.touched
    this.touchedList = touchedList
    this.pair = layout.delta
  }

  /** The cell that `txIndex` sees at a location, or -1 - writer where an ESTIMATE is in the way. */
  resolve(location: number, txIndex: number): number {
    const current = this.newest(location, txIndex)
    if (current > 0) return (current & DELTA) === 0 ? current : this.resolveDelta(location, txIndex)
    return current === 0 ? this.base + location * 8 : -1 - this.writer
  }

  /**
   * Makes `current` (a cell, or an amount with the DELTA flag) the version of a location by a transaction that the caller
   * owns. Returns its record, negative if the version is the one it was before.
   */
  put(location: number, txIndex: number, current: number): number {
    const { words } = this
    let fresh = 0
    let link = this.heads + location
    for (;;) {
      let next = Atomics.load(words, link)
      while (next !== 0 && words[next + WRITER]! > txIndex) {
        link = next + NEXT
        next = Atomics.load(words, link)
      }
      if (next !== 0 && words[next + WRITER] === txIndex) {
        return this.replace(next, current) ? next : -next
      }
      if (fresh === 0) {
        fresh = this.arena.take(RECORD_WORDS)
        words[fresh + WRITER] = txIndex
        words[fresh + CURRENT] = current
      }
      words[fresh + NEXT] = next
      // Someone else inserted here first: look again from the same link, which stays in the list.
      if (Atomics.compareExchange(words, link, next, fresh) !== next) continue
      if (next === 0 && link === this.heads + location) this.touch(location)
      return fresh
    }
  }

  /** The transaction does not write here any more. True if it did before. */
  retract(record: number): boolean {
    if (this.words[record + CURRENT] === 0) return false
    Atomics.store(this.words, record + CURRENT, 0)
    return true
  }

  /** Marks the version of an aborted incarnation. */
  markEstimate(record: number): void {
    const current = this.words[record + CURRENT]!
    if (current !== 0) Atomics.store(this.words, record + CURRENT, current | ESTIMATE)
  }

  /**
   * Turns the addition of a transaction, below which all is final, into values, and fills the four cells at `delta`: low
   * and high before, low and high after.
   */
  settle(
    txIndex: number,
    amount: number,
    lowRecord: number,
    highRecord: number,
    delta: number,
  ): void {
    const { words } = this
    const number = this.arena.take(8)
    if (!this.pairBelow(txIndex, number)) {
      throw new Error(
        `an estimate of ${this.writer} lies below the committed transaction ${txIndex}`,
      )
    }
    cellsOfNumber(words, number, delta, delta + 8)
    addNumber(words, amount, number)
    cellsOfNumber(words, number, delta + 16, delta + 24)
    // Between the two stores a reader sees one half as a value and the other as a delta: the same number.
    Atomics.store(words, lowRecord + CURRENT, delta + 16)
    Atomics.store(words, highRecord + CURRENT, delta + 24)
  }

  /** Fixes the pair of locations to which this block adds; false if the block has another one. */
  choosePair(low: number, high: number): boolean {
    const { words, pair } = this
    let chosen = Atomics.load(words, pair)
    if (chosen === 0) {
      const mine = this.arena.take(2)
      words[mine] = low
      words[mine + 1] = high
      chosen = Atomics.compareExchange(words, pair, 0, mine)
      if (chosen === 0) return true
    }
    return words[chosen] === low && words[chosen + 1] === high
  }

  /** What the newest writer below `txIndex` left at a location, with its flags; 0 if nobody wrote. Sets `writer`. */
  private newest(location: number, txIndex: number): number {
    const { words } = this
    let record = loadLink(words, this.heads + location)
    while (record !== 0) {
      const writer = words[record + WRITER]!
      if (writer < txIndex) {
        const current = loadLink(words, record + CURRENT)
        if (current !== 0) {
          this.writer = writer
          return current
        }
      }
      record = loadLink(words, record + NEXT)
    }
    this.writer = -1
    return 0
  }

  private resolveDelta(location: number, txIndex: number): number {
    const { words, arena } = this
    const number = arena.take(8)
    if (!this.pairBelow(txIndex, number)) return -1 - this.writer
    const cells = arena.take(16)
    cellsOfNumber(words, number, cells, cells + 8)
    return location === words[Atomics.load(words, this.pair)] ? cells : cells + 8
  }

  /** Sets `number` to the sum that lies below `txIndex`; false at an ESTIMATE, whose writer is then `writer`. */
  private pairBelow(txIndex: number, number: number): boolean {
    const { words } = this
    const pair = Atomics.load(words, this.pair)
    const lowLocation = words[pair]!
    const highLocation = words[pair + 1]!
    words.fill(0, number, number + 8)
    for (let below = txIndex; ; ) {
      const low = this.newest(lowLocation, below)
      const lowWriter = this.writer
      const high = this.newest(highLocation, below)
      const highWriter = this.writer
      if (high < 0) return false
      if (low < 0) {
        this.writer = lowWriter
        return false
      }
      if ((low & high & DELTA) !== 0 && lowWriter === highWriter) {
        addNumber(words, low & OFFSET, number)
        below = lowWriter
        continue
      }
      // One half was set to a value: from here down each half has its own way.
      const scratch = this.arena.take(24)
      if (!this.half(lowLocation, low, lowWriter, 0, scratch)) return false
      if (!this.half(highLocation, high, highWriter, 8, scratch + 8)) return false
      numberOfCells(words, scratch, scratch + 8, scratch + 16)
      addNumber(words, scratch + 16, number)
      return true
    }
  }

  /** Sets `target` to the cell of one half (0 low, 8 high) as its newest writer left it. */
  private half(
    location: number,
    current: number,
    writer: number,
    part: number,
    target: number,
  ): boolean {
    const { words, arena } = this
    if ((current & DELTA) === 0) {
      copyCell(words, current === 0 ? this.base + location * 8 : current, words, target)
      return true
    }
    const number = arena.take(24)
    if (!this.pairBelow(writer, number)) return false
    addNumber(words, current & OFFSET, number)
    cellsOfNumber(words, number, number + 8, number + 16)
    copyCell(words, number + 8 + part, words, target)
    return true
  }

  /** True if the record's version is another one than before. */
  private replace(record: number, current: number): boolean {
    const { words } = this
    const before = words[record + CURRENT]!
    const same =
      before !== 0 &&
      (before & DELTA) === (current & DELTA) &&
      sameCell(words, before & OFFSET, current & OFFSET)
    // The old cell keeps its identity, so that who read it needs not compare.
    Atomics.store(words, record + CURRENT, same ? before & ~ESTIMATE : current)
    return !same
  }

  private touch(location: number): void {
    this.words[this.touched + location] = this.words[this.touchedList]!
    this.words[this.touchedList] = location + 1
  }
}
