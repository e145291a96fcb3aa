/**
 * Products and quotients of felts in cells.
 *
 * One factor enters Montgomery form (a * R), the other stays plain, so their product is plain at once:
 * two multiplications and no way back. Results are canonical; scratch is the caller's:
 * two values in nine limbs, and what an inversion takes.
 */
import { isSmall, limb0, limb1, limb2, limb3, setLimbs } from './cell'
import { F29_BYTES, f29Mul, f29Square } from './field29'
import {
  f29FromCell,
  f29Plain,
  f29PlainToCell,
  f29ToCell,
  f29ToMontgomery,
} from './field29-border'
import { f29Invert } from './field29-invert'
import { f29Reduce } from './field29-reduce'

/** 2^251 in limb 3, and what P adds to it there. */
const TOP_BITS: u64 = 59
const P3_LOW: u64 = 17

/** out = a * b mod P. */
export function cellMul(out: usize, a: usize, b: usize, scratch: usize): void {
  if (isSmall(a) && isSmall(b)) {
    cellMulSmall(out, limb0(a), limb0(b))
    return
  }
  if ((limb2(a) | limb3(a) | limb2(b) | limb3(b)) == 0) {
    wideProduct(scratch, limb0(a), limb1(a), limb0(b), limb1(b))
    const low = load<u64>(scratch)
    setFolded(out, low, load<u64>(scratch, 8), load<u64>(scratch, 16), load<u64>(scratch, 24))
    return
  }
  const left = scratch
  const right = scratch + F29_BYTES
  if (a == b) {
    // Half of the products of a square are the same: a * a / R, and times R.
    f29Plain(left, a)
    f29Square(left, left)
    f29ToMontgomery(left, left)
    f29PlainToCell(out, left)
    return
  }
  f29FromCell(left, a)
  f29Plain(right, b)
  f29Mul(left, left, right)
  f29PlainToCell(out, left)
}

/** out = a * b of two numbers below 2^64. */
// @ts-ignore: decorator
@inline
export function cellMulSmall(out: usize, a: u64, b: u64): void {
  setLimbs(out, a * b, highProduct(a, b), 0, 0)
}

/** out = a / b mod P; b is not 0 (else the result is 0). */
export function cellDiv(out: usize, a: usize, b: usize, scratch: usize): void {
  const left = scratch
  const right = scratch + F29_BYTES
  f29FromCell(right, b)
  f29Invert(right, right, scratch + 2 * F29_BYTES)
  f29Reduce(right, right)
  f29Plain(left, a)
  f29Mul(left, left, right)
  f29PlainToCell(out, left)
}

/** out = 1 / a mod P; a is not 0 (else the result is 0). */
export function cellInvert(out: usize, a: usize, scratch: usize): void {
  const value = scratch
  f29FromCell(value, a)
  f29Invert(value, value, scratch + 2 * F29_BYTES)
  f29ToCell(out, value)
}

/** The four limbs of a product of two numbers below 2^128. */
export function wideProduct(out: usize, a0: u64, a1: u64, b0: u64, b1: u64): void {
  const h0 = highProduct(a0, b0)
  const m1 = a0 * b1
  const n1 = a1 * b0
  let p1 = h0 + m1
  let carry = u64(p1 < h0)
  p1 += n1
  carry += u64(p1 < n1)
  const g1 = highProduct(a0, b1)
  const g2 = highProduct(a1, b0)
  let p2 = a1 * b1
  let p3 = highProduct(a1, b1)
  p2 += g1
  p3 += u64(p2 < g1)
  p2 += g2
  p3 += u64(p2 < g2)
  p2 += carry
  p3 += u64(p2 < carry)
  store<u64>(out, a0 * b0)
  store<u64>(out, p1, 8)
  store<u64>(out, p2, 16)
  store<u64>(out, p3, 24)
}

// @ts-ignore: decorator
@inline
function highProduct(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff
  const a1 = a >>> 32
  const b0 = b & 0xffffffff
  const b1 = b >>> 32
  const middle = a1 * b0 + ((a0 * b0) >>> 32)
  const cross = a0 * b1 + (middle & 0xffffffff)
  return a1 * b1 + (middle >>> 32) + (cross >>> 32)
}

/** Stores a value below 2^256 reduced: h * 2^251 is -h * (17 * 2^192 + 1) in the field. */
function setFolded(out: usize, l0: u64, l1: u64, l2: u64, l3: u64): void {
  const h = l3 >>> TOP_BITS
  let d0 = l0 - h
  let borrow = u64(l0 < h)
  let d1 = l1 - borrow
  borrow = u64(l1 < borrow)
  let d2 = l2 - borrow
  borrow = u64(l2 < borrow)
  let d3 = (l3 & ((<u64>1 << TOP_BITS) - 1)) - h * P3_LOW - borrow
  if (<i64>d3 < 0) {
    d0 += 1
    let carry = u64(d0 == 0)
    d1 += carry
    carry &= u64(d1 == 0)
    d2 += carry
    carry &= u64(d2 == 0)
    d3 += (<u64>1 << TOP_BITS) + P3_LOW + carry
  }
  setLimbs(out, d0, d1, d2, d3)
}
