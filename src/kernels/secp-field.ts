/**
 * The fields of secp256k1 and secp256r1 as one: generic functions that a type parameter, K1 or R1, binds to a field when
 * they are compiled. Sums, differences and copies are those of field29.ts, which know no modulus.
 *
 *     residue   nine limbs, 72 bytes: a value of K1 itself, of R1 times R = 2^261
 *     packed    the residue in [0, p), 32 bytes little endian: tables, constants, points that others keep
 *     plain     a number below 2^256, 32 bytes little endian: coordinates and scalars at the border
 *
 * Invariant: stored residues are carried, but for limb 2 of a product of K1.
 */
import { F29_BYTES, f29Copy, MASK } from './field29'
import { f29Pack, f29Unpack } from './field29-border'
import { isAllZero } from './gcd'
import { secpConstants } from './layout'
import { k1Mul, k1Square, LOW } from './secp-k1'
import { r1Mul, r1Square } from './secp-r1'

/** Two types that differ in size, to tell fields apart while compiling. */
export type K1 = u32
export type R1 = u64

/** Constants of a curve, in its 512 bytes: numbers of 32 bytes, packed or plain. */
export const CURVE_BYTES: usize = 512
/** b of the equation, packed. */
export const CURVE_B: usize = 0
/** What makes a residue of a plain number by one product, packed: 1, or R^2 mod p. */
export const ENTRY: usize = 32
/** (p + 1) / 4, plain: both primes are 3 modulo 4. */
export const ROOT_EXPONENT: usize = 64
/** The order of the group, plain. */
export const ORDER: usize = 96
/** p, plain. */
export const MODULUS: usize = 128
/** Of K1: beta, packed; the factors 2^384 b2 / n and -2^384 b1 / n, plain; -a1, -b1, -a2, -b2 modulo 2^192, 24 bytes each. */
export const BETA: usize = 160
export const G1: usize = 192
export const MINUS_A1: usize = 256

/** Scratch of `secpPower`. */
export const POWER_BYTES: usize = 16 * F29_BYTES

// @ts-ignore: decorator
@inline
export function isK1<C>(): bool {
  return sizeof<C>() == sizeof<K1>()
}

// @ts-ignore: decorator
@inline
export function constantOf<C>(offset: usize): usize {
  return secpConstants() + (isK1<C>() ? 0 : CURVE_BYTES) + offset
}

// @ts-ignore: decorator
@inline
export function secpMul<C>(out: usize, a: usize, b: usize): void {
  if (isK1<C>()) k1Mul(out, a, b)
  else r1Mul(out, a, b)
}

// @ts-ignore: decorator
@inline
export function secpSquare<C>(out: usize, a: usize): void {
  if (isK1<C>()) k1Square(out, a)
  else r1Square(out, a)
}

/**
 * out = a * ka + b * kb for constants of at most 8, carried, of R1 also folded to within a hair of [0, 2^256): there a
 * product lets factors grow, while one of K1 does not mind.
 */
// @ts-ignore: decorator
@inline
export function secpCombine<C>(out: usize, a: usize, ka: i64, b: usize, kb: i64): void {
  const top = load<i64>(a, 64) * ka + load<i64>(b, 64) * kb
  const fold = isK1<C>() ? 0 : top >> 24
  let c = load<i64>(a) * ka + load<i64>(b) * kb + fold
  store<i64>(out, c & MASK)
  c = load<i64>(a, 8) * ka + load<i64>(b, 8) * kb + (c >> 29)
  store<i64>(out, c & MASK, 8)
  c = load<i64>(a, 16) * ka + load<i64>(b, 16) * kb + (c >> 29)
  store<i64>(out, c & MASK, 16)
  c = load<i64>(a, 24) * ka + load<i64>(b, 24) * kb - (fold << 9) + (c >> 29)
  store<i64>(out, c & MASK, 24)
  c = load<i64>(a, 32) * ka + load<i64>(b, 32) * kb + (c >> 29)
  store<i64>(out, c & MASK, 32)
  c = load<i64>(a, 40) * ka + load<i64>(b, 40) * kb + (c >> 29)
  store<i64>(out, c & MASK, 40)
  c = load<i64>(a, 48) * ka + load<i64>(b, 48) * kb - (fold << 18) + (c >> 29)
  store<i64>(out, c & MASK, 48)
  c = load<i64>(a, 56) * ka + load<i64>(b, 56) * kb + (fold << 21) + (c >> 29)
  store<i64>(out, c & MASK, 56)
  store<i64>(out, top - (fold << 24) + (c >> 29), 64)
}

