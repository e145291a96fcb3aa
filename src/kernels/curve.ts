/**
 * Points of the Stark curve y^2 = x^3 + x + beta in f29.
 *
 *     affine   x, y                        2 x 72 bytes
 *     XYZZ     X, Y, ZZ, ZZZ               4 x 72 bytes, x = X / ZZ, y = Y / ZZZ, ZZ^3 = ZZZ^2
 *
 *     Jacobian X, Y, ZZ, ZZZ, Z            5 x 72 bytes, an XYZZ point that knows its Z
 *
 * A mixed addition in XYZZ is 8 products and 2 squares, a Jacobian doubling 4 and 6. The curve has prime order, so no point but infinity
 * has order 2 and a doubling is never degenerate. ZZ = 0 is infinity; additions here are not complete, and
 * a caller that can meet equal or opposite points looks at ZZ afterwards: a degenerate addition makes it 0,
 * and 0 it stays.
 *
 * Invariant: coordinates that are stored are carried and within 8 P.
 */
import {
  F29_BYTES,
  f29Add,
  f29Combine,
  f29Copy,
  f29Difference,
  f29Mul,
  f29MulSub,
  f29One,
  f29Scale,
  f29Square,
  f29Sub,
  f29SubFolded,
  f29SubTwice,
  f29Twice,
} from './field29'
import { f29Invert } from './field29-invert'
import { f29IsZero } from './field29-reduce'
import { curveConstants } from './layout'

export const Y: usize = F29_BYTES
export const ZZ: usize = 2 * F29_BYTES
export const ZZZ: usize = 3 * F29_BYTES
export const Z: usize = 4 * F29_BYTES
export const AFFINE_BYTES: usize = 2 * F29_BYTES
export const XYZZ_BYTES: usize = 4 * F29_BYTES
export const JACOBIAN_BYTES: usize = 5 * F29_BYTES
/** Scratch of an addition or a doubling. */
export const CURVE_STEP_BYTES: usize = 6 * F29_BYTES

/** point = the affine point (x, y) as XYZZ. */
export function xyzzFromAffine(point: usize, affine: usize): void {
  f29Copy(point, affine)
  f29Copy(point + Y, affine + Y)
  f29One(point + ZZ)
  f29One(point + ZZZ)
}

/** point += the affine point. */
export function xyzzAddAffine(point: usize, affine: usize, scratch: usize): void {
  const p = scratch
  const r = scratch + F29_BYTES
  const pp = scratch + 2 * F29_BYTES
  const ppp = scratch + 3 * F29_BYTES
  const q = scratch + 4 * F29_BYTES
  f29Mul(p, affine, point + ZZ)
  f29Mul(r, affine + Y, point + ZZZ)
  f29Difference(p, p, point)
  f29Difference(r, r, point + Y)
  f29Square(pp, p)
  f29Mul(ppp, pp, p)
  f29Mul(q, point, pp)
  f29Mul(point + ZZ, point + ZZ, pp)
  f29Mul(point + ZZZ, point + ZZZ, ppp)
  f29Square(pp, r)
  f29SubTwice(point, pp, ppp, q)
  f29Difference(q, q, point)
  f29MulSub(point + Y, q, r, point + Y, ppp)
}

/** point += the other XYZZ point. */
export function xyzzAdd(point: usize, other: usize, scratch: usize): void {
  const u = scratch
  const s = scratch + F29_BYTES
  const p = scratch + 2 * F29_BYTES
  const r = scratch + 3 * F29_BYTES
  const pp = scratch + 4 * F29_BYTES
  const ppp = scratch + 5 * F29_BYTES
  f29Mul(u, point, other + ZZ)
  f29Mul(s, point + Y, other + ZZZ)
  f29Mul(p, other, point + ZZ)
  f29Mul(r, other + Y, point + ZZZ)
  f29Difference(p, p, u)
  f29Difference(r, r, s)
  f29Square(pp, p)
  f29Mul(ppp, pp, p)
  f29Mul(u, u, pp)
  f29Mul(pp, pp, other + ZZ)
  f29Mul(point + ZZ, point + ZZ, pp)
  f29Mul(pp, ppp, other + ZZZ)
  f29Mul(point + ZZZ, point + ZZZ, pp)
  f29Square(pp, r)
  f29SubTwice(point, pp, ppp, u)
  f29Difference(u, u, point)
  f29MulSub(point + Y, u, r, s, ppp)
}

/** sum = left + right in affine coordinates, given inverse = 1 / (right x - left x). */
export function affineAdd(
  sum: usize,
  left: usize,
  right: usize,
  inverse: usize,
  scratch: usize,
): void {
  const slope = scratch
  const x = scratch + F29_BYTES
  f29Difference(slope, right + Y, left + Y)
  f29Mul(slope, slope, inverse)
  f29Square(x, slope)
  f29SubFolded(x, x, left, right)
  f29Difference(sum, left, x)
  f29Mul(slope, slope, sum)
  f29Sub(sum + Y, slope, left + Y)
  f29Copy(sum, x)
}

/** sum = 2 * point in affine coordinates, given inverse = 1 / (2 y). */
export function affineDouble(sum: usize, point: usize, inverse: usize, scratch: usize): void {
  const slope = scratch
  const x = scratch + F29_BYTES
  const one = scratch + 2 * F29_BYTES
  f29One(one)
  f29Square(slope, point)
  f29Scale(slope, slope, 3)
  f29Add(slope, slope, one)
  f29Mul(slope, slope, inverse)
  f29Square(x, slope)
  f29SubFolded(x, x, point, point)
  f29Difference(one, point, x)
  f29Mul(slope, slope, one)
  f29Sub(sum + Y, slope, point + Y)
  f29Copy(sum, x)
}

