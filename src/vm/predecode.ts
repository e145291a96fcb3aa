/**
 * From a word of bytecode to the record that the interpreter dispatches on.
 *
 *     word ── fields ──▶ shape that a fast path knows? ──▶ its kind, operands scaled to bytes
 *                              │ no
 *                              └──▶ KIND_GENERAL: the interpreter decodes the word when it gets there
 *
 * A fast kind skips the operands it does not use, which is right only where those are [fp-1]; and a jump must land on
 * a word of the program. Bad words are general too: they fail when they are executed, not at load.
 */
import {
  AP_PLUS,
  DST_FP,
  HINT_TEST_LESS,
  HINT_TEST_LESS_OR_EQUAL,
  KIND_ADD,
  KIND_ADD_BIG,
  KIND_ADD_IMMEDIATE,
  KIND_ADVANCE,
  KIND_BIG_IMMEDIATE,
  KIND_CALL,
  KIND_CHECK,
  KIND_COPY,
  KIND_DEREF,
  KIND_GENERAL,
  KIND_HINT,
  KIND_IMMEDIATE,
  KIND_JNZ,
  KIND_JUMP,
  KIND_JUMP_CELL,
  KIND_LESS,
  KIND_LESS_OR_EQUAL,
  KIND_MUL,
  KIND_MUL_IMMEDIATE,
  KIND_PUSH_ADD,
  KIND_PUSH_AP,
  KIND_PUSH_DEREF,
  KIND_PUSH_FP,
  KIND_PUSH_IMMEDIATE,
  KIND_RETURN,
  OP0_FP,
  OP1_FP,
  OPERAND_DEREF,
  OPERAND_IMMEDIATE,
  RECORD_DST,
  RECORD_FLAGS,
  RECORD_HINT,
  RECORD_IMMEDIATE,
  RECORD_KIND,
  RECORD_OP0,
  RECORD_OP1,
  RECORD_PLAIN,
  RECORD_SIZE,
} from '../kernels/vm-layout.ts'

const CELL = 32
const CELL_WORDS = 8
const ADD_LIMIT = 2 ** 32
/** Farther than any program is long. */
const FAR = 2 ** 24

/** Kinds whose immediate is a distance in words, kept in bytes. */
const jumpKinds = new Set([KIND_JNZ, KIND_JUMP, KIND_CALL, KIND_ADVANCE])

/** The lowest and the highest offset from ap or fp that a program names. */
export interface Reach {
  lowest: number
  highest: number
}

/** The cells of a program, `count` of them with the tail of two, from word `first`. */
export interface ProgramCells {
  words: Int32Array
  first: number
  count: number
}

/**
 * Writes the record of word `pc` at byte `at` of `view`. Immediates of 64 bits and distances are in the record; the
 * interpreter finds others in the cell behind the word.
 */
