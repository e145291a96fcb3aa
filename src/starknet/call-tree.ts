/**
 * What the calls of one transaction did, in the order in which it happened: flat tables that are copied into the result.
 *
 *     calls      one record of CALL_RECORD_WORDS each, parents before children
 *     events     (call, order, cell, keys, data)           messages   (call, order, cell, payload); the receiver comes first
 *     accesses   (call, slot) of storage                   cells      calldata, results, keys, data: whatever they name
 *
 * Phases are runs of one entry point on its own: validate, execute, fee transfer. Events and messages are numbered within
 * one. Events of a failed call are the last ones, so taking them back is setting a count.
 */
import { CELL_LONGS, CELL_WORDS } from '../felt/cell.ts'
import { builtinNames, type CellList, syscallNames } from '../vm/host.ts'
import { copyFelt } from './cached-state.ts'
import { resourceNames } from './versioned-constants.ts'

export const VALIDATE_PHASE = 0
export const EXECUTE_PHASE = 1
export const FEE_PHASE = 2

export const EXTERNAL = 0
export const L1_HANDLER = 1
export const CONSTRUCTOR = 2

/** Words of a call record. */
export const PARENT = 0
export const PHASE = 1
export const ENTRY_TYPE = 2
export const FLAGS = 3
/** Nesting as error texts count it: a constructor and what it calls have the same. */
export const SHOWN_DEPTH = 4
export const CALLDATA = 5
export const CALLDATA_LENGTH = 6
export const RESULT = 7
export const RESULT_LENGTH = 8
export const STEPS = 9
export const HOLES = 10
/** Numbers above 2^32 take two words. */
export const INITIAL_GAS = 12
export const GAS_CONSUMED = 14
export const ADDRESS = 16
export const CLASS = 24
export const SELECTOR = 32
export const CALLER = 40
/** Of this call alone, in either mode, with what its syscalls cost the system. */
export const BUILTINS = 48
/** Of step-mode calls, inner calls included. */
export const VM_BUILTINS = BUILTINS + resourceNames.length
export const SYSCALLS = VM_BUILTINS + resourceNames.length
export const CALL_RECORD_WORDS = Math.ceil((SYSCALLS + syscallNames.length) / 8) * 8

/** Bits of FLAGS. */
export const CALL_FAILED = 1
export const STEP_MODE = 2
export const LIBRARY_CALL = 4

export const EVENT_WORDS = 5
export const MESSAGE_WORDS = 4
export const ACCESS_WORDS = 2

/** Counts of every table: a point to come back to. */
export interface TreeMark {
  calls: number
  events: number
  messages: number
  accesses: number
}

export class CallTree {
  calls = new Int32Array(64 * CALL_RECORD_WORDS)
  events = new Int32Array(64 * EVENT_WORDS)
  messages = new Int32Array(16 * MESSAGE_WORDS)
  accesses = new Int32Array(256 * ACCESS_WORDS)
  callCount = 0
  eventCount = 0
  messageCount = 0
  accessCount = 0
  cellCount = 0
  /** The same bytes, as words and as longs. */
  cellWords: Int32Array
  cellLongs: BigUint64Array

  /** Numbers of events and messages when the running phase began. */
  #eventBase = 0
  #messageBase = 0

  constructor() {
    const buffer = new ArrayBuffer(1024 * CELL_WORDS * 4)
    this.cellWords = new Int32Array(buffer)
    this.cellLongs = new BigUint64Array(buffer)
  }

  begin(): void {
    this.callCount = 0
    this.eventCount = 0
    this.messageCount = 0
    this.accessCount = 0
    this.cellCount = 0
    this.beginPhase()
  }

  /** Events and messages are counted from 0 again. */
  beginPhase(): void {
    this.#eventBase = this.eventCount
    this.#messageBase = this.messageCount
  }

  mark(): TreeMark {
    return {
      calls: this.callCount,
      events: this.eventCount,
      messages: this.messageCount,
      accesses: this.accessCount,
    }
  }

  /** Forgets everything since the mark. */
  cut(mark: TreeMark): void {
    this.callCount = mark.calls
    this.eventCount = mark.events
    this.messageCount = mark.messages
    this.accessCount = mark.accesses
  }

