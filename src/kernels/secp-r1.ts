/**
 * The field of secp256r1 in nine limbs of 29 bits, in Montgomery form with R = 2^261, as field29.ts has Starknet's.
 *
 *     p = 2^256 - 2^224 + 2^192 + 2^96 - 1
 *
 * p = -1 mod 2^29, so the digit of a Montgomery step is the low limb itself, and adding digit * p clears it and touches
 * limbs 3, 6, 7 and 8 by shifts: a product needs no factor but its 81.
 *
 * Invariant: factors within a p and b p, a b <= 32, give a product in (-p, 2p), carried. One factor may be an uncarried
 * sum; a column stays below 2^63.
 */
import { MASK } from './field29'

/** out = a * b / R. At most one factor may be an uncarried sum. */
export function r1Mul(out: usize, a: usize, b: usize): void {
  const a0 = load<i64>(a)
  const a1 = load<i64>(a, 8)
  const a2 = load<i64>(a, 16)
  const a3 = load<i64>(a, 24)
  const a4 = load<i64>(a, 32)
  const a5 = load<i64>(a, 40)
  const a6 = load<i64>(a, 48)
  const a7 = load<i64>(a, 56)
  const a8 = load<i64>(a, 64)
  const b0 = load<i64>(b)
  const b1 = load<i64>(b, 8)
  const b2 = load<i64>(b, 16)
  const b3 = load<i64>(b, 24)
  const b4 = load<i64>(b, 32)
  const b5 = load<i64>(b, 40)
  const b6 = load<i64>(b, 48)
  const b7 = load<i64>(b, 56)
  const b8 = load<i64>(b, 64)
  let c = a0 * b0
  const m0 = c & MASK
  c = a0 * b1 + a1 * b0 + (c >> 29)
  const m1 = c & MASK
  c = a0 * b2 + a1 * b1 + a2 * b0 + (c >> 29)
  const m2 = c & MASK
  c = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + (c >> 29) + (m0 << 9)
  const m3 = c & MASK
  c = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + (c >> 29) + (m1 << 9)
  const m4 = c & MASK
  c = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + (c >> 29) + (m2 << 9)
  const m5 = c & MASK
  c =
    a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + (c >> 29) + (m3 << 9) +
    (m0 << 18)
  const m6 = c & MASK
  c =
    a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + (c >> 29) +
    (m4 << 9) + (m1 << 18) - (m0 << 21)
  const m7 = c & MASK
  c =
    a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 +
    (c >> 29) + (m5 << 9) + (m2 << 18) - (m1 << 21) + (m0 << 24)
  const m8 = c & MASK
  c =
    a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + (c >> 29) +
    (m6 << 9) + (m3 << 18) - (m2 << 21) + (m1 << 24)
  store<i64>(out, c & MASK)
  c =
    a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + (c >> 29) + (m7 << 9) +
    (m4 << 18) - (m3 << 21) + (m2 << 24)
  store<i64>(out, c & MASK, 8)
  c =
    a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + (c >> 29) + (m8 << 9) + (m5 << 18) +
    -(m4 << 21) + (m3 << 24)
  store<i64>(out, c & MASK, 16)
  c =
    a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + (c >> 29) + (m6 << 18) - (m5 << 21) +
    (m4 << 24)
  store<i64>(out, c & MASK, 24)
  c = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + (c >> 29) + (m7 << 18) - (m6 << 21) + (m5 << 24)
  store<i64>(out, c & MASK, 32)
  c = a6 * b8 + a7 * b7 + a8 * b6 + (c >> 29) + (m8 << 18) - (m7 << 21) + (m6 << 24)
  store<i64>(out, c & MASK, 40)
  c = a7 * b8 + a8 * b7 + (c >> 29) - (m8 << 21) + (m7 << 24)
  store<i64>(out, c & MASK, 48)
  c = a8 * b8 + (c >> 29) + (m8 << 24)
  store<i64>(out, c & MASK, 56)
  store<i64>(out, c >> 29, 64)
}

/** out = a * a / R, of a carried value or an uncarried difference. */
export function r1Square(out: usize, a: usize): void {
  const a0 = load<i64>(a)
  const a1 = load<i64>(a, 8)
  const a2 = load<i64>(a, 16)
  const a3 = load<i64>(a, 24)
  const a4 = load<i64>(a, 32)
  const a5 = load<i64>(a, 40)
  const a6 = load<i64>(a, 48)
  const a7 = load<i64>(a, 56)
  const a8 = load<i64>(a, 64)
  const d0 = a0 << 1
  const d1 = a1 << 1
  const d2 = a2 << 1
  const d3 = a3 << 1
  const d4 = a4 << 1
  const d5 = a5 << 1
  const d6 = a6 << 1
  const d7 = a7 << 1
  let c = a0 * a0
  const m0 = c & MASK
  c = d0 * a1 + (c >> 29)
  const m1 = c & MASK
  c = d0 * a2 + a1 * a1 + (c >> 29)
  const m2 = c & MASK
  c = d0 * a3 + d1 * a2 + (c >> 29) + (m0 << 9)
  const m3 = c & MASK
  c = d0 * a4 + d1 * a3 + a2 * a2 + (c >> 29) + (m1 << 9)
  const m4 = c & MASK
  c = d0 * a5 + d1 * a4 + d2 * a3 + (c >> 29) + (m2 << 9)
  const m5 = c & MASK
  c = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 + (c >> 29) + (m3 << 9) + (m0 << 18)
  const m6 = c & MASK
  c = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 + (c >> 29) + (m4 << 9) + (m1 << 18) - (m0 << 21)
  const m7 = c & MASK
  c =
    d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 + (c >> 29) + (m5 << 9) + (m2 << 18) +
    -(m1 << 21) + (m0 << 24)
  const m8 = c & MASK
  c =
    d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5 + (c >> 29) + (m6 << 9) + (m3 << 18) - (m2 << 21) +
    (m1 << 24)
  store<i64>(out, c & MASK)
  c =
    d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 + (c >> 29) + (m7 << 9) + (m4 << 18) - (m3 << 21) +
    (m2 << 24)
  store<i64>(out, c & MASK, 8)
  c = d3 * a8 + d4 * a7 + d5 * a6 + (c >> 29) + (m8 << 9) + (m5 << 18) - (m4 << 21) + (m3 << 24)
  store<i64>(out, c & MASK, 16)
  c = d4 * a8 + d5 * a7 + a6 * a6 + (c >> 29) + (m6 << 18) - (m5 << 21) + (m4 << 24)
  store<i64>(out, c & MASK, 24)
  c = d5 * a8 + d6 * a7 + (c >> 29) + (m7 << 18) - (m6 << 21) + (m5 << 24)
  store<i64>(out, c & MASK, 32)
  c = d6 * a8 + a7 * a7 + (c >> 29) + (m8 << 18) - (m7 << 21) + (m6 << 24)
  store<i64>(out, c & MASK, 40)
  c = d7 * a8 + (c >> 29) - (m8 << 21) + (m7 << 24)
  store<i64>(out, c & MASK, 48)
  c = a8 * a8 + (c >> 29) + (m8 << 24)
  store<i64>(out, c & MASK, 56)
  store<i64>(out, c >> 29, 64)
}
