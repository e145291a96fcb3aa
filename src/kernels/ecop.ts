/**
 * Multiplication of points: the builtin EcOp, multiples of the generator, and the check of a signature.
 *
 * EcOp is P + m Q. Its definition walks the bits of m from the lowest, doubling Q, and fails where the partial sum
 * and the doubled Q have equal x, even at a bit that is 0.
 *
 *     exact     that walk: Jacobian doublings, XYZZ additions, one product pair for the test at a zero bit
 *     blinded   nobody could have chosen P: no collision will be met, so m Q is computed from the top by signed
 *               windows, or by a table if Q is the generator or a point seen often, and P is added last
 *
 * Invariant: a result is a point of the curve in canonical cells, and nothing is written unless the status is OK.
 */
import { baseSum, baseTable } from './bases'
import { unpackPoint } from './batch'
import { cellCopy, cellEquals, cellIsZero } from './cell'
import {
  AFFINE_BYTES,
  CURVE_STEP_BYTES,
  f29CurveSide,
  JACOBIAN_BYTES,
  jacobianAdd,
  jacobianDouble,
  jacobianFromAffine,
  jacobianSettle,
  onCurve,
  XYZZ_BYTES,
  xyzzAdd,
  xyzzAddAffine,
  xyzzAddComplete,
  xyzzFromAffine,
  xyzzToAffine,
  Y,
  ZZ,
} from './curve'
import { F29_BYTES, f29MulSub, f29Negate, f29Zero } from './field29'
import { f29FromCell, f29ToCell } from './field29-border'
import { f29IsZero } from './field29-reduce'
import {
  curveScratch,
  GENERATOR_BITS,
  GENERATOR_ENTRIES,
  GENERATOR_WINDOWS,
  generatorCells,
  generatorTable,
  POINT_BYTES,
} from './layout'
import { forgetPoints, recall, remember } from './ecop-memo'
import { fieldSqrt } from './root'
import { forgetRoots } from './root-memo'
import { bitLength, bitsOf } from './scalar'
import { FIRST_OFF_CURVE, INFINITY, NOT_SQUARE, OK, SAME_X, SECOND_OFF_CURVE } from './status'

/** Digits of a felt in signed windows: one a bit, and one for the last borrow. */
const DIGITS: i32 = 253
/** Width of a signed window: digits are odd, below 16 and above -16. */
const WIDTH: i32 = 5
const ODD_MULTIPLES: usize = 1 << (WIDTH - 2)
const SIGNED_DIGITS: usize = 0
const MULTIPLES: usize = 256
const STEP: usize = MULTIPLES + ODD_MULTIPLES * JACOBIAN_BYTES
const WORK: usize = STEP + CURVE_STEP_BYTES + XYZZ_BYTES

/**
 * out (x, y) = P + m Q, of five cells in a row: P.x, P.y, Q.x, Q.y, m. `blinded` says that P cannot have been chosen.
 */
export function ecOp(input: usize, out: usize, blinded: bool): i32 {
  if (recall(input, out)) return OK
  const work = curveScratch() + WORK
  const p = work
  const q = work + AFFINE_BYTES
  for (let i: usize = 0; i < 4; i++) f29FromCell(work + i * F29_BYTES, input + i * 32)
  if (!onCurve(p, curveScratch() + STEP)) return FIRST_OFF_CURVE
  if (!onCurve(q, curveScratch() + STEP)) return SECOND_OFF_CURVE
  const m = input + 128
  const sum = work + 2 * AFFINE_BYTES
  let status = INFINITY
  if (blinded) {
    if (cellEquals(input + 64, generatorCells()) && cellEquals(input + 96, generatorCells() + 32)) {
      generatorSum(sum, m)
    } else {
      const table = baseTable(input + 64, q)
      if (table != 0) baseSum(sum, table, m, curveScratch())
      else multiple(sum, q, m)
    }
    // An m above the order can make an addition of the windows degenerate, which looks like infinity.
    if (!f29IsZero(sum + ZZ) || cellIsZero(m)) {
      xyzzFromAffine(sum + XYZZ_BYTES, p)
      xyzzAddComplete(sum, sum + XYZZ_BYTES, curveScratch() + STEP)
      if (!f29IsZero(sum + ZZ)) status = OK
    }
  }
  // Where the fast way ends in infinity, let the walk say what the definition says.
  if (status != OK) status = walk(sum, p, q, m)
  if (status != OK) return status
  xyzzToAffine(p, sum, curveScratch() + STEP)
  f29ToCell(p, p)
  f29ToCell(p + 32, p + Y)
  remember(input, p)
  cellCopy(out, p)
  cellCopy(out + 32, p + 32)
  return OK
}

/** Forgets results and roots, of all threads; only while no other thread computes. */
export function forgetEcOps(): void {
  forgetPoints()
  forgetRoots()
}

/** The definition, bit by bit. */
function walk(sum: usize, p: usize, q: usize, m: usize): i32 {
  const step = curveScratch() + STEP
  const doubled = curveScratch() + MULTIPLES
  xyzzFromAffine(sum, p)
  jacobianFromAffine(doubled, q)
  const count = bitLength(m)
  for (let i = 0; i < count; i++) {
    if (i > 0) jacobianDouble(doubled, step)
    if (bitsOf(m, i, 1) != 0) {
      // Equal x makes ZZ 0, and 0 it stays.
      jacobianSettle(doubled)
      xyzzAdd(sum, doubled, step)
    } else {
      f29MulSub(step, sum, doubled + ZZ, doubled, sum + ZZ)
      if (f29IsZero(step)) return SAME_X
    }
  }
  return f29IsZero(sum + ZZ) ? SAME_X : OK
}

