/**
 * The field of Starknet in nine limbs of 29 bits: the form in which kernels compute.
 *
 *     value = sum of limb[i] * 2^(29 i)   nine i64 at 72 bytes; a felt x is held as x * R mod P, R = 2^261
 *
 * A *carried* value has limbs 0-7 in [0, 2^29) and a signed limb 8, and lies within 16 P. A sum or a
 * difference left without its carry pass may be one factor of a product. P = 1 mod 2^29, so the digit of
 * a Montgomery step is the negated low limb and adding digit * P touches limbs 0, 6 and 8 only.
 *
 * Invariant: factors within 16 P give a product in (-P/4, 5P/4), carried; a column stays below 2^63.
 * Borders (cells, table entries) are in field29-border.ts, inversion in field29-invert.ts.
 * Every function takes addresses, keeps no state, and allows its result to be one of its arguments.
 */
export const F29_BYTES: usize = 72

export const MASK: i64 = 0x1fffffff
/** Limb 6 of P, 17 * 2^18; limb 8 is 2^19. */
export const P6: i64 = 17 << 18

/** out = a * b / R. At most one factor may be an uncarried sum. */
export function f29Mul(out: usize, a: usize, b: usize): void {
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
  const m0 = -c & MASK
  c = a0 * b1 + a1 * b0 + ((c + MASK) >> 29)
  const m1 = -c & MASK
  c = a0 * b2 + a1 * b1 + a2 * b0 + ((c + MASK) >> 29)
  const m2 = -c & MASK
  c = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + ((c + MASK) >> 29)
  const m3 = -c & MASK
  c = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + ((c + MASK) >> 29)
  const m4 = -c & MASK
  c = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + ((c + MASK) >> 29)
  const m5 = -c & MASK
  c =
    a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + ((c + MASK) >> 29) +
    m0 * P6
  const m6 = -c & MASK
  c =
    a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 +
    ((c + MASK) >> 29) + m1 * P6
  const m7 = -c & MASK
  c =
    a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 +
    ((c + MASK) >> 29) + m2 * P6 + (m0 << 19)
  const m8 = -c & MASK
  c =
    a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 +
    ((c + MASK) >> 29) + m3 * P6 + (m1 << 19)
  store<i64>(out, c & MASK)
  c =
    a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + (c >> 29) + m4 * P6 +
    (m2 << 19)
  store<i64>(out, c & MASK, 8)
  c = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + (c >> 29) + m5 * P6 + (m3 << 19)
  store<i64>(out, c & MASK, 16)
  c = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + (c >> 29) + m6 * P6 + (m4 << 19)
  store<i64>(out, c & MASK, 24)
  c = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + (c >> 29) + m7 * P6 + (m5 << 19)
  store<i64>(out, c & MASK, 32)
  c = a6 * b8 + a7 * b7 + a8 * b6 + (c >> 29) + m8 * P6 + (m6 << 19)
  store<i64>(out, c & MASK, 40)
  c = a7 * b8 + a8 * b7 + (c >> 29) + (m7 << 19)
  store<i64>(out, c & MASK, 48)
  c = a8 * b8 + (c >> 29) + (m8 << 19)
  store<i64>(out, c & MASK, 56)
  store<i64>(out, c >> 29, 64)
}

