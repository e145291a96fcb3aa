/**
 * The hints of compiled Cairo, one function each, by name. Dictionaries and circuits have files of their own.
 *
 * A hint reads all its operands first, then writes its cells in the order of the table, each insert-or-equal.
 */
import { P } from '../../felt/felt.ts'
import type { Hint } from './casm.ts'
import { circuitHints } from './circuit.ts'
import { integerRoot, squareRoot } from './curve.ts'
import { dictionaryHints } from './dictionaries.ts'
import type { Frame } from './frame.ts'
import { HintOperands, hintPanic } from './operands.ts'
import { systemCall } from './syscalls.ts'
import {
  advance,
  equal,
  extendedGcd,
  Fault,
  isPointer,
  minimum,
  modulo,
  type Value,
} from './value.ts'

const U128 = 1n << 128n
const flag = (condition: boolean) => (condition ? 1n : 0n)

/** Rust's order of values: pointers, by segment and offset, come before felts. */
function isAtMost(a: Value, b: Value): boolean {
  if (!isPointer(a)) return !isPointer(b) && a <= b
  if (!isPointer(b)) return true
  return a.segment === b.segment ? a.offset <= b.offset : a.segment < b.segment
}

const nothing = () => {}

const hints: Record<string, (hint: HintOperands) => void> = {
  ...dictionaryHints,
  ...circuitHints,

  AllocSegment(hint) {
    hint.write('dst', hint.frame.memory.allocate())
  },
  AllocConstantSize(hint) {
    const size = hint.count('size')
    const { frame } = hint
    frame.constantSize ??= frame.memory.allocate()
    const start = frame.constantSize
    frame.constantSize = advance(start, size)
    hint.write('dst', start)
  },
  TestLessThan(hint) {
    const [lhs, rhs] = [hint.value('lhs'), hint.value('rhs')]
    hint.write('dst', flag(lhs < rhs))
  },
  TestLessThanOrEqual: testAtMost,
  TestLessThanOrEqualAddress: testAtMost,
  WideMul128(hint) {
    const product = hint.value('lhs') * hint.value('rhs')
    hint.write('high', modulo(product >> 128n))
    hint.write('low', product % U128)
  },
  DivMod(hint) {
    const [lhs, rhs] = [hint.value('lhs'), hint.value('rhs')]
    if (rhs === 0n) throw hintPanic('DivMod')
    hint.write('quotient', lhs / rhs)
    hint.write('remainder', lhs % rhs)
  },
  Uint256DivMod(hint) {
    const dividend = wide(hint, 'dividend', 2)
    const divisor = wide(hint, 'divisor', 2)
    if (divisor === 0n) throw hintPanic('Uint256DivMod')
    writeWide(hint, ['quotient0', 'quotient1'], dividend / divisor)
    writeWide(hint, ['remainder0', 'remainder1'], dividend % divisor)
  },
  Uint512DivModByUint256(hint) {
    const dividend = wide(hint, 'dividend', 4)
    const divisor = wide(hint, 'divisor', 2)
    if (divisor === 0n) throw hintPanic('Uint512DivModByUint256')
    const quotient = ['quotient0', 'quotient1', 'quotient2', 'quotient3']
    writeWide(hint, quotient, dividend / divisor)
    writeWide(hint, ['remainder0', 'remainder1'], dividend % divisor)
  },
  SquareRoot(hint) {
    hint.write('dst', integerRoot(hint.value('value')))
  },
  Uint256SquareRoot(hint) {
    const value = hint.value('value_low') + (hint.value('value_high') << 128n)
    const root = integerRoot(value)
    const remainder = value - root * root
    hint.write('sqrt0', BigInt.asUintN(64, root))
    hint.write('sqrt1', modulo(root >> 64n))
    writeWide(hint, ['remainder_low', 'remainder_high'], remainder)
    hint.write('sqrt_mul_2_minus_remainder_ge_u128', flag(2n * root - remainder >= U128))
  },
  LinearSplit(hint) {
    const [value, scalar, maximum] = [
      hint.value('value'),
      hint.value('scalar'),
      hint.value('max_x'),
    ]
    if (scalar === 0n) throw hintPanic('LinearSplit')
    const x = minimum(value / scalar, maximum)
    hint.write('x', x)
    hint.write('y', modulo(value - x * scalar))
  },
  RandomEcPoint(hint) {
    const [x, y] = hint.frame.randomPoint()
    hint.write('x', x)
    hint.write('y', y)
  },
  FieldSqrt(hint) {
    const felt = hint.value('val')
    hint.write('sqrt', squareRoot(felt) ?? squareRoot(modulo(3n * felt))!)
  },
  U256InvModN: invertModN,
  AssertLeFindSmallArcs(hint) {
    const [a, b] = [hint.value('a'), hint.value('b')]
    const arcs = [a, modulo(b - a), P - 1n - b].map((length, index) => ({ length, index }))
    arcs.sort((x, y) => (x.length === y.length ? x.index - y.index : x.length < y.length ? -1 : 1))
    hint.frame.excludedArc = arcs[2]!.index
    const third = 3544607988759775765608368578435044694n
    const half = 5316911983139663648412552867652567041n
    const start = hint.address('range_check_ptr')
    const [small, middle] = [arcs[0]!.length, arcs[1]!.length]
    hint.frame.memory.insertAll(start, [small % third, small / third, middle % half, middle / half])
  },
  AssertLeIsFirstArcExcluded(hint) {
    hint.write('skip_exclude_a_flag', flag(excludedArc(hint) !== 0))
  },
  AssertLeIsSecondArcExcluded(hint) {
    hint.write('skip_exclude_b_minus_a', flag(excludedArc(hint) !== 1))
  },
  DebugPrint(hint) {
    // What is printed would go to a debug log; reading it can fail.
    let at = hint.address('start')
    const end = hint.address('end')
    for (; !equal(at, end); at = advance(at, 1)) hint.frame.memory.integer(at)
  },
  SystemCall(hint) {
    systemCall(hint.frame)
  },
  Cheatcode() {
    throw new Fault('Test functions are unsupported on starknet.')
  },
  AssertAllAccessesUsed: nothing,
  AssertLtAssertValidInput: nothing,
  AssertCurrentAccessIndicesIsEmpty: nothing,
  AssertAllKeysUsed: nothing,
  AssertLeAssertThirdArcExcluded: nothing,
}

