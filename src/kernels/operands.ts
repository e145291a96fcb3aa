/**
 * Second chances of the fast paths: felts of any size, and operands in the segments of builtins.
 *
 * Each answers false, and has changed nothing, when the case is not that simple; the general step then does it.
 */
import { deduce } from './builtins'
import { cellAdd, cellEquals, cellSub, isSmall, tagOf, UNSET } from './cell'
import { cellMul } from './cell-field'
import { copyCell, isFelt } from './memory'
import {
  FIELD_SCRATCH,
  RULE_PEDERSEN,
  RULE_POSEIDON,
  RULE_RANGE_CHECK96,
  VALUE_RES,
} from './vm-layout'

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
