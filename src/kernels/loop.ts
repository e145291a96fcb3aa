/**
 * The loop over predecoded records: one `br_table` over their dispatch byte, straight code for each.
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
import { cellAdd, cellEquals, cellLess, cellSub, REL, SMALL, tagOf, UNSET } from './cell'
import { cellMulSmall } from './cell-field'
import { mark } from './memory'
import {
  AP,
  AP_PLUS,
  DST_FP,
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
  OP0_FP,
  OP1_FP,
  OPERAND_DEREF,
  PC_OFFSET,
  PROGRAM_CELLS,
  PROGRAM_WORDS,
  RECORD_DST,
  RECORD_FLAGS,
  RECORD_HINT,
  RECORD_IMMEDIATE,
  RECORD_KIND,
  RECORD_OP0,
  RECORD_OP1,
  RECORD_PLAIN,
  RECORD_SIZE,
  RECORDS,
  RESUME_KIND,
  RULE_RANGE_CHECK,
  STACK_BASE,
  STACK_EDGE,
  STACK_HIGH,
  STEP_PAUSE,
  STEPS,
  TABLE,
} from './vm-layout'

const STACK_POINTER: u64 = 1 << 32
/** Where the parts of a comparison lie in its hint record. */
const LEFT: usize = 8
const RIGHT: usize = 24
const RESULT: usize = 40

/** Copies a cell with this tag; false, and nothing done, when it is not set. */
// @ts-ignore: decorator
@inline
function copyInto(to: usize, from: usize, tag: i64): bool {
  // Halves of 8 bytes, as most cells are written: a wider load would have to wait until those stores are done.
  if (tag < 0) {
    const l1 = load<u64>(from, 16)
    const l2 = load<u64>(from, 24)
    store<u64>(to, load<u64>(from))
    store<i64>(to, tag, 8)
    store<u64>(to, l1, 16)
    store<u64>(to, l2, 24)
    return true
  }
  if (<u64>(tag - 1) >= 2) return false
  store<u64>(to, load<u64>(from))
  store<i64>(to, tag, 8)
  return true
}

/** Makes two cells of a copy equal, whichever is set. */
// @ts-ignore: decorator
@inline
function unify(dst: usize, op1: usize): bool {
  const tag = tagOf(op1)
  const dstTag = tagOf(dst)
  if (dstTag == UNSET) return copyInto(dst, op1, tag)
  if (tag == UNSET) return copyInto(op1, dst, dstTag)
  return isSet(tag) && cellEquals(dst, op1)
}

// @ts-ignore: decorator
@inline
function isSet(tag: i64): bool {
  return tag < 0 || <u64>(tag - 1) < 2
}

// @ts-ignore: decorator
@inline
function isFeltTag(tag: i64): bool {
  return tag < 0 || tag == SMALL
}

/** Marks cells as accessed, in the loop that does. */
// @ts-ignore: decorator
@inline
function mark2<T>(a: usize, b: usize): void {
  if (isInteger<T>()) {
    mark(a)
    mark(b)
  }
}

