/**
 * Inversion in a field by a binary GCD whose steps are batched 29 at a time (after Pornin, "Optimized binary GCD
 * for modular inversion", 2020).
 *
 *     a = x, b = p, u = c, v = 0            a = x u / c and b = x v / c mod p, always; b is odd
 *     29 steps on approximations of 62 bits  give factors: (a, b) = (a f0 + b g0, a f1 + b g1) / 2^29
 *     the same factors on (u, v)             mod p: one Montgomery digit each makes the division exact
 *     a = 0                                  then b = 1 and v = c / x
 *
 * 29 steps are one limb, so both divisions just drop limb 0. An approximation keeps the lowest 29 bits, which
 * decide what is even, and the top 33, which decide what is smaller; a wrong guess there shows as a sign and is
 * mended. The time depends on the value: about 13 batches. The half of this that knows no modulus is here.
 *
 * Invariant: |f0| + |g0| and |f1| + |g1| are at most 2^29, so u and v grow by at most p / 2 a batch.
 */
import { MASK } from './field29'

const LIMBS: usize = 9
const B: usize = 72

/** Twenty-nine steps on a and b, carried limbs in a row at `scratch`; their factors f0, g0, f1, g1 go to `factors`. */
export function gcdBatch(scratch: usize, factors: usize): void {
  let top: usize = LIMBS - 1
  let highest = load<u64>(scratch, 64) | load<u64>(scratch, B + 64)
  while (highest == 0 && top > 2) {
    top--
    highest = load<u64>(scratch + top * 8) | load<u64>(scratch + top * 8, B)
  }
  const length = 64 - clz<u64>(highest)
  let x = approximation(scratch, top, length)
  let y = approximation(scratch + B, top, length)
  let f0: i64 = 1
  let g0: i64 = 0
  let f1: i64 = 0
  let g1: i64 = 1
  let rest: u64 = 29
  while (true) {
    // The sentinel bit stops the run of zeros at the end of the batch.
    const zeros = ctz<u64>(x | (<u64>1 << rest))
    x >>= zeros
    f1 <<= zeros
    g1 <<= zeros
    rest -= zeros
    if (rest == 0) break
    const swap = x < y
    const f = f0
    const g = g0
    const difference = x - y
    y = select<u64>(x, y, swap)
    x = select<u64>(0 - difference, difference, swap)
    f0 = select<i64>(f1 - f, f - f1, swap)
    g0 = select<i64>(g1 - g, g - g1, swap)
    f1 = select<i64>(f, f1, swap)
    g1 = select<i64>(g, g1, swap)
  }
  const signs = combine(scratch, f0, g0, f1, g1)
  if (signs & 1) {
    negate(scratch)
    f0 = -f0
    g0 = -g0
  }
  if (signs & 2) {
    negate(scratch + B)
    f1 = -f1
    g1 = -g1
  }
  store<i64>(factors, f0)
  store<i64>(factors, g0, 8)
  store<i64>(factors, f1, 16)
  store<i64>(factors, g1, 24)
}

/** The lowest 29 and the top 33 bits of a value, below limb `top`'s bit `length`; all of it where it is short. */
function approximation(a: usize, top: usize, length: u64): u64 {
  if (top == 2 && length <= 5) {
    return load<u64>(a) | (load<u64>(a, 8) << 29) | (load<u64>(a, 16) << 58)
  }
  const limb = a + top * 8
  const high = (load<u64>(limb) << 29) | load<u64>(limb - 8)
  const normal = (high << (29 - length)) | (load<u64>(limb - 16) >>> length)
  return ((normal >>> 25) << 29) | load<u64>(a)
}

/** (a, b) = (a f0 + b g0, a f1 + b g1) / 2^29. Returns bit 0 if a is negative, bit 1 if b is. */
function combine(a: usize, f0: i64, g0: i64, f1: i64, g1: i64): i32 {
  const a0 = load<i64>(a)
  const b0 = load<i64>(a, 72)
  const a1 = load<i64>(a, 8)
  const b1 = load<i64>(a, 80)
  const a2 = load<i64>(a, 16)
  const b2 = load<i64>(a, 88)
  const a3 = load<i64>(a, 24)
  const b3 = load<i64>(a, 96)
  const a4 = load<i64>(a, 32)
  const b4 = load<i64>(a, 104)
  const a5 = load<i64>(a, 40)
  const b5 = load<i64>(a, 112)
  const a6 = load<i64>(a, 48)
  const b6 = load<i64>(a, 120)
  const a7 = load<i64>(a, 56)
  const b7 = load<i64>(a, 128)
  const a8 = load<i64>(a, 64)
  const b8 = load<i64>(a, 136)
  let s = a0 * f0 + b0 * g0
  s = a1 * f0 + b1 * g0 + (s >> 29)
  store<i64>(a, s & MASK)
  s = a2 * f0 + b2 * g0 + (s >> 29)
  store<i64>(a, s & MASK, 8)
  s = a3 * f0 + b3 * g0 + (s >> 29)
  store<i64>(a, s & MASK, 16)
  s = a4 * f0 + b4 * g0 + (s >> 29)
  store<i64>(a, s & MASK, 24)
  s = a5 * f0 + b5 * g0 + (s >> 29)
  store<i64>(a, s & MASK, 32)
  s = a6 * f0 + b6 * g0 + (s >> 29)
  store<i64>(a, s & MASK, 40)
  s = a7 * f0 + b7 * g0 + (s >> 29)
  store<i64>(a, s & MASK, 48)
  s = a8 * f0 + b8 * g0 + (s >> 29)
  store<i64>(a, s & MASK, 56)
  store<i64>(a, s >> 29, 64)
  let t = a0 * f1 + b0 * g1
  t = a1 * f1 + b1 * g1 + (t >> 29)
  store<i64>(a, t & MASK, 72)
  t = a2 * f1 + b2 * g1 + (t >> 29)
  store<i64>(a, t & MASK, 80)
  t = a3 * f1 + b3 * g1 + (t >> 29)
  store<i64>(a, t & MASK, 88)
  t = a4 * f1 + b4 * g1 + (t >> 29)
  store<i64>(a, t & MASK, 96)
  t = a5 * f1 + b5 * g1 + (t >> 29)
  store<i64>(a, t & MASK, 104)
  t = a6 * f1 + b6 * g1 + (t >> 29)
  store<i64>(a, t & MASK, 112)
  t = a7 * f1 + b7 * g1 + (t >> 29)
  store<i64>(a, t & MASK, 120)
  t = a8 * f1 + b8 * g1 + (t >> 29)
  store<i64>(a, t & MASK, 128)
  store<i64>(a, t >> 29, 136)
  return <i32>(s >>> 63) | (<i32>(t >>> 63) << 1)
}

/** Whether all limbs are 0. */
export function isAllZero(a: usize): bool {
  let bits = load<i64>(a)
  for (let i: usize = 1; i < LIMBS; i++) bits |= load<i64>(a + i * 8)
  return bits == 0
}

/** a = -a, carried. */
function negate(a: usize): void {
  let c: i64 = 0
  for (let i: usize = 0; i < LIMBS - 1; i++) {
    c = (c >> 29) - load<i64>(a + i * 8)
    store<i64>(a + i * 8, c & MASK)
  }
  store<i64>(a, (c >> 29) - load<i64>(a, 64), 64)
}
