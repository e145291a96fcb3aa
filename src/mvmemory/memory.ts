/**
 * The engine's memory as an object: create it, attach to it, load and read the base state, grow it.
 *
 * The thread that creates a memory owns it. The owner may load, grow and read the base state between blocks; other
 * threads attach to the words and only take part in blocks. What the table does not hold, `behind` knows.
 *
 * So the table is a cache, with one condition: `behind` may trail the newest block. A location that a block above
 * `durable` wrote stays in the table; any other may be dropped, if from then on `behind` is read at `durable` or later.
 * That height is the memory's floor, which only rises.
 */
import { copyCell, writeZero } from '../shared/words.ts'
import { Locations } from './locations.ts'
import {
  defaultSizes,
  KEY,
  layoutOf,
  MAGIC,
  type MemoryLayout,
  type MemorySizes,
  MOST_ARENA_WORDS,
} from './regions.ts'

/** Reads the state behind the table: what was never loaded or written. */
export interface BaseReader {
  /** Writes the cell of the 16-word key at `key[keyOffset]` to `out[outOffset]`: the felt 0 if nobody wrote it. */
  read(key: Int32Array, keyOffset: number, out: Int32Array, outOffset: number): void
}

/** A state in which nothing was written. */
export const zeroBase: BaseReader = {
  read: (_key, _keyOffset, out, outOffset) => writeZero(out, outOffset),
}

export interface MemoryOptions extends Partial<MemorySizes> {
  /** What lies behind the table; nothing by default. */
  base?: BaseReader
  /** False for a private memory of one thread. */
  shared?: boolean
}

export class EngineMemory implements BaseReader {
  words: Int32Array
  layout: MemoryLayout
  sizes: MemorySizes
  /** This thread's access to the table of locations. */
  table: Locations
  /** Rises when the words or the places of locations are others: executors attach again. */
  generation = 0
  /** Owner: the number of the block that writes. */
  block = 0
  /** Owner: `behind` knows what the blocks up to this one wrote. */
  durable = -1
  readonly behind: BaseReader

  constructor(words: Int32Array, sizes: MemorySizes, behind: BaseReader) {
    this.words = words
    this.sizes = sizes
    this.layout = layoutOf(sizes)
    this.behind = behind
    this.table = new Locations(words, this.layout, sizes.locations, behind)
  }

  /** True when the table needs room before the next block. */
  get crowded(): boolean {
    return this.table.count * 4 >= this.sizes.locations * 3
  }

  /** Height that whoever reads behind the table must see at least. */
  get floor(): number {
    return this.words[this.layout.floor]!
  }

  /** Reads a cell of the base state. */
  read(key: Int32Array, keyOffset: number, out: Int32Array, outOffset: number): void {
    const location = this.table.find(key, keyOffset)
    if (location < 0) this.behind.read(key, keyOffset, out, outOffset)
    else copyCell(this.words, this.layout.base + location * 8, out, outOffset)
  }

  /** Sets a cell of the base state in the name of the block that writes. Only between blocks, only by the owner. */
  store(location: number, source: Int32Array, offset: number): void {
    const { words, layout } = this
    copyCell(source, offset, words, layout.base + location * 8)
    words[layout.written + location] = this.block + 1
  }

  /** Rebuilds into a larger memory with the same base state. Only between blocks, only by the owner. */
  grow(wanted: Partial<MemorySizes>): void {
    const kept = this.copyOf(0)
    const { floor } = this
    const sizes = { ...this.sizes }
    for (const name of Object.keys(wanted) as (keyof MemorySizes)[]) {
      sizes[name] = Math.max(sizes[name], wanted[name] ?? 0)
    }
    this.words = allocate(sizes, this.words.buffer instanceof SharedArrayBuffer)
    this.sizes = sizes
    this.layout = layoutOf(sizes)
    this.refill(kept, floor)
  }

  /**
   * Drops from the table what `behind` knows as well; grows it if it stays half full, and to `least` locations. Only
   * between blocks, only by the owner.
   */
  makeRoom(least = 0): void {
    const kept = this.copyOf(this.durable + 2)
    this.empty()
    this.refill(kept, Math.max(this.floor, this.durable))
    const { locations } = this.sizes
    const wanted = Math.max(least, this.table.count * 2 >= locations ? locations * 2 : locations)
    if (wanted > locations) this.grow({ locations: wanted })
  }

