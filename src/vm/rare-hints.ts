/**
 * Hints that are too rare or too wide for the interpreter. Operands come evaluated in HINT_ARGUMENTS, results go to
 * HINT_RESULTS; the interpreter inserts them. `run` returns how many count, -1 when the hint is impossible, or
 * HINT_FAILED with the error noted.
 */

import { P } from '../felt/felt.ts'
import { HINT_ARGUMENTS, HINT_RESULTS, HINT_WIDE_MUL } from '../kernels/vm-layout.ts'
import { evaluateCircuit } from './circuit.ts'
import { dictionaryHints, squashedKey } from './dicts.ts'
import type { Frame } from './frame.ts'
import { HINT_SQUASHED_KEY, hintShapes } from './hint-table.ts'
import type { KernelCrypto } from './kernel-crypto.ts'
import type { Interpreter, Segments } from './segments.ts'

export const HINT_IMPOSSIBLE = -1
export const HINT_FAILED = -2

const U128 = 1n << 128n
const MASK128 = U128 - 1n

/** What hints of one machine work with. */
export interface HintContext {
  readonly segments: Segments
  readonly kernel: Interpreter
  /** Felt of an operand. */
  argument(index: number): bigint
  /** Sets a result. */
  result(index: number, felt: bigint): void
  /** Inserts a felt; whether that went well. */
  insertFelt(segment: number, offset: number, felt: bigint): boolean
  frame: Frame
}

type HintFunction = (context: HintContext) => number

export class RareHints implements HintContext {
  readonly segments: Segments
  readonly kernel: Interpreter
  frame!: Frame
  private readonly crypto: KernelCrypto
  private readonly byCode: HintFunction[] = []

  constructor(segments: Segments, kernel: Interpreter, crypto: KernelCrypto) {
    this.segments = segments
    this.kernel = kernel
    this.crypto = crypto
    const named: Record<string, HintFunction> = {
      ...numericHints,
      ...dictionaryHints,
      EvalCircuit: evaluateCircuit,
      RandomEcPoint: () => {
        crypto.randomPoint(HINT_RESULTS)
        return 2
      },
      FieldSqrt: () => {
        crypto.fieldSqrt(HINT_ARGUMENTS, HINT_RESULTS)
        return 1
      },
    }
    for (const { name, code } of hintShapes.values()) {
      const found = named[name]
      if (found !== undefined) this.byCode[code] = found
    }
    this.byCode[HINT_WIDE_MUL] = wideMul
    this.byCode[HINT_SQUASHED_KEY] = squashedKey
  }

  begin(seed: bigint): void {
    this.crypto.begin(seed)
  }

  run(code: number, frame: Frame): number {
    this.frame = frame
    return this.byCode[code]!(this)
  }

  argument(index: number): bigint {
    return this.segments.felt(HINT_ARGUMENTS + index * 32)
  }

  result(index: number, felt: bigint): void {
    this.segments.putFelt(HINT_RESULTS + index * 32, felt)
  }

  insertFelt(segment: number, offset: number, felt: bigint): boolean {
    const scratch = this.segments.scratch(0)
    this.segments.putFelt(scratch, felt)
    return this.kernel.insert(segment, offset, scratch) === 0
  }
}

const nothing: HintFunction = () => 0

