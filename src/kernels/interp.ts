/**
 * The step loop of the Cairo VM: predecoded records, one `br_table` over their kind.
 *
 *     hints of the pc ─▶ fast path of the kind ─▶ next record
 *                             │ any surprise
 *                             └──▶ generalStep (step.ts), which knows all rules
 *
 * Compiled twice: `runGas` bare, `runSteps` with a mark on every accessed cell. ap, fp and pc live in locals; control
 * memory has them whenever something else runs. Invariant: a fast path changes nothing before it has seen that its
 * operands are those it was written for. It may skip an operand that it does not use only where that is [fp-1], which
 * every call sets and which `return` checks in the frame that it restores.
 */
import { cellEquals, REL, SMALL, tagOf, UNSET } from './cell'
import { runHints } from './hints'
import { fail, mark } from './memory'
import { addFelts, builtinOperand, multiplyFelts } from './operands'
import { generalStep } from './step'
import {
  AP,
  AP_PLUS,
  DONE,
  DST_FP,
  E_MEMORY,
  E_STEPS,
  END_SEGMENT,
  FP,
  HALT_RUN,
  IMAGE,
  KIND_ADD,
  KIND_ADD_BIG,
  KIND_ADD_IMMEDIATE,
  KIND_ADVANCE,
  KIND_BIG_IMMEDIATE,
  KIND_CALL,
  KIND_COPY,
  KIND_DEREF,
  KIND_IMMEDIATE,
  KIND_JNZ,
  KIND_JUMP,
  KIND_JUMP_CELL,
  KIND_MUL,
  KIND_MUL_IMMEDIATE,
  KIND_RETURN,
  OP0_FP,
  OP1_FP,
  PAUSE_STEPS,
  PC_OFFSET,
  PC_SEGMENT,
  PROGRAM_CELLS,
  PROGRAM_WORDS,
  RECORD_DST,
  RECORD_FLAGS,
  RECORD_HINT,
  RECORD_IMMEDIATE,
  RECORD_OP0,
  RECORD_OP1,
  RECORD_SIZE,
  RECORDS,
  RULE_RANGE_CHECK,
  STACK_BASE,
  STACK_END,
  STACK_HIGH,
  STACK_RESERVE,
  STEP_LIMIT,
  STEP_PAUSE,
  STEPS,
  TABLE,
} from './vm-layout'

export { fillHoles, grow, insert, markedCells, missingInput, usedCells } from './memory'
export { deduce } from './builtins'

/** Whether the host wants the run to end. */
// @ts-ignore: decorator
@external('env', 'stopped')
declare function stopped(): i32

const STACK_POINTER: u64 = 1 << 32

/** Runs the call in control memory to its end, without marks. */
export function runGas(): i32 {
  return run<f32>()
}

/** The same, marking what is accessed. */
export function runSteps(): i32 {
  return run<i32>()
}

// @ts-ignore: decorator
@inline
function isValue(tag: i64): bool {
  return <u64>(tag - 1) < 2
}

/** Alternates between the loop over records and steps elsewhere: foreign pcs, frames without [fp-1]. */
function run<T>(): i32 {
  while (true) {
    if (load<u32>(PC_SEGMENT) == load<u32>(END_SEGMENT) && load<u32>(PC_OFFSET) == 0) return DONE
    if (inProgram()) {
      const status = loop<T>()
      if (status != DONE) return status
      continue
    }
    if (load<u32>(STEPS) >= load<u32>(STEP_PAUSE)) {
      const status = pause()
      if (status != DONE) return status
    }
    // Hints belong to an offset, whatever the segment.
    if (load<u32>(PC_OFFSET) < load<u32>(PROGRAM_WORDS)) {
      const record = <usize>load<u32>(RECORDS) + ((<usize>load<u32>(PC_OFFSET)) << 5)
      const hint = load<u32>(record, RECORD_HINT)
      if (hint != 0) {
        const status = runHints(<usize>load<u32>(IMAGE) + hint)
        if (status != DONE) return status
      }
    }
    if (generalStep() != DONE) return 1
    store<u32>(STEPS, load<u32>(STEPS) + 1)
  }
}

/** Whether the loop may run: pc in the program, and the frame has its [fp-1]. */
function inProgram(): bool {
  if (load<u32>(PC_SEGMENT) != 0 || load<u32>(PC_OFFSET) >= load<u32>(PROGRAM_WORDS)) return false
  return frameIsWhole(load<u32>(FP))
}

// @ts-ignore: decorator
@inline
function frameIsWhole(fp: usize): bool {
  return fp > <usize>load<u32>(STACK_BASE) && tagOf(fp - 32) != UNSET
}