/** sum = m Q by signed windows from the top; 0 gives infinity. */
function multiple(sum: usize, q: usize, m: usize): void {
  const step = curveScratch() + STEP
  const digits = curveScratch() + SIGNED_DIGITS
  const odd = curveScratch() + MULTIPLES
  // Q, 3 Q, 5 Q, …: the last one first holds 2 Q, then makes room.
  const twice = odd + (ODD_MULTIPLES - 1) * JACOBIAN_BYTES
  jacobianFromAffine(odd, q)
  jacobianFromAffine(twice, q)
  jacobianDouble(twice, step)
  jacobianSettle(twice)
  for (let i: usize = 1; i < ODD_MULTIPLES - 1; i++) {
    const next = odd + i * JACOBIAN_BYTES
    memory.copy(next, next - JACOBIAN_BYTES, JACOBIAN_BYTES)
    jacobianAdd(next, twice, step)
  }
  jacobianAdd(twice, twice - JACOBIAN_BYTES, step)
  let top = recode(digits, m)
  const negative = sum
  const total = sum + JACOBIAN_BYTES
  f29Zero(total + ZZ)
  let started = false
  for (; top >= 0; top--) {
    if (started) jacobianDouble(total, step)
    const digit = <i32>load<i8>(digits + top)
    if (digit == 0) continue
    let entry = odd + <usize>(abs(digit) >> 1) * JACOBIAN_BYTES
    if (digit < 0) {
      memory.copy(negative, entry, JACOBIAN_BYTES)
      f29Negate(negative + Y, negative + Y)
      entry = negative
    }
    if (started) {
      jacobianSettle(total)
      jacobianAdd(total, entry, step)
    } else {
      memory.copy(total, entry, JACOBIAN_BYTES)
      started = true
    }
  }
  jacobianSettle(total)
  memory.copy(sum, total, XYZZ_BYTES)
}

/**
 * Signed digits of a felt, lowest first: odd or 0, five places apart at least. Returns the index of the top one, or
 * -1 for 0.
 */
function recode(digits: usize, m: usize): i32 {
  let top = -1
  let carry = 0
  let i = 0
  memory.fill(digits, 0, DIGITS)
  while (i < DIGITS) {
    if (bitsOf(m, i, 1) == carry) {
      i++
      continue
    }
    const window = carry + bitsOf(m, i, WIDTH)
    carry = window >> (WIDTH - 1)
    store<i8>(digits + i, <i8>(window - (carry << WIDTH)))
    top = i
    i += WIDTH
  }
  return top
}

/** sum = m G by the table: one addition a window; 0 gives infinity. */
function generatorSum(sum: usize, m: usize): void {
  const step = curveScratch() + STEP
  const point = curveScratch() + MULTIPLES
  let table = generatorTable()
  for (let i = 0; i < GENERATOR_WINDOWS; i++) {
    unpackPoint(point, table + <usize>bitsOf(m, i * GENERATOR_BITS, GENERATOR_BITS) * POINT_BYTES)
    if (i == 0) xyzzFromAffine(sum, point)
    else xyzzAddAffine(sum, point, step)
    table += GENERATOR_ENTRIES * POINT_BYTES
  }
}

/** out (x, y) = m G. */
export function generatorMul(m: usize, out: usize): i32 {
  const sum = curveScratch() + WORK
  generatorSum(sum, m)
  if (f29IsZero(sum + ZZ)) return INFINITY
  const affine = sum + XYZZ_BYTES
  xyzzToAffine(affine, sum, curveScratch() + STEP)
  f29ToCell(out, affine)
  f29ToCell(out + 32, affine + Y)
  return OK
}

/** out = the smaller y of the points with this x. */
export function curveY(x: usize, out: usize): i32 {
  const value = curveScratch() + WORK
  f29FromCell(value, x)
  f29CurveSide(value + F29_BYTES, value, value + 2 * F29_BYTES)
  f29ToCell(out, value + F29_BYTES)
  return fieldSqrt(out, out) == OK ? OK : NOT_SQUARE
}

/**
 * out (2 cells) = x of u G + v Q and of u G - v Q, given u, v, Q.x, Q.y. A sum that is infinity has x = 0, which no
 * signature can ask for.
 */
export function verifySums(input: usize, out: usize): i32 {
  const step = curveScratch() + STEP
  const q = curveScratch() + WORK
  f29FromCell(q, input + 64)
  f29FromCell(q + Y, input + 96)
  if (!onCurve(q, step)) return SECOND_OFF_CURVE
  const first = q + AFFINE_BYTES
  const second = first + 3 * XYZZ_BYTES
  const other = second + XYZZ_BYTES
  multiple(first, q, input + 32)
  memory.copy(other, first, XYZZ_BYTES)
  generatorSum(first, input)
  memory.copy(second, first, XYZZ_BYTES)
  xyzzAddComplete(first, other, step)
  f29Negate(other + Y, other + Y)
  xyzzAddComplete(second, other, step)
  storeX(out, first)
  storeX(out + 32, second)
  return OK
}

function storeX(out: usize, sum: usize): void {
  const affine = curveScratch() + MULTIPLES
  f29Zero(affine)
  if (!f29IsZero(sum + ZZ)) xyzzToAffine(affine, sum, curveScratch() + STEP)
  f29ToCell(out, affine)
}
