/**
 * Second chances of the fast paths: felts of any size, and operands in the segments of builtins.
 *
 * Each answers false, and has changed nothing, when the case is not that simple; the general step then does it.
 */
import { deduce } from './builtins'
import {
  cellAdd,
  cellEquals,
  cellIsZero,
  cellSub,
  isSmall,
  REL,
  setSmall,
  SMALL,
  tagOf,
  UNSET,
} from './cell'
import { cellMul } from './cell-field'
import { copyCell, entryOf, isFelt, mark, setPointer } from './memory'
import { dstOf, immediateOf, op0Of, op1Of, recordAt } from './record'
import {
  AP,
  AP_PLUS,
  FIELD_SCRATCH,
  FP,
  KIND_ADD,
  KIND_ADD_BIG,
  KIND_ADD_IMMEDIATE,
  KIND_DEREF,
  KIND_MUL,
  KIND_MUL_IMMEDIATE,
  KIND_RETURN,
  MARKING,
  PC_OFFSET,
  PC_SEGMENT,
  RECORD_FLAGS,
  RECORD_KIND,
  RECORD_OP1,
  RECORD_SIZE,
  RULE_PEDERSEN,
  RULE_POSEIDON,
  RULE_RANGE_CHECK96,
  STACK_BASE,
  VALUE_RES,
} from './vm-layout'

/**
 * Does the instruction at pc, which the loop gave up, when it is one of these: its registers are in control memory. False,
 * and nothing done, leaves it to the general step.
 */
export function secondChance(): bool {
  const pc = recordAt(load<u32>(PC_OFFSET))
  const ap = <usize>load<u32>(AP)
  const fp = <usize>load<u32>(FP)
  const flags: u32 = load<u8>(pc, RECORD_FLAGS)
  const size = load<u32>(pc, RECORD_SIZE)
  const dst = dstOf(pc, flags, ap, fp)
  const op0 = op0Of(pc, flags, ap, fp)
  const isImmediate = size == 64
  let isReturn = false
  let op1 = op1Of(pc, flags, ap, fp)
  if (isImmediate) op1 = immediateOf(pc)
  switch (<i32>load<u8>(pc, RECORD_KIND)) {
    case KIND_ADD:
    case KIND_ADD_BIG:
    case KIND_ADD_IMMEDIATE:
      if (!addFelts(dst, op0, op1) && !movePointer(dst, op0, op1)) return false
      break
    case KIND_MUL:
    case KIND_MUL_IMMEDIATE:
      if (!multiplyFelts(dst, op0, op1)) return false
      break
    case KIND_DEREF: {
      if (tagOf(op0) != REL) return false
      const pointer = load<u64>(op0)
      const entry = entryOf(<u32>(pointer >>> 32))
      const offset = <u32>pointer + load<i32>(pc, RECORD_OP1)
      if (offset >= load<u32>(entry, 4)) return false
      op1 = <usize>load<u32>(entry) + ((<usize>offset) << 5)
      if (tagOf(op1) != UNSET) return false
      const rule = load<u32>(entry, 12)
      if (!builtinOperand(rule, entry, <u32>(pointer >>> 32), offset, op1, dst)) return false
      break
    }
    case KIND_RETURN:
      // dst is [fp-2], op0 and op1 are [fp-1].
      if (!returnFromCall(fp)) return false
      isReturn = true
      break
    default:
      return false
  }
  if (load<u32>(MARKING) != 0) {
    mark(dst)
    mark(op0)
    if (!isImmediate) mark(op1)
  }
  store<u32>(AP, <u32>ap + (flags & AP_PLUS))
  if (!isReturn) store<u32>(PC_OFFSET, load<u32>(PC_OFFSET) + (size >>> 5))
  return true
}

/** dst = op0 + op1 of felts, any one of the three unset; false, and nothing done, when it is not that simple. */
export function addFelts(dst: usize, op0: usize, op1: usize): bool {
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

/** The same of a pointer and a small distance in its segment, or of two pointers and what lies between them. */
function movePointer(dst: usize, op0: usize, op1: usize): bool {
  const tag0 = tagOf(op0)
  const tag1 = tagOf(op1)
  const dstTag = tagOf(dst)
  const known = tag0 == UNSET ? op1 : op0
  if (dstTag == UNSET) {
    if (!((tag0 == REL && tag1 == SMALL) || (tag0 == SMALL && tag1 == REL))) return false
    const pointer = load<u64>(tag0 == REL ? op0 : op1)
    const distance = load<u64>(tag0 == REL ? op1 : op0)
    const moved = pointer + distance
    if (distance >>> 32 != 0 || (pointer ^ moved) >>> 32 != 0) return false
    setPointer(dst, <u32>(moved >>> 32), <u32>moved)
    return true
  }
  const other = tag0 == UNSET ? op0 : op1
  if (dstTag != REL || tagOf(other) != UNSET) return false
  const pointer = load<u64>(dst)
  const back = pointer - load<u64>(known)
  if (tagOf(known) == SMALL) {
    if (load<u64>(known) >>> 32 != 0 || (pointer ^ back) >>> 32 != 0) return false
    setPointer(other, <u32>(back >>> 32), <u32>back)
    return true
  }
  // Within one segment the difference of the pointers is that of their offsets.
  if (tagOf(known) != REL || (pointer ^ load<u64>(known)) >>> 32 != 0) return false
  if (pointer < load<u64>(known)) return false
  setSmall(other, back)
  return true
}

/** The last `return` of a call: to the felt 0 as frame, and to a segment that is not the program. */
function returnFromCall(fp: usize): bool {
  if (!cellIsZero(fp - 64) || tagOf(fp - 32) != REL || load<u32>(fp - 32, 4) == 0) return false
  store<u32>(FP, load<u32>(STACK_BASE))
  store<u32>(PC_SEGMENT, load<u32>(fp - 32, 4))
  store<u32>(PC_OFFSET, load<u32>(fp - 32))
  return true
}

/** dst = op0 * op1 of felts; false, and nothing done, when it is not that simple. */
export function multiplyFelts(dst: usize, op0: usize, op1: usize): bool {
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
export function builtinOperand(
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
