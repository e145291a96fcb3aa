/**
 * A program image as the bytes of a WebAssembly module.
 *
 *     image ──▶ words, hints ──▶ functions (flow.ts) ──▶ one body each (function.ts) ──▶ module (wasm.ts)
 *
 * The module imports the memory of an interpreter instance and functions of its kernel, and exports `enter`, which runs the
 * function of an index from the registers in control memory until it has come to its `ret` or was left. It keeps nothing, so
 * a call within a call may enter it again.
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
import { Climbs } from './climb.ts'
import { KERNEL_FUNCTIONS, kernel } from './emitter.ts'
import { findFunctions } from './flow.ts'
import { compileFunction, FUNCTION_TYPE, type Unit } from './function.ts'
import { type Hint, readHints } from './hint.ts'
import {
  Code,
  type DefinedFunction,
  encodeModule,
  type FunctionType,
  I32,
  I64,
  op,
} from './wasm.ts'

export interface CompiledProgram {
  bytes: Uint8Array<ArrayBuffer>
  /** By pc: the function that starts there, or -1. */
  starts: Int32Array
}

const RECORD_BYTES = 32

const types: FunctionType[] = [
  { parameters: [I64, I32], results: [I64] },
  { parameters: [I64, I32, I32], results: [I64] },
  { parameters: [I64, I32, I32], results: [I32] },
  { parameters: [I64, I32, I32, I32], results: [I32] },
  { parameters: [I32, I32, I32], results: [I32] },
  { parameters: [I32, I32, I32, I32], results: [I32] },
  { parameters: [I32, I32, I32, I32, I32], results: [I32] },
  { parameters: [I32], results: [I32] },
]
const ENTER_TYPE = 7

const kernelTypes: Record<keyof typeof kernel, number> = {
  leave: 1,
  step: 1,
  assert: 2,
  hints: 3,
  pause: 3,
  add: 4,
  multiply: 4,
  deref: 4,
  less: 5,
  divMod: 5,
  wideMultiply: 5,
  split: 6,
}

export function compileProgram({ buffer, entryPoints }: ProgramImage): CompiledProgram {
  const view = new DataView(buffer)
  const cells = new BigUint64Array(buffer, 0, buffer.byteLength >> 3)
  // The last word is the pointer to the prices, which every call has its own of.
  const length = view.getUint32(IMAGE_WORDS, true) - 1
  const cellsAt = view.getUint32(IMAGE_CELLS, true) / 8
  const recordsAt = view.getUint32(IMAGE_RECORDS, true)
  const words = Array.from({ length }, (_, pc) => readCell(cells, cellsAt + pc * 4))
  const hints = new Map<number, Hint[]>()
  for (let pc = 0; pc < length; pc++) {
    const first = view.getUint32(recordsAt + pc * RECORD_BYTES + RECORD_HINT, true)
    if (first !== 0) hints.set(pc, readHints(view, cells, first))
  }
  const entries = [...entryPoints.external, ...entryPoints.l1Handler]
  if (entryPoints.constructor !== null) entries.push(entryPoints.constructor)
  const functions = findFunctions(
    words,
    entries.map(({ offset }) => offset),
  )
  const starts = new Int32Array(length).fill(-1)
  functions.forEach(({ start }, index) => {
    starts[start] = index
  })
  const unit: Unit = {
    hints: (pc) => hints.get(pc) ?? [],
    indexOf: (start) => starts[start] ?? -1,
    climbs: new Climbs(functions),
  }
  const bodies = [...functions.map((fn) => compileFunction(unit, fn)), enterFunction()]
  const imports = Object.keys(kernel).map((name) => ({
    name,
    type: kernelTypes[name as keyof typeof kernel],
  }))
  const enter = { name: 'enter', index: KERNEL_FUNCTIONS + functions.length }
  return { bytes: encodeModule(types, imports, bodies, enter, MEMORY_PAGES), starts }
}

/** Runs the function of an index; what ended it, 0 when the interpreter goes on. */
function enterFunction(): DefinedFunction {
  const [index, fp, state] = [0, 1, 2]
  const code = new Code()
  code.i32(0).loadI32(FP).set(fp)
  code.i32(0).loadI32(STEPS).op(op.extend).i64(32n).op(op.i64Shl)
  code.i32(0).loadI32(AP).op(op.extend, op.i64Or)
  code.i32(0).loadI32(NATIVE_ROOM).get(index).callIndirect(FUNCTION_TYPE)
  code.tee(state).op(op.wrap, op.i32Eqz).if()
  code.i32(0).loadI32(TIER_STATUS).op(op.return).end()
  // It stands at the `ret` of the frame that was entered, which checks where it goes.
  code.i32(0).get(state).op(op.wrap).storeI32(AP)
  code.i32(0).get(state).i64(32n).op(op.i64ShrU, op.wrap).storeI32(STEPS)
  code.i32(0).get(fp).storeI32(FP)
  code.i32(0)
  return {
    type: ENTER_TYPE,
    locals: [
      [1, I32],
      [1, I64],
    ],
    code,
  }
}
