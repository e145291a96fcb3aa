/**
 * Memory holes: cells in use that no instruction accessed, which step mode charges like steps.
 *
 * They are counted per segment, builtins excepted, where anything was accessed at all. Read-only segments count as
 * accessed; so do the arguments on the stack and all words of the program, which therefore has no holes.
 */
import { SEGMENT_COUNT, STACK_BASE, STACK_HIGH } from '../kernels/vm-layout.ts'
import type { Frame } from './frame.ts'
import type { Interpreter, Segments } from './segments.ts'

/** Counts the holes of a call that ended. `top` is the end of what can have been written on the stack. */
export function countHoles(
  segments: Segments,
  kernel: Interpreter,
  frame: Frame,
  top: number,
): number {
  const ofBuiltins = new Set(frame.builtins.map(({ segment }) => segment))
  const readOnly = new Map<number, number>()
  for (let i = 0; i < frame.readOnly.length; i += 2) {
    readOnly.set(frame.readOnly[i]!, frame.readOnly[i + 1]!)
  }
  const arguments_ = frame.call.entryPoint.builtins.length + 4
  let holes = 0
  for (let segment = 1; segment < segments.register(SEGMENT_COUNT); segment++) {
    if (ofBuiltins.has(segment)) continue
    const end =
      segment === 1 ? (top - segments.register(STACK_BASE)) >> 5 : segments.capacity(segment)
    const used = kernel.usedCells(segment, end)
    // What is accessed by definition is not marked twice: the rest is.
    const given = segment === 1 ? arguments_ : Math.min(readOnly.get(segment) ?? 0, used)
    const marked = kernel.markedCells(segment, used)
    const accessed = given === 0 ? marked : given + marked - kernel.markedCells(segment, given)
    if (accessed > 0) holes += used - accessed
  }
  return holes
}

/** End of what a call can have written on its stack: offsets reach above ap and fp, now and before they were lowered. */
export function stackTop(segments: Segments, ap: number, fp: number, above: number): number {
  return Math.max(segments.register(STACK_HIGH), ap, fp) + above * 32
}
