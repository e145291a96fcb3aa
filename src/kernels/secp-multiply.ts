/**
 * Multiples of points of the secp curves by signed windows: odd digits below 16, at least five places apart.
 *
 *     P, 3 P, … 15 P ─▶ for each place from the top: double, add or subtract the multiple of its digit
 *
 * secp256k1 has an endomorphism: lambda (x, y) = (beta x, y). There k = k1 + lambda k2 with both parts below 2^130 in
 * size, and the two multiples share half as many doublings. The parts come from a short basis (a1, b1), (a2, b2) of the
 * lattice of all pairs that give 0, by c1 = k b2 / n and c2 = -k b1 / n, in integers modulo 2^192:
 *
 *     k1 = k - c1 a1 - c2 a2,  k2 = - c1 b1 - c2 b2       exact for any c1 and c2, short for good ones
 *
 * Additions are complete, so no scalar and no pair of parts is special.
 */
import { f29Unpack } from './field29-border'
import { secpScratch } from './layout'
import {
  SECP_ADDEND_BYTES,
  SECP_JACOBIAN_BYTES,
  SECP_STEP_BYTES,
  secpAddend,
  secpDouble,
  secpFromAffine,
  secpSetInfinity,
  secpToAddend,
} from './secp-curve'
import { BETA, constantOf, G1, isK1, K1, MINUS_A1, secpMul } from './secp-field'

/** Width of a signed window. */
const WIDTH: i32 = 5
const MULTIPLES: usize = 1 << (WIDTH - 2)
/** A scalar and room for reads beyond its end. */
const SCALAR_BYTES: usize = 48
/** Places of a scalar below 2^256, and of one of the parts. */
const PLACES: i32 = 257
const PART_PLACES: i32 = 136
/** Bytes modulo which parts are computed. */
const PART_BYTES: usize = 24

const DIGITS: usize = 264
const SCALARS: usize = 2 * DIGITS
const TABLES: usize = SCALARS + 3 * SCALAR_BYTES
const STEP: usize = TABLES + 2 * MULTIPLES * SECP_ADDEND_BYTES
/** Scratch from here on is the caller's. */
export const SECP_MULTIPLY_BYTES: usize = STEP + SECP_STEP_BYTES

/** point = scalar * the affine point; `scalar` is a plain number below the order. */
export function secpMultiple<C>(point: usize, affine: usize, scalar: usize): void {
  const work = secpScratch()
  const step = work + STEP
  const table = work + TABLES
  const second = table + MULTIPLES * SECP_ADDEND_BYTES
  const first = work + SCALARS
  memory.fill(first, 0, 3 * SCALAR_BYTES)
  memory.copy(first, scalar, 32)
  fill<C>(table, affine, step)
  let top: i32
  if (isK1<C>()) {
    const signs = split(first)
    const beta = step
    f29Unpack(beta, constantOf<C>(BETA))
    memory.copy(second, table, MULTIPLES * SECP_ADDEND_BYTES)
    for (let i: usize = 0; i < MULTIPLES; i++) {
      secpMul<C>(second + i * SECP_ADDEND_BYTES, second + i * SECP_ADDEND_BYTES, beta)
    }
    top = recode(work, first, PART_PLACES, (signs & 1) != 0)
    top = max(top, recode(work + DIGITS, first + SCALAR_BYTES, PART_PLACES, (signs & 2) != 0))
  } else {
    top = recode(work, first, PLACES, false)
  }
  secpSetInfinity(point)
  for (let place = top; place >= 0; place--) {
    if (place != top) secpDouble<C>(point, step)
    addDigit<C>(point, table, <i32>load<i8>(work + place), step)
    if (isK1<C>()) addDigit<C>(point, second, <i32>load<i8>(work + DIGITS + place), step)
  }
}

