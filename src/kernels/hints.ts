/**
 * Hints: values that the program guesses and then checks.
 *
 *     record: code u8, last u8, size u16, operands u8, results u8, 2 spare
 *             then per operand 16 bytes: kind u8, wanted u8, 2 spare, cell a, cell b | displacement, immediate
 *             then per result 4 bytes: cell.   A cell is offset * 32, with bit 0 set when it counts from fp.
 *
 * The frequent numeric hints are computed here. The rest get their operands evaluated and checked, run in TypeScript
 * through the import `hint`, and their results are inserted here, so every store obeys one rule.
 */
import {
  cellIsZero,
  cellLess,
  cellSub,
  isSmall,
  limb0,
  limb1,
  limb2,
  limb3,
  setLimbs,
  setSmall,
  tagOf,
  UNSET,
} from './cell'
import { cellMul, wideProduct } from './cell-field'
import { divideCells } from './division'
import { allocate, copyCell, fail, failWith, insert, isFelt, lookup, setPointer } from './memory'
import { NOT_SIMPLE, simpleSyscall } from './requests'
import { addValues, displaced, multiplyValues } from './values'
import {
  AP,
  CONSTANT_OFFSET,
  CONSTANT_SEGMENT,
  DONE,
  E_EXPECTED_INTEGER,
  E_EXPECTED_POINTER,
  E_HINT,
  E_NEGATIVE_OFFSET,
  E_NOT_RELOCATED,
  E_UNKNOWN_CELL,
  ERROR_DETAIL,
  ERROR_HINT,
  FAULT,
  FIELD_SCRATCH,
  FP,
  HINT_ALLOC_CONSTANT,
  HINT_ALLOC_SEGMENT,
  HINT_ARGUMENTS,
  HINT_DIV_MOD,
  HINT_LINEAR_SPLIT,
  HINT_RESULTS,
  HINT_SYSTEM_CALL,
  HINT_TEST_LESS,
  HINT_TEST_LESS_OR_EQUAL,
  HINT_WIDE_MUL,
  IMAGE,
  IN_HINT,
  OPERAND_ADD_DEREF,
  OPERAND_ADD_IMMEDIATE,
  OPERAND_DEREF,
  OPERAND_DOUBLE_DEREF,
  OPERAND_IMMEDIATE,
  OPERAND_MUL_DEREF,
  OPERAND_SCRATCH,
  STACK_BASE,
  WANT_ANY,
  WANT_FELT,
  WANT_POINTER,
} from './vm-layout'

/** Runs a syscall: DONE, HALT_RUN, FAULT (the error is noted) or HOST_FAULT. */
// @ts-ignore: decorator
@external('env', 'syscall')
declare function syscall(): i32
/** Runs a rare hint on HINT_ARGUMENTS: how many of HINT_RESULTS count, or -1 when it cannot. */
// @ts-ignore: decorator
@external('env', 'hint')
declare function rareHint(code: i32): i32

const STACK: u32 = 1
const HEADER: usize = 8
const OPERAND: usize = 16

/** Runs all hints of a pc. Registers are in control memory. */
export function runHints(first: usize): i32 {
  let record = first
  store<u32>(IN_HINT, 1)
  while (true) {
    const status = runHint(record)
    if (status != DONE) return status
    if (load<u8>(record, 1) != 0) break
    record += load<u16>(record, 2)
  }
  store<u32>(IN_HINT, 0)
  return DONE
}

function runHint(record: usize): i32 {
  const code = <i32>load<u8>(record)
  const operands = <usize>load<u8>(record, 4)
  const results = record + HEADER + operands * OPERAND
  switch (code) {
    case HINT_ALLOC_SEGMENT: {
      const segment = allocate(16, 0)
      if (segment < 0) return FAULT
      setPointer(HINT_RESULTS, segment, 0)
      return insertResult(results, 0)
    }
    case HINT_SYSTEM_CALL: {
      const status = simpleSyscall()
      return status == NOT_SIMPLE ? syscall() : status
    }
  }
  for (let i: usize = 0; i < operands; i++) {
    if (evaluate(record + HEADER + i * OPERAND, <usize>HINT_ARGUMENTS + (i << 5)) != DONE) {
      // Texts of operands end like those of instructions.
      store<u32>(ERROR_HINT, 0)
      return FAULT
    }
  }
  let count = 1
  switch (code) {
    case HINT_TEST_LESS:
      setSmall(HINT_RESULTS, <u64>cellLess(HINT_ARGUMENTS, HINT_ARGUMENTS + 32))
      break
    case HINT_TEST_LESS_OR_EQUAL:
      setSmall(HINT_RESULTS, <u64>lessOrEqual(HINT_ARGUMENTS, HINT_ARGUMENTS + 32))
      break
    case HINT_DIV_MOD:
      count = divMod()
      break
    case HINT_LINEAR_SPLIT:
      count = linearSplit()
      break
    case HINT_WIDE_MUL:
      count = wideMul()
      break
    case HINT_ALLOC_CONSTANT:
      count = allocateConstant()
      break
    default:
      count = rareHint(code)
  }
  if (count < 0) {
    if (count == -2) return FAULT
    const status = fail(E_HINT, 0, 0)
    store<u32>(ERROR_DETAIL, code)
    return status
  }
  for (let i = 0; i < count; i++) {
    const status = insertResult(results + ((<usize>i) << 2), i)
    if (status != DONE) return status
  }
  return DONE
}

