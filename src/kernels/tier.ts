/**
 * What code of the compiler tier calls: everything that it does not do itself, over the same cells and registers.
 *
 * A state is `steps << 32 | ap`. Compiled code keeps it in a local, so whatever looks at registers stores them first.
 */
import { assertEqual, assertInto, assertSmallProduct } from './assertions'
import {
  cellAdd,
  cellIsZero,
  cellLess,
  cellSub,
  REL,
  SMALL,
  tagOf,
  UNSET,
} from './cell'
import { divide, multiplyWide, runHints, split } from './hints'
import { entryOf, isFelt } from './memory'
import { addFelts, builtinOperand, multiplyFelts } from './operands'
import { recordAt } from './record'
import { generalStep } from './step'
import { stopped } from './stopped'
import {
  AP,
  DONE,
  FP,
  HALT_RUN,
  IMAGE,
  NATIVE_ROOM,
  PAUSE_STEPS,
  PC_OFFSET,
  RECORD_HINT,
  STEP_LIMIT,
  STEP_PAUSE,
  STEPS,
  TIER_SLACK,
  TIER_STATUS,
  TIER_TOP,
} from './vm-layout'

// @ts-ignore: decorator
@inline
function save(state: u64, fp: u32, pc: u32): void {
  store<u32>(AP, <u32>state)
  store<u32>(STEPS, <u32>(state >>> 32))
  store<u32>(FP, fp)
  store<u32>(PC_OFFSET, pc)
}

/** Leaves compiled code: the interpreter goes on from these registers. Returns the state that says so. */
export function tierLeave(state: u64, fp: u32, pc: u32): u64 {
  save(state, fp, pc)
  store<u32>(TIER_STATUS, DONE)
  return 0
}

/** The same, behind the instruction at pc, whose hints have run. */
export function tierStep(state: u64, fp: u32, pc: u32): u64 {
  save(state, fp, pc)
  const status = generalStep()
  if (status == DONE) store<u32>(STEPS, load<u32>(STEPS) + 1)
  store<u32>(TIER_STATUS, status)
  return 0
}

/** Does an assertion by the rules; whether compiled code must end. */
export function tierAssert(state: u64, fp: u32, pc: u32): i32 {
  save(state, fp, pc)
  const status = generalStep()
  if (status != DONE) store<u32>(TIER_STATUS, status)
  return status
}

/** Runs the hints of pc; whether compiled code must end. */
export function tierHints(state: u64, fp: u32, pc: u32, room: i32): i32 {
  save(state, fp, pc)
  store<i32>(NATIVE_ROOM, room)
  const status = runHints(<usize>load<u32>(IMAGE) + load<u32>(recordAt(pc), RECORD_HINT))
  if (status != DONE) store<u32>(TIER_STATUS, status)
  return status
}

/** Called when a pause is due; `ahead` more steps are about to be counted at once. Whether compiled code must end. */
export function tierPause(state: u64, fp: u32, pc: u32, ahead: u32): i32 {
  const steps = <u32>(state >>> 32)
  const limit = load<u32>(STEP_LIMIT)
  store<u32>(TIER_STATUS, DONE)
  save(state, fp, pc)
  if (steps + ahead + TIER_SLACK >= limit) return 1
  if (<u32>state > <u32>TIER_TOP) return 1
  let next = load<u32>(STEP_PAUSE)
  while (next <= steps + ahead) next += PAUSE_STEPS
  store<u32>(STEP_PAUSE, next)
  if (stopped()) {
    store<u32>(TIER_STATUS, HALT_RUN)
    return 1
  }
  return 0
}

