/**
 * The loop over predecoded records: one `br_table` over their dispatch byte, straight code for each. What assertions do to
 * cells is in assertions.ts.
 *
 *     EXIT_HINT   the record has hints: run them, come back with what it dispatches on behind them
 *     EXIT_PAUSE  the pause is reached: look at limits, come back with RESUME_KIND
 *     EXIT_CALL   a call was made, and compiled code may take over
 *     EXIT_STEP   a surprise, or a word without a fast path: one step elsewhere, then the next record
 *
 * Invariants. (1) It calls nothing, because a call would make the compiler keep ap, fp and pc on the machine's stack:
 * whatever takes longer is an exit, with the registers in control memory. (2) A fast path changes nothing before it has seen
 * that its operands are those it was written for. It may skip an operand that it does not use only where that is [fp-1],
 * which every call sets and which `return` checks in the frame that it restores. (3) Without marks the pause is looked at
 * where a program can go backwards, so a straight line may overrun it; with marks, before each step.
 */
import {
  assertEqual,
  assertInto,
  assertMoved,
  assertNumber,
  assertSmallProduct,
  assertSmallSum,
  assertSum,
  copyInto,
  isFeltTag,
  isSetTag,
} from './assertions'
import { cellEquals, cellLess, REL, SMALL, tagOf, UNSET } from './cell'
import { entryOf, mark } from './memory'
import { dstOf, immediateOf, op0Of, op1Of, recordAt } from './record'
import {
  AP,
  AP_PLUS,
  EXIT_CALL,
  EXIT_HINT,
  EXIT_PAUSE,
  EXIT_STEP,
  FP,
  IMAGE,
  KIND_ADD,
  KIND_ADD_BIG,
  KIND_ADD_IMMEDIATE,
  KIND_ADVANCE,
  KIND_BIG_IMMEDIATE,
  KIND_CALL,
  KIND_CHECK,
  KIND_COPY,
  KIND_DEREF,
  KIND_HINT,
  KIND_IMMEDIATE,
  KIND_JNZ,
  KIND_JUMP,
  KIND_JUMP_CELL,
  KIND_LESS,
  KIND_LESS_OR_EQUAL,
  KIND_MUL,
  KIND_MUL_IMMEDIATE,
  KIND_PUSH_ADD,
  KIND_PUSH_AP,
  KIND_PUSH_DEREF,
  KIND_PUSH_FP,
  KIND_PUSH_IMMEDIATE,
  KIND_RETURN,
  OPERAND_DEREF,
  PC_OFFSET,
  PROGRAM_WORDS,
  RECORD_FLAGS,
  RECORD_HINT,
  RECORD_IMMEDIATE,
  RECORD_KIND,
  RECORD_OP1,
  RECORD_PLAIN,
  RECORD_SIZE,
  RECORDS,
  RESUME_KIND,
  STACK_BASE,
  STACK_EDGE,
  STACK_HIGH,
  STEP_PAUSE,
  STEPS,
} from './vm-layout'

const STACK_POINTER: u64 = 1 << 32
/** Where the parts of a comparison lie in its hint record. */
const LEFT: usize = 8
const RIGHT: usize = 24
const RESULT: usize = 40

/** Modes that the loop is compiled for, three types that differ in kind or size: bare, with marks, up to the next call. */
export type Bare = f32
export type Marking = i32
export type ToCall = f64

// @ts-ignore: decorator
@inline
export function isMarking<M>(): bool {
  return isInteger<M>()
}

// @ts-ignore: decorator
@inline
function stopsAtCalls<M>(): bool {
  return sizeof<M>() == sizeof<ToCall>()
}

/** Marks cells as accessed, in the loop that does. */
// @ts-ignore: decorator
@inline
function mark2<M>(a: usize, b: usize): void {
  if (isMarking<M>()) {
    mark(a)
    mark(b)
  }
}

// @ts-ignore: decorator
@inline
function mark3<M>(a: usize, b: usize, c: usize): void {
  if (isMarking<M>()) {
    mark(a)
    mark(b)
    mark(c)
  }
}

