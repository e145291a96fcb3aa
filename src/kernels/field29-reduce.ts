/**
 * The unique form of an f29 value: needed at borders and for tests of zero only.
 */
import { f29Copy, MASK, P6 } from './field29'

/** Brings a value into [0, P), the unique limbs of its class. */
export function f29Reduce(out: usize, a: usize): void {
  f29Copy(out, a)
  carry(out)
  // 2^251 is P but for 2^-54 of it, so one step by the top bits leaves at most one more.
  addMultiple(out, -(load<i64>(out, 64) >> 19))
  if (load<i64>(out, 64) < 0) addMultiple(out, 1)
  else if (load<i64>(out, 64) >> 19 != 0 && !belowP(out)) addMultiple(out, -1)
}

/** out = a carried value brought to within a hair of [P, 2P] in one pass: not unique, but never negative. */
export function f29Lift(out: usize, a: usize): void {
  const count = 1 - (load<i64>(a, 64) >> 19)
  f29Copy(out, a)
  addMultiple(out, count)
}

function addMultiple(out: usize, count: i64): void {
  store<i64>(out, load<i64>(out) + count)
  store<i64>(out, load<i64>(out, 48) + count * P6, 48)
  store<i64>(out, load<i64>(out, 64) + (count << 19), 64)
  carry(out)
}

/** Whether a carried value in [2^251, 2^252) is below P. */
function belowP(a: usize): bool {
  const top = load<i64>(a, 64)
  if (top != 1 << 19) return false
  if (load<i64>(a, 56) != 0) return false
  const limb6 = load<i64>(a, 48)
  if (limb6 != P6) return limb6 < P6
  return (
    (load<i64>(a) |
      load<i64>(a, 8) |
      load<i64>(a, 16) |
      load<i64>(a, 24) |
      load<i64>(a, 32) |
      load<i64>(a, 40)) ==
    0
  )
}

function carry(out: usize): void {
  let c = load<i64>(out)
  store<i64>(out, c & MASK)
  c >>= 29
  c += load<i64>(out, 8)
  store<i64>(out, c & MASK, 8)
  c >>= 29
  c += load<i64>(out, 16)
  store<i64>(out, c & MASK, 16)
  c >>= 29
  c += load<i64>(out, 24)
  store<i64>(out, c & MASK, 24)
  c >>= 29
  c += load<i64>(out, 32)
  store<i64>(out, c & MASK, 32)
  c >>= 29
  c += load<i64>(out, 40)
  store<i64>(out, c & MASK, 40)
  c >>= 29
  c += load<i64>(out, 48)
  store<i64>(out, c & MASK, 48)
  c >>= 29
  c += load<i64>(out, 56)
  store<i64>(out, c & MASK, 56)
  c >>= 29
  c += load<i64>(out, 64)
  store<i64>(out, c, 64)
}

/** Whether a carried value is a multiple of P. */
export function f29IsZero(a: usize): bool {
  // k * P with |k| <= 16 has limbs 1-5 all zero or all ones; nearly every other value stops here.
  const limb1 = load<i64>(a, 8)
  if (limb1 != 0 && limb1 != MASK) return false
  const count = load<i64>(a, 64) >> 19
  return isMultiple(a, count) || isMultiple(a, count + 1)
}

/** Whether a carried value is exactly count * P. */
function isMultiple(a: usize, count: i64): bool {
  let c = load<i64>(a) - count
  if ((c & MASK) != 0) return false
  c = load<i64>(a, 8) + (c >> 29)
  if ((c & MASK) != 0) return false
  c = load<i64>(a, 16) + (c >> 29)
  if ((c & MASK) != 0) return false
  c = load<i64>(a, 24) + (c >> 29)
  if ((c & MASK) != 0) return false
  c = load<i64>(a, 32) + (c >> 29)
  if ((c & MASK) != 0) return false
  c = load<i64>(a, 40) + (c >> 29)
  if ((c & MASK) != 0) return false
  c = load<i64>(a, 48) - count * P6 + (c >> 29)
  if ((c & MASK) != 0) return false
  c = load<i64>(a, 56) + (c >> 29)
  if ((c & MASK) != 0) return false
  return load<i64>(a, 64) - (count << 19) + (c >> 29) == 0
}
