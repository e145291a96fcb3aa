/**
 * The state as one transaction sees it: every location it touched, once, with the value before and the value now.
 *
 *     (address, kind, key) ── slot() ──▶ slot ── load() ──▶ before = now = what the view shows
 *                                          └── write() ──▶ now, and the old value into the journal
 *
 * Slots are small numbers, so after the first access nothing is hashed. `undo(mark)` takes back all writes since
 * `mark()`, newest first: nested reverts and reverted executions are one mechanism. Only `publish` writes to the view.
 *
 * Invariant: a location is read from the view at most once per incarnation; keys and values are in exported form.
 */
import { UNREADABLE, type View } from '../executor/machine.ts'
import { CELL_LONGS, CELL_WORDS, readCell } from '../felt/cell.ts'
import { KEY_WORDS, KIND_SHIFT, KIND_WORD } from '../state/location.ts'

/** Flags of a slot. */
const LOADED = 1
/** Its value was made up, see `preset`; it is neither published nor part of the diff. */
const PRESET = 2

const JOURNAL_WORDS = CELL_WORDS + 1

export class CachedState {
  /** 16 words a slot. */
  keys: Int32Array
  /** 8 words a slot: the value before the transaction. */
  before: Int32Array
  /** 8 words a slot: the value now. */
  values: Int32Array
  /** The same bytes as longs, 4 a slot. */
  valueLongs: BigUint64Array
  count = 0

  #view: View | null = null
  #capacity: number
  #flags: Uint8Array
  #locations: Int32Array
  /** Open addressing over slots: slot + 1, 0 is free. */
  #table: Int32Array
  /** Where a slot sits in the table, to clear only what was used. */
  #positions: Int32Array
  #journal: Int32Array
  #journalEnd = 0

  constructor(capacity = 256) {
    this.#capacity = capacity
    this.keys = new Int32Array(capacity * KEY_WORDS)
    this.before = new Int32Array(capacity * CELL_WORDS)
    this.values = new Int32Array(capacity * CELL_WORDS)
    this.valueLongs = new BigUint64Array(this.values.buffer)
    this.#flags = new Uint8Array(capacity)
    this.#locations = new Int32Array(capacity)
    this.#positions = new Int32Array(capacity)
    this.#table = new Int32Array(capacity * 4)
    this.#journal = new Int32Array(capacity * JOURNAL_WORDS)
  }

  /** Forgets everything and looks at another incarnation's view. */
  begin(view: View): void {
    for (let slot = 0; slot < this.count; slot++) this.#table[this.#positions[slot]!] = 0
    this.count = 0
    this.#journalEnd = 0
    this.#view = view
  }