/** Sets the cell of a result, insert-or-equal. */
function insertResult(reference: usize, index: i32): i32 {
  const ref = load<i32>(reference)
  const value = <usize>(HINT_RESULTS + (index << 5))
  const address = cellAddress(ref)
  if (tagOf(address) == UNSET) {
    copyCell(address, value)
    return DONE
  }
  const base: usize = load<u32>(STACK_BASE)
  const offset = <i32>(address - base) >> 5
  if (offset < 0) return negative(ref)
  return insert(STACK, offset, value)
}

// @ts-ignore: decorator
@inline
function cellAddress(ref: i32): usize {
  return <usize>((ref & 1 ? load<i32>(FP) : load<i32>(AP)) + (ref & ~31))
}

function negative(ref: i32): i32 {
  const base: usize = load<u32>(STACK_BASE)
  const register = <usize>(ref & 1 ? load<u32>(FP) : load<u32>(AP))
  setPointer(OPERAND_SCRATCH, STACK, <u32>((register - base) >>> 5))
  setSmall(OPERAND_SCRATCH + 32, <u64>-(<i64>(ref >> 5)))
  return failWith(E_NEGATIVE_OFFSET, 0, 0, OPERAND_SCRATCH, OPERAND_SCRATCH + 32)
}

/** Copies a set cell of the stack and checks what it must be. */
function read(ref: i32, out: usize, want: u32): i32 {
  const address = cellAddress(ref)
  const base: usize = load<u32>(STACK_BASE)
  if (address < base) return negative(ref)
  return take(address, STACK, <u32>((address - base) >>> 5), out, want)
}

function take(address: usize, segment: u32, offset: u32, out: usize, want: u32): i32 {
  if (address == 0 || tagOf(address) == UNSET) {
    return fail(want == WANT_ANY ? E_NOT_RELOCATED : E_UNKNOWN_CELL, segment, offset)
  }
  if (want == WANT_FELT && !isFelt(address)) return fail(E_EXPECTED_INTEGER, segment, offset)
  if (want == WANT_POINTER && isFelt(address)) return fail(E_EXPECTED_POINTER, segment, offset)
  copyCell(out, address)
  return DONE
}

/** Evaluates an operand into `out`. */
function evaluate(operand: usize, out: usize): i32 {
  const kind = load<u8>(operand)
  const want: u32 = load<u8>(operand, 1)
  if (kind == OPERAND_DEREF) return read(load<i32>(operand, 4), out, want)
  if (kind == OPERAND_IMMEDIATE) {
    copyCell(out, <usize>load<u32>(IMAGE) + <usize>load<u32>(operand, 12))
    return DONE
  }
  if (kind == OPERAND_DOUBLE_DEREF) {
    if (read(load<i32>(operand, 4), out, WANT_POINTER) != DONE) return FAULT
    const pointer = load<u64>(out)
    const segment = <u32>(pointer >>> 32)
    const offset = displaced(segment, <u32>pointer, load<i32>(operand, 8))
    if (offset < 0) return FAULT
    return take(lookup(segment, <u32>offset), segment, <u32>offset, out, want)
  }
  // A sum or product: `a` as it must be, `b` a felt.
  const other = OPERAND_SCRATCH + 96
  if (read(load<i32>(operand, 4), out, want) != DONE) return FAULT
  if (kind == OPERAND_ADD_DEREF || kind == OPERAND_MUL_DEREF) {
    if (read(load<i32>(operand, 8), other, WANT_FELT) != DONE) return FAULT
  } else {
    copyCell(other, <usize>load<u32>(IMAGE) + <usize>load<u32>(operand, 12))
  }
  if (kind == OPERAND_ADD_DEREF || kind == OPERAND_ADD_IMMEDIATE) return addValues(out, out, other)
  return multiplyValues(out, out, other)
}

/** Felts by value, pointers by segment and offset, any pointer before any felt. */
function lessOrEqual(a: usize, b: usize): bool {
  if (isFelt(a)) return isFelt(b) && !cellLess(b, a)
  if (isFelt(b)) return true
  return load<u64>(a) <= load<u64>(b)
}

