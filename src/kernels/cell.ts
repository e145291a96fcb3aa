/**
 * A cell: one felt of a Cairo program in 32 tagged bytes, little endian.
 *
 *     bytes 0-7     l0    limb 0; of a pointer `segment << 32 | offset`
 *     bytes 8-15    tag   0 unset, 1 SMALL, 2 REL, top bit set = BIG with limb 3 in the low 60 bits
 *     bytes 16-31   l1, l2   limbs 1 and 2; meaningless unless BIG
 *
 * Invariant: a felt has one form. SMALL is below 2^64, BIG is canonical (below P) and at least 2^64.
 * What this file writes has l1 = l2 = 0 when SMALL, so it compares bytewise. Functions take addresses,
 * keep no state, and allow their result to be one of their arguments.
 */

export const UNSET: i64 = 0
export const SMALL: i64 = 1
export const REL: i64 = 2
/** A cell below an execution segment that belongs to nobody: no operand, and no place to write. */
export const GUARD: i64 = 3
export const BIG: i64 = i64.MIN_VALUE

/** P = 2^251 + 17 * 2^192 + 1: limb 0 is 1, limbs 1 and 2 are 0, and this is limb 3. */
const P3: u64 = 0x0800000000000011
export const LIMB3_MASK: u64 = 0x0fffffffffffffff

// @ts-ignore: decorator
@inline
export function tagOf(cell: usize): i64 {
  return load<i64>(cell, 8)
}

// @ts-ignore: decorator
@inline
export function isBig(cell: usize): bool {
  return load<i64>(cell, 8) < 0
}

// @ts-ignore: decorator
@inline
export function isSmall(cell: usize): bool {
  return load<i64>(cell, 8) == SMALL
}

// @ts-ignore: decorator
@inline
export function limb0(cell: usize): u64 {
  return load<u64>(cell)
}

/** All ones for BIG and 0 for SMALL, whose upper limbs are 0 whatever their bytes hold. */
// @ts-ignore: decorator
@inline
function maskOf(tag: i64): u64 {
  return <u64>(tag >> 63)
}

// @ts-ignore: decorator
@inline
export function limb1(cell: usize): u64 {
  return load<u64>(cell, 16) & maskOf(tagOf(cell))
}

// @ts-ignore: decorator
@inline
export function limb2(cell: usize): u64 {
  return load<u64>(cell, 24) & maskOf(tagOf(cell))
}

// @ts-ignore: decorator
@inline
export function limb3(cell: usize): u64 {
  const tag = tagOf(cell)
  return <u64>tag & maskOf(tag) & LIMB3_MASK
}

// @ts-ignore: decorator
@inline
export function setSmall(out: usize, value: u64): void {
  store<u64>(out, value)
  store<i64>(out, SMALL, 8)
  store<u64>(out, 0, 16)
  store<u64>(out, 0, 24)
}

/** Stores a value below P given by its limbs, in the one form it has. */
// @ts-ignore: decorator
@inline
export function setLimbs(out: usize, l0: u64, l1: u64, l2: u64, l3: u64): void {
  store<u64>(out, l0)
  store<u64>(out, (l1 | l2 | l3) == 0 ? <u64>SMALL : l3 | <u64>BIG, 8)
  store<u64>(out, l1, 16)
  store<u64>(out, l2, 24)
}

/** Stores a value below 2P given by its limbs, reduced. */
// @ts-ignore: decorator
@inline
export function setReduced(out: usize, l0: u64, l1: u64, l2: u64, l3: u64): void {
  if (l3 >= P3 && (l3 > P3 || (l0 | l1 | l2) != 0)) {
    const borrow0 = u64(l0 == 0)
    l0 -= 1
    const borrow1 = borrow0 & u64(l1 == 0)
    l1 -= borrow0
    const borrow2 = borrow1 & u64(l2 == 0)
    l2 -= borrow1
    l3 -= P3 + borrow2
  }
  setLimbs(out, l0, l1, l2, l3)
}

/** Copies a felt; of a SMALL cell with garbage in l1 and l2 it makes the exported form. */
// @ts-ignore: decorator
@inline
export function cellCopy(out: usize, a: usize): void {
  const big = isBig(a)
  const l1 = big ? load<u64>(a, 16) : 0
  const l2 = big ? load<u64>(a, 24) : 0
  store<u64>(out, load<u64>(a))
  store<u64>(out, load<u64>(a, 8), 8)
  store<u64>(out, l1, 16)
  store<u64>(out, l2, 24)
}