/** dst = op0 + op1, any one of the three unset; 0, and nothing done, when it is not that simple. */
export function tierAdd(dst: usize, op0: usize, op1: usize): i32 {
  if (tagOf(dst) == UNSET) {
    if (isFelt(op0) && isFelt(op1)) {
      cellAdd(dst, op0, op1)
      return 1
    }
    // A pointer and a number.
    const first = tagOf(op0)
    const second = tagOf(op1)
    if (!((first == REL && second == SMALL) || (first == SMALL && second == REL))) return 0
    const pointer = load<u64>(first == REL ? op0 : op1)
    const number = load<u64>(first == REL ? op1 : op0)
    const sum = pointer + number
    if (number >>> 32 != 0 || (pointer ^ sum) >>> 32 != 0) return 0
    store<u64>(dst, sum)
    store<i64>(dst, REL, 8)
    return 1
  }
  if (tagOf(op0) == UNSET) return takeFrom(op0, dst, op1)
  if (tagOf(op1) == UNSET) return takeFrom(op1, dst, op0)
  return addFelts(dst, op0, op1)
}

/** out = a - b, out unset. */
// @ts-ignore: decorator
@inline
function takeFrom(out: usize, a: usize, b: usize): i32 {
  if (isFelt(a) && isFelt(b)) {
    cellSub(out, a, b)
    return 1
  }
  const tag = tagOf(b)
  if (tagOf(a) != REL || (tag != REL && tag != SMALL)) return 0
  const left = load<u64>(a)
  const right = load<u64>(b)
  if (tag == REL) {
    if ((left ^ right) >>> 32 != 0 || left < right) return 0
    store<u64>(out, left - right)
    store<i64>(out, SMALL, 8)
    return 1
  }
  if (right > (left & 0xffffffff)) return 0
  store<u64>(out, left - right)
  store<i64>(out, REL, 8)
  return 1
}

/** dst = op0 * op1 of felts; 0 when it is not that simple. */
export function tierMultiply(dst: usize, op0: usize, op1: usize): i32 {
  return i32(assertSmallProduct(dst, op0, op1) || multiplyFelts(dst, op0, op1))
}

/** The hints on felts whose results are unset; 0, and nothing done, when that is not so. */
export function tierLess(a: usize, b: usize, orEqual: i32, dst: usize): i32 {
  if (!isFelt(a) || !isFelt(b) || tagOf(dst) != UNSET) return 0
  const isLess = orEqual != 0 ? <u64>!cellLess(b, a) : <u64>cellLess(a, b)
  store<u64>(dst, isLess)
  store<i64>(dst, SMALL, 8)
  return 1
}

export function tierDivMod(a: usize, b: usize, quotient: usize, remainder: usize): i32 {
  if (!isFelt(a) || !isFelt(b) || cellIsZero(b) || !areNew(quotient, remainder)) return 0
  divide(quotient, remainder, a, b)
  return 1
}

export function tierSplit(value: usize, scalar: usize, most: usize, x: usize, y: usize): i32 {
  if (!isFelt(value) || !isFelt(scalar) || !isFelt(most)) return 0
  if (cellIsZero(scalar) || !areNew(x, y)) return 0
  split(x, y, value, scalar, most)
  return 1
}

export function tierWideMultiply(a: usize, b: usize, high: usize, low: usize): i32 {
  if (!isFelt(a) || !isFelt(b) || !areNew(high, low)) return 0
  return multiplyWide(high, low, a, b)
}

// @ts-ignore: decorator
@inline
function areNew(a: usize, b: usize): bool {
  return a != b && tagOf(a) == UNSET && tagOf(b) == UNSET
}

/** dst = [[op0] + offset]; 0 when it is not that simple. */
export function tierDeref(dst: usize, op0: usize, offset: i32): i32 {
  if (tagOf(op0) != REL) return 0
  const pointer = load<u64>(op0)
  const entry = entryOf(<u32>(pointer >>> 32))
  const at = <u32>pointer + offset
  if (at >= load<u32>(entry, 4)) return 0
  const cell = <usize>load<u32>(entry) + ((<usize>at) << 5)
  if (tagOf(cell) != UNSET) return i32(assertEqual(dst, cell))
  if (assertInto(entry, at, cell, dst)) return 1
  const rule = load<u32>(entry, 12)
  return i32(builtinOperand(rule, entry, <u32>(pointer >>> 32), at, cell, dst))
}
