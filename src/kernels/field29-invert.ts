/**
 * Inversion in the field, by Fermat: a^(P-2), P - 2 = 2^251 + 2^196 + 2^192 - 1.
 *
 * The exponent has one bit at 251, one at 196 and 192 ones below; the run of ones goes by sixteens.
 */
import { F29_BYTES, f29Copy, f29Mul, f29Square } from './field29'

/** Scratch of an inversion, in bytes. */
export const INVERT_BYTES: usize = 3 * F29_BYTES

/** out = 1 / a in Montgomery form; 0 gives 0. */
export function f29Invert(out: usize, a: usize, scratch: usize): void {
  const base = scratch
  const ones = scratch + F29_BYTES
  const power = scratch + 2 * F29_BYTES
  f29Copy(base, a)
  // a^(2^16 - 1), by doubling the run of ones.
  f29Copy(ones, base)
  for (let run = 1; run < 16; run <<= 1) {
    f29Copy(power, ones)
    squares(power, run)
    f29Mul(ones, ones, power)
  }
  f29Copy(power, base)
  squares(power, 55)
  f29Mul(power, power, base)
  squares(power, 4)
  for (let run = 0; run < 12; run++) {
    squares(power, 16)
    f29Mul(power, power, ones)
  }
  f29Copy(out, power)
}

function squares(a: usize, count: i32): void {
  for (let i = 0; i < count; i++) f29Square(a, a)
}