/** Equality of any two set cells: felts by value, pointers by segment and offset. */
// @ts-ignore: decorator
@inline
export function cellEquals(a: usize, b: usize): bool {
  if (load<u64>(a) != load<u64>(b) || load<u64>(a, 8) != load<u64>(b, 8)) return false
  return (
    !isBig(a) || (load<u64>(a, 16) == load<u64>(b, 16) && load<u64>(a, 24) == load<u64>(b, 24))
  )
}

// @ts-ignore: decorator
@inline
export function cellIsZero(a: usize): bool {
  return load<u64>(a) == 0 && load<i64>(a, 8) == SMALL
}

/** The order of two felts: true when a < b. */
// @ts-ignore: decorator
@inline
export function cellLess(a: usize, b: usize): bool {
  // As numbers without sign the tags order SMALL before BIG, and BIG by limb 3.
  const aTag = <u64>tagOf(a)
  const bTag = <u64>tagOf(b)
  if (aTag != bTag) return aTag < bTag
  if (aTag != <u64>SMALL) {
    if (load<u64>(a, 24) != load<u64>(b, 24)) return load<u64>(a, 24) < load<u64>(b, 24)
    if (load<u64>(a, 16) != load<u64>(b, 16)) return load<u64>(a, 16) < load<u64>(b, 16)
  }
  return load<u64>(a) < load<u64>(b)
}

/** out = a + b mod P, of two felts. */
// @ts-ignore: decorator
@inline
export function cellAdd(out: usize, a: usize, b: usize): void {
  // Each tag is loaded once: V8 does not see that it stays.
  const aTag = tagOf(a)
  const bTag = tagOf(b)
  const aMask = maskOf(aTag)
  const bMask = maskOf(bTag)
  const s0 = load<u64>(a) + load<u64>(b)
  const carry0 = u64(s0 < load<u64>(a))
  const a1 = load<u64>(a, 16) & aMask
  const t1 = a1 + (load<u64>(b, 16) & bMask)
  const s1 = t1 + carry0
  const carry1 = u64(t1 < a1) | u64(s1 < t1)
  const a2 = load<u64>(a, 24) & aMask
  const t2 = a2 + (load<u64>(b, 24) & bMask)
  const s2 = t2 + carry1
  const carry2 = u64(t2 < a2) | u64(s2 < t2)
  const a3 = <u64>aTag & aMask & LIMB3_MASK
  setReduced(out, s0, s1, s2, a3 + (<u64>bTag & bMask & LIMB3_MASK) + carry2)
}

/** out = a - b mod P, of two felts. */
// @ts-ignore: decorator
@inline
export function cellSub(out: usize, a: usize, b: usize): void {
  const tag = tagOf(a)
  const mask = maskOf(tag)
  const a1 = load<u64>(a, 16) & mask
  const a2 = load<u64>(a, 24) & mask
  subtract(out, load<u64>(a), a1, a2, <u64>tag & mask & LIMB3_MASK, b)
}

/** out = -a mod P. */
export function cellNegate(out: usize, a: usize): void {
  subtract(out, 0, 0, 0, 0, a)
}

// @ts-ignore: decorator
@inline
function subtract(out: usize, a0: u64, a1: u64, a2: u64, a3: u64, b: usize): void {
  const tag = tagOf(b)
  const mask = maskOf(tag)
  const b0 = load<u64>(b)
  let d0 = a0 - b0
  const borrow0 = u64(a0 < b0)
  const b1 = load<u64>(b, 16) & mask
  const t1 = a1 - b1
  let d1 = t1 - borrow0
  const borrow1 = u64(a1 < b1) | u64(t1 < borrow0)
  const b2 = load<u64>(b, 24) & mask
  const t2 = a2 - b2
  let d2 = t2 - borrow1
  const borrow2 = u64(a2 < b2) | u64(t2 < borrow1)
  let d3 = a3 - (<u64>tag & mask & LIMB3_MASK) - borrow2
  if (<i64>d3 < 0) {
    // Negative by less than P: adding P = (1, 0, 0, P3) carries through limbs that are all ones.
    d0 += 1
    const carry0 = u64(d0 == 0)
    d1 += carry0
    const carry1 = carry0 & u64(d1 == 0)
    d2 += carry1
    d3 += P3 + (carry1 & u64(d2 == 0))
  }
  setLimbs(out, d0, d1, d2, d3)
}
