/**
 * Where an engine stands: its term, the newest sealed height and the open block; hence what may be written next.
 *
 *     judge(record) ──▶ written: apply it and keep it · already: it is there · fenced: it is not next
 *
 * Invariant: only judged records are applied, so the records of an engine can always be applied again in their order.
 */
import type { Head, Term, Written } from './engine.ts'
import {
  BEGIN,
  type EngineRecord,
  EXTEND,
  heightOf,
  placeOf,
  REWIND,
  readRewind,
  readStart,
  SEAL,
  START,
} from './record.ts'

interface OpenHeight {
  height: number
  /** Index of the next chunk. */
  next: number
}

export class Standing {
  #term: Term = 0
  #sealed = -1
  #open: OpenHeight | null = null
  #rewoundTo: number | null = null
  /** The newest record of a block: what a retry repeats. */
  #last: EngineRecord | null = null

  get head(): Head {
    return {
      term: this.#term,
      sealed: this.#sealed,
      open: this.#open?.height ?? null,
      rewoundTo: this.#rewoundTo,
    }
  }

  /** What a record of a block, written by the leader of a term, would be. */
  judge(term: Term, record: EngineRecord): Written {
    if (term !== this.#term) return 'fenced'
    if (this.#last !== null && same(this.#last, record)) return 'already'
    return this.#isNext(record) ? 'written' : 'fenced'
  }

  /** Moves by a record, START or one of a block. */
  apply(record: EngineRecord): void {
    switch (record.type) {
      case START: {
        const { term, height } = readStart(record.body)
        this.#term = term
        this.#sealed = Math.max(this.#sealed, height)
        if (this.#open !== null && this.#open.height <= height) this.#open = null
        return
      }
      case BEGIN:
        this.#open = { height: heightOf(record)!, next: 0 }
        this.#rewoundTo = null
        break
      case EXTEND:
        // Without its beginning, which was forgotten, the block is stored already.
        if (this.#open !== null) this.#open.next++
        break
      case SEAL:
        this.#sealed = heightOf(record)!
        this.#open = null
        break
      case REWIND:
        this.#sealed = this.#rewoundTo = readRewind(record.body)
        this.#open = null
        break
      default:
        return
    }
    this.#last = record
  }

  #isNext(record: EngineRecord): boolean {
    const open = this.#open
    switch (record.type) {
      case BEGIN:
        return open === null && heightOf(record) === this.#sealed + 1
      case EXTEND: {
        if (open === null) return false
        const { height, index } = placeOf(record.body)
        return open.height === height && open.next === index
      }
      case SEAL:
        return open !== null && open.height === heightOf(record)
      case REWIND:
        return readRewind(record.body) < (open?.height ?? this.#sealed)
      default:
        return false
    }
  }
}

function same(one: EngineRecord, other: EngineRecord): boolean {
  return one.type === other.type && Buffer.compare(one.body, other.body) === 0
}
