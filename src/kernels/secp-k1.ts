/**
 * The field of secp256k1 in nine limbs of 29 bits, as field29.ts has Starknet's, but not in Montgomery form.
 *
 *     p = 2^256 - 2^32 - 977, so 2^256 = 2^32 + 977 and 2^261 = 2^37 + 31264 (mod p)
 *
 * A product is made in two independent chains of columns: the upper nine become limbs first, then each folds into the
 * column 261 bits below it with one product and one shift; what exceeds 2^256 folds once more.
 *
 * Invariant: factors have limbs within 2^29 and a sign (one factor may be an uncarried sum of two) and lie within 32 p;
 * a product lies within a hair of [0, 2^256), and its limb 2 within 2^17 of 29 bits.
 */
import { MASK } from './field29'

/** 2^256 mod p is LOW + 2^32; limbs: LOW and 8. */
export const LOW: i64 = 977
/** 2^261 mod p is FOLD + 2^37; limbs: FOLD and 256. */
const FOLD: i64 = 32 * LOW
/** Bits of limb 8 below 2^256. */
const TOP_MASK: i64 = 0xffffff

/** out = a * b. At most one factor may be an uncarried sum. */
export function k1Mul(out: usize, a: usize, b: usize): void {
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
  let c = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1
  const h0 = c & MASK
  c = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + (c >> 29)
  const h1 = c & MASK
  c = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + (c >> 29)
  const h2 = c & MASK
  c = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + (c >> 29)
  const h3 = c & MASK
  c = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + (c >> 29)
  const h4 = c & MASK
  c = a6 * b8 + a7 * b7 + a8 * b6 + (c >> 29)
  const h5 = c & MASK
  c = a7 * b8 + a8 * b7 + (c >> 29)
  const h6 = c & MASK
  c = a8 * b8 + (c >> 29)
  const h7 = c & MASK
  const h8 = c >> 29
  c = a0 * b0 + h0 * FOLD
  const r0 = c & MASK
  c = a0 * b1 + a1 * b0 + h1 * FOLD + (h0 << 8) + (c >> 29)
  const r1 = c & MASK
  c = a0 * b2 + a1 * b1 + a2 * b0 + h2 * FOLD + (h1 << 8) + (c >> 29)
  const r2 = c & MASK
  c = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + h3 * FOLD + (h2 << 8) + (c >> 29)
  store<i64>(out, c & MASK, 24)
  c = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + h4 * FOLD + (h3 << 8) + (c >> 29)
  store<i64>(out, c & MASK, 32)
  c = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + h5 * FOLD + (h4 << 8) + (c >> 29)
  store<i64>(out, c & MASK, 40)
  c =
    a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + h6 * FOLD + (h5 << 8) +
    (c >> 29)
  store<i64>(out, c & MASK, 48)
  c =
    a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + h7 * FOLD +
    (h6 << 8) + (c >> 29)
  store<i64>(out, c & MASK, 56)
  c =
    a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 +
    h8 * FOLD + (h7 << 8) + (c >> 29)
  store<i64>(out, c & TOP_MASK, 64)
  // What is above 2^256, folded a second time; limb 2 keeps a small excess.
  const top = (c >> 24) + (h8 << 13)
  c = r0 + top * LOW
  store<i64>(out, c & MASK)
  c = r1 + (top << 3) + (c >> 29)
  store<i64>(out, c & MASK, 8)
  store<i64>(out, r2 + (c >> 29), 16)
}

/** out = a * a, of a carried value or an uncarried difference. */
export function k1Square(out: usize, a: usize): void {
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
  let c = d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5
  const h0 = c & MASK
  c = d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 + (c >> 29)
  const h1 = c & MASK
  c = d3 * a8 + d4 * a7 + d5 * a6 + (c >> 29)
  const h2 = c & MASK
  c = d4 * a8 + d5 * a7 + a6 * a6 + (c >> 29)
  const h3 = c & MASK
  c = d5 * a8 + d6 * a7 + (c >> 29)
  const h4 = c & MASK
  c = d6 * a8 + a7 * a7 + (c >> 29)
  const h5 = c & MASK
  c = d7 * a8 + (c >> 29)
  const h6 = c & MASK
  c = a8 * a8 + (c >> 29)
  const h7 = c & MASK
  const h8 = c >> 29
  c = a0 * a0 + h0 * FOLD
  const r0 = c & MASK
  c = d0 * a1 + h1 * FOLD + (h0 << 8) + (c >> 29)
  const r1 = c & MASK
  c = d0 * a2 + a1 * a1 + h2 * FOLD + (h1 << 8) + (c >> 29)
  const r2 = c & MASK
  c = d0 * a3 + d1 * a2 + h3 * FOLD + (h2 << 8) + (c >> 29)
  store<i64>(out, c & MASK, 24)
  c = d0 * a4 + d1 * a3 + a2 * a2 + h4 * FOLD + (h3 << 8) + (c >> 29)
  store<i64>(out, c & MASK, 32)
  c = d0 * a5 + d1 * a4 + d2 * a3 + h5 * FOLD + (h4 << 8) + (c >> 29)
  store<i64>(out, c & MASK, 40)
  c = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 + h6 * FOLD + (h5 << 8) + (c >> 29)
  store<i64>(out, c & MASK, 48)
  c = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 + h7 * FOLD + (h6 << 8) + (c >> 29)
  store<i64>(out, c & MASK, 56)
  c = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 + h8 * FOLD + (h7 << 8) + (c >> 29)
  store<i64>(out, c & TOP_MASK, 64)
  // What is above 2^256, folded a second time; limb 2 keeps a small excess.
  const top = (c >> 24) + (h8 << 13)
  c = r0 + top * LOW
  store<i64>(out, c & MASK)
  c = r1 + (top << 3) + (c >> 29)
  store<i64>(out, c & MASK, 8)
  store<i64>(out, r2 + (c >> 29), 16)
}