/** Brings a residue into [0, p), the unique limbs of its class. |a| within 2^26 p. */
export function secpReduce<C>(out: usize, a: usize): void {
  addMultiple<C>(out, a, 0)
  // p is 2^256 but for a 2^32nd of it, so the bits above tell the multiple, but for one.
  addMultiple<C>(out, out, -(load<i64>(out, 64) >> 24))
  if (load<i64>(out, 64) < 0) addMultiple<C>(out, out, 1)
  addMultiple<C>(out, out, -1)
  if (load<i64>(out, 64) < 0) addMultiple<C>(out, out, 1)
}

/** out = a + count * p, carried. */
function addMultiple<C>(out: usize, a: usize, count: i64): void {
  let c = load<i64>(a) - (isK1<C>() ? count * LOW : count)
  store<i64>(out, c & MASK)
  c = load<i64>(a, 8) - (isK1<C>() ? count << 3 : 0) + (c >> 29)
  store<i64>(out, c & MASK, 8)
  c = load<i64>(a, 16) + (c >> 29)
  store<i64>(out, c & MASK, 16)
  c = load<i64>(a, 24) + (isK1<C>() ? 0 : count << 9) + (c >> 29)
  store<i64>(out, c & MASK, 24)
  c = load<i64>(a, 32) + (c >> 29)
  store<i64>(out, c & MASK, 32)
  c = load<i64>(a, 40) + (c >> 29)
  store<i64>(out, c & MASK, 40)
  c = load<i64>(a, 48) + (isK1<C>() ? 0 : count << 18) + (c >> 29)
  store<i64>(out, c & MASK, 48)
  c = load<i64>(a, 56) - (isK1<C>() ? 0 : count << 21) + (c >> 29)
  store<i64>(out, c & MASK, 56)
  store<i64>(out, load<i64>(a, 64) + (count << 24) + (c >> 29), 64)
}

/** Whether a residue, or an uncarried difference of two, is a multiple of p; |a| within 8 p. */
// @ts-ignore: decorator
@inline
export function secpIsZero<C>(a: usize, scratch: usize): bool {
  // k p = -977 k or -k in limb 0 for the k at hand; nearly every other value stops here.
  const near = isK1<C>() ? 8 * LOW : 8
  if (((load<i64>(a) + near) & MASK) > 2 * near) return false
  return isMultiple<C>(a, scratch)
}

function isMultiple<C>(a: usize, scratch: usize): bool {
  secpReduce<C>(scratch, a)
  return isAllZero(scratch)
}

/** out = the residue of a plain number. */
export function secpEnter<C>(out: usize, plain: usize, scratch: usize): void {
  f29Unpack(out, plain)
  if (isK1<C>()) return
  f29Unpack(scratch, constantOf<C>(ENTRY))
  secpMul<C>(out, out, scratch)
}

/** The plain number, below p, of a residue. */
export function secpLeave<C>(plain: usize, a: usize, scratch: usize): void {
  f29Copy(scratch, a)
  if (!isK1<C>()) {
    const one = scratch + F29_BYTES
    memory.fill(one, 0, F29_BYTES)
    store<i64>(one, 1)
    secpMul<C>(scratch, scratch, one)
  }
  secpPack<C>(plain, scratch, scratch)
}

/** Packs a residue. */
export function secpPack<C>(packed: usize, a: usize, scratch: usize): void {
  secpReduce<C>(scratch, a)
  f29Pack(packed, scratch)
}

/** out = 1 as a residue. */
export function secpOne<C>(out: usize, scratch: usize): void {
  memory.fill(out, 0, F29_BYTES)
  store<i64>(out, 1)
  if (isK1<C>()) return
  f29Unpack(scratch, constantOf<C>(ENTRY))
  secpMul<C>(out, out, scratch)
}

/** out = a ^ exponent, a plain number of 256 bits, four bits at a time. `out` is none of the others. */
export function secpPower<C>(out: usize, a: usize, exponent: usize, scratch: usize): void {
  f29Copy(scratch + F29_BYTES, a)
  for (let i: usize = 2; i < 16; i++) {
    secpMul<C>(scratch + i * F29_BYTES, scratch + (i - 1) * F29_BYTES, a)
  }
  secpOne<C>(out, scratch)
  for (let i = 63; i >= 0; i--) {
    for (let bit = 0; bit < 4; bit++) secpSquare<C>(out, out)
    const digit = (<usize>load<u8>(exponent + (i >> 1)) >> ((i & 1) << 2)) & 15
    if (digit != 0) secpMul<C>(out, out, scratch + digit * F29_BYTES)
  }
}