/** out = a * a / R, of a carried value or an uncarried difference. */
export function f29Square(out: usize, a: usize): void {
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
  const m0 = -c & MASK
  c = d0 * a1 + ((c + MASK) >> 29)
  const m1 = -c & MASK
  c = d0 * a2 + a1 * a1 + ((c + MASK) >> 29)
  const m2 = -c & MASK
  c = d0 * a3 + d1 * a2 + ((c + MASK) >> 29)
  const m3 = -c & MASK
  c = d0 * a4 + d1 * a3 + a2 * a2 + ((c + MASK) >> 29)
  const m4 = -c & MASK
  c = d0 * a5 + d1 * a4 + d2 * a3 + ((c + MASK) >> 29)
  const m5 = -c & MASK
  c = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 + ((c + MASK) >> 29) + m0 * P6
  const m6 = -c & MASK
  c = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 + ((c + MASK) >> 29) + m1 * P6
  const m7 = -c & MASK
  c = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 + ((c + MASK) >> 29) + m2 * P6 + (m0 << 19)
  const m8 = -c & MASK
  c = d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5 + ((c + MASK) >> 29) + m3 * P6 + (m1 << 19)
  store<i64>(out, c & MASK)
  c = d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 + (c >> 29) + m4 * P6 + (m2 << 19)
  store<i64>(out, c & MASK, 8)
  c = d3 * a8 + d4 * a7 + d5 * a6 + (c >> 29) + m5 * P6 + (m3 << 19)
  store<i64>(out, c & MASK, 16)
  c = d4 * a8 + d5 * a7 + a6 * a6 + (c >> 29) + m6 * P6 + (m4 << 19)
  store<i64>(out, c & MASK, 24)
  c = d5 * a8 + d6 * a7 + (c >> 29) + m7 * P6 + (m5 << 19)
  store<i64>(out, c & MASK, 32)
  c = d6 * a8 + a7 * a7 + (c >> 29) + m8 * P6 + (m6 << 19)
  store<i64>(out, c & MASK, 40)
  c = d7 * a8 + (c >> 29) + (m7 << 19)
  store<i64>(out, c & MASK, 48)
  c = a8 * a8 + (c >> 29) + (m8 << 19)
  store<i64>(out, c & MASK, 56)
  store<i64>(out, c >> 29, 64)
}

/** out = (a * b - x * y) / R with one reduction. Factors are carried values or differences of two. */
export function f29MulSub(out: usize, a: usize, b: usize, x: usize, y: usize): void {
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
  const x0 = load<i64>(x)
  const x1 = load<i64>(x, 8)
  const x2 = load<i64>(x, 16)
  const x3 = load<i64>(x, 24)
  const x4 = load<i64>(x, 32)
  const x5 = load<i64>(x, 40)
  const x6 = load<i64>(x, 48)
  const x7 = load<i64>(x, 56)
  const x8 = load<i64>(x, 64)
  const y0 = load<i64>(y)
  const y1 = load<i64>(y, 8)
  const y2 = load<i64>(y, 16)
  const y3 = load<i64>(y, 24)
  const y4 = load<i64>(y, 32)
  const y5 = load<i64>(y, 40)
  const y6 = load<i64>(y, 48)
  const y7 = load<i64>(y, 56)
  const y8 = load<i64>(y, 64)
  let c = a0 * b0 - x0 * y0
  const m0 = -c & MASK
  c = a0 * b1 + a1 * b0 - x0 * y1 - x1 * y0 + ((c + MASK) >> 29)
  const m1 = -c & MASK
  c = a0 * b2 + a1 * b1 + a2 * b0 - x0 * y2 - x1 * y1 - x2 * y0 + ((c + MASK) >> 29)
  const m2 = -c & MASK
  c =
    a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 - x0 * y3 - x1 * y2 - x2 * y1 - x3 * y0 +
    ((c + MASK) >> 29)
  const m3 = -c & MASK
  c =
    a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 - x0 * y4 - x1 * y3 - x2 * y2 - x3 * y1 -
    x4 * y0 + ((c + MASK) >> 29)
  const m4 = -c & MASK
  c =
    a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 - x0 * y5 - x1 * y4 - x2 * y3 -
    x3 * y2 - x4 * y1 - x5 * y0 + ((c + MASK) >> 29)
  const m5 = -c & MASK
  c =
    a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 - x0 * y6 - x1 * y5 -
    x2 * y4 - x3 * y3 - x4 * y2 - x5 * y1 - x6 * y0 + ((c + MASK) >> 29) + m0 * P6
  const m6 = -c & MASK
  c =
    a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 - x0 * y7 -
    x1 * y6 - x2 * y5 - x3 * y4 - x4 * y3 - x5 * y2 - x6 * y1 - x7 * y0 + ((c + MASK) >> 29) +
    m1 * P6
  const m7 = -c & MASK
  c =
    a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 -
    x0 * y8 - x1 * y7 - x2 * y6 - x3 * y5 - x4 * y4 - x5 * y3 - x6 * y2 - x7 * y1 - x8 * y0 +
    ((c + MASK) >> 29) + m2 * P6 + (m0 << 19)
  const m8 = -c & MASK
  c =
    a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 - x1 * y8 -
    x2 * y7 - x3 * y6 - x4 * y5 - x5 * y4 - x6 * y3 - x7 * y2 - x8 * y1 + ((c + MASK) >> 29) +
    m3 * P6 + (m1 << 19)
  store<i64>(out, c & MASK)
  c =
    a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 - x2 * y8 - x3 * y7 -
    x4 * y6 - x5 * y5 - x6 * y4 - x7 * y3 - x8 * y2 + (c >> 29) + m4 * P6 + (m2 << 19)
  store<i64>(out, c & MASK, 8)
  c =
    a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 - x3 * y8 - x4 * y7 - x5 * y6 -
    x6 * y5 - x7 * y4 - x8 * y3 + (c >> 29) + m5 * P6 + (m3 << 19)
  store<i64>(out, c & MASK, 16)
  c =
    a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 - x4 * y8 - x5 * y7 - x6 * y6 - x7 * y5 -
    x8 * y4 + (c >> 29) + m6 * P6 + (m4 << 19)
  store<i64>(out, c & MASK, 24)
  c =
    a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 - x5 * y8 - x6 * y7 - x7 * y6 - x8 * y5 + (c >> 29) +
    m7 * P6 + (m5 << 19)
  store<i64>(out, c & MASK, 32)
  c = a6 * b8 + a7 * b7 + a8 * b6 - x6 * y8 - x7 * y7 - x8 * y6 + (c >> 29) + m8 * P6 + (m6 << 19)
  store<i64>(out, c & MASK, 40)
  c = a7 * b8 + a8 * b7 - x7 * y8 - x8 * y7 + (c >> 29) + (m7 << 19)
  store<i64>(out, c & MASK, 48)
  c = a8 * b8 - x8 * y8 + (c >> 29) + (m8 << 19)
  store<i64>(out, c & MASK, 56)
  store<i64>(out, c >> 29, 64)
}

