/**
 * Code of hints: comparisons of small numbers are straight, other numeric hints call the kernel with the addresses of their
 * operands and results, and the rest run as they do in the interpreter, which is also what happens when a cell is not as
 * expected.
 */
import {
  HINT_DIV_MOD,
  HINT_LINEAR_SPLIT,
  HINT_TEST_LESS,
  HINT_TEST_LESS_OR_EQUAL,
  HINT_WIDE_MUL,
  IMAGE,
  OPERAND_ADD_DEREF,
  OPERAND_DEREF,
  OPERAND_IMMEDIATE,
} from '../../kernels/vm-layout.ts'
import { type Emitter, kernel, ROOM, SMALL, SMALL_LIMIT, T0, T1 } from './emitter.ts'
import { type Hint, type HintOperand, isCell } from './hint.ts'
import { op } from './wasm.ts'

const numeric = new Map<number, number>([
  [HINT_DIV_MOD, kernel.divMod],
  [HINT_WIDE_MUL, kernel.wideMultiply],
  [HINT_LINEAR_SPLIT, kernel.split],
])

/** Code of the hints of pc. */
export function emitHints(emitter: Emitter, pc: number, hints: readonly Hint[]): void {
  const [hint, ...others] = hints
  if (hint === undefined) return
  const isTest = hint.code === HINT_TEST_LESS || hint.code === HINT_TEST_LESS_OR_EQUAL
  if (others.length > 0) runHints(emitter, pc)
  else if (isTest && hint.operands.every(isSimple)) compare(emitter, pc, hint)
  else if (numeric.has(hint.code) && hint.operands.every(isCell)) compute(emitter, pc, hint)
  else runHints(emitter, pc)
  for (const { operands, results } of hints) {
    for (const { kind, places } of operands) {
      if (kind === OPERAND_DEREF) emitter.know(emitter.at(places[0]!))
    }
    for (const place of results) emitter.know(emitter.at(place))
  }
}

function runHints(emitter: Emitter, pc: number): void {
  emitter.pushRegisters(pc)
  emitter.code.get(ROOM).call(kernel.hints)
  emitter.endIf()
}

function compute(emitter: Emitter, pc: number, { code: kind, operands, results }: Hint): void {
  const { code } = emitter
  for (const one of operands) pushOperand(emitter, one)
  for (const place of results) emitter.pushAddress(emitter.at(place))
  code.call(numeric.get(kind)!).op(op.i32Eqz).if()
  runHints(emitter, pc)
  code.end()
}

function compare(emitter: Emitter, pc: number, { code: kind, operands, results }: Hint): void {
  const { code } = emitter
  const [lhs, rhs] = operands as [HintOperand, HintOperand]
  const isLess = kind === HINT_TEST_LESS
  const dst = emitter.at(results[0]!)
  const local = emitter.fresh()
  emitter.either(
    (miss) => {
      emitter.missIfSet(dst, miss)
      if (isWide(lhs) && isWide(rhs)) code.br(miss)
      if (isWide(lhs) || isWide(rhs)) {
        // A small number is below every wide one.
        smallOperand(emitter, isWide(lhs) ? rhs : lhs, T0, miss)
        code.i64(isWide(rhs) ? 1n : 0n).set(local)
      } else {
        smallOperand(emitter, lhs, T0, miss)
        smallOperand(emitter, rhs, T1, miss)
        code
          .get(T0)
          .get(T1)
          .op(isLess ? op.i64LtU : op.i64LeU, op.extend)
          .set(local)
      }
      emitter.store(dst, SMALL, () => code.get(local))
    },
    () => {
      if (operands.every(isCell)) {
        for (const one of operands) pushOperand(emitter, one)
        code.i32(isLess ? 0 : 1)
        emitter.pushAddress(dst)
        code.call(kernel.less).op(op.i32Eqz).if()
        runHints(emitter, pc)
        code.end()
      } else runHints(emitter, pc)
      emitter.low(dst).set(local)
    },
  )
  emitter.know(dst, { tag: 1, local, value: null })
}

/** The value of an operand in a local, when it is a small number. */
function smallOperand(
  emitter: Emitter,
  { kind, places, value }: HintOperand,
  local: number,
  miss: number,
): void {
  const { code } = emitter
  if (kind === OPERAND_IMMEDIATE) {
    code.i64(value).set(local)
    return
  }
  const [first, second] = places.map((place) => emitter.at(place))
  for (const address of [first, second]) {
    if (address !== undefined) emitter.missIfNotSmall(address, miss)
  }
  emitter.low(first!).set(local)
  if (second === undefined) return
  emitter.low(second).get(local).op(op.i64Add).tee(local)
  emitter.low(first!).op(op.i64LtU).brIf(miss)
}

function pushOperand(emitter: Emitter, { kind, places, valueAt }: HintOperand): void {
  if (kind === OPERAND_DEREF) emitter.pushAddress(emitter.at(places[0]!))
  else emitter.code.i32(0).loadI32(IMAGE).i32(valueAt).op(op.i32Add)
}

function isSimple(operand: HintOperand): boolean {
  return isCell(operand) || operand.kind === OPERAND_ADD_DEREF
}

function isWide({ kind, value }: HintOperand): boolean {
  return kind === OPERAND_IMMEDIATE && value >= SMALL_LIMIT
}
