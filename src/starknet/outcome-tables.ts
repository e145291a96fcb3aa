/**
 * The tables of an encoded outcome (`outcome.ts`), by their places: what the decoders of receipts, traces and diffs share.
 */
import { CELL_WORDS, readCellWords } from '../felt/cell.ts'
import { KIND_SHIFT, KIND_WORD } from '../state/location.ts'
import {
  ACCESS_WORDS,
  ADDRESS,
  CALL_RECORD_WORDS,
  EVENT_WORDS,
  MESSAGE_WORDS,
} from './call-tree.ts'
import type { OrderedEvent, OrderedMessage } from './execution.ts'
import * as outcome from './outcome.ts'

export class OutcomeTables {
  readonly words: Int32Array
  /** Word offset of the first call record. */
  readonly calls: number
  readonly #events: number
  readonly #messages: number
  readonly #accesses: number
  readonly #slots: number
  readonly #cells: number
  readonly #text: number

  constructor(words: Int32Array) {
    this.words = words
    this.calls = outcome.OUTCOME_HEADER_WORDS
    this.#events = this.calls + words[outcome.CALL_COUNT]! * CALL_RECORD_WORDS
    this.#messages = this.#events + words[outcome.EVENT_COUNT]! * EVENT_WORDS
    this.#accesses = this.#messages + words[outcome.MESSAGE_COUNT]! * MESSAGE_WORDS
    this.#slots = this.#accesses + words[outcome.ACCESS_COUNT]! * ACCESS_WORDS
    this.#cells = this.#slots + words[outcome.SLOT_COUNT]! * outcome.SLOT_WORDS
    this.#text = this.#cells + words[outcome.CELL_COUNT]! * CELL_WORDS
  }

  /** The reason, or null. */
  text(): string | null {
    const length = this.words[outcome.TEXT_LENGTH]!
    if (length < 0) return null
    const units: number[] = []
    for (let i = 0; i < length; i++) {
      const word = this.words[this.#text + (i >> 1)]!
      units.push((i & 1 ? word >>> 16 : word) & 0xffff)
    }
    return units.map((unit) => String.fromCharCode(unit)).join('')
  }

  /** Events in the order of the receipt, with the calls that emitted them. */
  eventList(): { call: number; event: OrderedEvent }[] {
    const words = this.words
    return Array.from({ length: words[outcome.EVENT_COUNT]! }, (_, index) => {
      const at = this.#events + index * EVENT_WORDS
      const [call, order, cell, keys, data] = words.subarray(at, at + EVENT_WORDS)
      const event = {
        order: order!,
        fromAddress: this.felt(this.calls + call! * CALL_RECORD_WORDS + ADDRESS),
        keys: this.felts(cell!, keys!),
        data: this.felts(cell! + keys!, data!),
      }
      return { call: call!, event }
    })
  }

  /** Messages in the order of the receipt, with the calls that sent them. */
  messageList(): { call: number; message: OrderedMessage }[] {
    const words = this.words
    return Array.from({ length: words[outcome.MESSAGE_COUNT]! }, (_, index) => {
      const at = this.#messages + index * MESSAGE_WORDS
      const [call, order, cell, payload] = words.subarray(at, at + MESSAGE_WORDS)
      const message = {
        order: order!,
        fromAddress: this.felt(this.calls + call! * CALL_RECORD_WORDS + ADDRESS),
        toAddress: this.felt(this.#cells + cell! * CELL_WORDS),
        payload: this.felts(cell! + 1, payload!),
      }
      return { call: call!, message }
    })
  }

  /** Slots that a call touched, each once. */
  accessedSlots(call: number): number[] {
    const slots = new Set<number>()
    for (let index = 0; index < this.words[outcome.ACCESS_COUNT]!; index++) {
      const at = this.#accesses + index * ACCESS_WORDS
      if (this.words[at] === call) slots.add(this.words[at + 1]!)
    }
    return [...slots]
  }

  /** Contract, or class hash, of a slot. */
  slotAddress(slot: number): bigint {
    const cell = this.words.slice(this.slot(slot), this.slot(slot) + CELL_WORDS)
    cell[KIND_WORD]! &= ~(7 << KIND_SHIFT)
    return readCellWords(cell, 0)
  }

  /** A word of a call's record. */
  callWord(index: number, field: number): number {
    return this.words[this.calls + index * CALL_RECORD_WORDS + field]!
  }

  /** Word offset of a slot: key, cell before, cell after. */
  slot(slot: number): number {
    return this.#slots + slot * outcome.SLOT_WORDS
  }

  felt(at: number): bigint {
    return readCellWords(this.words, at)
  }

  /** `count` felts from the table of cells. */
  felts(cell: number, count: number): bigint[] {
    const first = this.#cells + cell * CELL_WORDS
    return Array.from({ length: count }, (_, i) => this.felt(first + i * CELL_WORDS))
  }
}