export function predecode(
  view: DataView,
  at: number,
  cells: ProgramCells,
  pc: number,
  reach: Reach,
): void {
  const { words } = cells
  const cell = cells.first + pc * CELL_WORDS
  const low = words[cell]!
  const high = words[cell + 1]!
  const offDst = (low & 0xffff) - 0x8000
  const offOp0 = (low >>> 16) - 0x8000
  const offOp1 = (high & 0xffff) - 0x8000
  const flags = high >>> 16
  const isImmediate = ((flags >> 2) & 7) === 1
  // The last cell of the tail is no word of the program.
  const hasImmediate = isImmediate && pc + 2 < cells.count
  const immediate = cell + CELL_WORDS
  const distance = hasImmediate ? signedNumber(words, immediate) : Number.NaN
  const apPlus = ((flags >> 10) & 3) === 2 ? AP_PLUS : 0
  const op1Source = (flags >> 2) & 7
  view.setUint8(
    at + RECORD_FLAGS,
    (flags & 1 ? DST_FP : 0) | (flags & 2 ? OP0_FP : 0) | (op1Source === 2 ? OP1_FP : 0) | apPlus,
  )
  view.setInt32(at + RECORD_DST, offDst * CELL, true)
  view.setInt32(at + RECORD_OP0, offOp0 * CELL, true)
  view.setUint32(at + RECORD_SIZE, isImmediate ? 2 * CELL : CELL, true)
  // Words of 2^63 and more have extensions.
  const isPlainWord = words[cell + 3]! >= 0 && high >= 0
  const isSmall = hasImmediate && words[immediate + 3]! >= 0
  const kind = isPlainWord
    ? kindOf(flags, offDst, offOp0, offOp1, distance, isSmall, pc, cells.count)
    : KIND_GENERAL
  view.setUint8(at + RECORD_KIND, kind)
  const pushes = (flags & 1) === 0 && offDst === 0 && apPlus !== 0
  const dispatch = dispatchOf(kind, pushes, op1Source, distance)
  view.setUint8(at, dispatch)
  view.setUint8(at + RECORD_PLAIN, dispatch)
  if (kind !== KIND_GENERAL) {
    // The general step looks at bounds itself, so immediates and data do not widen the reach.
    const third = op1Source === 2 || op1Source === 4 ? offOp1 : offOp0
    reach.lowest = Math.min(reach.lowest, offDst, offOp0, third)
    reach.highest = Math.max(reach.highest, offDst, offOp0, third)
  }
  view.setInt32(at + RECORD_OP1, kind === KIND_DEREF ? offOp1 : offOp1 * CELL, true)
  if (!hasImmediate) return
  if (kind === KIND_IMMEDIATE) {
    view.setInt32(at + RECORD_IMMEDIATE, words[immediate]!, true)
    view.setInt32(at + RECORD_IMMEDIATE + 4, words[immediate + 1]!, true)
  } else if (kind === KIND_ADD_IMMEDIATE) setLong(view, at + RECORD_IMMEDIATE, distance)
  else if (jumpKinds.has(kind)) setLong(view, at + RECORD_IMMEDIATE, distance * CELL)
}

/** Writes a whole number within 2^53 as a signed long. */
function setLong(view: DataView, at: number, value: number): void {
  view.setInt32(at, value | 0, true)
  view.setInt32(at + 4, Math.floor(value / 2 ** 32), true)
}

/** Gives the record at byte `at` the hints whose first record is at byte `head` of the image, or with 0 none. */
export function setHints(view: DataView, at: number, head: number): void {
  view.setUint32(at + RECORD_HINT, head, true)
  view.setUint8(at, head === 0 ? view.getUint8(at + RECORD_PLAIN) : dispatchOfHints(view, head))
}

/** A comparison that is alone and has plain operands is done by the loop. */
function dispatchOfHints(view: DataView, head: number): number {
  const isPlain = (operand: number) => {
    const kind = view.getUint8(head + operand)
    return kind === OPERAND_DEREF || kind === OPERAND_IMMEDIATE
  }
  const isLast = view.getUint8(head + 1) !== 0
  if (!isLast || view.getUint8(head + 4) !== 2 || !isPlain(8) || !isPlain(24)) return KIND_HINT
  const code = view.getUint8(head)
  if (code === HINT_TEST_LESS) return KIND_LESS
  return code === HINT_TEST_LESS_OR_EQUAL ? KIND_LESS_OR_EQUAL : KIND_HINT
}

/** What the loop dispatches on: a kind, or a special case of it. */
function dispatchOf(kind: number, pushes: boolean, op1Source: number, distance: number): number {
  if (kind === KIND_JUMP || kind === KIND_JNZ) return distance > 0 ? kind : KIND_CHECK
  if (!pushes) return kind
  if (kind === KIND_COPY) return op1Source === 2 ? KIND_PUSH_FP : KIND_PUSH_AP
  if (kind === KIND_DEREF) return KIND_PUSH_DEREF
  if (kind === KIND_ADD_IMMEDIATE) return KIND_PUSH_ADD
  return kind === KIND_IMMEDIATE ? KIND_PUSH_IMMEDIATE : kind
}