// @ts-ignore: decorator
@inline
function mark3<T>(a: usize, b: usize, c: usize): void {
  if (isInteger<T>()) {
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

/** The cell behind a record's word: cells lie beside the records, at the same stride. */
// @ts-ignore: decorator
@inline
function immediateOf(pc: usize): usize {
  return pc + <usize>load<u32>(PROGRAM_CELLS) - <usize>load<u32>(RECORDS) + 32
}

/** Walks on from the registers in control memory, the first record dispatched on `kind`; returns why it stopped. */
export function walk<T>(first: u32): i32 {
  let kind = first
  let ap: usize = load<u32>(AP)
  let fp: usize = load<u32>(FP)
  let pc = <usize>load<u32>(RECORDS) + ((<usize>load<u32>(PC_OFFSET)) << 5)
  let steps = load<u32>(STEPS)
  // A step that was started is finished, also when its hint used up what was left.
  const stop = max(load<u32>(STEP_PAUSE), steps + 1)

  while (true) {
    if (isInteger<T>()) {
      if (steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
    }
    switch (kind) {
      case KIND_PUSH_AP: {
        const op1 = ap + load<i32>(pc, RECORD_OP1)
        if (tagOf(ap) != UNSET || !copyInto(ap, op1, tagOf(op1))) break
        mark3<T>(ap, op1, fp - 32)
        ap += 32
        pc += 32
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_PUSH_FP: {
        const op1 = fp + load<i32>(pc, RECORD_OP1)
        if (tagOf(ap) != UNSET || !copyInto(ap, op1, tagOf(op1))) break
        mark3<T>(ap, op1, fp - 32)
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
        mark2<T>(ap, fp - 32)
        ap += 32
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_PUSH_DEREF: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        if (tagOf(op0) != REL) break
        const pointer = load<u64>(op0)
        const entry = <usize>load<u32>(TABLE) + ((<usize>(pointer >>> 32)) << 4)
        const offset = <u32>pointer + load<i32>(pc, RECORD_OP1)
        if (offset >= load<u32>(entry, 4)) break
        const op1 = <usize>load<u32>(entry) + ((<usize>offset) << 5)
        if (tagOf(ap) != UNSET || !copyInto(ap, op1, tagOf(op1))) break
        if (isInteger<T>()) {
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
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        const tag = tagOf(op0)
        const before = load<u64>(op0)
        const after = before + load<u64>(pc, RECORD_IMMEDIATE)
        if (<u64>(tag - 1) >= 2 || (before ^ after) >>> 32 != 0 || tagOf(ap) != UNSET) {
          kind = KIND_ADD_BIG
          continue
        }
        store<u64>(ap, after)
        store<i64>(ap, tag, 8)
        mark2<T>(ap, op0)
        ap += 32
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_IMMEDIATE: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const value = load<u64>(pc, RECORD_IMMEDIATE)
        const tag = tagOf(dst)
        if (tag == UNSET) {
          store<u64>(dst, value)
          store<i64>(dst, SMALL, 8)
        } else if (tag != SMALL || load<u64>(dst) != value) break
        mark2<T>(dst, fp - 32)
        ap += flags & AP_PLUS
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_BIG_IMMEDIATE: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const value = immediateOf(pc)
        if (tagOf(dst) == UNSET) copyInto(dst, value, tagOf(value))
        else if (!cellEquals(dst, value)) break
        mark2<T>(dst, fp - 32)
        ap += flags & AP_PLUS
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_COPY: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op1 = (flags & OP1_FP ? fp : ap) + load<i32>(pc, RECORD_OP1)
        if (!unify(dst, op1)) break
        mark3<T>(dst, op1, fp - 32)
        ap += flags & AP_PLUS
        pc += 32
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_DEREF: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        if (tagOf(op0) != REL) break
        const pointer = load<u64>(op0)
        const entry = <usize>load<u32>(TABLE) + ((<usize>(pointer >>> 32)) << 4)
        const offset = <u32>pointer + load<i32>(pc, RECORD_OP1)
        if (offset >= load<u32>(entry, 4)) break
        const op1 = <usize>load<u32>(entry) + ((<usize>offset) << 5)
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        if (tagOf(op1) == UNSET) {
          const rule = load<u32>(entry, 12)
          const dstTag = tagOf(dst)
          if (rule == RULE_RANGE_CHECK) {
            if (dstTag != SMALL && (dstTag != i64.MIN_VALUE || load<u64>(dst, 24) != 0)) break
            copyInto(op1, dst, dstTag)
            if (offset >= load<u32>(entry, 8)) store<u32>(entry, offset + 1, 8)
          } else if (rule != 0 || !copyInto(op1, dst, dstTag)) break
        } else if (!unify(dst, op1)) break
        if (isInteger<T>()) {
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
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        const tag = tagOf(op0)
        const dstTag = tagOf(dst)
        if (<u64>(tag - 1) < 2) {
          const before = load<u64>(op0)
          const after = before + load<u64>(pc, RECORD_IMMEDIATE)
          if ((before ^ after) >>> 32 != 0) {
            kind = KIND_ADD_BIG
            continue
          }
          if (dstTag == UNSET) {
            store<u64>(dst, after)
            store<i64>(dst, tag, 8)
          } else if (dstTag != tag || load<u64>(dst) != after) break
        } else if (tag == UNSET && <u64>(dstTag - 1) < 2) {
          const after = load<u64>(dst)
          const before = after - load<u64>(pc, RECORD_IMMEDIATE)
          if ((before ^ after) >>> 32 != 0) {
            kind = KIND_ADD_BIG
            continue
          }
          store<u64>(op0, before)
          store<i64>(op0, dstTag, 8)
        } else {
          kind = KIND_ADD_BIG
          continue
        }
        mark2<T>(dst, op0)
        ap += flags & AP_PLUS
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_ADD: {
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        const op1 = (flags & OP1_FP ? fp : ap) + load<i32>(pc, RECORD_OP1)
        const tag0 = tagOf(op0)
        const tag1 = tagOf(op1)
        const dstTag = tagOf(dst)
        if ((tag0 | tag1 | dstTag) != SMALL) {
          kind = KIND_ADD_BIG
          continue
        }
        // No pointer and nothing big: two numbers at least, or the general sum finds out.
        if (dstTag == UNSET && (tag0 & tag1) != 0) {
          const left = load<u64>(op0)
          const sum = left + load<u64>(op1)
          if (sum < left) {
            kind = KIND_ADD_BIG
            continue
          }
          store<u64>(dst, sum)
          store<i64>(dst, SMALL, 8)
        } else if (dstTag != UNSET && (tag0 ^ tag1) != 0) {
          const known = tag0 != UNSET ? op0 : op1
          const sum = load<u64>(dst)
          const part = load<u64>(known)
          if (sum < part) {
            kind = KIND_ADD_BIG
            continue
          }
          const other = tag0 != UNSET ? op1 : op0
          store<u64>(other, sum - part)
          store<i64>(other, SMALL, 8)
        } else {
          kind = KIND_ADD_BIG
          continue
        }
        mark3<T>(dst, op0, op1)
        ap += flags & AP_PLUS
        pc += 32
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_ADD_BIG: {
        // Sums of felts of any size, and what the other sums could not do.
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        const isImmediate = load<u32>(pc, RECORD_SIZE) == 64
        const op1 = isImmediate
          ? immediateOf(pc)
          : (flags & OP1_FP ? fp : ap) + load<i32>(pc, RECORD_OP1)
        const tag0 = tagOf(op0)
        const tag1 = tagOf(op1)
        const dstTag = tagOf(dst)
        if (dstTag == UNSET) {
          if (!isFeltTag(tag0) || !isFeltTag(tag1)) break
          cellAdd(dst, op0, op1)
        } else {
          const known = tag0 == UNSET ? op1 : op0
          if (!isFeltTag(dstTag) || !isFeltTag(tagOf(known))) break
          const other = tag0 == UNSET ? op0 : op1
          if (tagOf(other) != UNSET) break
          cellSub(other, dst, known)
        }
        if (isInteger<T>()) {
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
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        const isImmediate = load<u32>(pc, RECORD_SIZE) == 64
        const op1 = isImmediate
          ? immediateOf(pc)
          : (flags & OP1_FP ? fp : ap) + load<i32>(pc, RECORD_OP1)
        if (tagOf(dst) != UNSET || tagOf(op0) != SMALL || tagOf(op1) != SMALL) break
        cellMulSmall(dst, load<u64>(op0), load<u64>(op1))
        if (isInteger<T>()) {
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
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const tag = tagOf(dst)
        if (!isSet(tag)) break
        mark2<T>(dst, fp - 32)
        ap += flags & AP_PLUS
        if (tag == SMALL && load<u64>(dst) == 0) pc += 64
        else pc += load<i32>(pc, RECORD_IMMEDIATE)
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_JUMP:
        if (isInteger<T>()) mark(fp - 32)
        ap += load<u8>(pc, RECORD_FLAGS) & AP_PLUS
        pc += load<i32>(pc, RECORD_IMMEDIATE)
        steps++
        kind = load<u8>(pc)
        continue
      case KIND_CALL: {
        if (!isInteger<T>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        if ((tagOf(ap) | tagOf(ap + 32)) != UNSET) break
        store<u64>(ap, STACK_POINTER | <u64>((fp - <usize>load<u32>(STACK_BASE)) >>> 5))
        store<i64>(ap, REL, 8)
        const next = pc - <usize>load<u32>(RECORDS) + <usize>load<u32>(pc, RECORD_SIZE)
        store<u64>(ap, <u64>(next >>> 5), 32)
        store<i64>(ap, REL, 40)
        mark2<T>(ap, ap + 32)
        ap += 64
        fp = ap
        pc += load<i32>(pc, RECORD_IMMEDIATE)
        steps++
        kind = load<u8>(pc)
        if (isFloat<T>() && sizeof<T>() == 8) return leave(EXIT_CALL, kind, ap, fp, pc, steps)
        continue
      }
      case KIND_RETURN: {
        if (!isInteger<T>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        if (tagOf(fp - 64) != REL || tagOf(fp - 32) != REL) break
        const target = load<u64>(fp - 32)
        if (target >= <u64>load<u32>(PROGRAM_WORDS)) break
        const saved = load<u32>(fp - 64)
        const base = <usize>load<u32>(STACK_BASE)
        const frame = base + ((<usize>saved) << 5)
        if (saved >= 0x4000000 || frame > ap || frame < base + 32) break
        if (tagOf(frame - 32) == UNSET) break
        mark2<T>(fp - 64, fp - 32)
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
        if (isInteger<T>()) mark(fp - 32)
        ap = next
        pc += 64
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_JUMP_CELL: {
        if (!isInteger<T>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        const flags: u32 = load<u8>(pc, RECORD_FLAGS)
        const op1 = (flags & OP1_FP ? fp : ap) + load<i32>(pc, RECORD_OP1)
        if (tagOf(op1) != SMALL) break
        const records = <usize>load<u32>(RECORDS)
        const target = <u64>((pc - records) >>> 5) + load<u64>(op1)
        if (load<u64>(op1) >>> 32 != 0 || target >= <u64>load<u32>(PROGRAM_WORDS)) break
        mark2<T>(op1, fp - 32)
        ap += flags & AP_PLUS
        pc = records + ((<usize>target) << 5)
        steps++
        kind = load<u8>(pc)
        continue
      }
      case KIND_CHECK:
        if (!isInteger<T>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        kind = load<u8>(pc, RECORD_KIND)
        continue
      case KIND_LESS:
      case KIND_LESS_OR_EQUAL: {
        if (!isInteger<T>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        const image = <usize>load<u32>(IMAGE)
        const hint = image + <usize>load<u32>(pc, RECORD_HINT)
        const leftCell = load<i32>(hint + LEFT, 4)
        const left =
          load<u8>(hint + LEFT) == OPERAND_DEREF
            ? (leftCell & 1 ? fp : ap) + (leftCell & ~31)
            : image + <usize>load<u32>(hint + LEFT, 12)
        const rightCell = load<i32>(hint + RIGHT, 4)
        const right =
          load<u8>(hint + RIGHT) == OPERAND_DEREF
            ? (rightCell & 1 ? fp : ap) + (rightCell & ~31)
            : image + <usize>load<u32>(hint + RIGHT, 12)
        const result = load<i32>(hint + RESULT)
        const out = (result & 1 ? fp : ap) + (result & ~31)
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
        if (!isInteger<T>() && steps >= stop) return leave(EXIT_PAUSE, kind, ap, fp, pc, steps)
        return leave(EXIT_HINT, kind, ap, fp, pc, steps)
      default:
        break
    }
    return leave(EXIT_STEP, kind, ap, fp, pc, steps)
  }
}
