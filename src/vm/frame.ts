/**
 * One open call, as TypeScript remembers it: what hints and syscalls keep until the call ends, and its counters.
 *
 * Frames are pooled by depth; the registers of the call are in control memory, not here.
 */
import { OUT_CELLS } from '../kernels/vm-layout.ts'
import { builtinNames, type Call, type HostError, syscallNames } from './host.ts'
import type { ResidentProgram } from './program-store.ts'
import { SecpPoints } from './secp.ts'

/** A felt, or a pointer packed as `POINTER | segment << 32 | offset`, negative so that no felt is equal. */
export type Value = bigint

/** The number of a dictionary and its values by key. */
export interface Dictionary {
  index: number
  values: Map<bigint, Value>
}

/** Access indices by key, each list last first; keys descending. */
export interface Squash {
  indices: Map<bigint, number[]>
  keys: bigint[]
}

export interface OpenBuiltin {
  readonly name: (typeof builtinNames)[number]
  /** Index of the name. */
  readonly index: number
  readonly segment: number
}

export class Frame {
  call!: Call
  /** Image of the program in memory, pinned while the call is open. */
  resident!: ResidentProgram
  /** Segments of the entry point's builtins, in its order. */
  builtins: readonly OpenBuiltin[] = []
  /** The same as bits by index. */
  builtinBits = 0
  syscallSegment = 0
  /** Segment of get_execution_info, -1 before it is asked for. */
  infoSegment = -1
  /** Where the next state of SHA-256 and of SHA-512 goes; segment -1 before the first. */
  readonly shaSegments = new Int32Array(2)
  readonly shaOffsets = new Int32Array(2)
  secpSegment = -1
  readonly secpPoints = new SecpPoints()
  dictionaries = new Map<number, Dictionary>()
  /** Cells of range_check96 by its final pointer, -1 before the end. */
  rangeCheck96Used = -1
  squash: Squash | null = null
  excludedArc = -1
  /** Pairs of a segment all of whose cells count as accessed, and how many those are; in step mode only. */
  readOnly: number[] = []
  /** Address of a cell for values on their way from the host. */
  readonly outCell: number
  hostError: HostError | null = null
  /** Steps of step-mode calls below this one. */
  stepsBelow = 0
  readonly builtinCounts = new Float64Array(builtinNames.length)
  readonly syscallCounts = new Float64Array(syscallNames.length)
  readonly syscallItems = new Float64Array(syscallNames.length)

  constructor(depth: number) {
    this.outCell = OUT_CELLS + depth * 32
  }

  /** Counts the first cells of a segment as accessed, where accesses count. */
  keepReadOnly(segment: number, count: number): void {
    if (this.call.accounting === 'steps') this.readOnly.push(segment, count)
  }

  /** Makes the frame new for a call. */
  open(call: Call): void {
    this.call = call
    this.infoSegment = -1
    this.shaSegments.fill(-1)
    this.secpSegment = -1
    this.secpPoints.clear()
    if (this.dictionaries.size > 0) this.dictionaries = new Map()
    this.rangeCheck96Used = -1
    this.squash = null
    this.excludedArc = -1
    if (this.readOnly.length > 0) this.readOnly = []
    this.hostError = null
    this.stepsBelow = 0
    // Shorter than what `fill` takes to begin.
    const { builtinCounts, syscallCounts, syscallItems } = this
    for (let i = 0; i < builtinCounts.length; i++) builtinCounts[i] = 0
    for (let i = 0; i < syscallCounts.length; i++) syscallCounts[i] = syscallItems[i] = 0
  }
}