/** Fills a table with the addends P, 3 P, … 15 P. */
function fill<C>(table: usize, affine: usize, step: usize): void {
  // The last one first holds 2 P, then makes room.
  const twice = table + (MULTIPLES - 1) * SECP_ADDEND_BYTES
  secpFromAffine<C>(table, affine, step)
  memory.copy(twice, table, SECP_JACOBIAN_BYTES)
  secpDouble<C>(twice, step)
  secpToAddend<C>(table)
  secpToAddend<C>(twice)
  for (let i: usize = 1; i < MULTIPLES - 1; i++) {
    const next = table + i * SECP_ADDEND_BYTES
    memory.copy(next, next - SECP_ADDEND_BYTES, SECP_JACOBIAN_BYTES)
    secpAddend<C>(next, twice, false, step)
    secpToAddend<C>(next)
  }
  secpAddend<C>(twice, twice - SECP_ADDEND_BYTES, false, step)
  secpToAddend<C>(twice)
}

// @ts-ignore: decorator
@inline
function addDigit<C>(point: usize, table: usize, digit: i32, step: usize): void {
  if (digit == 0) return
  const addend = table + <usize>(abs(digit) >> 1) * SECP_ADDEND_BYTES
  secpAddend<C>(point, addend, digit < 0, step)
}

/** Signed digits of a scalar or of its negative, lowest first. Returns the place of the top one, or -1 for 0. */
function recode(digits: usize, scalar: usize, places: i32, negative: bool): i32 {
  let top = -1
  let carry = 0
  let place = 0
  memory.fill(digits, 0, DIGITS)
  while (place < places) {
    if (bitsAt(scalar, place, 1) == carry) {
      place++
      continue
    }
    const window = carry + bitsAt(scalar, place, WIDTH)
    carry = window >> (WIDTH - 1)
    const digit = window - (carry << WIDTH)
    store<i8>(digits + place, <i8>(negative ? -digit : digit))
    top = place
    place += WIDTH
  }
  return top
}

/** `count` bits of a plain number from bit `index` up, at most 32. */
// @ts-ignore: decorator
@inline
function bitsAt(plain: usize, index: i32, count: i32): i32 {
  const bits = load<u64>(plain + <usize>(index >> 3)) >>> <u64>(index & 7)
  return <i32>(bits & ((<u64>1 << <u64>count) - 1))
}

/**
 * Splits the scalar at `first` into the sizes of its parts, which replace it and what follows. Returns bit 0 if the first
 * is negative, bit 1 if the second is.
 */
function split(first: usize): i32 {
  const second = first + SCALAR_BYTES
  const c = second + SCALAR_BYTES
  // Parts modulo 2^192 keep their sign as the top bit; the scalar is read before its upper bits go.
  const product = secpScratch() + STEP
  const low = product + 64
  memory.copy(low, first, 32)
  store<u64>(first, 0, 24)
  for (let i: usize = 0; i < 2; i++) {
    memory.fill(product, 0, 64)
    multiplyAdd(product, 16, low, 8, constantOf<K1>(G1) + i * 32, 8)
    memory.copy(c, product + 48, 16)
    const vector = constantOf<K1>(MINUS_A1) + i * 2 * PART_BYTES
    multiplyAdd(first, 6, c, 4, vector, 6)
    multiplyAdd(second, 6, c, 4, vector + PART_BYTES, 6)
  }
  return magnitude(first) | (magnitude(second) << 1)
}

/** Negates a part that is negative; returns whether it was. */
function magnitude(part: usize): i32 {
  if (load<i64>(part, 16) >= 0) return 0
  let carry: u64 = 1
  for (let i: usize = 0; i < 6; i++) {
    carry += <u64>load<u32>(part + 4 * i) ^ 0xffffffff
    store<u32>(part + 4 * i, <u32>carry)
    carry >>>= 32
  }
  return 1
}

/** out += a * b in words of 32 bits, modulo 2^(32 words). */
function multiplyAdd(
  out: usize,
  words: usize,
  a: usize,
  aWords: usize,
  b: usize,
  bWords: usize,
): void {
  for (let i: usize = 0; i < aWords; i++) {
    const factor = <u64>load<u32>(a + 4 * i)
    let carry: u64 = 0
    for (let j = i; j < words; j++) {
      const other = j - i < bWords ? <u64>load<u32>(b + 4 * (j - i)) : 0
      carry += factor * other + <u64>load<u32>(out + 4 * j)
      store<u32>(out + 4 * j, <u32>carry)
      carry >>>= 32
    }
  }
}