  /** Events emitted in the running phase. */
  get phaseEvents(): number {
    return this.eventCount - this.#eventBase
  }

  /** Opens the record of a call, zeroed. Returns its index. */
  open(parent: number, phase: number): number {
    const index = this.callCount++
    const at = index * CALL_RECORD_WORDS
    if (at + CALL_RECORD_WORDS > this.calls.length) this.calls = grown(this.calls)
    this.calls.fill(0, at, at + CALL_RECORD_WORDS)
    this.calls[at + PARENT] = parent
    this.calls[at + PHASE] = phase
    return index
  }

  /** Takes over felts, in exported form. Returns the index of the first cell. */
  copyCells(words: Int32Array, offset: number, count: number): number {
    const start = this.reserve(count)
    const { cellWords } = this
    let to = start * CELL_WORDS
    let from = offset
    for (let i = 0; i < count; i++) {
      copyFelt(words, from, cellWords, to)
      from += CELL_WORDS
      to += CELL_WORDS
    }
    return start
  }

  /** Takes over a list of exported cells. Returns the index of the first. */
  copyList(list: CellList): number {
    const start = this.reserve(list.count)
    const { cellLongs } = this
    const base = start * CELL_LONGS
    for (let i = 0; i < list.count * CELL_LONGS; i++) cellLongs[base + i] = list.cells[i]!
    return start
  }

  /** Makes room for `count` cells. Returns the index of the first. */
  reserve(count: number): number {
    const start = this.cellCount
    const end = start + count
    if (end * CELL_WORDS > this.cellWords.length) {
      let size = this.cellWords.length
      while (end * CELL_WORDS > size) size *= 2
      const words = new Int32Array(new ArrayBuffer(size * 4))
      words.set(this.cellWords)
      this.cellWords = words
      this.cellLongs = new BigUint64Array(words.buffer)
    }
    this.cellCount = end
    return start
  }

  addEvent(call: number, cell: number, keys: number, data: number): void {
    const at = this.eventCount * EVENT_WORDS
    if (at + EVENT_WORDS > this.events.length) this.events = grown(this.events)
    this.events[at] = call
    this.events[at + 1] = this.eventCount - this.#eventBase
    this.events[at + 2] = cell
    this.events[at + 3] = keys
    this.events[at + 4] = data
    this.eventCount++
  }

  addMessage(call: number, cell: number, payload: number): void {
    const at = this.messageCount * MESSAGE_WORDS
    if (at + MESSAGE_WORDS > this.messages.length) this.messages = grown(this.messages)
    this.messages[at] = call
    this.messages[at + 1] = this.messageCount - this.#messageBase
    this.messages[at + 2] = cell
    this.messages[at + 3] = payload
    this.messageCount++
  }

  /** Notes that a call touched a slot; the same pair twice does no harm. */
  addAccess(call: number, slot: number): void {
    const last = (this.accessCount - 1) * ACCESS_WORDS
    if (last >= 0 && this.accesses[last] === call && this.accesses[last + 1] === slot) return
    const at = last + ACCESS_WORDS
    if (at + ACCESS_WORDS > this.accesses.length) this.accesses = grown(this.accesses)
    this.accesses[at] = call
    this.accesses[at + 1] = slot
    this.accessCount++
  }

  /** Number in two words of a record: gas. */
  gas(call: number, field: number): number {
    const at = call * CALL_RECORD_WORDS + field
    return readWide(this.calls, at)
  }

  setGas(call: number, field: number, gas: number): void {
    writeWide(this.calls, call * CALL_RECORD_WORDS + field, gas)
  }
}

/** Writes a whole number below 2^53 into two words. */
export function writeWide(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0
  words[at + 1] = Math.floor(value / 0x1_0000_0000)
}

/** Reads a whole number from two words. */
export function readWide(words: Int32Array, at: number): number {
  return (words[at]! >>> 0) + words[at + 1]! * 0x1_0000_0000
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}

/** Builtins that a machine counts come first among those of a record. */
export const machineBuiltins = builtinNames.length