/** quotient, remainder. */
function divMod(): i32 {
  if (cellIsZero(HINT_ARGUMENTS + 32)) return -1
  divide(HINT_RESULTS, HINT_RESULTS + 32, HINT_ARGUMENTS, HINT_ARGUMENTS + 32)
  return 2
}

function linearSplit(): i32 {
  const scalar = HINT_ARGUMENTS + 32
  if (cellIsZero(scalar)) return -1
  split(HINT_RESULTS, HINT_RESULTS + 32, HINT_ARGUMENTS, scalar, HINT_ARGUMENTS + 64)
  return 2
}

/** x = min(value / scalar, most), y = value - x * scalar, of felts. */
export function split(x: usize, y: usize, value: usize, scalar: usize, most: usize): void {
  divide(x, y, value, scalar)
  if (!cellLess(most, x)) return
  cellMul(y, most, scalar, FIELD_SCRATCH)
  cellSub(y, value, y)
  copyCell(x, most)
}

/** Quotient and remainder of felts, b not 0. */
export function divide(quotient: usize, remainder: usize, a: usize, b: usize): void {
  if (isSmall(a) && isSmall(b)) {
    const left = limb0(a)
    const right = limb0(b)
    setSmall(quotient, left / right)
    setSmall(remainder, left % right)
  } else if (cellLess(a, b)) {
    copyCell(remainder, a)
    setSmall(quotient, 0)
  } else if ((limb0(b) | limb2(b) | limb3(b)) == 0 && popcnt(limb1(b)) == 1) {
    divideByPower(quotient, remainder, a, false, ctz(limb1(b)))
  } else if ((limb0(b) | limb1(b) | limb3(b)) == 0 && popcnt(limb2(b)) == 1) {
    divideByPower(quotient, remainder, a, true, ctz(limb2(b)))
  } else {
    divideCells(quotient, remainder, a, b)
  }
}

/** The same for 2^(64 + shift), or with `wide` 2^(128 + shift): the splits of u128 and of storage addresses. */
function divideByPower(
  quotient: usize,
  remainder: usize,
  a: usize,
  wide: bool,
  shift: u64,
): void {
  const a0 = limb0(a)
  const a1 = limb1(a)
  const a2 = limb2(a)
  const a3 = limb3(a)
  const below = (<u64>1 << shift) - 1
  // Two shifts, because one by 64 would be one by 0.
  const back = 63 - shift
  const q1 = (a2 >>> shift) | ((a3 << 1) << back)
  const q2 = a3 >>> shift
  if (wide) {
    setLimbs(quotient, q1, q2, 0, 0)
    setLimbs(remainder, a0, a1, a2 & below, 0)
  } else {
    setLimbs(quotient, (a1 >>> shift) | ((a2 << 1) << back), q1, q2, 0)
    setLimbs(remainder, a0, a1 & below, 0, 0)
  }
}

function wideMul(): i32 {
  const isDone = multiplyWide(
    HINT_RESULTS,
    HINT_RESULTS + 32,
    HINT_ARGUMENTS,
    HINT_ARGUMENTS + 32,
  )
  return isDone ? 2 : rareHint(HINT_WIDE_MUL)
}

/** high, low of a product of two numbers; false, and nothing done, when one is not below 2^128. */
export function multiplyWide(high: usize, low: usize, a: usize, b: usize): bool {
  if ((limb2(a) | limb3(a) | limb2(b) | limb3(b)) != 0) return false
  const product = FIELD_SCRATCH
  wideProduct(product, limb0(a), limb1(a), limb0(b), limb1(b))
  setLimbs(high, load<u64>(product, 16), load<u64>(product, 24), 0, 0)
  setLimbs(low, load<u64>(product), load<u64>(product, 8), 0, 0)
  return true
}

/** The next free address of the call's constant-size segment, which is made at first use. */
function allocateConstant(): i32 {
  if (!isSmall(HINT_ARGUMENTS)) return -1
  if (load<u32>(CONSTANT_SEGMENT) == 0) {
    const segment = allocate(16, 0)
    if (segment < 0) return -2
    store<u32>(CONSTANT_SEGMENT, segment)
    store<u32>(CONSTANT_OFFSET, 0)
  }
  setPointer(HINT_RESULTS, load<u32>(CONSTANT_SEGMENT), load<u32>(CONSTANT_OFFSET))
  setPointer(OPERAND_SCRATCH + 64, load<u32>(CONSTANT_SEGMENT), load<u32>(CONSTANT_OFFSET))
  if (addValues(OPERAND_SCRATCH + 64, OPERAND_SCRATCH + 64, HINT_ARGUMENTS) != DONE) return -2
  store<u32>(CONSTANT_OFFSET, <u32>load<u64>(OPERAND_SCRATCH + 64))
  return 1
}
