/**
 * The memory of the engine: one `Int32Array` that main creates and all executors see.
 *
 *     region    words                        life      contents
 *     header    16                           memory    magic and sizes, from which everyone computes the same layout
 *     control   16 per word                  block     the words of `Control`, a cache line each
 *     workers   32 per executor              block     counters and leases (src/executor/counters.ts)
 *     lines     16 per transaction           block     status, pointers (src/executor/line.ts)
 *     input     as given                     block     constants and encoded transactions
 *     keyTable  2 per location               memory    open addressing: location + 1, or 0
 *     keys      16 per location              memory    full keys, always compared whole
 *     base      8 per location               memory    the cell before the block
 *     written   1 per location               memory    number of the block that wrote it last + 1, 0 = none since it is here
 *     heads     1 per location               block     newest record of the location, 0 between blocks
 *     touched   1 per location               block     link in the list of locations that have records
 *     heat      1 per location               block     failed validations
 *     arenas    as given, per executor       block     records, cells, read and write sets, results
 *
 * Invariant: base is untouched until a block is whole, and heads are zero when a block starts. So a block can be thrown
 * away at any moment. Memory has a fixed size; main rebuilds it larger between blocks, never during one.
 */
import { Layout, LINE_WORDS, MAX_WORDS } from '../shared/layout.ts'

export interface MemorySizes {
  /** Locations that have a place; the table is grown when three quarters are used. A power of two. */
  locations: number
  /** Transactions of one block. */
  transactions: number
  /** Words of constants and encoded transactions of one block. */
  inputWords: number
  /** Words of each executor's arena. */
  arenaWords: number
  /** Arenas: executor 0 is the thread that owns the memory, workers count from 1. */
  executors: number
}

/** Enough for blocks of a few thousand transactions; untouched pages cost address space only. */
export const defaultSizes: MemorySizes = {
  locations: 2 ** 17,
  transactions: 4096,
  inputWords: 2 ** 20,
  arenaWords: 2 ** 23,
  executors: 5,
}

/** All arenas together have at most half of the memory. */
export const MOST_ARENA_WORDS = MAX_WORDS / 2

export const MAGIC = 0x46554731

/** Control words by name; each has a line of its own. */
const controlNames = [
  /** Transactions of the block. */
  'added',
  /** Next transaction to start, next to validate: claimed by compare-and-exchange, lowered by a min loop. */
  'exec',
  'val',
  /** Next transaction that the virtual machine is told of before it starts: claimed by compare-and-exchange. */
  'prepared',
  /** Length of the committed prefix; written by the holder of the clock. */
  'commit',
  /** Commit lock: 0, or the index of the executor that has it. */
  'clock',
  /** 0 run, 1 finished, 2 failed; only rises. */
  'stop',
  /** How far ahead of the prefix executors may start, and its limit. */
  'window',
  'windowLimit',
  /** Commit count of the next look at the waste, commits between looks, 1 while probing; what was seen last. */
  'look',
  'interval',
  'probing',
  'usefulSeen',
  'wastedSeen',
  /** Workers that take part. */
  'active',
  /** Switches of the policy (src/executor/policy.ts). */
  'policy',
  /** Sequence number that idle workers sleep on, and how many do. */
  'wake',
  'sleep',
  /** Locations used. */
  'locations',
  /** Offset of the two locations of the block's delta, 0 while there is none. */
  'delta',
  /** Height that whoever reads behind the table must see at least, -1 for none: what it wrote may be in the table no more. */
  'floor',
] as const

export type Control = Record<(typeof controlNames)[number], number>

export interface MemoryLayout extends Control {
  workers: number
  lines: number
  input: number
  keyTable: number
  keys: number
  base: number
  written: number
  heads: number
  touched: number
  heat: number
  arenas: number
  size: number
}

/** Words of a key, of a transaction's line, of a worker's counters. */
export const KEY = 16
export const LINE = 16
export const WORKER = 32

/** The same layout for the same sizes, on every thread. */
export function layoutOf(sizes: MemorySizes): MemoryLayout {
  if (sizes.locations < 2 || (sizes.locations & (sizes.locations - 1)) !== 0) {
    throw new RangeError(`the number of locations is a power of two, not ${sizes.locations}`)
  }
  const layout = new Layout()
  // The first region is the header: no pointer of a block is 0.
  layout.region(LINE_WORDS)
  const control: Control = {} as Control
  for (const name of controlNames) control[name] = layout.region(LINE_WORDS)
  return {
    ...control,
    workers: layout.region(WORKER * sizes.executors),
    lines: layout.region(LINE * sizes.transactions),
    input: layout.region(sizes.inputWords),
    keyTable: layout.region(2 * sizes.locations),
    keys: layout.region(KEY * sizes.locations),
    base: layout.region(8 * sizes.locations),
    written: layout.region(sizes.locations),
    heads: layout.region(sizes.locations),
    touched: layout.region(sizes.locations),
    heat: layout.region(sizes.locations),
    arenas: layout.region(sizes.arenaWords * sizes.executors),
    size: layout.size,
  }
}