/** A felt as a number around 0; infinite, or rounded, where it is too far to matter. */
function signedNumber(words: Int32Array, cell: number): number {
  const low = words[cell]! >>> 0
  const high = words[cell + 1]! >>> 0
  // Unset is not a felt of a program.
  if (words[cell + 3]! >= 0) return low + high * 2 ** 32
  // P - 1 is 2^251 + 17 * 2^192; below it the limbs between are all ones.
  const top = words[cell + 2]!
  const middle = words[cell + 4]! & words[cell + 5]! & words[cell + 6]! & words[cell + 7]!
  if ((words[cell + 3]! & 0x0fffffff) !== 0x08000000) return Number.POSITIVE_INFINITY
  if (top === 0x11) return -1
  if (top !== 0x10 || middle !== -1) return Number.POSITIVE_INFINITY
  return -((0xffffffff - high) * 2 ** 32 + (2 ** 32 - low) + 1)
}

/** `distance` is the immediate around 0, NaN without; `isSmall` says that it is below 2^64. */
function kindOf(
  flags: number,
  offDst: number,
  offOp0: number,
  offOp1: number,
  distance: number,
  isSmall: boolean,
  pc: number,
  words: number,
): number {
  const op1Source = (flags >> 2) & 7
  const res = (flags >> 5) & 3
  const jump = (flags >> 7) & 7
  const apUpdate = (flags >> 10) & 3
  const opcode = flags >> 12
  if (op1Source === 1 && (offOp1 !== 1 || Number.isNaN(distance))) return KIND_GENERAL
  const isRegister = op1Source === 2 || op1Source === 4
  const idleOp0 = (flags & 2) !== 0 && offOp0 === -1
  const idleDst = (flags & 1) !== 0 && offDst === -1
  const plain = apUpdate === 0 || apUpdate === 2
  if (opcode === 4) {
    if (jump !== 0 || !plain) return KIND_GENERAL
    if (res === 0) {
      if (op1Source === 0) return KIND_DEREF
      if (!idleOp0) return KIND_GENERAL
      if (isRegister) return KIND_COPY
      if (op1Source !== 1) return KIND_GENERAL
      return isSmall ? KIND_IMMEDIATE : KIND_BIG_IMMEDIATE
    }
    if (res === 3 || op1Source === 0) return KIND_GENERAL
    if (isRegister) return res === 1 ? KIND_ADD : KIND_MUL
    if (op1Source !== 1) return KIND_GENERAL
    if (res === 2) return KIND_MUL_IMMEDIATE
    return distance < ADD_LIMIT && distance > -ADD_LIMIT ? KIND_ADD_IMMEDIATE : KIND_ADD_BIG
  }
  if (opcode === 1) {
    const formed = offDst === 0 && offOp0 === 1 && (flags & 3) === 0 && apUpdate === 0
    if (!formed || jump !== 2 || res !== 0 || op1Source !== 1) return KIND_GENERAL
    return lands(distance, pc, words) ? KIND_CALL : KIND_GENERAL
  }
  if (opcode === 2) {
    const formed = offDst === -2 && offOp1 === -1 && (flags & 1) !== 0 && op1Source === 2 && idleOp0
    return formed && res === 0 && jump === 1 && plain ? KIND_RETURN : KIND_GENERAL
  }
  if (opcode !== 0 || !idleOp0) return KIND_GENERAL
  if (jump === 4) {
    if (op1Source !== 1 || res !== 0 || !plain) return KIND_GENERAL
    return lands(distance, pc, words) ? KIND_JNZ : KIND_GENERAL
  }
  if (!idleDst || res !== 0) return KIND_GENERAL
  if (jump === 0) {
    if (apUpdate !== 1 || op1Source !== 1) return KIND_GENERAL
    return distance < FAR && distance > -FAR ? KIND_ADVANCE : KIND_GENERAL
  }
  if (jump !== 2 || !plain) return KIND_GENERAL
  if (isRegister) return KIND_JUMP_CELL
  return op1Source === 1 && lands(distance, pc, words) ? KIND_JUMP : KIND_GENERAL
}

function lands(distance: number, pc: number, words: number): boolean {
  const target = pc + distance
  return target >= 0 && target < words
}
