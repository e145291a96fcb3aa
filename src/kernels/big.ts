/**
 * Arithmetic of felts inside the loop: straight code on the four limbs, inlined, for results that go to an unset cell.
 *
 * Limbs 1 to 3 of a SMALL cell count as 0 whatever its bytes hold: they are masked by the sign of the tag.
 */
import { BIG, LIMB3_MASK, P3, SMALL, tagOf } from './cell'

/** out = x + y of felts. */
// @ts-ignore: decorator
@inline
export function addBig(out: usize, x: usize, y: usize): void {
  const xTag = tagOf(x)
  const yTag = tagOf(y)
  const xMask = <u64>(xTag >> 63)
  const yMask = <u64>(yTag >> 63)
  let s0 = load<u64>(x) + load<u64>(y)
  const carry0 = u64(s0 < load<u64>(x))
  const x1 = load<u64>(x, 16) & xMask
  const t1 = x1 + (load<u64>(y, 16) & yMask)
  let s1 = t1 + carry0
  const carry1 = u64(t1 < x1) | u64(s1 < t1)
  const x2 = load<u64>(x, 24) & xMask
  const t2 = x2 + (load<u64>(y, 24) & yMask)
  let s2 = t2 + carry1
  const carry2 = u64(t2 < x2) | u64(s2 < t2)
  let s3 = (<u64>xTag & xMask & LIMB3_MASK) + (<u64>yTag & yMask & LIMB3_MASK) + carry2
  if (s3 >= P3 && (s3 > P3 || (s0 | s1 | s2) != 0)) {
    // Less P, which is 1 in limb 0, 0 in limbs 1 and 2, and P3.
    const borrow0 = u64(s0 == 0)
    s0 -= 1
    const borrow1 = borrow0 & u64(s1 == 0)
    s1 -= borrow0
    const borrow2 = borrow1 & u64(s2 == 0)
    s2 -= borrow1
    s3 -= P3 + borrow2
  }
  put(out, s0, s1, s2, s3)
}

/** out = x - y of felts. */
// @ts-ignore: decorator
@inline
export function subtractBig(out: usize, x: usize, y: usize): void {
  const xTag = tagOf(x)
  const yTag = tagOf(y)
  const xMask = <u64>(xTag >> 63)
  const yMask = <u64>(yTag >> 63)
  let d0 = load<u64>(x) - load<u64>(y)
  const borrow0 = u64(load<u64>(x) < load<u64>(y))
  const x1 = load<u64>(x, 16) & xMask
  const y1 = load<u64>(y, 16) & yMask
  const t1 = x1 - y1
  let d1 = t1 - borrow0
  const borrow1 = u64(x1 < y1) | u64(t1 < borrow0)
  const x2 = load<u64>(x, 24) & xMask
  const y2 = load<u64>(y, 24) & yMask
  const t2 = x2 - y2
  let d2 = t2 - borrow1
  const borrow2 = u64(x2 < y2) | u64(t2 < borrow1)
  let d3 = (<u64>xTag & xMask & LIMB3_MASK) - (<u64>yTag & yMask & LIMB3_MASK) - borrow2
  if (<i64>d3 < 0) {
    d0 += 1
    const carry0 = u64(d0 == 0)
    d1 += carry0
    const carry1 = carry0 & u64(d1 == 0)
    d2 += carry1
    d3 += P3 + (carry1 & u64(d2 == 0))
  }
  put(out, d0, d1, d2, d3)
}

/** out = a * b. */
// @ts-ignore: decorator
@inline
export function multiplySmall(out: usize, a: u64, b: u64): void {
  const a0 = a & 0xffffffff
  const a1 = a >>> 32
  const b0 = b & 0xffffffff
  const b1 = b >>> 32
  const middle = a1 * b0 + ((a0 * b0) >>> 32)
  const cross = a0 * b1 + (middle & 0xffffffff)
  put(out, a * b, a1 * b1 + (middle >>> 32) + (cross >>> 32), 0, 0)
}

/** Whether a < b, of felts. */
// @ts-ignore: decorator
@inline
export function lessThan(a: usize, b: usize): bool {
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

// @ts-ignore: decorator
@inline
function put(out: usize, l0: u64, l1: u64, l2: u64, l3: u64): void {
  store<u64>(out, l0)
  store<u64>(out, (l1 | l2 | l3) == 0 ? <u64>SMALL : l3 | <u64>BIG, 8)
  store<u64>(out, l1, 16)
  store<u64>(out, l2, 24)
}
