/**
 * Square roots in the field, by a discrete logarithm. P - 1 = 2^192 q with q = 2^59 + 17.
 *
 *     c = a^((q-1)/2), x = a c, b = x c = a^q     b is in the group of order 2^192 of g = 3^q
 *     b = g^e                                     e in 24 digits of 8 bits, lowest first
 *     e even: x g^(-e/2) is a root of a;  e odd: x 3^((q+1)/2) g^(-(e+1)/2) is a root of 3a
 *
 *     table   24 x 256 f29: entry (j, d) = g^(-d 2^(8j)), then 3^((q+1)/2) and the logarithms
 *     logarithms   1024 slots of u64: limb 0 of g^(d 2^184) | d << 32 | occupied bit, open addressing
 *
 * Digit k of e: b^(2^(8 (23-k))) depends on digits 0 to k; take away those known by the table, and what is
 * left is g^(d 2^184), one of 256 values.
 */
import { cellCopy, cellIsZero, cellLess, cellNegate, limb0, setSmall } from './cell'
import { F29_BYTES, f29Copy, f29Mul, f29One, f29Scale, f29Square, MASK } from './field29'
import { f29FromCell, f29ToCell } from './field29-border'
import { f29Invert } from './field29-invert'
import { f29Reduce } from './field29-reduce'
import { rootScratch, rootTable } from './layout'
import { recallRoot, rememberRoot } from './root-memo'
import { NOT_SQUARE, OK } from './status'

const DIGITS: usize = 24
const HALF: usize = DIGITS / 2
const DIGIT_BITS: i32 = 8
const ENTRIES: usize = 256
const ROW_BYTES: usize = ENTRIES * F29_BYTES
const SLOTS: usize = 1024
const OCCUPIED: u64 = 1 << 63
/** A root and its status, two cells of scratch behind the temporaries. */
const KNOWN: usize = 40 * F29_BYTES

function rootOfThree(): usize {
  return rootTable() + DIGITS * ROW_BYTES
}

function logarithms(): usize {
  return rootOfThree() + F29_BYTES
}

/** Builds the tables. */
export function rootBuild(): void {
  const scratch = rootScratch()
  const c = scratch
  const x = scratch + F29_BYTES
  const generator = scratch + 2 * F29_BYTES
  const rest = scratch + 3 * F29_BYTES
  f29One(generator)
  f29Scale(generator, generator, 3)
  powers(generator, c, x, generator)
  f29Copy(rootOfThree(), x)
  memory.fill(logarithms(), 0, SLOTS * 8)
  f29Copy(x, generator)
  squares(x, 184)
  f29One(c)
  for (let d: u64 = 0; d < ENTRIES; d++) {
    insertLogarithm(c, d)
    f29Mul(c, c, x)
  }
  f29Invert(generator, generator, rest)
  for (let j: usize = 0; j < DIGITS; j++) {
    const row = rootTable() + j * ROW_BYTES
    f29One(row)
    for (let d: usize = 1; d < ENTRIES; d++) {
      f29Mul(row + d * F29_BYTES, row + (d - 1) * F29_BYTES, generator)
    }
    squares(generator, DIGIT_BITS)
  }
}

/**
 * out = the smaller root of a. Answers NOT_SQUARE if there is none; then out = the smaller root of 3a.
 */
export function fieldSqrt(a: usize, out: usize): i32 {
  if (cellIsZero(a)) {
    setSmall(out, 0)
    return OK
  }
  const known = rootScratch() + KNOWN
  if (!recallRoot(a, known)) {
    setSmall(known + 32, compute(a, known))
    rememberRoot(a, known)
  }
  cellCopy(out, known)
  return <i32>limb0(known + 32)
}

