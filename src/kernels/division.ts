/**
 * Quotient and remainder of two felts as integers: schoolbook long division on digits of 32 bits.
 *
 *     scratch   0 dividend, 9 digits │ 64 divisor, 8 digits │ 128 quotient, 8 digits
 *
 * The divisor is shifted until its top bit is set, so a digit guessed from the two leading ones is at most 2 too large
 * and two corrections by the next digit leave at most 1.
 */
import { limb0, limb1, limb2, limb3, setLimbs } from './cell'
import { DIVISION_SCRATCH } from './vm-layout'

const U: usize = DIVISION_SCRATCH
const V: usize = DIVISION_SCRATCH + 64
const Q: usize = DIVISION_SCRATCH + 128
const DIGITS = 8

/** quotient = a / b, remainder = a % b; b is not 0. The results may not be a or b. */
export function divideCells(quotient: usize, remainder: usize, a: usize, b: usize): void {
  spread(U, a)
  store<u32>(U, 0, 32)
  spread(V, b)
  const n = lengthOf(V)
  const m = lengthOf(U)
  spread(Q, 0)
  if (n == 1) {
    divideByDigit(m)
  } else if (m >= n) {
    const shift = clz<u32>(digit(V, n - 1))
    shiftLeft(V, n, shift)
    shiftLeft(U, m + 1, shift)
    for (let j = m - n; j >= 0; j--) setDigit(Q, j, nextDigit(j, n))
    shiftRight(U, n, shift)
  }
  gather(quotient, Q)
  gather(remainder, U)
}

// @ts-ignore: decorator
@inline
function digit(number: usize, index: i32): u32 {
  return load<u32>(number + ((<usize>index) << 2))
}

// @ts-ignore: decorator
@inline
function setDigit(number: usize, index: i32, value: u32): void {
  store<u32>(number + ((<usize>index) << 2), value)
}

/** Stores the limbs of a cell, or 0 when there is none. */
function spread(out: usize, cell: usize): void {
  store<u64>(out, cell == 0 ? 0 : limb0(cell))
  store<u64>(out, cell == 0 ? 0 : limb1(cell), 8)
  store<u64>(out, cell == 0 ? 0 : limb2(cell), 16)
  store<u64>(out, cell == 0 ? 0 : limb3(cell), 24)
}

function gather(cell: usize, number: usize): void {
  setLimbs(
    cell,
    load<u64>(number),
    load<u64>(number, 8),
    load<u64>(number, 16),
    load<u64>(number, 24),
  )
}

/** Digits without leading zeros. */
function lengthOf(number: usize): i32 {
  let length = DIGITS
  while (length > 0 && digit(number, length - 1) == 0) length--
  return length
}

/** Leaves the remainder in U. */
function divideByDigit(m: i32): void {
  const divisor = <u64>digit(V, 0)
  let rest: u64 = 0
  for (let i = m - 1; i >= 0; i--) {
    const part = (rest << 32) | <u64>digit(U, i)
    setDigit(Q, i, <u32>(part / divisor))
    rest = part % divisor
    setDigit(U, i, 0)
  }
  setDigit(U, 0, <u32>rest)
}

/** One digit of the quotient; subtracts its share from U. */
function nextDigit(j: i32, n: i32): u32 {
  const top = <u64>digit(V, n - 1)
  const second = <u64>digit(V, n - 2)
  const head = ((<u64>digit(U, j + n)) << 32) | <u64>digit(U, j + n - 1)
  let guess = head / top
  let rest = head % top
  while (
    guess >>> 32 != 0 ||
    guess * second > ((rest << 32) | <u64>digit(U, j + n - 2))
  ) {
    guess--
    rest += top
    if (rest >>> 32 != 0) break
  }
  let borrow: i64 = 0
  let carry: u64 = 0
  for (let i = 0; i < n; i++) {
    const product = guess * <u64>digit(V, i) + carry
    carry = product >>> 32
    const difference = <i64>digit(U, i + j) - borrow - <i64>(product & 0xffffffff)
    setDigit(U, i + j, <u32>difference)
    borrow = -(difference >> 32)
  }
  const last = <i64>digit(U, j + n) - borrow - <i64>carry
  setDigit(U, j + n, <u32>last)
  if (last >= 0) return <u32>guess
  addBack(j, n)
  return <u32>(guess - 1)
}

/** The guess was one too large. */
function addBack(j: i32, n: i32): void {
  let carry: u64 = 0
  for (let i = 0; i < n; i++) {
    const sum = <u64>digit(U, i + j) + <u64>digit(V, i) + carry
    setDigit(U, i + j, <u32>sum)
    carry = sum >>> 32
  }
  setDigit(U, j + n, digit(U, j + n) + <u32>carry)
}

function shiftLeft(number: usize, length: i32, shift: u32): void {
  if (shift == 0) return
  for (let i = length - 1; i > 0; i--) {
    setDigit(number, i, (digit(number, i) << shift) | (digit(number, i - 1) >>> (32 - shift)))
  }
  setDigit(number, 0, digit(number, 0) << shift)
}

function shiftRight(number: usize, length: i32, shift: u32): void {
  if (shift == 0) return
  for (let i = 0; i < length - 1; i++) {
    setDigit(number, i, (digit(number, i) >>> shift) | (digit(number, i + 1) << (32 - shift)))
  }
  setDigit(number, length - 1, digit(number, length - 1) >>> shift)
}
