/**
 * What a syscall is to its frame: a request read, a number of items, and an act that answers cells or refuses.
 */
import type { Frame } from './frame.ts'
import type { RequestReader } from './requests.ts'
import { advance, type Pointer, type Value } from './value.ts'

/** Thrown to leave every frame at once: the host said HALT, or stopped. */
export class Halt extends Error {}

/** A failure response. */
export class Refusal {
  readonly reason: bigint[]
  constructor(reason: bigint[]) {
    this.reason = reason
  }
}

export interface Gas {
  left: bigint
}

/** A syscall: reads its request, tells how many items it is charged for, and what it will do. */
export interface Syscall {
  items?: number
  /** The response cells, or a refusal. */
  act(gas: Gas): Value[] | Refusal
}

export type SyscallReader = (request: RequestReader, frame: Frame) => Syscall

/** A segment whose cells all count as accessed. */
export function readOnlySegment(frame: Frame, cells: Value[]): [Pointer, Pointer] {
  const start = frame.memory.allocate([...cells])
  frame.readOnly.push({ start, count: cells.length })
  return [start, advance(start, cells.length)]
}