/** out = a * ka + b * kb for constants ka and kb, carried. Inlined, so that the constants become shifts and signs. */
// @ts-ignore: decorator
@inline
export function f29Combine(out: usize, a: usize, ka: i64, b: usize, kb: i64): void {
  let c = load<i64>(a) * ka + load<i64>(b) * kb
  store<i64>(out, c & MASK)
  c = load<i64>(a, 8) * ka + load<i64>(b, 8) * kb + (c >> 29)
  store<i64>(out, c & MASK, 8)
  c = load<i64>(a, 16) * ka + load<i64>(b, 16) * kb + (c >> 29)
  store<i64>(out, c & MASK, 16)
  c = load<i64>(a, 24) * ka + load<i64>(b, 24) * kb + (c >> 29)
  store<i64>(out, c & MASK, 24)
  c = load<i64>(a, 32) * ka + load<i64>(b, 32) * kb + (c >> 29)
  store<i64>(out, c & MASK, 32)
  c = load<i64>(a, 40) * ka + load<i64>(b, 40) * kb + (c >> 29)
  store<i64>(out, c & MASK, 40)
  c = load<i64>(a, 48) * ka + load<i64>(b, 48) * kb + (c >> 29)
  store<i64>(out, c & MASK, 48)
  c = load<i64>(a, 56) * ka + load<i64>(b, 56) * kb + (c >> 29)
  store<i64>(out, c & MASK, 56)
  c = load<i64>(a, 64) * ka + load<i64>(b, 64) * kb + (c >> 29)
  store<i64>(out, c, 64)
}

/** out = a + b, carried. */
export function f29Add(out: usize, a: usize, b: usize): void {
  f29Combine(out, a, 1, b, 1)
}

