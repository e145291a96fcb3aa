/**
 * Second chances of the fast paths: felts of any size, and operands in the segments of builtins.
 *
 * Each answers false, and has changed nothing, when the case is not that simple; the general step then does it.
 */
import { deduce } from './builtins'
import { cellAdd, cellEquals, cellSub, isSmall, REL, tagOf, UNSET } from './cell'
import { cellMul } from './cell-field'
import { copyCell, isFelt, mark } from './memory'
import {
  AP,
  AP_PLUS,
  DST_FP,
  FIELD_SCRATCH,
  FP,
  KIND_ADD,
  KIND_ADD_BIG,
  KIND_ADD_IMMEDIATE,
  KIND_DEREF,
  KIND_MUL,
  KIND_MUL_IMMEDIATE,
  MARKING,
  OP0_FP,
  OP1_FP,
  PC_OFFSET,
  PROGRAM_CELLS,
  RECORD_DST,
  RECORD_FLAGS,
  RECORD_KIND,
  RECORD_OP0,
  RECORD_OP1,
  RECORD_SIZE,
  RECORDS,
  RULE_PEDERSEN,
  RULE_POSEIDON,
  RULE_RANGE_CHECK96,
  TABLE,
  VALUE_RES,
} from './vm-layout'

/**
 * Does the instruction at pc, which the loop gave up, when it is one of these: its registers are in control memory. False,
 * and nothing done, leaves it to the general step.
 */
export function secondChance(): bool {
  const pc = <usize>load<u32>(RECORDS) + ((<usize>load<u32>(PC_OFFSET)) << 5)
  const ap = <usize>load<u32>(AP)
  const fp = <usize>load<u32>(FP)
  const flags: u32 = load<u8>(pc, RECORD_FLAGS)
  const size = load<u32>(pc, RECORD_SIZE)
  const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
  const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
  const isImmediate = size == 64
  let op1 = (flags & OP1_FP ? fp : ap) + load<i32>(pc, RECORD_OP1)
  if (isImmediate) op1 = pc + <usize>load<u32>(PROGRAM_CELLS) - <usize>load<u32>(RECORDS) + 32
  switch (<i32>load<u8>(pc, RECORD_KIND)) {
    case KIND_ADD:
    case KIND_ADD_BIG:
    case KIND_ADD_IMMEDIATE:
      if (!addFelts(dst, op0, op1)) return false
      break
    case KIND_MUL:
    case KIND_MUL_IMMEDIATE:
      if (!multiplyFelts(dst, op0, op1)) return false
      break
    case KIND_DEREF: {
      if (tagOf(op0) != REL) return false
      const pointer = load<u64>(op0)
      const entry = <usize>load<u32>(TABLE) + ((<usize>(pointer >>> 32)) << 4)
      const offset = <u32>pointer + load<i32>(pc, RECORD_OP1)
      if (offset >= load<u32>(entry, 4)) return false
      op1 = <usize>load<u32>(entry) + ((<usize>offset) << 5)
      if (tagOf(op1) != UNSET) return false
      const rule = load<u32>(entry, 12)
      if (!builtinOperand(rule, entry, <u32>(pointer >>> 32), offset, op1, dst)) return false
      break
    }
    default:
      return false
  }
  if (load<u32>(MARKING) != 0) {
    mark(dst)
    mark(op0)
    if (!isImmediate) mark(op1)
  }
  store<u32>(AP, <u32>ap + (flags & AP_PLUS))
  store<u32>(PC_OFFSET, load<u32>(PC_OFFSET) + (size >>> 5))
  return true
}

/** dst = op0 + op1 of felts, any one of the three unset; false, and nothing done, when it is not that simple. */
function addFelts(dst: usize, op0: usize, op1: usize): bool {
  if (!isFelt(op1)) {
    if (tagOf(op1) != UNSET || !isFelt(dst) || !isFelt(op0)) return false
    cellSub(op1, dst, op0)
    return true
  }
  if (!isFelt(op0)) {
    if (tagOf(op0) != UNSET || !isFelt(dst)) return false
    cellSub(op0, dst, op1)
    return true
  }
  if (tagOf(dst) == UNSET) {
    cellAdd(dst, op0, op1)
    return true
  }
  cellAdd(VALUE_RES, op0, op1)
  return cellEquals(dst, VALUE_RES)
}

/** dst = op0 * op1 of felts; false, and nothing done, when it is not that simple. */
function multiplyFelts(dst: usize, op0: usize, op1: usize): bool {
  if (!isFelt(op0) || !isFelt(op1)) return false
  if (tagOf(dst) == UNSET) {
    cellMul(dst, op0, op1, FIELD_SCRATCH)
    return true
  }
  cellMul(VALUE_RES, op0, op1, FIELD_SCRATCH)
  return cellEquals(dst, VALUE_RES)
}

/**
 * An unset cell of a builtin as second operand: given an input by dst, or deduced for an unset dst. False, and nothing
 * done, in all other cases.
 */
function builtinOperand(
  rule: u32,
  entry: usize,
  segment: u32,
  offset: u32,
  cell: usize,
  dst: usize,
): bool {
  const isOutput =
    (rule == RULE_PEDERSEN && offset % 3 == 2) || (rule == RULE_POSEIDON && offset % 6 >= 3)
  if (isOutput) {
    if (tagOf(dst) != UNSET) return false
    const value = deduce(rule, segment, offset)
    if (value <= 0) return false
    copyCell(cell, <usize>value)
    copyCell(dst, <usize>value)
  } else {
    const isInput = rule == RULE_PEDERSEN || rule == RULE_POSEIDON || rule == RULE_RANGE_CHECK96
    if (!isInput || !isFelt(dst)) return false
    if (rule == RULE_RANGE_CHECK96 && !isSmall(dst)) return false
    copyCell(cell, dst)
  }
  if (offset >= load<u32>(entry, 8)) store<u32>(entry, offset + 1, 8)
  return true
}
