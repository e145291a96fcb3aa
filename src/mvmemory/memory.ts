/**
 * The engine's memory as an object: create it, attach to it, load and read the base state, grow it.
 *
 * The thread that creates a memory owns it. The owner may load, grow and read the base state between blocks; other
 * threads attach to the words and only take part in blocks. What the table does not hold, `behind` knows.
 */
import { copyCell, writeZero } from '../shared/words.ts'
import { Locations } from './locations.ts'
import {
  defaultSizes,
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
  /** Rises when the words are others: executors attach again. */
  generation = 0
  readonly behind: BaseReader

  constructor(words: Int32Array, sizes: MemorySizes, behind: BaseReader) {
    this.words = words
    this.sizes = sizes
    this.layout = layoutOf(sizes)
    this.behind = behind
    this.table = new Locations(words, this.layout, sizes.locations, behind)
  }

  /** True when the table should be grown before the next block. */
  get crowded(): boolean {
    return this.table.count * 4 >= this.sizes.locations * 3
  }

  /** Reads a cell of the base state. */
  read(key: Int32Array, keyOffset: number, out: Int32Array, outOffset: number): void {
    const location = this.table.find(key, keyOffset)
    if (location < 0) this.behind.read(key, keyOffset, out, outOffset)
    else copyCell(this.words, this.layout.base + location * 8, out, outOffset)
  }

  /** Rebuilds into a larger memory with the same base state. Only between blocks, only by the owner. */
  grow(wanted: Partial<MemorySizes>): void {
    const { words, layout, table } = this
    const sizes = { ...this.sizes }
    for (const name of Object.keys(wanted) as (keyof MemorySizes)[]) {
      sizes[name] = Math.max(sizes[name], wanted[name] ?? 0)
    }
    this.words = allocate(sizes, words.buffer instanceof SharedArrayBuffer)
    this.sizes = sizes
    this.layout = layoutOf(sizes)
    this.table = new Locations(this.words, this.layout, sizes.locations, this.behind)
    this.generation++
    table.forEach((location) => {
      const moved = this.table.intern(words, table.keyOffset(location))
      copyCell(words, layout.base + location * 8, this.words, this.layout.base + moved * 8)
    })
  }

  /** Empties the table: every location is again what lies behind. Only between blocks, only by the owner. */
  forget(): void {
    const { words, layout, sizes } = this
    words.fill(0, layout.keyTable, layout.keyTable + 2 * sizes.locations)
    words[layout.locations] = 0
    this.table = new Locations(words, layout, sizes.locations, this.behind)
  }

  /** Makes room for a block of this size. */
  ensure(transactions: number, inputWords: number): void {
    if (this.crowded) this.grow({ locations: this.sizes.locations * 2 })
    if (transactions > this.sizes.transactions || inputWords > this.sizes.inputWords) {
      this.grow({ transactions: roundUp(transactions), inputWords: roundUp(inputWords) })
    }
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
    if (memory.crowded) memory.grow({ locations: memory.sizes.locations * 2 })
    const location = memory.table.intern(key, 0)
    copyCell(after, 0, memory.words, memory.layout.base + location * 8)
  }
}

/** Reads a cell of the base state into `out`. */
export function readState(memory: EngineMemory, key: Int32Array, out: Int32Array): void {
  memory.read(key, 0, out, 0)
}

const sizeNames = Object.keys(defaultSizes) as (keyof MemorySizes)[]

function allocate(sizes: MemorySizes, shared: boolean): Int32Array {
  const bytes = layoutOf(sizes).size * 4
  const words = new Int32Array(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes))
  words[0] = MAGIC
  for (const [index, name] of sizeNames.entries()) words[index + 1] = sizes[name]
  return words
}

function roundUp(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, count)))
}
