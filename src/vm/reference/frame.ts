/**
 * One open call: registers, memory, and what hints and syscalls remember until it ends.
 */
import type { Call, Host, MachineConstants } from '../host.ts'
import type { Builtin } from './builtins.ts'
import type { ReferenceProgram } from './casm.ts'
import type { Point } from './curve.ts'
import type { Memory } from './memory.ts'
import type { Pointer, Value } from './value.ts'

/** The number of a dictionary and its values by key. */
export interface Dictionary {
  index: number
  values: Map<bigint, Value>
}

/** Access indices by key, each list last first; keys descending. */
export interface Squash {
  indices: Map<bigint, bigint[]>
  keys: bigint[]
}

export interface Frame {
  readonly call: Call
  readonly program: ReferenceProgram
  readonly constants: MachineConstants
  readonly host: Host
  readonly memory: Memory
  readonly builtins: Builtin[]
  pc: Pointer
  ap: number
  fp: number
  steps: number
  /** Blake instructions. */
  blakes: number
  /** The next point of RandomEcPoint. */
  randomPoint(): readonly [bigint, bigint]

  /** By segment. */
  dictionaries: Map<number, Dictionary>
  squash: Squash | null
  excludedArc: number | null
  /** Next free address of the constant-size segment. */
  constantSize: Pointer | null

  syscall: Pointer
  /** Data given to the program: these cells count as accessed, not what the program adds behind them. */
  readonly readOnly: { start: Pointer; count: number }[]
  executionInfo: Pointer | null
  /** Output segments of SHA-256 and SHA-512: where the next state goes. */
  sha256: Pointer | null
  sha512: Pointer | null
  secpSegment: Pointer | null
  secpPoints: { curve: 'k1' | 'r1'; point: Point }[]
  /** By index of `syscallNames`. */
  syscallCounts: Float64Array
  syscallItems: Float64Array
}
