/**
 * The bits of a felt as a multiplier.
 */
import { limb0, limb1, limb2, limb3 } from './cell'

/** `count` bits of a felt from bit `index` up, at most 32; 0 beyond its end. */
export function bitsOf(felt: usize, index: i32, count: i32): i32 {
  const limb = index >> 6
  const shift = <u64>(index & 63)
  let bits = limbOf(felt, limb) >>> shift
  if (shift > <u64>(64 - count)) bits |= limbOf(felt, limb + 1) << (64 - shift)
  return <i32>(bits & ((<u64>1 << (<u64>count)) - 1))
}

/** One more than the index of the highest bit; 0 for 0. */
export function bitLength(felt: usize): i32 {
  for (let i = 3; i >= 0; i--) {
    const limb = limbOf(felt, i)
    if (limb != 0) return 64 * i + 64 - <i32>clz<u64>(limb)
  }
  return 0
}

function limbOf(felt: usize, index: i32): u64 {
  if (index == 0) return limb0(felt)
  if (index == 1) return limb1(felt)
  if (index == 2) return limb2(felt)
  return index == 3 ? limb3(felt) : 0
}
