/**
 * Arithmetic of set cells: felts in the field, pointers by their rules.
 *
 * pointer + felt wraps in the field and must land in [0, 2^32); pointer - pointer in one segment is a felt.
 * Each function writes `out` or notes the error and returns FAULT.
 */
import {
  cellAdd,
  cellNegate,
  cellSub,
  limb0,
  limb1,
  limb2,
  limb3,
  setSmall,
  SMALL,
  tagOf,
} from './cell'
import { cellDiv, cellMul } from './cell-field'
import { failWith, isFelt, setPointer } from './memory'
import {
  DONE,
  E_ADD_POINTERS,
  E_MUL_POINTERS,
  E_NEGATIVE_OFFSET,
  E_OFFSET_EXCEEDED,
  E_SUB_FROM_INT,
  E_SUB_SEGMENTS,
  FIELD_SCRATCH,
  OPERAND_SCRATCH,
} from './vm-layout'

/** out = a + b. */
export function addValues(out: usize, a: usize, b: usize): i32 {
  if (isFelt(a)) {
    if (isFelt(b)) {
      cellAdd(out, a, b)
      return DONE
    }
    return advance(out, b, a)
  }
  if (isFelt(b)) return advance(out, a, b)
  return failWith(E_ADD_POINTERS, 0, 0, a, b)
}

/** out = a - b. */
export function subtractValues(out: usize, a: usize, b: usize): i32 {
  if (isFelt(a)) {
    if (!isFelt(b)) return failWith(E_SUB_FROM_INT, 0, 0, a, b)
    cellSub(out, a, b)
    return DONE
  }
  if (isFelt(b)) {
    const moved = movedOffset(a, b, true)
    if (moved < 0) return failWith(E_NEGATIVE_OFFSET, 0, 0, a, b)
    setPointer(out, <u32>(load<u64>(a) >>> 32), <u32>moved)
    return DONE
  }
  const left = load<u64>(a)
  const right = load<u64>(b)
  if (left >>> 32 != right >>> 32) return failWith(E_SUB_SEGMENTS, 0, 0, a, b)
  if (left >= right) {
    setSmall(out, left - right)
  } else {
    setSmall(out, right - left)
    cellNegate(out, out)
  }
  return DONE
}

/** out = a * b, of felts. */
export function multiplyValues(out: usize, a: usize, b: usize): i32 {
  if (!isFelt(a) || !isFelt(b)) return failWith(E_MUL_POINTERS, 0, 0, a, b)
  cellMul(out, a, b, FIELD_SCRATCH)
  return DONE
}

/** out = a / b, of felts, b not 0. */
export function divideValues(out: usize, a: usize, b: usize): void {
  cellDiv(out, a, b, FIELD_SCRATCH)
}

function advance(out: usize, pointer: usize, felt: usize): i32 {
  const moved = movedOffset(pointer, felt, false)
  if (moved < 0) return failWith(E_OFFSET_EXCEEDED, 0, 0, pointer, felt)
  setPointer(out, <u32>(load<u64>(pointer) >>> 32), <u32>moved)
  return DONE
}

/** The offset of pointer ± felt in the field, or -1 outside of [0, 2^32). */
function movedOffset(pointer: usize, felt: usize, back: bool): i64 {
  const offset = load<u64>(pointer) & 0xffffffff
  if (tagOf(felt) == SMALL) {
    const distance = limb0(felt)
    if (distance >>> 32 != 0) return -1
    const moved = back ? <i64>offset - <i64>distance : <i64>offset + <i64>distance
    return moved >>> 32 != 0 ? -1 : moved
  }
  // A big felt is a negative distance, or out of range.
  const negated = OPERAND_SCRATCH
  cellNegate(negated, felt)
  if ((limb1(negated) | limb2(negated) | limb3(negated)) != 0) return -1
  const distance = limb0(negated)
  if (distance >>> 32 != 0) return -1
  const moved = back ? <i64>offset + <i64>distance : <i64>offset - <i64>distance
  return moved >>> 32 != 0 ? -1 : moved
}

/** The offset of `offset` + a signed 16-bit displacement, or a noted error and -1. */
export function displaced(segment: u32, offset: u32, displacement: i32): i64 {
  const moved = <i64>offset + <i64>displacement
  if (moved >= 0 && moved >>> 32 == 0) return moved
  setPointer(OPERAND_SCRATCH, segment, offset)
  setSmall(OPERAND_SCRATCH + 32, displacement < 0 ? <u64>-displacement : <u64>displacement)
  failWith(
    moved < 0 ? E_NEGATIVE_OFFSET : E_OFFSET_EXCEEDED,
    0,
    0,
    OPERAND_SCRATCH,
    OPERAND_SCRATCH + 32,
  )
  return -1
}
