/**
 * The table of locations: 64-byte keys to small integers, open addressing with linear probing.
 *
 *     slot of hash ──▶ location + 1 ──▶ key (16 words), base cell, newest record
 *
 * A location is complete (key and base cell) before the compare-and-exchange that puts it into a slot, and stays for the
 * life of the table; a slot never changes again. Two threads that add one key at once race for the slot: the loser finds
 * the winner's location there and keeps its own place for the next key. Keys are compared whole, never by hash alone.
 */
import { MemoryFull } from '../shared/arena.ts'
import { loadLink } from '../shared/words.ts'
import type { BaseReader } from './memory.ts'
import { KEY, type MemoryLayout } from './regions.ts'

export class Locations {
  private readonly words: Int32Array
  private readonly slots: number
  private readonly mask: number
  private readonly keys: number
  private readonly base: number
  private readonly counter: number
  private readonly capacity: number
  private readonly behind: BaseReader
  /** Why a cell could not be read from behind, null while all could: what was executed with it counts for nothing. */
  failure: unknown = null
  /** A place that lost its race, or -1. */
  private spare = -1

  constructor(words: Int32Array, layout: MemoryLayout, capacity: number, behind: BaseReader) {
    this.words = words
    this.slots = layout.keyTable
    this.mask = 2 * capacity - 1
    this.keys = layout.keys
    this.base = layout.base
    this.counter = layout.locations
    this.capacity = capacity
    this.behind = behind
  }

  /** Places in use. */
  get count(): number {
    return Math.min(Atomics.load(this.words, this.counter), this.capacity)
  }

  /** True when a key found no place any more. */
  get isFull(): boolean {
    return Atomics.load(this.words, this.counter) > this.capacity
  }

  /** The location of a key, new if need be. */
  intern(source: Int32Array, offset: number): number {
    const { words, slots, mask } = this
    for (let slot = hashOf(source, offset) & mask; ; slot = (slot + 1) & mask) {
      let entry = loadLink(words, slots + slot)
      if (entry === 0) {
        const location = this.place(source, offset)
        entry = Atomics.compareExchange(words, slots + slot, 0, location + 1)
        if (entry === 0) return location
        this.spare = location
      }
      if (this.holds(entry - 1, source, offset)) return entry - 1
    }
  }

  /** The location of a key, or -1. */
  find(source: Int32Array, offset: number): number {
    const { words, slots, mask } = this
    for (let slot = hashOf(source, offset) & mask; ; slot = (slot + 1) & mask) {
      const entry = loadLink(words, slots + slot)
      if (entry === 0) return -1
      if (this.holds(entry - 1, source, offset)) return entry - 1
    }
  }

  /** Word offset of a location's key. */
  keyOffset(location: number): number {
    return this.keys + location * KEY
  }

  /** Calls `visit` for each location; only while no one adds any. */
  forEach(visit: (location: number) => void): void {
    for (let slot = 0; slot <= this.mask; slot++) {
      const entry = this.words[this.slots + slot]!
      if (entry !== 0) visit(entry - 1)
    }
  }

  /** A complete location that no slot names yet. */
  private place(source: Int32Array, offset: number): number {
    let location = this.spare
    this.spare = -1
    if (location < 0) {
      location = Atomics.add(this.words, this.counter, 1)
      // At most half of the slots are ever used, so that every probe ends.
      if (location >= this.capacity) throw new MemoryFull(`no room for ${location} locations`)
    }
    const key = this.keyOffset(location)
    for (let word = 0; word < KEY; word++) this.words[key + word] = source[offset + word]!
    try {
      this.behind.read(source, offset, this.words, this.base + location * 8)
    } catch (error) {
      this.failure = error
      throw error
    }
    return location
  }

  private holds(location: number, source: Int32Array, offset: number): boolean {
    const { words } = this
    const key = this.keys + location * KEY
    for (let word = 0; word < KEY; word++) {
      if (words[key + word] !== source[offset + word]) return false
    }
    return true
  }
}

/** Mixes all sixteen words; locations differ in any of them. */
function hashOf(words: Int32Array, offset: number): number {
  let hash = 0x2545f491
  for (let word = 0; word < KEY; word++) {
    hash = Math.imul(hash ^ words[offset + word]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash ^ (hash >>> 13)
}