/** out = a - b, carried. */
export function f29Sub(out: usize, a: usize, b: usize): void {
  f29Combine(out, a, 1, b, -1)
}

/** out = 2a without a carry pass: may be one factor of a product. */
export function f29Twice(out: usize, a: usize): void {
  store<i64>(out, load<i64>(a) << 1)
  store<i64>(out, load<i64>(a, 8) << 1, 8)
  store<i64>(out, load<i64>(a, 16) << 1, 16)
  store<i64>(out, load<i64>(a, 24) << 1, 24)
  store<i64>(out, load<i64>(a, 32) << 1, 32)
  store<i64>(out, load<i64>(a, 40) << 1, 40)
  store<i64>(out, load<i64>(a, 48) << 1, 48)
  store<i64>(out, load<i64>(a, 56) << 1, 56)
  store<i64>(out, load<i64>(a, 64) << 1, 64)
}

/** out = a - b without a carry pass: the limbs of two carried values stay within 29 bits and a sign. */
export function f29Difference(out: usize, a: usize, b: usize): void {
  store<i64>(out, load<i64>(a) - load<i64>(b))
  store<i64>(out, load<i64>(a, 8) - load<i64>(b, 8), 8)
  store<i64>(out, load<i64>(a, 16) - load<i64>(b, 16), 16)
  store<i64>(out, load<i64>(a, 24) - load<i64>(b, 24), 24)
  store<i64>(out, load<i64>(a, 32) - load<i64>(b, 32), 32)
  store<i64>(out, load<i64>(a, 40) - load<i64>(b, 40), 40)
  store<i64>(out, load<i64>(a, 48) - load<i64>(b, 48), 48)
  store<i64>(out, load<i64>(a, 56) - load<i64>(b, 56), 56)
  store<i64>(out, load<i64>(a, 64) - load<i64>(b, 64), 64)
}

/** out = a - b - 2c, carried. */
export function f29SubTwice(out: usize, a: usize, b: usize, twice: usize): void {
  let c = load<i64>(a) - load<i64>(b) - (load<i64>(twice) << 1)
  store<i64>(out, c & MASK)
  c >>= 29
  c += load<i64>(a, 8) - load<i64>(b, 8) - (load<i64>(twice, 8) << 1)
  store<i64>(out, c & MASK, 8)
  c >>= 29
  c += load<i64>(a, 16) - load<i64>(b, 16) - (load<i64>(twice, 16) << 1)
  store<i64>(out, c & MASK, 16)
  c >>= 29
  c += load<i64>(a, 24) - load<i64>(b, 24) - (load<i64>(twice, 24) << 1)
  store<i64>(out, c & MASK, 24)
  c >>= 29
  c += load<i64>(a, 32) - load<i64>(b, 32) - (load<i64>(twice, 32) << 1)
  store<i64>(out, c & MASK, 32)
  c >>= 29
  c += load<i64>(a, 40) - load<i64>(b, 40) - (load<i64>(twice, 40) << 1)
  store<i64>(out, c & MASK, 40)
  c >>= 29
  c += load<i64>(a, 48) - load<i64>(b, 48) - (load<i64>(twice, 48) << 1)
  store<i64>(out, c & MASK, 48)
  c >>= 29
  c += load<i64>(a, 56) - load<i64>(b, 56) - (load<i64>(twice, 56) << 1)
  store<i64>(out, c & MASK, 56)
  c >>= 29
  c += load<i64>(a, 64) - load<i64>(b, 64) - (load<i64>(twice, 64) << 1)
  store<i64>(out, c, 64)
}

