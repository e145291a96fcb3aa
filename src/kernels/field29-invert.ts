/**
 * Inversion in the field of Starknet: gcd.ts with c = R^2, for x and 1 / x in Montgomery form.
 */
import { F29_BYTES, f29Zero, MASK, P6 } from './field29'
import { f29Reduce } from './field29-reduce'
import { gcdBatch, isAllZero } from './gcd'

const B: usize = F29_BYTES
const U: usize = 2 * F29_BYTES
const V: usize = 3 * F29_BYTES
const FACTORS: usize = 4 * F29_BYTES

/** out = 1 / a in Montgomery form; 0 gives 0. Scratch: four values and four factors. */
export function f29Invert(out: usize, a: usize, scratch: usize): void {
  f29Reduce(scratch, a)
  f29Zero(scratch + B)
  store<i64>(scratch, 1, B)
  store<i64>(scratch, P6, B + 48)
  store<i64>(scratch, 1 << 19, B + 64)
  squareOfR(scratch + U)
  f29Zero(scratch + V)
  const factors = scratch + FACTORS
  while (!isAllZero(scratch)) {
    gcdBatch(scratch, factors)
    combineModP(
      scratch + U,
      load<i64>(factors),
      load<i64>(factors, 8),
      load<i64>(factors, 16),
      load<i64>(factors, 24),
    )
  }
  f29Reduce(out, scratch + V)
}

/** (u, v) = (u f0 + v g0, u f1 + v g1) / 2^29 mod P. */
function combineModP(u: usize, f0: i64, g0: i64, f1: i64, g1: i64): void {
  const u0 = load<i64>(u)
  const v0 = load<i64>(u, 72)
  const u1 = load<i64>(u, 8)
  const v1 = load<i64>(u, 80)
  const u2 = load<i64>(u, 16)
  const v2 = load<i64>(u, 88)
  const u3 = load<i64>(u, 24)
  const v3 = load<i64>(u, 96)
  const u4 = load<i64>(u, 32)
  const v4 = load<i64>(u, 104)
  const u5 = load<i64>(u, 40)
  const v5 = load<i64>(u, 112)
  const u6 = load<i64>(u, 48)
  const v6 = load<i64>(u, 120)
  const u7 = load<i64>(u, 56)
  const v7 = load<i64>(u, 128)
  const u8 = load<i64>(u, 64)
  const v8 = load<i64>(u, 136)
  let s = u0 * f0 + v0 * g0
  const sm = (-s << 35) >> 35
  s += sm
  s = u1 * f0 + v1 * g0 + (s >> 29)
  store<i64>(u, s & MASK)
  s = u2 * f0 + v2 * g0 + (s >> 29)
  store<i64>(u, s & MASK, 8)
  s = u3 * f0 + v3 * g0 + (s >> 29)
  store<i64>(u, s & MASK, 16)
  s = u4 * f0 + v4 * g0 + (s >> 29)
  store<i64>(u, s & MASK, 24)
  s = u5 * f0 + v5 * g0 + (s >> 29)
  store<i64>(u, s & MASK, 32)
  s = u6 * f0 + v6 * g0 + (s >> 29) + sm * P6
  store<i64>(u, s & MASK, 40)
  s = u7 * f0 + v7 * g0 + (s >> 29)
  store<i64>(u, s & MASK, 48)
  s = u8 * f0 + v8 * g0 + (s >> 29) + (sm << 19)
  store<i64>(u, s & MASK, 56)
  store<i64>(u, s >> 29, 64)
  let t = u0 * f1 + v0 * g1
  const tm = (-t << 35) >> 35
  t += tm
  t = u1 * f1 + v1 * g1 + (t >> 29)
  store<i64>(u, t & MASK, 72)
  t = u2 * f1 + v2 * g1 + (t >> 29)
  store<i64>(u, t & MASK, 80)
  t = u3 * f1 + v3 * g1 + (t >> 29)
  store<i64>(u, t & MASK, 88)
  t = u4 * f1 + v4 * g1 + (t >> 29)
  store<i64>(u, t & MASK, 96)
  t = u5 * f1 + v5 * g1 + (t >> 29)
  store<i64>(u, t & MASK, 104)
  t = u6 * f1 + v6 * g1 + (t >> 29) + tm * P6
  store<i64>(u, t & MASK, 112)
  t = u7 * f1 + v7 * g1 + (t >> 29)
  store<i64>(u, t & MASK, 120)
  t = u8 * f1 + v8 * g1 + (t >> 29) + (tm << 19)
  store<i64>(u, t & MASK, 128)
  store<i64>(u, t >> 29, 136)
}

/** out = R^2 mod P. */
function squareOfR(out: usize): void {
  store<i64>(out, 0x100001)
  store<i64>(out, 0x1fae6fc0, 8)
  store<i64>(out, 0x1fffffff, 16)
  store<i64>(out, 0x9987f, 24)
  store<i64>(out, 0x0, 32)
  store<i64>(out, 0x1ffedf00, 40)
  store<i64>(out, 0x43ffff, 48)
  store<i64>(out, 0xf004400, 56)
  store<i64>(out, 0x752ad, 64)
}