/** point = the affine point as Jacobian. */
export function jacobianFromAffine(point: usize, affine: usize): void {
  xyzzFromAffine(point, affine)
  f29One(point + Z)
}

/** point = 2 * point, but for its ZZZ: a run of doublings does not need it, see `jacobianSettle`. */
export function jacobianDouble(point: usize, scratch: usize): void {
  const slope = scratch
  const yy = scratch + F29_BYTES
  const s = scratch + 2 * F29_BYTES
  // S is 4 s: the factor 4 is left to the steps that use it.
  f29Square(yy, point + Y)
  f29Mul(s, point, yy)
  f29Square(slope, point)
  f29Square(point + ZZ, point + ZZ)
  f29Combine(slope, slope, 3, point + ZZ, 1)
  f29Twice(point + Y, point + Y)
  f29Mul(point + Z, point + Z, point + Y)
  f29Square(point + ZZ, point + Z)
  f29Square(point, slope)
  f29Combine(point, point, 1, s, -8)
  f29Combine(s, s, 4, point, -1)
  f29Mul(s, s, slope)
  f29Square(yy, yy)
  f29Combine(point + Y, s, 1, yy, -8)
}

/** Makes ZZZ right after doublings. */
export function jacobianSettle(point: usize): void {
  f29Mul(point + ZZZ, point + ZZ, point + Z)
}

/** point += the other Jacobian point. */
export function jacobianAdd(point: usize, other: usize, scratch: usize): void {
  const u = scratch
  const s = scratch + F29_BYTES
  const p = scratch + 2 * F29_BYTES
  const r = scratch + 3 * F29_BYTES
  const ppp = scratch + 4 * F29_BYTES
  f29Mul(u, point, other + ZZ)
  f29Mul(s, point + Y, other + ZZZ)
  f29Mul(p, other, point + ZZ)
  f29Mul(r, other + Y, point + ZZZ)
  f29Difference(p, p, u)
  f29Difference(r, r, s)
  f29Mul(point + Z, point + Z, other + Z)
  f29Mul(point + Z, point + Z, p)
  f29Square(point + ZZ, point + Z)
  f29Mul(point + ZZZ, point + ZZ, point + Z)
  f29Mul(ppp, p, p)
  f29Mul(u, u, ppp)
  f29Mul(ppp, ppp, p)
  f29Square(point, r)
  f29SubTwice(point, point, ppp, u)
  f29Difference(u, u, point)
  f29MulSub(point + Y, u, r, s, ppp)
}

/** point += other, whatever they are: infinity is ZZ = 0. */
export function xyzzAddComplete(point: usize, other: usize, scratch: usize): void {
  if (f29IsZero(other + ZZ)) return
  if (f29IsZero(point + ZZ)) {
    memory.copy(point, other, XYZZ_BYTES)
    return
  }
  const before = scratch + CURVE_STEP_BYTES
  memory.copy(before, point, XYZZ_BYTES)
  xyzzAdd(point, other, scratch)
  if (!f29IsZero(point + ZZ)) return
  // Equal x: opposite points make infinity, which is what stands here, or equal points double.
  f29MulSub(scratch, before + Y, other + ZZZ, other + Y, before + ZZZ)
  if (!f29IsZero(scratch)) return
  memory.copy(point, before, XYZZ_BYTES)
  xyzzDouble(point, scratch)
}

/** point = 2 * point. */
function xyzzDouble(point: usize, scratch: usize): void {
  const u = scratch
  const v = scratch + F29_BYTES
  const w = scratch + 2 * F29_BYTES
  const s = scratch + 3 * F29_BYTES
  const m = scratch + 4 * F29_BYTES
  f29Scale(u, point + Y, 2)
  f29Square(v, u)
  f29Mul(w, u, v)
  f29Mul(s, point, v)
  f29Square(m, point)
  f29Scale(m, m, 3)
  f29Square(u, point + ZZ)
  f29Add(m, m, u)
  f29Square(point, m)
  f29Sub(point, point, s)
  f29Sub(point, point, s)
  f29Difference(s, s, point)
  f29MulSub(point + Y, m, s, w, point + Y)
  f29Mul(point + ZZ, point + ZZ, v)
  f29Mul(point + ZZZ, point + ZZZ, w)
}

/** affine = the point, which is not infinity. */
export function xyzzToAffine(affine: usize, point: usize, scratch: usize): void {
  const inverse = scratch
  f29Mul(inverse, point + ZZ, point + ZZZ)
  f29Invert(inverse, inverse, scratch + F29_BYTES)
  // (1 / (ZZ ZZZ)) ZZZ = 1 / ZZ, and the other way round.
  f29Mul(affine + Y, point + Y, point + ZZ)
  f29Mul(affine + Y, affine + Y, inverse)
  f29Mul(inverse, inverse, point + ZZZ)
  f29Mul(affine, point, inverse)
}

/** Whether y^2 = x^3 + x + beta. */
export function onCurve(affine: usize, scratch: usize): bool {
  const right = scratch
  const left = scratch + F29_BYTES
  f29CurveSide(right, affine, left)
  f29Square(left, affine + Y)
  f29Sub(left, left, right)
  return f29IsZero(left)
}

/** out = x^3 + x + beta. */
export function f29CurveSide(out: usize, x: usize, scratch: usize): void {
  f29Square(scratch, x)
  f29Mul(out, scratch, x)
  f29Add(out, out, x)
  f29Add(out, out, curveConstants())
}
