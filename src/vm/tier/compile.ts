/**
 * A program image as a WebAssembly module.
 */
import { readCell } from '../../felt/cell.ts'
import {
  AP,
  FP,
  IMAGE_CELLS,
  IMAGE_RECORDS,
  IMAGE_WORDS,
  MEMORY_PAGES,
  NATIVE_ROOM,
  RECORD_HINT,
  STEPS,
  TIER_STATUS,
} from '../../kernels/vm-layout.ts'
import type { ProgramImage } from '../host.ts'
import { Emitter, FIRST_FUNCTION, type Hint } from './emit.ts'
import { type CairoFunction, findFunctions, type Position, successors } from './flow.ts'
import type { Place } from './instruction.ts'
import { Code, type DefinedFunction, encodeModule, type FunctionType, I32, I64, op } from './wasm.ts'

export interface Compiled {
  bytes: Uint8Array<ArrayBuffer>
  /** Function index by start, -1 elsewhere. */
  starts: Int32Array
}

const MOST_STEPS = 8000

const types: FunctionType[] = [
  { parameters: [I64, I32], results: [I64] },
  { parameters: [I64, I32, I32], results: [I64] },
  { parameters: [I64, I32, I32], results: [I32] },
  { parameters: [I64, I32, I32, I32], results: [I32] },
  { parameters: [I32, I32, I32], results: [I32] },
  { parameters: [I32], results: [I32] },
  { parameters: [I32, I32, I32, I32], results: [I32] },
  { parameters: [I32, I32, I32, I32, I32], results: [I32] },
]

const importList = [
  { name: 'leave', type: 1 },
  { name: 'assert', type: 2 },
  { name: 'hints', type: 3 },
  { name: 'pause', type: 3 },
  { name: 'add', type: 4 },
  { name: 'multiply', type: 4 },
  { name: 'deref', type: 4 },
  { name: 'less', type: 6 },
  { name: 'divMod', type: 6 },
  { name: 'wideMul', type: 6 },
  { name: 'split', type: 7 },
]

export function compile({ buffer, entryPoints }: ProgramImage): Compiled {
  const view = new DataView(buffer)
  const cells = new BigUint64Array(buffer, 0, buffer.byteLength >> 3)
  const length = view.getUint32(IMAGE_WORDS, true) - 1
  const cellsAt = view.getUint32(IMAGE_CELLS, true) / 8
  const records = view.getUint32(IMAGE_RECORDS, true)
  const words = Array.from({ length }, (_, i) => readCell(cells, cellsAt + i * 4))
  const entries = [
    ...entryPoints.external,
    ...entryPoints.l1Handler,
    ...(entryPoints.constructor === null ? [] : [entryPoints.constructor]),
  ].map(({ offset }) => offset)
  const hintCache = new Map<number, Hint[]>()
  const hints = (pc: number): Hint[] => {
    const at = view.getUint32(records + pc * 32 + RECORD_HINT, true)
    if (at === 0) return noHints
    let found = hintCache.get(pc)
    if (found === undefined) {
      found = readHints(view, cells, at)
      hintCache.set(pc, found)
    }
    return found
  }
  const functions = findFunctions(words, entries, (pc) => hints(pc).flatMap(placesOfHint)).filter(
    ({ steps }) => steps <= MOST_STEPS,
  )
  const starts = new Int32Array(length).fill(-1)
  functions.forEach(({ start }, index) => {
    starts[start] = index
  })
  const returns = new Map<number, number>()
  const byStart = new Map(functions.map((one) => [one.start, one]))
  const unit = {
    hints,
    indexOf: (start: number) => starts[start] ?? -1,
    returnCells: (start: number) => returnCells(start, byStart, returns),
  }
  const bodies = functions.map((one) => new Emitter(unit, one).emit())
  bodies.push(enter())
  const exported = { name: 'enter', index: FIRST_FUNCTION + functions.length }
  return { bytes: encodeModule(types, importList, bodies, exported, MEMORY_PAGES), starts }
}

const noHints: Hint[] = []

function placesOfHint({ operands, results }: Hint): Place[] {
  return [...operands.map(({ place }) => place), ...results]
}

function enter(): DefinedFunction {
  const code = new Code()
  code.i32(0).loadI32(FP).set(1)
  code.i32(0).loadI32(STEPS).op(op.extend).i64(32n).op(op.i64Shl)
  code.i32(0).loadI32(AP).op(op.extend, op.i64Or)
  code.i32(0).loadI32(NATIVE_ROOM).get(0).callIndirect(0).tee(2).op(op.wrap, op.i32Eqz)
  code.if().i32(0).loadI32(TIER_STATUS).op(op.return).end()
  code.i32(0).get(2).op(op.wrap).storeI32(AP)
  code.i32(0).get(2).i64(32n).op(op.i64ShrU, op.wrap).storeI32(STEPS)
  code.i32(0).get(1).storeI32(FP)
  code.i32(0)
  return { type: 5, locals: [[1, I32], [1, I64]], code }
}

/** Cells that ap is above fp at every `ret`, or -1. */
function returnCells(
  start: number,
  functions: Map<number, CairoFunction>,
  known: Map<number, number>,
): number {
  const found = known.get(start)
  if (found !== undefined) return found
  known.set(start, -1)
  const fn = functions.get(start)
  if (fn === undefined) return -1
  let result = -2
  const positions: (number | undefined)[] = [0]
  fn.blocks.forEach((block, index) => {
    let cells = positions[index] ?? -1
    for (const one of block.instructions) {
      if (cells >= 0) {
        cells += one.apPlus
        if (one.kind === 'advance') cells += one.count
        if (one.kind === 'call') {
          const isTail = one.target === start
          const callee = isTail ? -1 : returnCells(one.target, functions, known)
          cells = callee < 0 ? -1 : cells + 2 + callee
        }
      }
      if (one.kind === 'return') result = result === -2 || result === cells ? cells : -1
    }
    for (const pc of successors(block)) {
      const target = fn.order.get(pc) ?? -1
      if (target <= index) continue
      const before = positions[target]
      positions[target] = before === undefined || before === cells ? cells : -1
    }
  })
  if (result === -2) result = -1
  known.set(start, result)
  return result
}

function readHints(view: DataView, cells: BigUint64Array, first: number): Hint[] {
  const hints: Hint[] = []
  let at = first
  while (true) {
    const operandCount = view.getUint8(at + 4)
    const resultCount = view.getUint8(at + 5)
    const operands = Array.from({ length: operandCount }, (_, i) => {
      const operand = at + 8 + i * 16
      const kind = view.getUint8(operand)
      const value = view.getUint32(operand + 12, true)
      return {
        kind,
        place: place(view.getInt32(operand + 4, true)),
        value: value === 0 ? 0n : readCell(cells, value / 8),
        immediateAt: value,
      }
    })
    const results = Array.from({ length: resultCount }, (_, i) =>
      place(view.getInt32(at + 8 + operandCount * 16 + i * 4, true)),
    )
    hints.push({ code: view.getUint8(at), operands, results })
    if (view.getUint8(at + 1) !== 0) return hints
    at += view.getUint16(at + 2, true)
  }
}

function place(reference: number): { isFp: boolean; offset: number } {
  return { isFp: (reference & 1) !== 0, offset: reference >> 5 }
}

export type { Position }
