/**
 * Points of the Stark curve y^2 = x^3 + x + beta in f29.
 *
 *     affine   x, y                        2 x 72 bytes
 *     XYZZ     X, Y, ZZ, ZZZ               4 x 72 bytes, x = X / ZZ, y = Y / ZZZ, ZZ^3 = ZZZ^2
 *
 * A mixed addition in XYZZ is 8 products and 2 squares. The curve has prime order, so no point but infinity
 * has order 2 and a doubling is never degenerate. ZZ = 0 is infinity; additions here are not complete, and
 * a caller that can meet equal or opposite points looks at ZZ afterwards: a degenerate addition makes it 0,
 * and 0 it stays.
 *
 * Invariant: coordinates that are stored are carried and within 8 P.
 */
import {
  F29_BYTES,
  f29Add,
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
} from './field29'

export const Y: usize = F29_BYTES
export const ZZ: usize = 2 * F29_BYTES
export const ZZZ: usize = 3 * F29_BYTES
export const AFFINE_BYTES: usize = 2 * F29_BYTES
export const XYZZ_BYTES: usize = 4 * F29_BYTES
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
