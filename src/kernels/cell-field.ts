/**
 * Products and quotients of felts in cells.
 *
 * One factor enters Montgomery form (a * R), the other stays plain, so their product is plain at once:
 * two multiplications and no way back. Results are canonical; scratch is the caller's.
 */
import { isSmall, limb0, setLimbs } from './cell'
import { F29_BYTES, f29Mul } from './field29'
import { f29FromCell, f29Plain, f29PlainToCell, f29ToCell } from './field29-border'
import { f29Invert, INVERT_BYTES } from './field29-invert'
import { f29Reduce } from './field29-reduce'

/** Scratch of each function here, in bytes. */
export const CELL_FIELD_BYTES: usize = 2 * F29_BYTES + INVERT_BYTES

/** out = a * b mod P. */
export function cellMul(out: usize, a: usize, b: usize, scratch: usize): void {
  if (isSmall(a) && isSmall(b)) {
    smallProduct(out, limb0(a), limb0(b))
    return
  }
  const left = scratch
  const right = scratch + F29_BYTES
  f29FromCell(left, a)
  f29Plain(right, b)
  f29Mul(left, left, right)
  f29PlainToCell(out, left)
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

/** The product of two values below 2^64: below 2^128, hence canonical as it is. */
function smallProduct(out: usize, a: u64, b: u64): void {
  const a0 = a & 0xffffffff
  const a1 = a >>> 32
  const b0 = b & 0xffffffff
  const b1 = b >>> 32
  const low = a0 * b0
  const middle = a1 * b0 + (low >>> 32)
  const cross = a0 * b1 + (middle & 0xffffffff)
  setLimbs(out, (cross << 32) | (low & 0xffffffff), a1 * b1 + (middle >>> 32) + (cross >>> 32), 0, 0)
}
