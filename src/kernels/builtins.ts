/**
 * What an unset operand in a builtin segment must be: the rule of the builtin applied to its inputs.
 *
 * Pedersen, Poseidon and EC leave WebAssembly through imports; an instance with several outputs is computed once and
 * its outputs kept beside the registers. `deduce` returns the address of the value, 0 where the rule says nothing
 * (inputs missing), or -1 after an error.
 */
import { limb0, limb1, limb2, limb3, setLimbs, tagOf, UNSET } from './cell'
import { copyCell, failWith, isFelt, lookup } from './memory'
import {
  BUILTIN_INPUTS,
  DEDUCED,
  DEDUCED_OFFSET,
  DEDUCED_SEGMENT,
  E_BITWISE_RANGE,
  E_BUILTIN_INTEGER,
  E_EC_CURVE,
  E_EC_INFINITY,
  E_EC_SAME_X,
  RULE_BITWISE,
  RULE_EC_OP,
  RULE_PEDERSEN,
  RULE_POSEIDON,
} from './vm-layout'

/** out = Pedersen(x, y). */
// @ts-ignore: decorator
@external('env', 'pedersen')
declare function pedersen(x: usize, y: usize, out: usize): void
/** The Poseidon permutation of three cells. */
// @ts-ignore: decorator
@external('env', 'poseidon')
declare function poseidon(state: usize, out: usize): void
/** out = P + m Q; inputs Px, Py, Qx, Qy, m. 0, or 1 not on the curve, 2 same x, 3 infinity. */
// @ts-ignore: decorator
@external('env', 'ecOp')
declare function ecOp(inputs: usize, out: usize): i32

const NOTHING: i32 = 0

export function deduce(rule: u32, segment: u32, offset: u32): i32 {
  if (rule == RULE_PEDERSEN) return deducePedersen(segment, offset)
  if (rule == RULE_BITWISE) return deduceBitwise(segment, offset)
  if (rule == RULE_POSEIDON) return deducePoseidon(segment, offset)
  if (rule == RULE_EC_OP) return deduceEcOp(segment, offset)
  return NOTHING
}

/** Copies `count` inputs; the number of those set, felts only, or the index of a pointer as -1 - index. */
function inputs(segment: u32, offset: u32, count: u32): i32 {
  let found = 0
  for (let i: u32 = 0; i < count; i++) {
    const cell = lookup(segment, offset + i)
    if (cell == 0 || tagOf(cell) == UNSET) return found
    if (!isFelt(cell)) return -1 - <i32>i
    copyCell(BUILTIN_INPUTS + (i << 5), cell)
    found++
  }
  return found
}

function kept(segment: u32, first: u32): bool {
  return load<u32>(DEDUCED_SEGMENT) == segment && load<u32>(DEDUCED_OFFSET) == first
}

function keep(segment: u32, first: u32): void {
  store<u32>(DEDUCED_SEGMENT, segment)
  store<u32>(DEDUCED_OFFSET, first)
}

function deducePedersen(segment: u32, offset: u32): i32 {
  if (offset % 3 != 2 || inputs(segment, offset - 2, 2) != 2) return NOTHING
  pedersen(BUILTIN_INPUTS, BUILTIN_INPUTS + 32, DEDUCED)
  keep(0, 0)
  return DEDUCED
}

function deduceBitwise(segment: u32, offset: u32): i32 {
  const index = offset % 5
  if (index < 2 || inputs(segment, offset - index, 2) != 2) return NOTHING
  const x = BUILTIN_INPUTS
  const y = BUILTIN_INPUTS + 32
  for (let i: u32 = 0; i < 2; i++) {
    const input = x + (i << 5)
    if (limb3(input) >>> 59 != 0) {
      return failWith(E_BITWISE_RANGE, segment, offset - index + i, input, input) - 2
    }
  }
  keep(0, 0)
  if (index == 2) {
    setLimbs(
      DEDUCED,
      limb0(x) & limb0(y),
      limb1(x) & limb1(y),
      limb2(x) & limb2(y),
      limb3(x) & limb3(y),
    )
  } else if (index == 3) {
    setLimbs(
      DEDUCED,
      limb0(x) ^ limb0(y),
      limb1(x) ^ limb1(y),
      limb2(x) ^ limb2(y),
      limb3(x) ^ limb3(y),
    )
  } else {
    setLimbs(
      DEDUCED,
      limb0(x) | limb0(y),
      limb1(x) | limb1(y),
      limb2(x) | limb2(y),
      limb3(x) | limb3(y),
    )
  }
  return DEDUCED
}

function deducePoseidon(segment: u32, offset: u32): i32 {
  const index = offset % 6
  if (index < 3) return NOTHING
  const first = offset - index
  if (!kept(segment, first)) {
    const found = inputs(segment, first, 3)
    if (found < 0) {
      const bad = first + <u32>(-1 - found)
      const cell = lookup(segment, bad)
      return failWith(E_BUILTIN_INTEGER, segment, bad, cell, cell) - 2
    }
    if (found != 3) return NOTHING
    poseidon(BUILTIN_INPUTS, DEDUCED)
    keep(segment, first)
  }
  return DEDUCED + ((index - 3) << 5)
}

function deduceEcOp(segment: u32, offset: u32): i32 {
  const index = offset % 7
  if (index < 5) return NOTHING
  const first = offset - index
  if (!kept(segment, first)) {
    const found = inputs(segment, first, 5)
    if (found < 0) {
      const bad = first + <u32>(-1 - found)
      const cell = lookup(segment, bad)
      return failWith(E_BUILTIN_INTEGER, segment, bad, cell, cell) - 2
    }
    if (found != 5) return NOTHING
    const status = ecOp(BUILTIN_INPUTS, DEDUCED)
    if (status != 0) {
      const code = status == 1 ? E_EC_CURVE : status == 2 ? E_EC_SAME_X : E_EC_INFINITY
      return failWith(code, segment, offset, BUILTIN_INPUTS, BUILTIN_INPUTS + 32) - 2
    }
    keep(segment, first)
  }
  return DEDUCED + ((index - 5) << 5)
}
