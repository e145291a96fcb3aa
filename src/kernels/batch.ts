/**
 * Many affine additions that share one inversion (Montgomery's trick): 5 products and 1 square each.
 *
 *     pair i    left, right, sum: three addresses, u32, 16 bytes apart
 *     raw       a point of two f29 coordinates, 144 bytes
 *     packed    a table entry, two packed coordinates, 64 bytes
 *
 * Invariant: left and right of a pair differ in x. If some pair does not, its difference is 0, the shared
 * product is 0, and nothing is added: the caller is told.
 */
import { AFFINE_BYTES, affineAdd, affineDouble, Y } from './curve'
import { F29_BYTES, f29Add, f29Copy, f29Difference, f29Mul } from './field29'
import { f29Pack, f29Unpack } from './field29-border'
import { f29Invert } from './field29-invert'
import { f29IsZero, f29Lift, f29Reduce } from './field29-reduce'
import { batchPairs, batchPrefixes, curveScratch } from './layout'

const PAIR_BYTES: usize = 16

// @ts-ignore: decorator
@inline
export function setPair(index: usize, left: usize, right: usize, sum: usize): void {
  const pair = batchPairs() + index * PAIR_BYTES
  store<u32>(pair, <u32>left)
  store<u32>(pair, <u32>right, 4)
  store<u32>(pair, <u32>sum, 8)
}

// @ts-ignore: decorator
@inline
export function setRight(index: usize, right: usize): void {
  store<u32>(batchPairs() + index * PAIR_BYTES, <u32>right, 4)
}

/** Loads a word of all points of pairs in a row: 4 instructions each, so many misses are under way at once. */
export function touchPairs(count: usize): u64 {
  let touched: u64 = 0
  const end = batchPairs() + count * PAIR_BYTES
  for (let pair = batchPairs(); pair < end; pair += PAIR_BYTES) {
    touched ^= load<u64>(load<u32>(pair)) ^ load<u64>(load<u32>(pair, 4))
  }
  return touched
}

/** Adds `count` pairs of packed or raw points. False, with no sums, if two points of a pair have equal x. */
export function addPairs(count: usize, packedIn: bool, packedOut: bool): bool {
  const scratch = curveScratch()
  const left = scratch
  const right = scratch + AFFINE_BYTES
  const sum = scratch + 2 * AFFINE_BYTES
  const product = scratch + 3 * AFFINE_BYTES
  const inverse = product + F29_BYTES
  const rest = inverse + F29_BYTES
  const pairs = batchPairs()
  const prefixes = batchPrefixes()
  for (let i: usize = 0; i < count; i++) {
    const pair = pairs + i * PAIR_BYTES
    const prefix = prefixes + i * AFFINE_BYTES
    const difference = prefix + F29_BYTES
    if (packedIn) {
      f29Unpack(left, load<u32>(pair))
      f29Unpack(right, load<u32>(pair, 4))
      f29Difference(difference, right, left)
    } else {
      f29Difference(difference, load<u32>(pair, 4), load<u32>(pair))
    }
    multiplyPrefix(prefix, i)
  }
  f29Reduce(product, prefixes + count * AFFINE_BYTES)
  if (f29IsZero(product)) return false
  f29Invert(product, product, rest)
  for (let i = count; i-- > 0; ) {
    const pair = pairs + i * PAIR_BYTES
    const prefix = prefixes + i * AFFINE_BYTES
    let from: usize = load<u32>(pair)
    let to: usize = load<u32>(pair, 4)
    const target: usize = load<u32>(pair, 8)
    if (packedIn) {
      unpackPoint(left, from)
      unpackPoint(right, to)
      from = left
      to = right
    }
    if (i == 0) f29Copy(inverse, product)
    else f29Mul(inverse, product, prefix)
    affineAdd(packedOut ? sum : target, from, to, inverse, rest)
    if (packedOut) packPoint(target, sum)
    if (i != 0) f29Mul(product, product, prefix + F29_BYTES)
  }
  return true
}

/** Doubles `count` raw points in a row; they are affine points of a curve without a point of order 2. */
export function doubleAll(points: usize, count: usize): void {
  const scratch = curveScratch()
  const product = scratch
  const inverse = scratch + F29_BYTES
  const rest = inverse + F29_BYTES
  const prefixes = batchPrefixes()
  for (let i: usize = 0; i < count; i++) {
    const y = points + i * AFFINE_BYTES + Y
    const prefix = prefixes + i * AFFINE_BYTES
    f29Add(prefix + F29_BYTES, y, y)
    multiplyPrefix(prefix, i)
  }
  f29Copy(product, prefixes + count * AFFINE_BYTES)
  f29Invert(product, product, rest)
  for (let i = count; i-- > 0; ) {
    const point = points + i * AFFINE_BYTES
    const prefix = prefixes + i * AFFINE_BYTES
    if (i == 0) f29Copy(inverse, product)
    else f29Mul(inverse, product, prefix)
    affineDouble(point, point, inverse, rest)
    if (i != 0) f29Mul(product, product, prefix + F29_BYTES)
  }
}

/** The product of the first i + 1 factors goes before factor i + 1. */
function multiplyPrefix(prefix: usize, i: usize): void {
  const next = prefix + AFFINE_BYTES
  if (i == 0) f29Copy(next, prefix + F29_BYTES)
  else f29Mul(next, prefix, prefix + F29_BYTES)
}

/** The table entry of a raw point. Its coordinates are positive but not unique. */
export function packPoint(entry: usize, point: usize): void {
  const value = curveScratch() + 16 * AFFINE_BYTES
  f29Lift(value, point)
  f29Pack(entry, value)
  f29Lift(value, point + Y)
  f29Pack(entry + 32, value)
}

/** The raw point of a table entry. */
export function unpackPoint(point: usize, entry: usize): void {
  f29Unpack(point, entry)
  f29Unpack(point + Y, entry + 32)
}
