/**
 * The segments of get_execution_info, laid out at the first request of a call; later ones get the same pointer.
 *
 *     block (3) · signature · [bounds · paymaster · deployment data · proof facts] · transaction (19) · info (5)
 *
 * The bracketed lists exist for transactions of version 3; before, their cells are 0.
 */
import type { Frame } from './frame.ts'
import type { CellList, ExecutionInfo } from './host.ts'
import type { Segments } from './segments.ts'

const TRANSACTION_CELLS = 19
/** Cells of `ExecutionInfo.transaction`. */
const TIP = 6
const NONCE_MODE = 7
const FEE_MODE = 8

/** Lays the segments out: the number of the last one, or -1 when memory does not suffice. */
export function layOutExecutionInfo(segments: Segments, frame: Frame, info: ExecutionInfo): number {
  let isFull = false
  const keep = (segment: number, count: number): number => {
    if (segment < 0) isFull = true
    else frame.keepReadOnly(segment, count)
    return segment
  }
  const list = (cells: CellList) => keep(segments.allocateCells(cells), cells.count)
  const block = list(info.block)
  const signature = list(info.signature)
  const isVersion3 = info.resourceBounds.count > 0
  const bounds = isVersion3 ? list(info.resourceBounds) : -1
  const paymaster = isVersion3 ? list(info.paymasterData) : -1
  const deployment = isVersion3 ? list(info.accountDeploymentData) : -1
  const proof = isVersion3 ? list(info.proofFacts) : -1
  const transaction = keep(segments.allocate(TRANSACTION_CELLS), TRANSACTION_CELLS)
  const call = keep(segments.allocate(5), 5)
  if (isFull) return -1

  let at = segments.base(transaction)
  const copy = (index: number) => {
    segments.copyIn(at, info.transaction.cells, index, 1)
    at += 32
  }
  const zero = () => {
    segments.putNumber(at, 0)
    at += 32
  }
  const pointers = (segment: number, count: number) => {
    segments.putPointer(at, segment, 0)
    segments.putPointer(at + 32, segment, count)
    at += 64
  }
  copy(0)
  copy(1)
  copy(2)
  pointers(signature, info.signature.count)
  copy(3)
  copy(4)
  copy(5)
  if (isVersion3) {
    pointers(bounds, info.resourceBounds.count)
    copy(TIP)
    pointers(paymaster, info.paymasterData.count)
    copy(NONCE_MODE)
    copy(FEE_MODE)
    pointers(deployment, info.accountDeploymentData.count)
    pointers(proof, info.proofFacts.count)
  } else for (let i = 8; i < TRANSACTION_CELLS; i++) zero()
  at = segments.base(call)
  segments.putPointer(at, block, 0)
  segments.putPointer(at + 32, transaction, 0)
  segments.copyIn(at + 64, info.call.cells, 0, 3)
  return call
}