/** Whether the machine knows the hint at all; classes with others are refused at load. */
export function isKnownHint(name: string): boolean {
  return Object.hasOwn(hints, name)
}

/** Runs one hint. */
export function runHint(frame: Frame, hint: Hint): void {
  try {
    hints[hint.name]!(new HintOperands(frame, hint))
  } catch (error) {
    if (error instanceof Fault) error.newline = error.ofOperand
    throw error
  }
}

function testAtMost(hint: HintOperands): void {
  const [lhs, rhs] = [hint.maybe('lhs'), hint.maybe('rhs')]
  hint.write('dst', flag(isAtMost(lhs, rhs)))
}

/** A number in limbs of 128 bits, low first; a limb may be larger. */
function wide(hint: HintOperands, name: string, limbs: number): bigint {
  let value = 0n
  for (let i = 0; i < limbs; i++) value += hint.value(`${name}${i}`) << BigInt(128 * i)
  return value
}

/** Writes limbs of 128 bits, low first; the last takes all that is left. */
function writeWide(hint: HintOperands, names: string[], value: bigint): void {
  names.forEach((name, i) => {
    const rest = value >> BigInt(128 * i)
    hint.write(name, i === names.length - 1 ? modulo(rest) : rest % U128)
  })
}

function invertModN(hint: HintOperands): void {
  const [b0, b1] = [hint.value('b0'), hint.value('b1')]
  const b = b0 + (b1 << 128n)
  const n = hint.value('n0') + (hint.value('n1') << 128n)
  const s = ['s_or_r0', 's_or_r1']
  const t = ['t_or_k0', 't_or_k1']
  const g = ['g0_or_no_inv', 'g1_option']
  if (n === 1n) {
    hint.write('s_or_r0', b0)
    hint.write('s_or_r1', b1)
    writeWide(hint, t, 1n)
    writeWide(hint, g, 1n)
    return
  }
  const { gcd, x } = extendedGcd(b, n)
  if (gcd !== 1n) {
    const divisor = gcd % 2n === 0n ? 2n : gcd
    writeWide(hint, s, b / divisor)
    writeWide(hint, t, n / divisor)
    writeWide(hint, g, divisor)
    return
  }
  if (n === 0n) throw hintPanic('U256InvModN')
  const r = modulo(x, n)
  writeWide(hint, s, r)
  writeWide(hint, t, (r * b - 1n) / n)
  hint.write('g0_or_no_inv', 0n)
}

function excludedArc(hint: HintOperands): number {
  const arc = hint.frame.excludedArc
  if (arc === null) throw new Fault('Variable excluded_arc not present in current execution scope')
  return arc
}