/** out = a - b - c, carried and folded by its top bits to within a hair of [0, P]. */
export function f29SubFolded(out: usize, a: usize, b: usize, c: usize): void {
  const top = load<i64>(a, 64) - load<i64>(b, 64) - load<i64>(c, 64)
  // The carry into limb 8 is a few units against 2^19, so the top alone tells the multiple of P.
  const fold = top >> 19
  let t = load<i64>(a) - load<i64>(b) - load<i64>(c) - fold
  store<i64>(out, t & MASK)
  t = load<i64>(a, 8) - load<i64>(b, 8) - load<i64>(c, 8) + (t >> 29)
  store<i64>(out, t & MASK, 8)
  t = load<i64>(a, 16) - load<i64>(b, 16) - load<i64>(c, 16) + (t >> 29)
  store<i64>(out, t & MASK, 16)
  t = load<i64>(a, 24) - load<i64>(b, 24) - load<i64>(c, 24) + (t >> 29)
  store<i64>(out, t & MASK, 24)
  t = load<i64>(a, 32) - load<i64>(b, 32) - load<i64>(c, 32) + (t >> 29)
  store<i64>(out, t & MASK, 32)
  t = load<i64>(a, 40) - load<i64>(b, 40) - load<i64>(c, 40) + (t >> 29)
  store<i64>(out, t & MASK, 40)
  t = load<i64>(a, 48) - load<i64>(b, 48) - load<i64>(c, 48) - fold * P6 + (t >> 29)
  store<i64>(out, t & MASK, 48)
  t = load<i64>(a, 56) - load<i64>(b, 56) - load<i64>(c, 56) + (t >> 29)
  store<i64>(out, t & MASK, 56)
  store<i64>(out, (top & 0x7ffff) + (t >> 29), 64)
}

/** out = -a, carried. */
export function f29Negate(out: usize, a: usize): void {
  f29Scale(out, a, -1)
}

/** out = a * factor for a small factor, carried; |a * factor| must stay within 16 P. */
export function f29Scale(out: usize, a: usize, factor: i64): void {
  let c = load<i64>(a) * factor
  store<i64>(out, c & MASK)
  c >>= 29
  c += load<i64>(a, 8) * factor
  store<i64>(out, c & MASK, 8)
  c >>= 29
  c += load<i64>(a, 16) * factor
  store<i64>(out, c & MASK, 16)
  c >>= 29
  c += load<i64>(a, 24) * factor
  store<i64>(out, c & MASK, 24)
  c >>= 29
  c += load<i64>(a, 32) * factor
  store<i64>(out, c & MASK, 32)
  c >>= 29
  c += load<i64>(a, 40) * factor
  store<i64>(out, c & MASK, 40)
  c >>= 29
  c += load<i64>(a, 48) * factor
  store<i64>(out, c & MASK, 48)
  c >>= 29
  c += load<i64>(a, 56) * factor
  store<i64>(out, c & MASK, 56)
  c >>= 29
  c += load<i64>(a, 64) * factor
  store<i64>(out, c, 64)
}

export function f29Copy(out: usize, a: usize): void {
  store<i64>(out, load<i64>(a))
  store<i64>(out, load<i64>(a, 8), 8)
  store<i64>(out, load<i64>(a, 16), 16)
  store<i64>(out, load<i64>(a, 24), 24)
  store<i64>(out, load<i64>(a, 32), 32)
  store<i64>(out, load<i64>(a, 40), 40)
  store<i64>(out, load<i64>(a, 48), 48)
  store<i64>(out, load<i64>(a, 56), 56)
  store<i64>(out, load<i64>(a, 64), 64)
}

export function f29Zero(out: usize): void {
  store<i64>(out, 0)
  store<i64>(out, 0, 8)
  store<i64>(out, 0, 16)
  store<i64>(out, 0, 24)
  store<i64>(out, 0, 32)
  store<i64>(out, 0, 40)
  store<i64>(out, 0, 48)
  store<i64>(out, 0, 56)
  store<i64>(out, 0, 64)
}

/** out = R mod P, the Montgomery form of 1. */
export function f29One(out: usize): void {
  store<i64>(out, 0x1ffffc01)
  store<i64>(out, 0x1fffffff, 8)
  store<i64>(out, 0x1fffffff, 16)
  store<i64>(out, 0x1fffffff, 24)
  store<i64>(out, 0x1fffffff, 32)
  store<i64>(out, 0x1fffffff, 40)
  store<i64>(out, 0x1043ffff, 48)
  store<i64>(out, 0x1ffffff7, 56)
  store<i64>(out, 0x7ffff, 64)
}
