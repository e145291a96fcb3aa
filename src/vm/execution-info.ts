/**
 * The segments of get_execution_info, laid out at the first request of a call; later ones get the same pointer.
 *
 *     block (3) · signature · [bounds · paymaster · deployment data · proof facts] · transaction (19) · info (5)
 *
 * The bracketed lists exist for transactions of version 3; before, their cells are 0.
 */
import { SEGMENT_COUNT } from '../kernels/vm-layout.ts'
import type { Frame } from './frame.ts'
import type { CellList, ExecutionInfo } from './host.ts'
import type { Segments } from './segments.ts'

const TRANSACTION_CELLS = 19
/** Cells of `ExecutionInfo.transaction`. */
const TIP = 6
/** This one, and the fee's behind it. */
const NONCE_MODE = 7
const CALL_CELLS = 5
const CELL = 32

/** Lays the segments out: the number of the last one, or -1 when memory does not suffice. */
export function layOutExecutionInfo(segments: Segments, frame: Frame, info: ExecutionInfo): number {
  const { transaction } = info
  const before = segments.register(SEGMENT_COUNT)
  const isVersion3 = info.resourceBounds.count > 0
  const block = list(segments, frame, info.block)
  const signature = list(segments, frame, info.signature)
  const bounds = isVersion3 ? list(segments, frame, info.resourceBounds) : -1
  const paymaster = isVersion3 ? list(segments, frame, info.paymasterData) : -1
  const deployment = isVersion3 ? list(segments, frame, info.accountDeploymentData) : -1
  const proof = isVersion3 ? list(segments, frame, info.proofFacts) : -1
  const body = keep(frame, segments.allocate(TRANSACTION_CELLS), TRANSACTION_CELLS)
  const call = keep(frame, segments.allocate(CALL_CELLS), CALL_CELLS)
  const made = segments.register(SEGMENT_COUNT) - before
  if (made < (isVersion3 ? 8 : 4)) return -1

  const at = segments.base(body)
  segments.copyIn(at, transaction.cells, 0, 3)
  span(segments, at + 3 * CELL, signature, info.signature.count)
  segments.copyIn(at + 5 * CELL, transaction.cells, 3, 3)
  if (isVersion3) {
    span(segments, at + 8 * CELL, bounds, info.resourceBounds.count)
    segments.copyIn(at + 10 * CELL, transaction.cells, TIP, 1)
    span(segments, at + 11 * CELL, paymaster, info.paymasterData.count)
    segments.copyIn(at + 13 * CELL, transaction.cells, NONCE_MODE, 2)
    span(segments, at + 15 * CELL, deployment, info.accountDeploymentData.count)
    span(segments, at + 17 * CELL, proof, info.proofFacts.count)
  } else {
    for (let i = 8; i < TRANSACTION_CELLS; i++) segments.putNumber(at + i * CELL, 0)
  }
  const callAt = segments.base(call)
  segments.putPointer(callAt, block, 0)
  segments.putPointer(callAt + CELL, body, 0)
  segments.copyIn(callAt + 2 * CELL, info.call.cells, 0, 3)
  return call
}

function list(segments: Segments, frame: Frame, cells: CellList): number {
  return keep(frame, segments.allocateCells(cells), cells.count)
}

/** Counts a segment's cells as accessed. */
function keep(frame: Frame, segment: number, count: number): number {
  if (segment >= 0) frame.keepReadOnly(segment, count)
  return segment
}

/** Start and end of a list. */
function span(segments: Segments, at: number, segment: number, count: number): void {
  segments.putPointer(at, segment, 0)
  segments.putPointer(at + CELL, segment, count)
}
