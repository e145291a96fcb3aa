/**
 * Points of secp256k1 (y^2 = x^3 + 7) and secp256r1 (y^2 = x^3 - 3x + b), generic in the field.
 *
 *     affine     x, y                 2 residues
 *     Jacobian   X, Y, Z              3 residues, x = X / Z^2, y = Y / Z^3; all limbs of Z 0 is infinity
 *     addend     X, Y, Z, Z^2, Z^3    5 residues: a Jacobian point, not infinity, that is added often
 *
 * Additions are complete: equal points double, opposite ones make infinity. Both groups have prime order, so no point
 * has y = 0 and a doubling is never degenerate.
 *
 * Invariant: coordinates of R1 lie in (-p, 2p), those of K1 within 16 p; all are carried but for limb 2 of K1.
 */
import { F29_BYTES, f29Add, f29Difference, f29Scale, f29Twice, f29Zero } from './field29'
import { f29Unpack } from './field29-border'
import { isAllZero } from './gcd'
import {
  CURVE_B,
  constantOf,
  isK1,
  POWER_BYTES,
  secpCombine,
  secpIsZero,
  secpMul,
  secpOne,
  secpSquare,
} from './secp-field'
import { secpInvert } from './secp-invert'

export const SECP_Y: usize = F29_BYTES
const Z: usize = 2 * F29_BYTES
const ZZ: usize = 3 * F29_BYTES
const ZZZ: usize = 4 * F29_BYTES
export const SECP_AFFINE_BYTES: usize = 2 * F29_BYTES
export const SECP_JACOBIAN_BYTES: usize = 3 * F29_BYTES
export const SECP_ADDEND_BYTES: usize = 5 * F29_BYTES
/** Scratch of any function here. */
export const SECP_STEP_BYTES: usize = 3 * F29_BYTES + POWER_BYTES

/** point = the affine point. */
export function secpFromAffine<C>(point: usize, affine: usize, scratch: usize): void {
  memory.copy(point, affine, SECP_AFFINE_BYTES)
  secpOne<C>(point + Z, scratch)
}

export function secpSetInfinity(point: usize): void {
  f29Zero(point + Z)
}

export function secpIsInfinity(point: usize): bool {
  return isAllZero(point + Z)
}

/** Makes an addend of a Jacobian point that is not infinity, in place. */
export function secpToAddend<C>(point: usize): void {
  secpSquare<C>(point + ZZ, point + Z)
  secpMul<C>(point + ZZZ, point + ZZ, point + Z)
}

/** point = 2 * point. */
export function secpDouble<C>(point: usize, scratch: usize): void {
  const slope = scratch
  const yy = scratch + F29_BYTES
  const s = scratch + 2 * F29_BYTES
  // S of the books is 4 s: the factor 4 is left to the steps that use it.
  secpSquare<C>(yy, point + SECP_Y)
  secpMul<C>(s, point, yy)
  if (isK1<C>()) {
    secpSquare<C>(slope, point)
    f29Scale(slope, slope, 3)
  } else {
    // 3 X^2 - 3 Z^4 = 3 (X - Z^2) (X + Z^2)
    const sum = scratch + 3 * F29_BYTES
    secpSquare<C>(slope, point + Z)
    f29Add(sum, point, slope)
    f29Difference(slope, point, slope)
    secpMul<C>(slope, slope, sum)
    secpCombine<C>(slope, slope, 3, slope, 0)
  }
  f29Twice(point + SECP_Y, point + SECP_Y)
  secpMul<C>(point + Z, point + Z, point + SECP_Y)
  secpSquare<C>(point, slope)
  secpCombine<C>(point, point, 1, s, -8)
  secpCombine<C>(s, s, 4, point, -1)
  secpMul<C>(s, s, slope)
  secpSquare<C>(yy, yy)
  secpCombine<C>(point + SECP_Y, s, 1, yy, -8)
}

/** point += the addend, or -= where `negative`. */
export function secpAddend<C>(point: usize, addend: usize, negative: bool, scratch: usize): void {
  if (secpIsInfinity(point)) {
    memory.copy(point, addend, SECP_JACOBIAN_BYTES)
    if (negative) f29Scale(point + SECP_Y, point + SECP_Y, -1)
    return
  }
  const u = scratch
  const s = scratch + F29_BYTES
  const h = scratch + 2 * F29_BYTES
  const r = scratch + 3 * F29_BYTES
  const hh = scratch + 4 * F29_BYTES
  const hhh = scratch + 5 * F29_BYTES
  secpSquare<C>(hh, point + Z)
  secpMul<C>(h, addend, hh)
  secpMul<C>(hh, hh, point + Z)
  secpMul<C>(r, addend + SECP_Y, hh)
  secpMul<C>(u, point, addend + ZZ)
  secpMul<C>(s, point + SECP_Y, addend + ZZZ)
  if (negative) f29Scale(r, r, -1)
  f29Difference(h, h, u)
  f29Difference(r, r, s)
  if (secpIsZero<C>(h, hh)) {
    if (secpIsZero<C>(r, hh)) secpDouble<C>(point, scratch)
    else secpSetInfinity(point)
    return
  }
  secpSquare<C>(hh, h)
  secpMul<C>(hhh, hh, h)
  secpMul<C>(u, u, hh)
  secpMul<C>(point + Z, point + Z, addend + Z)
  secpMul<C>(point + Z, point + Z, h)
  secpSquare<C>(hh, r)
  secpCombine<C>(hh, hh, 1, hhh, -1)
  secpCombine<C>(point, hh, 1, u, -2)
  f29Difference(u, u, point)
  secpMul<C>(u, u, r)
  secpMul<C>(s, s, hhh)
  secpCombine<C>(point + SECP_Y, u, 1, s, -1)
}

/** affine = the point, which is not infinity. */
export function secpToAffine<C>(affine: usize, point: usize, scratch: usize): void {
  const inverse = scratch
  const square = scratch + F29_BYTES
  secpInvert<C>(inverse, point + Z, scratch + 2 * F29_BYTES)
  secpSquare<C>(square, inverse)
  secpMul<C>(affine, point, square)
  secpMul<C>(square, square, inverse)
  secpMul<C>(affine + SECP_Y, point + SECP_Y, square)
}

/** out = x^3 + a x + b. */
export function secpSide<C>(out: usize, x: usize, scratch: usize): void {
  secpSquare<C>(scratch, x)
  secpMul<C>(out, scratch, x)
  if (!isK1<C>()) secpCombine<C>(out, out, 1, x, -3)
  f29Unpack(scratch, constantOf<C>(CURVE_B))
  secpCombine<C>(out, out, 1, scratch, 1)
}