  /** Empties the table: every location is again what lies behind. Only between blocks, only by the owner. */
  forget(): void {
    const { words, layout, sizes } = this
    this.empty()
    this.table = new Locations(words, layout, sizes.locations, this.behind)
  }

  /** Starts again after the block that `behind` has now, whatever was written before. */
  restart(height: number): void {
    this.empty()
    this.durable = height
    this.refill(new Int32Array(0), height)
  }

  /** Makes room for a block of this size. */
  ensure(transactions: number, inputWords: number): void {
    if (this.crowded) this.makeRoom()
    if (transactions > this.sizes.transactions || inputWords > this.sizes.inputWords) {
      this.grow({ transactions: roundUp(transactions), inputWords: roundUp(inputWords) })
    }
  }

  /** Key, cell and writer of each location whose `written` is at least `least`, one behind the other. */
  private copyOf(least: number): Int32Array {
    const { words, layout, table } = this
    const copy = new Int32Array(table.count * ENTRY)
    let end = 0
    table.forEach((location) => {
      const written = words[layout.written + location]!
      if (written < least) return
      const key = table.keyOffset(location)
      for (let word = 0; word < KEY; word++) copy[end + word] = words[key + word]!
      copyCell(words, layout.base + location * 8, copy, end + KEY)
      copy[end + KEY + 8] = written
      end += ENTRY
    })
    return copy.subarray(0, end)
  }

  private empty(): void {
    const { words, layout, sizes, table } = this
    words.fill(0, layout.keyTable, layout.keyTable + 2 * sizes.locations)
    words.fill(0, layout.written, layout.written + table.count)
    words.fill(0, layout.heat, layout.heat + table.count)
    words[layout.locations] = 0
  }

  /** Puts what `copyOf` copied into an empty table; nothing is read from behind for it. */
  private refill(kept: Int32Array, floor: number): void {
    const { words, layout, sizes } = this
    words[layout.floor] = floor
    const table = new Locations(words, layout, sizes.locations, zeroBase)
    for (let at = 0; at < kept.length; at += ENTRY) {
      const location = table.intern(kept, at)
      copyCell(kept, at + KEY, words, layout.base + location * 8)
      words[layout.written + location] = kept[at + KEY + 8]!
    }
    this.table = new Locations(words, layout, sizes.locations, this.behind)
    this.generation++
  }
}

/** A new memory, in which every location that `base` does not know holds the felt 0. */
export function createEngineMemory(options: MemoryOptions = {}): EngineMemory {
  const { base = zeroBase, shared = true, ...wanted } = options
  const { executors = defaultSizes.executors } = wanted
  const arenaWords = Math.min(defaultSizes.arenaWords, Math.floor(MOST_ARENA_WORDS / executors))
  const sizes = { ...defaultSizes, arenaWords, ...wanted }
  return new EngineMemory(allocate(sizes, shared), sizes, base)
}

/** The memory that another thread created. */
export function attachEngineMemory(words: Int32Array, base: BaseReader = zeroBase): EngineMemory {
  if (words[0] !== MAGIC) throw new Error(`expected an engine memory, got magic ${words[0]}`)
  const sizes = { ...defaultSizes }
  for (const [index, name] of sizeNames.entries()) sizes[name] = words[index + 1]!
  return new EngineMemory(words, sizes, base)
}

/** Sets cells of the base state. Only between blocks, only by the owner. */
export function loadState(
  memory: EngineMemory,
  changes: Iterable<{ key: Int32Array; after: Int32Array }>,
): void {
  for (const { key, after } of changes) {
    if (memory.crowded) memory.makeRoom()
    memory.store(memory.table.intern(key, 0), after, 0)
  }
}

/** Reads a cell of the base state into `out`. */
export function readState(memory: EngineMemory, key: Int32Array, out: Int32Array): void {
  memory.read(key, 0, out, 0)
}

/** Words of a location that is moved: key, cell, writer. */
const ENTRY = KEY + 8 + 1

const sizeNames = Object.keys(defaultSizes) as (keyof MemorySizes)[]

function allocate(sizes: MemorySizes, shared: boolean): Int32Array {
  const layout = layoutOf(sizes)
  const bytes = layout.size * 4
  const words = new Int32Array(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes))
  words[0] = MAGIC
  words[layout.floor] = -1
  for (const [index, name] of sizeNames.entries()) words[index + 1] = sizes[name]
  return words
}

function roundUp(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, count)))
}