/** Puts the registers back into control memory. */
// @ts-ignore: decorator
@inline
function leave(exit: i32, kind: u32, ap: usize, fp: usize, pc: usize, steps: u32): i32 {
  store<u32>(RESUME_KIND, kind)
  store<u32>(STEPS, steps)
  store<u32>(AP, <u32>ap)
  store<u32>(FP, <u32>fp)
  store<u32>(PC_OFFSET, <u32>((pc - <usize>load<u32>(RECORDS)) >>> 5))
  return exit
}

/** The cell of a reference in a hint record. */
// @ts-ignore: decorator
@inline
function referredCell(reference: i32, ap: usize, fp: usize): usize {
  return (reference & 1 ? fp : ap) + (reference & ~31)
}

/** An operand of a comparison: a cell of the stack, or an immediate in the image. */
// @ts-ignore: decorator
@inline
function comparedCell(operand: usize, image: usize, ap: usize, fp: usize): usize {
  return load<u8>(operand) == OPERAND_DEREF
    ? referredCell(load<i32>(operand, 4), ap, fp)
    : image + <usize>load<u32>(operand, 12)
}

/** Walks on from the registers in control memory, the first record dispatched on `kind`; returns why it stopped. */
export function walk<M>(first: u32): i32 {
  let kind = first
  let ap: usize = load<u32>(AP)
  let fp: usize = load<u32>(FP)
  let pc = recordAt(load<u32>(PC_OFFSET))
  let steps = load<u32>(STEPS)
  // A step that was started is finished, also when its hint used up what was left.
  const stop = max(load<u32>(STEP_PAUSE), steps + 1)

  while (true) {
    if (isMarking<M>()) {
      if (steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
    }
    switch (kind) {
      case KIND_PUSH_AP: {
        const op1 = ap + load<i32>(pc, RECORD_OP1)
        if (tagOf(ap) != UNSET || !copyInto(ap, op1, tagOf(op1))) break
        mark3<M>(ap, op1, fp - 32)
        ap += 32
        pc += 32
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_PUSH_FP: {
        const op1 = fp + load<i32>(pc, RECORD_OP1)
        if (tagOf(ap) != UNSET || !copyInto(ap, op1, tagOf(op1))) break
        mark3<M>(ap, op1, fp - 32)
        ap += 32
        pc += 32
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_PUSH_IMMEDIATE: {
        if (tagOf(ap) != UNSET) break
        store<u64>(ap, load<u64>(pc, RECORD_IMMEDIATE))
        store<i64>(ap, SMALL, 8)
        mark2<M>(ap, fp - 32)
        ap += 32
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_PUSH_DEREF: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const op0 = op0Of(pc, flags, ap, fp)
        if (tagOf(op0) != REL) break
        const pointer = load<u64>(op0)
        const entry = entryOf(<u32>(pointer >>> 32))
        const offset = <u32>pointer + load<i32>(pc, RECORD_OP1)
        if (offset >= load<u32>(entry, 4)) break
        const op1 = <usize>load<u32>(entry) + ((<usize>offset) << 5)
        if (tagOf(ap) != UNSET || !copyInto(ap, op1, tagOf(op1))) break
        if (isMarking<M>()) {
          mark(ap)
          mark(op0)
          if (pointer >>> 32 != 0) mark(op1)
        }
        ap += 32
        pc += 32
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_PUSH_ADD: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const op0 = op0Of(pc, flags, ap, fp)
        const tag = tagOf(op0)
        const before = load<u64>(op0)
        const after = before + load<u64>(pc, RECORD_IMMEDIATE)
        if (<u64>(tag - 1) >= 2 || (before ^ after) >>> 32 != 0 || tagOf(ap) != UNSET) {
          kind = KIND_ADD_BIG
          continue
        }
        store<u64>(ap, after)
        store<i64>(ap, tag, 8)
        mark2<M>(ap, op0)
        ap += 32
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_IMMEDIATE: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = dstOf(pc, flags, ap, fp)
        if (!assertNumber(dst, load<u64>(pc, RECORD_IMMEDIATE))) break
        mark2<M>(dst, fp - 32)
        ap += flags & AP_PLUS
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_BIG_IMMEDIATE: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = dstOf(pc, flags, ap, fp)
        const value = immediateOf(pc)
        if (tagOf(dst) == UNSET) copyInto(dst, value, tagOf(value))
        else if (!cellEquals(dst, value)) break
        mark2<M>(dst, fp - 32)
        ap += flags & AP_PLUS
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_COPY: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = dstOf(pc, flags, ap, fp)
        const op1 = op1Of(pc, flags, ap, fp)
        if (!assertEqual(dst, op1)) break
        mark3<M>(dst, op1, fp - 32)
        ap += flags & AP_PLUS
        pc += 32
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_DEREF: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const op0 = op0Of(pc, flags, ap, fp)
        if (tagOf(op0) != REL) break
        const pointer = load<u64>(op0)
        const entry = entryOf(<u32>(pointer >>> 32))
        const offset = <u32>pointer + load<i32>(pc, RECORD_OP1)
        if (offset >= load<u32>(entry, 4)) break
        const op1 = <usize>load<u32>(entry) + ((<usize>offset) << 5)
        const dst = dstOf(pc, flags, ap, fp)
        if (tagOf(op1) == UNSET) {
          if (!assertInto(entry, offset, op1, dst)) break
        } else if (!assertEqual(dst, op1)) break
        if (isMarking<M>()) {
          mark(dst)
          mark(op0)
          if (pointer >>> 32 != 0) mark(op1)
        }
        ap += flags & AP_PLUS
        pc += 32
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_ADD_IMMEDIATE: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = dstOf(pc, flags, ap, fp)
        const op0 = op0Of(pc, flags, ap, fp)
        if (!assertMoved(dst, op0, load<u64>(pc, RECORD_IMMEDIATE))) {
          kind = KIND_ADD_BIG
          continue
        }
        mark2<M>(dst, op0)
        ap += flags & AP_PLUS
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_ADD: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = dstOf(pc, flags, ap, fp)
        const op0 = op0Of(pc, flags, ap, fp)
        const op1 = op1Of(pc, flags, ap, fp)
        if (!assertSmallSum(dst, op0, op1)) {
          kind = KIND_ADD_BIG
          continue
        }
        mark3<M>(dst, op0, op1)
        ap += flags & AP_PLUS
        pc += 32
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_ADD_BIG: {
        // Sums of felts of any size, and what the other sums could not do.
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = dstOf(pc, flags, ap, fp)
        const op0 = op0Of(pc, flags, ap, fp)
        const isImmediate = load<u32>(pc, RECORD_SIZE) == 64
        const op1 = isImmediate
          ? immediateOf(pc)
          : op1Of(pc, flags, ap, fp)
        if (!assertSum(dst, op0, op1)) break
        if (isMarking<M>()) {
          mark(dst)
          mark(op0)
          if (!isImmediate) mark(op1)
        }
        ap += flags & AP_PLUS
        pc += load<u32>(pc, RECORD_SIZE)
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_MUL:
      case KIND_MUL_IMMEDIATE: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = dstOf(pc, flags, ap, fp)
        const op0 = op0Of(pc, flags, ap, fp)
        const isImmediate = load<u32>(pc, RECORD_SIZE) == 64
        const op1 = isImmediate
          ? immediateOf(pc)
          : op1Of(pc, flags, ap, fp)
        if (!assertSmallProduct(dst, op0, op1)) break
        if (isMarking<M>()) {
          mark(dst)
          mark(op0)
          if (!isImmediate) mark(op1)
        }
        ap += flags & AP_PLUS
        pc += load<u32>(pc, RECORD_SIZE)
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_JNZ: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = dstOf(pc, flags, ap, fp)
        const tag = tagOf(dst)
        if (!isSetTag(tag)) break
        mark2<M>(dst, fp - 32)
        ap += flags & AP_PLUS
        if (tag == SMALL && load<u64>(dst) == 0) pc += 64
        else pc += load<i32>(pc, RECORD_IMMEDIATE)
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_JUMP:
        if (isMarking<M>()) mark(fp - 32)
        ap += load<u8>(pc, RECORD_FLAGS) & AP_PLUS
        pc += load<i32>(pc, RECORD_IMMEDIATE)
        steps++
        kind = load<u8>(pc)
        continue
      case KIND_CALL: {
        if (!isMarking<M>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        if ((tagOf(ap) | tagOf(ap + 32)) != UNSET) break
        store<u64>(ap, STACK_POINTER | <u64>((fp - <usize>load<u32>(STACK_BASE)) >>> 5))
        store<i64>(ap, REL, 8)
        const next = pc - <usize>load<u32>(RECORDS) + <usize>load<u32>(pc, RECORD_SIZE)
        store<u64>(ap, <u64>(next >>> 5), 32)
        store<i64>(ap, REL, 40)
        mark2<M>(ap, ap + 32)
        ap += 64
        fp = ap
        pc += load<i32>(pc, RECORD_IMMEDIATE)
        steps++
        kind = load<u8>(pc)
        if (stopsAtCalls<M>()) return leave(EXIT_CALL, kind, ap, fp, pc, steps)
        continue
      }
      case KIND_RETURN: {
        if (!isMarking<M>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        if (tagOf(fp - 64) != REL || tagOf(fp - 32) != REL) break
        const target = load<u64>(fp - 32)
        if (target >= <u64>load<u32>(PROGRAM_WORDS)) break
        const saved = load<u32>(fp - 64)
        const base = <usize>load<u32>(STACK_BASE)
        const frame = base + ((<usize>saved) << 5)
        if (saved >= 0x4000000 || frame > ap || frame < base + 32) break
        if (tagOf(frame - 32) == UNSET) break
        mark2<M>(fp - 64, fp - 32)
        ap += load<u8>(pc, RECORD_FLAGS) & AP_PLUS
        fp = frame
        pc = <usize>load<u32>(RECORDS) + ((<usize>target) << 5)
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_ADVANCE: {
        const next = ap + load<i32>(pc, RECORD_IMMEDIATE)
        if (next > <usize>STACK_EDGE) break
        if (next < <usize>load<u32>(STACK_BASE)) break
        if (next < ap && ap > <usize>load<u32>(STACK_HIGH)) store<u32>(STACK_HIGH, <u32>ap)
        if (isMarking<M>()) mark(fp - 32)
        ap = next
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_JUMP_CELL: {
        if (!isMarking<M>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const op1 = op1Of(pc, flags, ap, fp)
        if (tagOf(op1) != SMALL) break
        const records = <usize>load<u32>(RECORDS)
        const target = <u64>((pc - records) >>> 5) + load<u64>(op1)
        if (load<u64>(op1) >>> 32 != 0 || target >= <u64>load<u32>(PROGRAM_WORDS)) break
        mark2<M>(op1, fp - 32)
        ap += flags & AP_PLUS
        pc = records + ((<usize>target) << 5)
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_CHECK:
        if (!isMarking<M>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        kind = load<u8>(pc, RECORD_KIND)
        continue
      case KIND_LESS:
      case KIND_LESS_OR_EQUAL: {
        if (!isMarking<M>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        const image = <usize>load<u32>(IMAGE)
        const hint = image + <usize>load<u32>(pc, RECORD_HINT)
        const left = comparedCell(hint + LEFT, image, ap, fp)
        const right = comparedCell(hint + RIGHT, image, ap, fp)
        const out = referredCell(load<i32>(hint + RESULT), ap, fp)
        if (!isFeltTag(tagOf(left)) || !isFeltTag(tagOf(right)) || tagOf(out) != UNSET) {
          return leave(EXIT_HINT, kind, ap, fp, pc, steps)
        }
        const isLess =
          kind == KIND_LESS ? <u64>cellLess(left, right) : <u64>!cellLess(right, left)
        store<u64>(out, isLess)
        store<i64>(out, SMALL, 8)
        kind = load<u8>(pc, RECORD_PLAIN)
        continue
      }
      case KIND_HINT:
        if (!isMarking<M>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        return leave(EXIT_HINT, kind, ap, fp, pc, steps)
      default:
        break
    }
    return leave(EXIT_STEP, kind, ap, fp, pc, steps)
  }
}