/** The same, of a felt that is not 0. */
function compute(a: usize, out: usize): i32 {
  const scratch = rootScratch()
  const value = scratch
  const c = scratch + F29_BYTES
  const x = scratch + 2 * F29_BYTES
  const digits = scratch + 3 * F29_BYTES
  const b = scratch + 4 * F29_BYTES
  f29FromCell(value, a)
  powers(value, c, x, b)
  findDigits(b, digits, 0)
  for (let k: usize = 0; k < HALF; k++) f29Mul(b, b, entryOf(k, load<u8>(digits + k)))
  findDigits(b, digits, HALF)
  const odd = load<u8>(digits) & 1
  if (odd) f29Mul(x, x, rootOfThree())
  // x * g^(-(e + odd) / 2), with the carry of the rounding in the lowest digits.
  let carry = <u32>odd
  for (let k: usize = 0; k < DIGITS; k++) {
    const above = k + 1 < DIGITS ? <u32>load<u8>(digits + k + 1) : 0
    const half = (((<u32>load<u8>(digits + k)) >>> 1) | ((above & 1) << 7)) + carry
    carry = half >>> 8
    f29Mul(x, x, entryOf(k, <u8>half))
  }
  // A carry out of the last digit would be g^(-2^192) = 1.
  smallerRoot(x, out)
  return odd ? NOT_SQUARE : OK
}

/**
 * Digits `from` to from + 11 of the logarithm of b, a power of g^(2^(8 from)). In two halves, because taking away
 * known digits costs a product for each pair of digits in a half.
 */
function findDigits(b: usize, digits: usize, from: usize): void {
  const powers = b + F29_BYTES
  f29Copy(powers, b)
  squares(powers, <i32>(DIGITS - from - HALF) * DIGIT_BITS)
  for (let j: usize = 1; j < HALF; j++) {
    f29Copy(powers + j * F29_BYTES, powers + (j - 1) * F29_BYTES)
    squares(powers + j * F29_BYTES, DIGIT_BITS)
  }
  for (let k: usize = 0; k < HALF; k++) {
    const value = powers + (HALF - 1 - k) * F29_BYTES
    for (let i: usize = 0; i < k; i++) {
      f29Mul(value, value, entryOf(DIGITS - 1 - k + i, load<u8>(digits + from + i)))
    }
    store<u8>(digits + from + k, logarithmOf(value))
  }
}

/** g^(-digit 2^(8 row)). */
function entryOf(row: usize, digit: u8): usize {
  return rootTable() + row * ROW_BYTES + <usize>digit * F29_BYTES
}

/** out = the smaller of x and -x. */
function smallerRoot(x: usize, out: usize): void {
  const first = rootScratch()
  const second = first + 32
  f29ToCell(first, x)
  cellNegate(second, first)
  cellCopy(out, cellLess(second, first) ? second : first)
}

/** c = a^((q-1)/2), x = a c, b = x c, where (q-1)/2 = 2^58 + 8. b may be a. */
function powers(a: usize, c: usize, x: usize, b: usize): void {
  f29Square(c, a)
  squares(c, 2)
  f29Copy(x, c)
  squares(c, 55)
  f29Mul(c, c, x)
  f29Mul(x, a, c)
  f29Mul(b, x, c)
}

function squares(a: usize, count: i32): void {
  for (let i = 0; i < count; i++) f29Square(a, a)
}

function insertLogarithm(value: usize, digit: u64): void {
  const reduced = value + 8 * F29_BYTES
  f29Reduce(reduced, value)
  let slot = <usize>load<u64>(reduced) & (SLOTS - 1)
  while (load<u64>(logarithms() + slot * 8) != 0) slot = (slot + 1) & (SLOTS - 1)
  store<u64>(logarithms() + slot * 8, load<u64>(reduced) | (digit << 32) | OCCUPIED)
}

/** d of a value g^(d 2^184). */
function logarithmOf(value: usize): u8 {
  f29Reduce(value, value)
  const key = load<u64>(value)
  let slot = <usize>key & (SLOTS - 1)
  while (true) {
    const found = load<u64>(logarithms() + slot * 8)
    if ((found & <u64>MASK) == key || found == 0) return <u8>(found >>> 32)
    slot = (slot + 1) & (SLOTS - 1)
  }
}