/** Called every few thousand steps: limits, room, and whether to go on. */
function pause(): i32 {
  const steps = load<u32>(STEPS)
  const limit = load<u32>(STEP_LIMIT)
  if (steps >= limit) return fail(E_STEPS, 0, 0)
  if (max(load<u32>(AP), load<u32>(FP)) > <u32>STACK_END - ((<u32>STACK_RESERVE) << 5)) {
    return fail(E_MEMORY, 1, 0)
  }
  store<u32>(STEP_PAUSE, min(limit, steps + PAUSE_STEPS))
  return stopped() ? HALT_RUN : DONE
}

function loop<T>(): i32 {
  const image: usize = load<u32>(IMAGE)
  const records: usize = load<u32>(RECORDS)
  const table: usize = load<u32>(TABLE)
  const base: usize = load<u32>(STACK_BASE)
  // Cells of the program lie beside its records, at the same stride; an immediate is one word on.
  const toImmediate = <usize>load<u32>(PROGRAM_CELLS) - records + 32
  let ap: usize = load<u32>(AP)
  let fp: usize = load<u32>(FP)
  let pc = records + ((<usize>load<u32>(PC_OFFSET)) << 5)
  let steps = load<u32>(STEPS)
  let stop = load<u32>(STEP_PAUSE)

  while (true) {
    if (steps >= stop) {
      store<u32>(STEPS, steps)
      store<u32>(AP, <u32>ap)
      store<u32>(FP, <u32>fp)
      store<u32>(PC_OFFSET, <u32>((pc - records) >>> 5))
      const status = pause()
      if (status != DONE) return status
      stop = load<u32>(STEP_PAUSE)
    }
    const hint = load<u32>(pc, RECORD_HINT)
    if (hint != 0) {
      store<u32>(STEPS, steps)
      store<u32>(AP, <u32>ap)
      store<u32>(FP, <u32>fp)
      store<u32>(PC_OFFSET, <u32>((pc - records) >>> 5))
      const status = runHints(image + hint)
      if (status != DONE) return status
      stop = load<u32>(STEP_PAUSE)
    }
    const flags: u32 = load<u8>(pc, RECORD_FLAGS)
    switch (<i32>load<u8>(pc)) {
      case KIND_IMMEDIATE: {
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const value = load<u64>(pc, RECORD_IMMEDIATE)
        const tag = tagOf(dst)
        if (tag == UNSET) {
          store<u64>(dst, value)
          store<i64>(dst, SMALL, 8)
        } else if (tag != SMALL || load<u64>(dst) != value) break
        if (isInteger<T>()) {
          mark(dst)
          mark(fp - 32)
        }
        ap += flags & AP_PLUS
        pc += 64
        steps++
        continue
      }
      case KIND_BIG_IMMEDIATE: {
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const value = pc + toImmediate
        if (tagOf(dst) == UNSET) {
          v128.store(dst, v128.load(value))
          v128.store(dst, v128.load(value, 16), 16)
        } else if (!cellEquals(dst, value)) break
        if (isInteger<T>()) {
          mark(dst)
          mark(fp - 32)
        }
        ap += flags & AP_PLUS
        pc += 64
        steps++
        continue
      }
      case KIND_COPY: {
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op1 = (flags & OP1_FP ? fp : ap) + load<i32>(pc, RECORD_OP1)
        const tag = tagOf(op1)
        const dstTag = tagOf(dst)
        if (dstTag == UNSET) {
          if (isValue(tag)) v128.store(dst, v128.load(op1))
          else if (tag < 0) {
            v128.store(dst, v128.load(op1))
            v128.store(dst, v128.load(op1, 16), 16)
          } else break
        } else if (tag == UNSET) {
          if (isValue(dstTag)) v128.store(op1, v128.load(dst))
          else if (dstTag < 0) {
            v128.store(op1, v128.load(dst))
            v128.store(op1, v128.load(dst, 16), 16)
          } else break
        } else if ((!isValue(tag) && tag >= 0) || !cellEquals(dst, op1)) break
        if (isInteger<T>()) {
          mark(dst)
          mark(op1)
          mark(fp - 32)
        }
        ap += flags & AP_PLUS
        pc += 32
        steps++
        continue
      }
      case KIND_DEREF: {
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        if (tagOf(op0) != REL) break
        const pointer = load<u64>(op0)
        const entry = table + ((<usize>(pointer >>> 32)) << 4)
        const offset = <u32>pointer + load<i32>(pc, RECORD_OP1)
        if (offset >= load<u32>(entry, 4)) break
        const op1 = <usize>load<u32>(entry) + ((<usize>offset) << 5)
        const tag = tagOf(op1)
        const dstTag = tagOf(dst)
        if (tag != UNSET) {
          if (dstTag == UNSET) {
            if (isValue(tag)) v128.store(dst, v128.load(op1))
            else if (tag < 0) {
              v128.store(dst, v128.load(op1))
              v128.store(dst, v128.load(op1, 16), 16)
            } else break
          } else if ((!isValue(tag) && tag >= 0) || !cellEquals(dst, op1)) break
        } else {
          const rule = load<u32>(entry, 12)
          if (rule == 0) {
            if (isValue(dstTag)) v128.store(op1, v128.load(dst))
            else if (dstTag < 0) {
              v128.store(op1, v128.load(dst))
              v128.store(op1, v128.load(dst, 16), 16)
            } else break
          } else if (rule == RULE_RANGE_CHECK) {
            if (dstTag == SMALL) v128.store(op1, v128.load(dst))
            else if (dstTag == i64.MIN_VALUE && load<u64>(dst, 24) == 0) {
              v128.store(op1, v128.load(dst))
              v128.store(op1, v128.load(dst, 16), 16)
            } else break
            if (offset >= load<u32>(entry, 8)) store<u32>(entry, offset + 1, 8)
          } else if (!builtinOperand(rule, entry, <u32>(pointer >>> 32), offset, op1, dst)) break
        }
        if (isInteger<T>()) {
          mark(dst)
          mark(op0)
          if (pointer >>> 32 != 0) mark(op1)
        }
        ap += flags & AP_PLUS
        pc += 32
        steps++
        continue
      }
      case KIND_ADD_IMMEDIATE: {
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        const tag = tagOf(op0)
        const dstTag = tagOf(dst)
        if (isValue(tag)) {
          const before = load<u64>(op0)
          const after = before + load<u64>(pc, RECORD_IMMEDIATE)
          if ((before ^ after) >>> 32 != 0) {
            if (tag != SMALL || !addFelts(dst, op0, pc + toImmediate)) break
          } else if (dstTag == UNSET) {
            store<u64>(dst, after)
            store<i64>(dst, tag, 8)
          } else if (dstTag != tag || load<u64>(dst) != after) break
        } else if (tag < 0 || dstTag < 0) {
          if (!addFelts(dst, op0, pc + toImmediate)) break
        } else if (tag == UNSET && isValue(dstTag)) {
          const after = load<u64>(dst)
          const before = after - load<u64>(pc, RECORD_IMMEDIATE)
          if ((before ^ after) >>> 32 != 0) break
          store<u64>(op0, before)
          store<i64>(op0, dstTag, 8)
        } else break
        if (isInteger<T>()) {
          mark(dst)
          mark(op0)
        }
        ap += flags & AP_PLUS
        pc += 64
        steps++
        continue
      }
      case KIND_ADD: {
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        const op1 = (flags & OP1_FP ? fp : ap) + load<i32>(pc, RECORD_OP1)
        const tag0 = tagOf(op0)
        const tag1 = tagOf(op1)
        const dstTag = tagOf(dst)
        if (tag0 == SMALL && tag1 == SMALL) {
          const left = load<u64>(op0)
          const sum = left + load<u64>(op1)
          if (sum < left) break
          if (dstTag == UNSET) {
            store<u64>(dst, sum)
            store<i64>(dst, SMALL, 8)
          } else if (dstTag != SMALL || load<u64>(dst) != sum) break
        } else if (dstTag == SMALL && tag0 == SMALL && tag1 == UNSET) {
          const sum = load<u64>(dst)
          const left = load<u64>(op0)
          if (sum < left) break
          store<u64>(op1, sum - left)
          store<i64>(op1, SMALL, 8)
        } else if (dstTag == SMALL && tag1 == SMALL && tag0 == UNSET) {
          const sum = load<u64>(dst)
          const right = load<u64>(op1)
          if (sum < right) break
          store<u64>(op0, sum - right)
          store<i64>(op0, SMALL, 8)
        } else if (!addFelts(dst, op0, op1)) break
        if (isInteger<T>()) {
          mark(dst)
          mark(op0)
          mark(op1)
        }
        ap += flags & AP_PLUS
        pc += 32
        steps++
        continue
      }
      case KIND_ADD_BIG: {
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        if (!addFelts(dst, op0, pc + toImmediate)) break
        if (isInteger<T>()) {
          mark(dst)
          mark(op0)
        }
        ap += flags & AP_PLUS
        pc += 64
        steps++
        continue
      }
      case KIND_MUL: {
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        const op1 = (flags & OP1_FP ? fp : ap) + load<i32>(pc, RECORD_OP1)
        if (!multiplyFelts(dst, op0, op1)) break
        if (isInteger<T>()) {
          mark(dst)
          mark(op0)
          mark(op1)
        }
        ap += flags & AP_PLUS
        pc += 32
        steps++
        continue
      }
      case KIND_MUL_IMMEDIATE: {
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const op0 = (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
        if (!multiplyFelts(dst, op0, pc + toImmediate)) break
        if (isInteger<T>()) {
          mark(dst)
          mark(op0)
        }
        ap += flags & AP_PLUS
        pc += 64
        steps++
        continue
      }
      case KIND_JNZ: {
        const dst = (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
        const tag = tagOf(dst)
        if (isValue(tag) || tag < 0) {
          if (isInteger<T>()) {
            mark(dst)
            mark(fp - 32)
          }
          ap += flags & AP_PLUS
          pc += tag == SMALL && load<u64>(dst) == 0 ? 64 : load<i32>(pc, RECORD_IMMEDIATE)
          steps++
          continue
        }
        break
      }
      case KIND_JUMP:
        if (isInteger<T>()) mark(fp - 32)
        ap += flags & AP_PLUS
        pc += load<i32>(pc, RECORD_IMMEDIATE)
        steps++
        continue
      case KIND_CALL: {
        if ((tagOf(ap) | tagOf(ap + 32)) != UNSET) break
        store<u64>(ap, STACK_POINTER | <u64>((fp - base) >>> 5))
        store<i64>(ap, REL, 8)
        store<u64>(ap, <u64>((pc - records + load<u32>(pc, RECORD_SIZE)) >>> 5), 32)
        store<i64>(ap, REL, 40)
        if (isInteger<T>()) {
          mark(ap)
          mark(ap + 32)
        }
        ap += 64
        fp = ap
        pc += load<i32>(pc, RECORD_IMMEDIATE)
        steps++
        continue
      }
      case KIND_RETURN: {
        if (tagOf(fp - 64) != REL || tagOf(fp - 32) != REL) break
        const target = load<u64>(fp - 32)
        if (target >= <u64>load<u32>(PROGRAM_WORDS)) break
        const saved = load<u32>(fp - 64)
        const frame = base + ((<usize>saved) << 5)
        if (saved >= 0x4000000 || frame > ap || frame < base + 32) break
        if (tagOf(frame - 32) == UNSET) break
        if (isInteger<T>()) {
          mark(fp - 64)
          mark(fp - 32)
        }
        ap += flags & AP_PLUS
        fp = frame
        pc = records + ((<usize>target) << 5)
        steps++
        continue
      }
      case KIND_ADVANCE: {
        const next = ap + load<i32>(pc, RECORD_IMMEDIATE)
        if (next > <usize>STACK_END - ((<usize>STACK_RESERVE) << 5) || next < base) break
        if (next < ap && ap > <usize>load<u32>(STACK_HIGH)) store<u32>(STACK_HIGH, <u32>ap)
        if (isInteger<T>()) mark(fp - 32)
        ap = next
        pc += 64
        steps++
        continue
      }
      case KIND_JUMP_CELL: {
        const op1 = (flags & OP1_FP ? fp : ap) + load<i32>(pc, RECORD_OP1)
        if (tagOf(op1) != SMALL) break
        const target = <u64>((pc - records) >>> 5) + load<u64>(op1)
        if (load<u64>(op1) >>> 32 != 0 || target >= <u64>load<u32>(PROGRAM_WORDS)) break
        if (isInteger<T>()) {
          mark(op1)
          mark(fp - 32)
        }
        ap += flags & AP_PLUS
        pc = records + ((<usize>target) << 5)
        steps++
        continue
      }
      default:
        break
    }
    // A surprise, or a word without a fast path: the general step, then back if it stayed in the program.
    store<u32>(STEPS, steps)
    store<u32>(AP, <u32>ap)
    store<u32>(FP, <u32>fp)
    store<u32>(PC_OFFSET, <u32>((pc - records) >>> 5))
    if (generalStep() != DONE) return 1
    steps++
    ap = load<u32>(AP)
    fp = load<u32>(FP)
    pc = records + ((<usize>load<u32>(PC_OFFSET)) << 5)
    if (!inProgram()) {
      store<u32>(STEPS, steps)
      return DONE
    }
  }
}