  /**
   * The slot of a location. `address` is in exported form; a SMALL key may have garbage in its upper limbs, as cells of a
   * Cairo machine do.
   */
  slot(
    addressWords: Int32Array,
    address: number,
    kind: number,
    keyWords: Int32Array,
    key: number,
  ): number {
    if (this.count === this.#capacity) this.#grow()
    // The candidate is written behind the last slot; when the location is known it is simply not kept.
    const { keys } = this
    const start = this.count * KEY_WORDS
    for (let i = 0; i < CELL_WORDS; i++) keys[start + i] = addressWords[address + i]!
    keys[start + KIND_WORD] = keys[start + KIND_WORD]! | (kind << KIND_SHIFT)
    copyFelt(keyWords, key, keys, start + CELL_WORDS)
    const mask = this.#table.length - 1
    let position = hashOf(keys, start) & mask
    for (;;) {
      const entry = this.#table[position]!
      if (entry === 0) break
      if (sameKey(keys, (entry - 1) * KEY_WORDS, start)) return entry - 1
      position = (position + 1) & mask
    }
    const slot = this.count++
    this.#table[position] = slot + 1
    this.#positions[slot] = position
    this.#flags[slot] = 0
    return slot
  }

  /** Makes the slot's value known. False: the view cannot tell yet, this incarnation has to end. */
  load(slot: number): boolean {
    if ((this.#flags[slot]! & LOADED) !== 0) return true
    const view = this.#view!
    const location = view.intern(this.keys, slot * KEY_WORDS)
    this.#locations[slot] = location
    const offset = view.read(location)
    if (offset === UNREADABLE) return false
    const { words } = view
    const to = slot * CELL_WORDS
    for (let i = 0; i < CELL_WORDS; i++) {
      const word = words[offset + i]!
      this.before[to + i] = word
      this.values[to + i] = word
    }
    this.#flags[slot] = LOADED
    return true
  }

  /** Sets the value of a loaded slot; a SMALL value may have garbage in its upper limbs. */
  write(slot: number, words: Int32Array, offset: number): void {
    if (this.#journalEnd + JOURNAL_WORDS > this.#journal.length) {
      this.#journal = grown(this.#journal)
    }
    const journal = this.#journal
    const at = this.#journalEnd
    const from = slot * CELL_WORDS
    journal[at] = slot
    for (let i = 0; i < CELL_WORDS; i++) journal[at + 1 + i] = this.values[from + i]!
    this.#journalEnd = at + JOURNAL_WORDS
    copyFelt(words, offset, this.values, from)
  }

  /** A point that `undo` can come back to. */
  mark(): number {
    return this.#journalEnd
  }

  /** Takes back all writes since the mark, newest first. */
  undo(mark: number): void {
    const journal = this.#journal
    let at = this.#journalEnd
    while (at > mark) {
      at -= JOURNAL_WORDS
      const to = journal[at]! * CELL_WORDS
      for (let i = 0; i < CELL_WORDS; i++) this.values[to + i] = journal[at + 1 + i]!
    }
    this.#journalEnd = mark
  }

  /** Whether the transaction has asked for the slot's value. */
  isLoaded(slot: number): boolean {
    return (this.#flags[slot]! & LOADED) !== 0
  }

  /** Shows an unread slot as the felt 0 without reading it. `discard` ends that. */
  preset(slot: number): void {
    const to = slot * CELL_WORDS
    for (let i = 0; i < CELL_WORDS; i++) {
      const word = i === 2 ? 1 : 0
      this.before[to + i] = word
      this.values[to + i] = word
    }
    this.#flags[slot] = LOADED | PRESET
    this.#locations[slot] = this.#view!.intern(this.keys, slot * KEY_WORDS)
  }

  /** Makes a preset slot unread again. Its writes must have been undone. */
  discard(slot: number): void {
    this.#flags[slot] = 0
  }

  /** The engine's location of a slot that was loaded or preset. */
  location(slot: number): number {
    return this.#locations[slot]!
  }

  /** The felt that a loaded slot holds now. */
  felt(slot: number): bigint {
    return readCell(this.valueLongs, slot * CELL_LONGS)
  }

  /** Whether the value now differs from the one before the transaction. */
  isChanged(slot: number): boolean {
    if (this.#flags[slot] !== LOADED) return false
    const at = slot * CELL_WORDS
    for (let i = 0; i < CELL_WORDS; i++) {
      if (this.before[at + i] !== this.values[at + i]) return true
    }
    return false
  }

  /** Writes every changed location to the view. */
  publish(): void {
    const view = this.#view!
    for (let slot = 0; slot < this.count; slot++) {
      if (this.isChanged(slot)) {
        view.write(this.#locations[slot]!, this.values, slot * CELL_WORDS)
      }
    }
  }

  #grow(): void {
    this.#capacity *= 2
    this.keys = grown(this.keys)
    this.before = grown(this.before)
    this.values = grown(this.values)
    this.valueLongs = new BigUint64Array(this.values.buffer)
    this.#locations = grown(this.#locations)
    this.#positions = grown(this.#positions)
    const flags = new Uint8Array(this.#capacity)
    flags.set(this.#flags)
    this.#flags = flags
    this.#table = new Int32Array(this.#capacity * 4)
    const mask = this.#table.length - 1
    for (let slot = 0; slot < this.count; slot++) {
      let position = hashOf(this.keys, slot * KEY_WORDS) & mask
      while (this.#table[position] !== 0) position = (position + 1) & mask
      this.#table[position] = slot + 1
      this.#positions[slot] = position
    }
  }
}

/** Copies a felt into exported form: upper limbs of a SMALL cell become 0. */
export function copyFelt(from: Int32Array, offset: number, to: Int32Array, at: number): void {
  const tag = from[offset + 3]!
  to[at] = from[offset]!
  to[at + 1] = from[offset + 1]!
  to[at + 2] = from[offset + 2]!
  to[at + 3] = tag
  const isBig = tag < 0
  to[at + 4] = isBig ? from[offset + 4]! : 0
  to[at + 5] = isBig ? from[offset + 5]! : 0
  to[at + 6] = isBig ? from[offset + 6]! : 0
  to[at + 7] = isBig ? from[offset + 7]! : 0
}

/** Hashes the key cell, and of the address cell its kind and two words: addresses are hashes mostly. */
function hashOf(keys: Int32Array, start: number): number {
  let hash = keys[start]! ^ Math.imul(keys[start + 4]! ^ keys[start + KIND_WORD]!, 0x85ebca6b)
  for (let i = CELL_WORDS; i < KEY_WORDS; i++) {
    hash = Math.imul(hash ^ keys[start + i]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}

function sameKey(keys: Int32Array, a: number, b: number): boolean {
  for (let i = KEY_WORDS - 1; i >= 0; i--) if (keys[a + i] !== keys[b + i]) return false
  return true
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}
