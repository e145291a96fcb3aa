/**
 * Inversion in the fields of the secp curves: gcd.ts with c = 1, or R^2 where residues are in Montgomery form.
 */
import { F29_BYTES, f29Copy, f29Zero, MASK } from './field29'
import { f29Unpack } from './field29-border'
import { gcdBatch, isAllZero } from './gcd'
import { constantOf, ENTRY, isK1, MODULUS, secpReduce } from './secp-field'
import { LOW } from './secp-k1'

const B: usize = F29_BYTES
const U: usize = 2 * F29_BYTES
const V: usize = 3 * F29_BYTES
const NEXT: usize = 4 * F29_BYTES
const FACTORS: usize = 5 * F29_BYTES
/** 1 / 977 mod 2^29. */
const UNLOW: i64 = 304428337

/** out = 1 / a as a residue; 0 gives 0. Scratch is that of a step of the curve. */
export function secpInvert<C>(out: usize, a: usize, scratch: usize): void {
  secpReduce<C>(scratch, a)
  f29Unpack(scratch + B, constantOf<C>(MODULUS))
  const u = scratch + U
  const v = scratch + V
  f29Unpack(u, constantOf<C>(ENTRY))
  f29Zero(v)
  const factors = scratch + FACTORS
  while (!isAllZero(scratch)) {
    gcdBatch(scratch, factors)
    combine<C>(scratch + NEXT, u, load<i64>(factors), v, load<i64>(factors, 8))
    combine<C>(v, u, load<i64>(factors, 16), v, load<i64>(factors, 24))
    f29Copy(u, scratch + NEXT)
  }
  secpReduce<C>(out, v)
}

/** out = (u f + v g) / 2^29 mod p; `out` may be u or v. */
function combine<C>(out: usize, u: usize, f: i64, v: usize, g: i64): void {
  let s = load<i64>(u) * f + load<i64>(v) * g
  // digit * p clears the low limb: p = -977 or -1 there.
  const digit = ((isK1<C>() ? s * UNLOW : s) << 35) >> 35
  s -= isK1<C>() ? digit * LOW : digit
  s = load<i64>(u, 8) * f + load<i64>(v, 8) * g - (isK1<C>() ? digit << 3 : 0) + (s >> 29)
  store<i64>(out, s & MASK)
  s = load<i64>(u, 16) * f + load<i64>(v, 16) * g + (s >> 29)
  store<i64>(out, s & MASK, 8)
  s = load<i64>(u, 24) * f + load<i64>(v, 24) * g + (isK1<C>() ? 0 : digit << 9) + (s >> 29)
  store<i64>(out, s & MASK, 16)
  s = load<i64>(u, 32) * f + load<i64>(v, 32) * g + (s >> 29)
  store<i64>(out, s & MASK, 24)
  s = load<i64>(u, 40) * f + load<i64>(v, 40) * g + (s >> 29)
  store<i64>(out, s & MASK, 32)
  s = load<i64>(u, 48) * f + load<i64>(v, 48) * g + (isK1<C>() ? 0 : digit << 18) + (s >> 29)
  store<i64>(out, s & MASK, 40)
  s = load<i64>(u, 56) * f + load<i64>(v, 56) * g - (isK1<C>() ? 0 : digit << 21) + (s >> 29)
  store<i64>(out, s & MASK, 48)
  s = load<i64>(u, 64) * f + load<i64>(v, 64) * g + (digit << 24) + (s >> 29)
  store<i64>(out, s & MASK, 56)
  store<i64>(out, s >> 29, 64)
}
