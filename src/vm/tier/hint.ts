/**
 * Hints of a program image, as the compiler tier sees them: codes, operands, results. The layout is that of hints.ts.
 */
import { readCell } from '../../felt/cell.ts'
import {
  OPERAND_ADD_DEREF,
  OPERAND_DEREF,
  OPERAND_IMMEDIATE,
  OPERAND_MUL_DEREF,
} from '../../kernels/vm-layout.ts'
import type { Place } from './instruction.ts'

export interface HintOperand {
  kind: number
  /** Cells of a dereference, a sum or a product. */
  places: Place[]
  /** An immediate, and where it lies in the image; 0 where there is none. */
  value: bigint
  valueAt: number
}

export interface Hint {
  code: number
  operands: HintOperand[]
  results: Place[]
}

/** The hints of one pc, which start at byte `first`. */
export function readHints(view: DataView, cells: BigUint64Array, first: number): Hint[] {
  const hints: Hint[] = []
  for (let at = first; ; at += view.getUint16(at + 2, true)) {
    const operandCount = view.getUint8(at + 4)
    const resultCount = view.getUint8(at + 5)
    const resultsAt = at + 8 + operandCount * 16
    hints.push({
      code: view.getUint8(at),
      operands: Array.from({ length: operandCount }, (_, i) =>
        readOperand(view, cells, at + 8 + i * 16),
      ),
      results: Array.from({ length: resultCount }, (_, i) => placeAt(view, resultsAt + i * 4)),
    })
    if (view.getUint8(at + 1) !== 0) return hints
  }
}

/** The cells of the stack that hints name. */
export function placesOfHints(hints: readonly Hint[]): Place[] {
  return hints.flatMap(({ operands, results }) => [
    ...operands.flatMap(({ places }) => places),
    ...results,
  ])
}

/** Whether an operand lies in a cell, of the stack or of the image. */
export function isCell({ kind }: HintOperand): boolean {
  return kind === OPERAND_DEREF || kind === OPERAND_IMMEDIATE
}

function readOperand(view: DataView, cells: BigUint64Array, at: number): HintOperand {
  const kind = view.getUint8(at)
  const valueAt = view.getUint32(at + 12, true)
  const places: Place[] = []
  if (kind !== OPERAND_IMMEDIATE) places.push(placeAt(view, at + 4))
  if (kind === OPERAND_ADD_DEREF || kind === OPERAND_MUL_DEREF) places.push(placeAt(view, at + 8))
  return { kind, places, value: valueAt === 0 ? 0n : readCell(cells, valueAt / 8), valueAt }
}

function placeAt(view: DataView, at: number): Place {
  const reference = view.getInt32(at, true)
  return { isFp: (reference & 1) !== 0, offset: reference >> 5 }
}
