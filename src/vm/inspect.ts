/**
 * All cells of an open call as plain values, for specs that compare machines.
 */
import { SEGMENT_COUNT, STACK_BASE } from '../kernels/vm-layout.ts'
import type { Interpreter, Segments } from './segments.ts'

/** A felt, a pointer, or undefined where nothing is set. */
export type InspectedCell = bigint | { segment: number; offset: number } | undefined

/** Segments of the running call without trailing unset cells; the program's is left empty. `top` ends the stack. */
export function inspect(segments: Segments, kernel: Interpreter, top: number): InspectedCell[][] {
  const all: InspectedCell[][] = [[]]
  for (let segment = 1; segment < segments.register(SEGMENT_COUNT); segment++) {
    const end =
      segment === 1 ? (top - segments.register(STACK_BASE)) >> 5 : segments.capacity(segment)
    const used = kernel.usedCells(segment, end)
    const cells: InspectedCell[] = []
    for (let offset = 0; offset < used; offset++) {
      const address = segments.address(segment, offset)
      if (!segments.isSet(address)) cells.push(undefined)
      else if (!segments.isPointer(address)) cells.push(segments.felt(address))
      else {
        cells.push({
          segment: segments.segmentOf(address),
          offset: segments.offsetOf(address),
        })
      }
    }
    all.push(cells)
  }
  return all
}
