/**
 * Assertions where they are plain, on the cells that they name: which cell is unset, and that values have the usual form.
 * All are inlined, for the loop calls nothing.
 *
 * Invariant: the answer is false, and nothing has changed, where a case is not plain.
 */
import { cellAdd, cellEquals, cellSub, SMALL, tagOf, UNSET } from './cell'
import { cellMulSmall } from './cell-field'
import { RULE_RANGE_CHECK } from './vm-layout'

// @ts-ignore: decorator
@inline
export function isSetTag(tag: i64): bool {
  return tag < 0 || <u64>(tag - 1) < 2
}

// @ts-ignore: decorator
@inline
export function isFeltTag(tag: i64): bool {
  return tag < 0 || tag == SMALL
}

/** Copies a cell with this tag; false when it is not set. */
// @ts-ignore: decorator
@inline
export function copyInto(to: usize, from: usize, tag: i64): bool {
  // Halves of 8 bytes, as most cells are written: a wider load would have to wait until those stores are done.
  if (tag < 0) {
    const l1 = load<u64>(from, 16)
    const l2 = load<u64>(from, 24)
    store<u64>(to, load<u64>(from))
    store<i64>(to, tag, 8)
    store<u64>(to, l1, 16)
    store<u64>(to, l2, 24)
    return true
  }
  if (<u64>(tag - 1) >= 2) return false
  store<u64>(to, load<u64>(from))
  store<i64>(to, tag, 8)
  return true
}

/** dst = op1, whichever is set. */
// @ts-ignore: decorator
@inline
export function assertEqual(dst: usize, op1: usize): bool {
  const tag = tagOf(op1)
  const dstTag = tagOf(dst)
  if (dstTag == UNSET) return copyInto(dst, op1, tag)
  if (tag == UNSET) return copyInto(op1, dst, dstTag)
  return isSetTag(tag) && cellEquals(dst, op1)
}

/** dst = an unset cell of a segment, which is set: where nothing rules the segment, or range checks do. */
// @ts-ignore: decorator
@inline
export function assertInto(entry: usize, offset: u32, cell: usize, dst: usize): bool {
  const rule = load<u32>(entry, 12)
  const tag = tagOf(dst)
  if (rule == RULE_RANGE_CHECK) {
    if (tag != SMALL && (tag != i64.MIN_VALUE || load<u64>(dst, 24) != 0)) return false
    copyInto(cell, dst, tag)
    if (offset >= load<u32>(entry, 8)) store<u32>(entry, offset + 1, 8)
    return true
  }
  return rule == 0 && copyInto(cell, dst, tag)
}

/** dst = a number below 2^64. */
// @ts-ignore: decorator
@inline
export function assertNumber(dst: usize, value: u64): bool {
  const tag = tagOf(dst)
  if (tag == UNSET) {
    store<u64>(dst, value)
    store<i64>(dst, SMALL, 8)
    return true
  }
  return tag == SMALL && load<u64>(dst) == value
}

/** dst = op0 + distance, of a number or a pointer whose upper half stays; dst or op0 unset. */
// @ts-ignore: decorator
@inline
export function assertMoved(dst: usize, op0: usize, distance: u64): bool {
  const tag = tagOf(op0)
  const dstTag = tagOf(dst)
  if (<u64>(tag - 1) < 2) {
    const before = load<u64>(op0)
    const after = before + distance
    if ((before ^ after) >>> 32 != 0) return false
    if (dstTag == UNSET) {
      store<u64>(dst, after)
      store<i64>(dst, tag, 8)
      return true
    }
    return dstTag == tag && load<u64>(dst) == after
  }
  if (tag != UNSET || <u64>(dstTag - 1) >= 2) return false
  const after = load<u64>(dst)
  const before = after - distance
  if ((before ^ after) >>> 32 != 0) return false
  store<u64>(op0, before)
  store<i64>(op0, dstTag, 8)
  return true
}

/** dst = op0 + op1 of numbers below 2^64, one of the three unset. */
// @ts-ignore: decorator
@inline
export function assertSmallSum(dst: usize, op0: usize, op1: usize): bool {
  const tag0 = tagOf(op0)
  const tag1 = tagOf(op1)
  const dstTag = tagOf(dst)
  // No pointer and nothing big: two numbers at least.
  if ((tag0 | tag1 | dstTag) != SMALL) return false
  if (dstTag == UNSET) {
    if ((tag0 & tag1) == 0) return false
    const left = load<u64>(op0)
    const sum = left + load<u64>(op1)
    if (sum < left) return false
    store<u64>(dst, sum)
    store<i64>(dst, SMALL, 8)
    return true
  }
  if ((tag0 ^ tag1) == 0) return false
  const sum = load<u64>(dst)
  const part = load<u64>(tag0 != UNSET ? op0 : op1)
  if (sum < part) return false
  const other = tag0 != UNSET ? op1 : op0
  store<u64>(other, sum - part)
  store<i64>(other, SMALL, 8)
  return true
}

/** dst = op0 + op1 of felts, one of the three unset. */
// @ts-ignore: decorator
@inline
export function assertSum(dst: usize, op0: usize, op1: usize): bool {
  const tag0 = tagOf(op0)
  const dstTag = tagOf(dst)
  if (dstTag == UNSET) {
    if (!isFeltTag(tag0) || !isFeltTag(tagOf(op1))) return false
    cellAdd(dst, op0, op1)
    return true
  }
  const known = tag0 == UNSET ? op1 : op0
  if (!isFeltTag(dstTag) || !isFeltTag(tagOf(known))) return false
  const other = tag0 == UNSET ? op0 : op1
  if (tagOf(other) != UNSET) return false
  cellSub(other, dst, known)
  return true
}

/** dst = op0 * op1 of numbers below 2^64, dst unset. */
// @ts-ignore: decorator
@inline
export function assertSmallProduct(dst: usize, op0: usize, op1: usize): bool {
  if (tagOf(dst) != UNSET || tagOf(op0) != SMALL || tagOf(op1) != SMALL) return false
  cellMulSmall(dst, load<u64>(op0), load<u64>(op1))
  return true
}
