/**
 * Instructions for specs, by their fields or as slots of a program. Where a program is to be read, `_assembler.ts` takes it
 * as text.
 */
import { P } from '../../src/felt/felt.ts'

/** Some words of a program. */
export interface Slot {
  words: bigint[]
  /** Hints of the first word. */
  hints: unknown[]
  /** Hints of the last instruction, which is two words long. */
  last?: unknown[]
}

/** Fields of an instruction word, offsets unbiased. */
export interface Fields {
  dst: number
  op0: number
  op1: number
  dstFp?: boolean
  op0Fp?: boolean
  /** 0 op0, 1 immediate, 2 fp, 4 ap. */
  source: number
  res?: number
  pc?: number
  ap?: number
  opcode?: number
  extension?: number
}

/** The word of an instruction. */
export function encode(fields: Fields): bigint {
  const { dst, op0, op1, source, res = 0, pc = 0, ap = 0, opcode = 0, extension = 0 } = fields
  const offset = (value: number, shift: number) => BigInt(value + 0x8000) << BigInt(shift)
  const flags = (value: number, shift: number) => BigInt(value) << BigInt(shift)
  return (
    offset(dst, 0) +
    offset(op0, 16) +
    offset(op1, 32) +
    flags(fields.dstFp ? 1 : 0, 48) +
    flags(fields.op0Fp ? 1 : 0, 49) +
    flags(source, 50) +
    flags(res, 53) +
    flags(pc, 55) +
    flags(ap, 58) +
    flags(opcode, 60) +
    flags(extension, 63)
  )
}

/** Values of fields. */
export const ASSERT = 4
const ADD_ONE = 2
const idle = { dst: -1, dstFp: true, op0: -1, op0Fp: true }
const pushing = { dst: 0, op0: -1, op0Fp: true, ap: ADD_ONE, opcode: ASSERT }

/** Cells of the frame of an entry point, from fp. */
export const GAS = -6
export const SYSCALLS = -5
export const CALLDATA = -4
export const CALLDATA_END = -3

export const RET = 0x208b7fff7fff7ffen

/** A slot without hints. */
export const words = (...list: bigint[]): Slot => ({ words: list, hints: [] })
export const ret = words(RET)
/** [ap] = felt; ap++ */
export const push = (felt: bigint) => words(encode({ ...pushing, op1: 1, source: 1 }), felt)
/** [ap] = [fp + offset]; ap++ */
export const pushFp = (offset: number) => words(encode({ ...pushing, op1: offset, source: 2 }))
/** [ap] = [ap + offset]; ap++ */
export const pushAp = (offset: number) => words(encode({ ...pushing, op1: offset, source: 4 }))
/** [ap] = [fp + offset] + felt; ap++ */
export const pushSum = (offset: number, felt: bigint) =>
  words(encode({ ...pushing, op0: offset, op1: 1, source: 1, res: 1 }), felt)
/** [ap] = [ap - 1] + felt; ap++ */
export const addToLast = (felt: bigint) =>
  words(encode({ ...pushing, op0Fp: false, op1: 1, source: 1, res: 1 }), felt)
/** [ap] = [[fp + cell] + offset]; ap++ */
export const load = (cell: number, offset: number) =>
  words(encode({ ...pushing, op0: cell, op1: offset, source: 0 }))
/** [[fp + cell] + offset] = [ap - 1] */
export const store = (cell: number, offset: number) =>
  words(encode({ ...idle, dstFp: false, op0: cell, op1: offset, source: 0, opcode: ASSERT }))
/** [[fp + cell] + offset] = [fp + from] */
export const storeFp = (cell: number, offset: number, from: number) =>
  words(encode({ ...idle, dst: from, op0: cell, op1: offset, source: 0, opcode: ASSERT }))
/** ap += count, with hints before it */
export const advance = (count: number, hints: unknown[] = []): Slot => ({
  words: [encode({ ...idle, op1: 1, source: 1, ap: 1 }), signed(count)],
  hints,
})
/** jmp rel distance */
export const jump = (distance: number) =>
  words(encode({ ...idle, op1: 1, source: 1, pc: 2 }), signed(distance))
/** jmp rel [ap + offset] */
export const jumpBy = (offset: number) => words(encode({ ...idle, op1: offset, source: 4, pc: 2 }))
/** jmp rel distance if [fp + offset] != 0 */
export const jumpIf = (offset: number, distance: number) =>
  words(encode({ ...idle, dst: offset, op1: 1, source: 1, pc: 4 }), signed(distance))
/** jmp rel distance if [ap + offset] != 0 */
export const jumpIfAp = (offset: number, distance: number) =>
  words(encode({ ...idle, dst: offset, dstFp: false, op1: 1, source: 1, pc: 4 }), signed(distance))
/** call rel distance */
export const call = (distance: number) =>
  words(encode({ dst: 0, op0: 1, op1: 1, source: 1, pc: 2, opcode: 1 }), signed(distance))

function signed(number: number): bigint {
  return number < 0 ? P + BigInt(number) : BigInt(number)
}