const numericHints: Record<string, HintFunction> = {
  Uint256DivMod(context) {
    const dividend = wide(context, 0, 2)
    const divisor = wide(context, 2, 2)
    if (divisor === 0n) return HINT_IMPOSSIBLE
    putWide(context, 0, 2, dividend / divisor)
    putWide(context, 2, 2, dividend % divisor)
    return 4
  },
  Uint512DivModByUint256(context) {
    const dividend = wide(context, 0, 4)
    const divisor = wide(context, 4, 2)
    if (divisor === 0n) return HINT_IMPOSSIBLE
    putWide(context, 0, 4, dividend / divisor)
    putWide(context, 4, 2, dividend % divisor)
    return 6
  },
  SquareRoot(context) {
    context.result(0, integerRoot(context.argument(0)))
    return 1
  },
  Uint256SquareRoot(context) {
    const value = wide(context, 0, 2)
    const root = integerRoot(value)
    const remainder = value - root * root
    context.result(0, BigInt.asUintN(64, root))
    context.result(1, root >> 64n)
    putWide(context, 2, 2, remainder)
    context.result(4, 2n * root - remainder >= U128 ? 1n : 0n)
    return 5
  },
  U256InvModN(context) {
    const b = wide(context, 0, 2)
    const n = wide(context, 2, 2)
    if (n === 1n) {
      context.result(0, context.argument(0))
      context.result(1, context.argument(1))
      putWide(context, 2, 2, 1n)
      putWide(context, 4, 2, 1n)
      return 6
    }
    const { gcd, inverse } = euclid(b, n)
    if (gcd !== 1n) {
      const divisor = gcd % 2n === 0n ? 2n : gcd
      putWide(context, 0, 2, b / divisor)
      putWide(context, 2, 2, n / divisor)
      putWide(context, 4, 2, divisor)
      return 6
    }
    if (n === 0n) return HINT_IMPOSSIBLE
    putWide(context, 0, 2, inverse)
    putWide(context, 2, 2, (inverse * b - 1n) / n)
    context.result(4, 0n)
    return 5
  },
  AssertLeFindSmallArcs(context) {
    const a = context.argument(0)
    const b = context.argument(1)
    const arcs = [a, modulo(b - a), P - 1n - b].map((length, index) => ({ length, index }))
    arcs.sort((x, y) => (x.length === y.length ? x.index - y.index : x.length < y.length ? -1 : 1))
    context.frame.excludedArc = arcs[2]!.index
    const { segments } = context
    const pointer = HINT_ARGUMENTS + 64
    const [segment, offset] = [segments.segmentOf(pointer), segments.offsetOf(pointer)]
    const [small, middle] = [arcs[0]!.length, arcs[1]!.length]
    const cells = [small % THIRD, small / THIRD, middle % HALF, middle / HALF]
    return cells.every((felt, i) => context.insertFelt(segment, offset + i, felt)) ? 0 : HINT_FAILED
  },
  AssertLeIsFirstArcExcluded: (context) => arcFlag(context, 0),
  AssertLeIsSecondArcExcluded: (context) => arcFlag(context, 1),
  DebugPrint({ segments }) {
    const segment = segments.segmentOf(HINT_ARGUMENTS)
    let offset = segments.offsetOf(HINT_ARGUMENTS)
    const last = HINT_ARGUMENTS + 32
    // What is printed would go to a debug log; reading it can fail.
    while (segment !== segments.segmentOf(last) || offset !== segments.offsetOf(last)) {
      const address = segments.address(segment, offset)
      if (address === 0 || !segments.isSet(address)) {
        segments.fail(`Unknown memory cell at address ${segment}:${offset}`)
        return HINT_FAILED
      }
      if (!segments.isFelt(address)) {
        segments.fail(`Expected integer at address ${segment}:${offset}`)
        return HINT_FAILED
      }
      offset++
    }
    return 0
  },
  Cheatcode({ segments }) {
    segments.fail('Test functions are unsupported on starknet.')
    return HINT_FAILED
  },
  AssertAllAccessesUsed: nothing,
  AssertLtAssertValidInput: nothing,
  AssertCurrentAccessIndicesIsEmpty: nothing,
  AssertAllKeysUsed: nothing,
  AssertLeAssertThirdArcExcluded: nothing,
}

/** P / 3 and P / 2 over 2^128, rounded up: what the arcs are split by. */
const THIRD = 3544607988759775765608368578435044694n
const HALF = 5316911983139663648412552867652567041n

function arcFlag(context: HintContext, arc: number): number {
  const { excludedArc } = context.frame
  if (excludedArc < 0) {
    context.segments.fail('Variable excluded_arc not present in current execution scope')
    return HINT_FAILED
  }
  context.result(0, excludedArc !== arc ? 1n : 0n)
  return 1
}

function wideMul(context: HintContext): number {
  const product = context.argument(0) * context.argument(1)
  context.result(0, modulo(product >> 128n))
  context.result(1, product & MASK128)
  return 2
}

/** A number in limbs of 128 bits, low first; a limb may be larger. */
function wide(context: HintContext, first: number, limbs: number): bigint {
  let value = 0n
  for (let i = 0; i < limbs; i++) value += context.argument(first + i) << BigInt(128 * i)
  return value
}

/** Results in limbs of 128 bits, low first; the last takes all that is left. */
function putWide(context: HintContext, first: number, limbs: number, value: bigint): void {
  for (let i = 0; i < limbs; i++) {
    const rest = value >> BigInt(128 * i)
    context.result(first + i, i === limbs - 1 ? modulo(rest) : rest & MASK128)
  }
}

function modulo(value: bigint): bigint {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}

/** The floor of a square root, by Newton. */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1)
  while (true) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** gcd of b and n, and b^-1 mod n where that is 1 and n is not 0. */
export function euclid(b: bigint, n: bigint): { gcd: bigint; inverse: bigint } {
  let [r0, r1] = [b, n]
  let [x0, x1] = [1n, 0n]
  while (r1 !== 0n) {
    const quotient = r0 / r1
    ;[r0, r1] = [r1, r0 - quotient * r1]
    ;[x0, x1] = [x1, x0 - quotient * x1]
  }
  const inverse = n === 0n ? 0n : x0 % n
  return { gcd: r0, inverse: inverse < 0n ? inverse + n : inverse }
}
