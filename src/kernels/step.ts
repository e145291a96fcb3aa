/**
 * The general step: any word, any memory, the rules of one Cairo instruction to the letter.
 *
 *     decode ─▶ addresses ─▶ read ─▶ deduce op0, op1, res, dst ─▶ insert ─▶ check ─▶ mark ─▶ fp, ap, pc
 *
 * The fast paths of loop.ts come here whenever they meet a surprise, after the hints of the pc ran and before they
 * changed anything. Registers are read from control memory and written back.
 */
import {
  cellEquals,
  cellIsZero,
  isSmall,
  limb0,
  limb1,
  limb2,
  limb3,
  setLimbs,
  tagOf,
  UNSET,
} from './cell'
import { blakeStep } from './blake'
import { deduce } from './builtins'
import {
  copyCell,
  entryOf,
  fail,
  failWith,
  insert,
  isFelt,
  lookup,
  markAt,
  setPointer,
} from './memory'
import { qm31Add, qm31Divide, qm31Multiply, qm31Subtract } from './qm31'
import { addValues, displaced, divideValues, multiplyValues, subtractValues } from './values'
import {
  AP,
  DONE,
  E_ADDRESS_NOT_POINTER,
  E_AP_UPDATE,
  E_ASSERT,
  E_BLAKE_FLAGS,
  E_ENCODING,
  E_EXPECTED_INTEGER,
  E_EXTENSION,
  E_IMMEDIATE_OFFSET,
  E_JUMP,
  E_JUMP_RELATIVE,
  E_MEMORY,
  E_NO_DST,
  E_OP1_SOURCE,
  E_OPCODE,
  E_OPERAND,
  E_PC_UPDATE,
  E_QM31_FLAGS,
  E_RES,
  E_RES_ADVANCE,
  E_RES_ASSERT,
  E_RETURN_FP,
  E_RETURN_PC,
  E_TO_USIZE,
  E_UNKNOWN_CELL,
  E_UNKNOWN_OP0,
  ERROR_DETAIL,
  FAULT,
  FP,
  OPERAND_SCRATCH,
  PC_OFFSET,
  PC_SEGMENT,
  RULE_STACK,
  STACK_BASE,
  STACK_HIGH,
  STACK_TOP,
  VALUE_DST,
  VALUE_OP0,
  VALUE_OP1,
  VALUE_RES,
} from './vm-layout'

/** The execution segment is number 1 of every call. */
const STACK: u32 = 1

/** Runs the instruction at pc; DONE, or FAULT with the error noted. */
export function generalStep(): i32 {
  const pcSegment = load<u32>(PC_SEGMENT)
  const pcOffset = load<u32>(PC_OFFSET)
  const word = lookup(pcSegment, pcOffset)
  if (word == 0 || tagOf(word) == UNSET) return fail(E_UNKNOWN_CELL, pcSegment, pcOffset)
  if (!isFelt(word)) return fail(E_EXPECTED_INTEGER, pcSegment, pcOffset)
  if ((limb2(word) | limb3(word)) != 0) return fail(E_ENCODING, pcSegment, pcOffset)
  const low = limb0(word)

  const flags = <u32>(low >>> 48) & 0x7fff
  const op1Source = (flags >> 2) & 7
  const resLogic = (flags >> 5) & 3
  const pcUpdate = (flags >> 7) & 7
  const apUpdate = (flags >> 10) & 3
  const opcode = (flags >> 12) & 7
  if (op1Source != 0 && op1Source != 1 && op1Source != 2 && op1Source != 4) {
    return failDetail(E_OP1_SOURCE, op1Source)
  }
  if (pcUpdate != 0 && pcUpdate != 1 && pcUpdate != 2 && pcUpdate != 4) {
    return failDetail(E_PC_UPDATE, pcUpdate)
  }
  if (resLogic > 2 || (pcUpdate == 4 && resLogic != 0)) return failDetail(E_RES, resLogic)
  if (opcode != 0 && opcode != 1 && opcode != 2 && opcode != 4) return failDetail(E_OPCODE, opcode)
  const high = limb1(word)
  if (high > 1) {
    setLimbs(OPERAND_SCRATCH, (high << 1) | (low >>> 63), high >>> 63, 0, 0)
    return failWith(E_EXTENSION, 0, 0, OPERAND_SCRATCH, OPERAND_SCRATCH)
  }
  const extension = (<u32>high << 1) | <u32>(low >>> 63)
  const plainAdvance = apUpdate == 0 || apUpdate == 2
  if (extension == 1 || extension == 2) {
    const fits = opcode == 0 && op1Source >= 2 && resLogic == 0 && pcUpdate == 0 && plainAdvance
    if (!fits) return failDetail(E_BLAKE_FLAGS, flags)
  }
  if (extension == 3) {
    const fits =
      resLogic != 0 && op1Source != 0 && pcUpdate == 0 && opcode == 4 && plainAdvance
    if (!fits) return failDetail(E_QM31_FLAGS, flags)
  }
  if (apUpdate == 3 || (opcode == 1 && apUpdate != 0)) return failDetail(E_AP_UPDATE, apUpdate)
  const offDst = <i32>(low & 0xffff) - 0x8000
  const offOp0 = <i32>((low >>> 16) & 0xffff) - 0x8000
  const offOp1 = <i32>((low >>> 32) & 0xffff) - 0x8000
  if (opcode == 1 && (offDst != 0 || offOp0 != 1 || (flags & 3) != 0)) {
    return failDetail(E_OPCODE, opcode)
  }
  if (opcode == 2) {
    const fits =
      offDst == -2 &&
      offOp1 == -1 &&
      (flags & 1) == 1 &&
      op1Source == 2 &&
      resLogic == 0 &&
      pcUpdate == 1
    if (!fits) return failDetail(E_OPCODE, opcode)
  }
  const size: u32 = op1Source == 1 ? 2 : 1

  // Addresses and values.
  const base: usize = load<u32>(STACK_BASE)
  const ap = <u32>((<usize>load<u32>(AP) - base) >>> 5)
  const fp = <u32>((<usize>load<u32>(FP) - base) >>> 5)
  const dstAt = displaced(STACK, flags & 1 ? fp : ap, offDst)
  if (dstAt < 0) return FAULT
  let dstKnown = fetch(VALUE_DST, STACK, <u32>dstAt)
  const op0At = displaced(STACK, flags & 2 ? fp : ap, offOp0)
  if (op0At < 0) return FAULT
  let op0Known = fetch(VALUE_OP0, STACK, <u32>op0At)
  let op1Segment = STACK
  let op1At: i64
  if (op1Source == 1) {
    if (offOp1 != 1) return fail(E_IMMEDIATE_OFFSET, 0, 0)
    op1Segment = pcSegment
    op1At = displaced(pcSegment, pcOffset, 1)
  } else if (op1Source == 0) {
    if (!op0Known) return fail(E_UNKNOWN_OP0, 0, 0)
    if (isFelt(VALUE_OP0)) return fail(E_ADDRESS_NOT_POINTER, 0, 0)
    const pointer = load<u64>(VALUE_OP0)
    op1Segment = <u32>(pointer >>> 32)
    op1At = displaced(op1Segment, <u32>pointer, offOp1)
  } else {
    op1At = displaced(STACK, op1Source == 2 ? fp : ap, offOp1)
  }
  if (op1At < 0) return FAULT
  let op1Known = fetch(VALUE_OP1, op1Segment, <u32>op1At)

  // Deductions, in the order op0, op1, res, dst.
  const asserts = opcode == 4
  const qm31 = extension == 3
  const dstWasKnown = dstKnown
  const op0WasKnown = op0Known
  const op1WasKnown = op1Known
  let resKnown = false
  let op1Deduced = false
  if (!op0Known) {
    if (opcode == 1) {
      setPointer(VALUE_OP0, pcSegment, pcOffset + size)
      op0Known = true
    } else if (asserts && dstKnown && op1Known && resLogic == 1) {
      const status = qm31
        ? qm31Subtract(VALUE_OP0, VALUE_DST, VALUE_OP1)
        : subtractValues(VALUE_OP0, VALUE_DST, VALUE_OP1)
      if (status != DONE) return FAULT
      op0Known = true
    } else if (asserts && dstKnown && op1Known && resLogic == 2) {
      if (isFelt(VALUE_DST) && isFelt(VALUE_OP1) && !cellIsZero(VALUE_OP1)) {
        if (!qm31) divideValues(VALUE_OP0, VALUE_DST, VALUE_OP1)
        else if (qm31Divide(VALUE_OP0, VALUE_DST, VALUE_OP1) != DONE) return FAULT
        op0Known = true
      }
    }
    if (!op0Known) return fail(E_OPERAND, STACK, <u32>op0At)
    if (opcode != 1) {
      copyCell(VALUE_RES, VALUE_DST)
      resKnown = true
    }
  }
  if (!op1Known) {
    const rule = load<u32>(entryOf(op1Segment), 12)
    if (rule != 0 && rule < <u32>RULE_STACK) {
      const deduced = deduce(rule, op1Segment, <u32>op1At)
      if (deduced < 0) return FAULT
      if (deduced != 0) {
        copyCell(VALUE_OP1, deduced)
        op1Known = true
        op1Deduced = true
      }
    }
    if (!op1Known && asserts) {
      if (resLogic == 0) {
        // With jnz there is no res, hence nothing to take from dst.
        if (dstKnown && pcUpdate != 4) {
          copyCell(VALUE_OP1, VALUE_DST)
          op1Known = true
        }
      } else if (dstKnown && resLogic == 1) {
        const status = qm31
          ? qm31Subtract(VALUE_OP1, VALUE_DST, VALUE_OP0)
          : subtractValues(VALUE_OP1, VALUE_DST, VALUE_OP0)
        op1Known = status == DONE
      } else if (dstKnown && resLogic == 2) {
        if (isFelt(VALUE_DST) && isFelt(VALUE_OP0) && !cellIsZero(VALUE_OP0)) {
          if (!qm31) divideValues(VALUE_OP1, VALUE_DST, VALUE_OP0)
          else if (qm31Divide(VALUE_OP1, VALUE_DST, VALUE_OP0) != DONE) return FAULT
          op1Known = true
        }
      }
      if (op1Known && !resKnown) {
        copyCell(VALUE_RES, VALUE_DST)
        resKnown = true
      }
    }
    if (!op1Known) {
      const status = fail(E_OPERAND, op1Segment, <u32>op1At)
      store<u32>(ERROR_DETAIL, 1)
      return status
    }
  }
  if (!resKnown && pcUpdate != 4) {
    if (resLogic == 0) copyCell(VALUE_RES, VALUE_OP1)
    else if (resLogic == 1) {
      const status = qm31
        ? qm31Add(VALUE_RES, VALUE_OP0, VALUE_OP1)
        : addValues(VALUE_RES, VALUE_OP0, VALUE_OP1)
      if (status != DONE) return FAULT
    } else {
      const status = qm31
        ? qm31Multiply(VALUE_RES, VALUE_OP0, VALUE_OP1)
        : multiplyValues(VALUE_RES, VALUE_OP0, VALUE_OP1)
      if (status != DONE) return FAULT
    }
    resKnown = true
  }
  if (!dstKnown) {
    if (asserts && resKnown) copyCell(VALUE_DST, VALUE_RES)
    else if (opcode == 1) setPointer(VALUE_DST, STACK, fp)
    else return fail(E_NO_DST, 0, 0)
    dstKnown = true
  }

  // Insertions and checks.
  if (!op0WasKnown && insert(STACK, <u32>op0At, VALUE_OP0) != DONE) return FAULT
  if (!op1WasKnown) {
    // The rule holds for what it deduced itself: set first, it is no output that needs checking.
    if (op1Deduced) setDeduced(op1Segment, <u32>op1At)
    if (insert(op1Segment, <u32>op1At, VALUE_OP1) != DONE) return FAULT
  }
  if (!dstWasKnown && insert(STACK, <u32>dstAt, VALUE_DST) != DONE) return FAULT
  if (asserts) {
    if (!resKnown) return fail(E_RES_ASSERT, 0, 0)
    if (!cellEquals(VALUE_RES, VALUE_DST)) return failWith(E_ASSERT, 0, 0, VALUE_DST, VALUE_RES)
  } else if (opcode == 1) {
    setPointer(OPERAND_SCRATCH, pcSegment, pcOffset + size)
    if (!cellEquals(VALUE_OP0, OPERAND_SCRATCH)) {
      return failWith(E_RETURN_PC, 0, 0, VALUE_OP0, OPERAND_SCRATCH)
    }
    setPointer(OPERAND_SCRATCH, STACK, fp)
    if (!cellEquals(VALUE_DST, OPERAND_SCRATCH)) {
      return failWith(E_RETURN_FP, 0, 0, VALUE_DST, OPERAND_SCRATCH)
    }
  }
  markAt(STACK, <u32>dstAt)
  markAt(STACK, <u32>op0At)
  markAt(op1Segment, <u32>op1At)
  markAt(pcSegment, pcOffset)
  if (extension == 1 || extension == 2) {
    const status = blakeStep(<u32>dstAt, <u32>op0At, <u32>op1At, ap, extension == 2)
    if (status != DONE) return status
  }
  return advanceRegisters(opcode, apUpdate, pcUpdate, pcSegment, pcOffset, size, ap, fp)
}

function failDetail(code: i32, detail: u32): i32 {
  fail(code, 0, 0)
  store<u32>(ERROR_DETAIL, detail)
  return FAULT
}

/** Copies a cell that is set. */
function fetch(out: usize, segment: u32, offset: u32): bool {
  const cell = lookup(segment, offset)
  if (cell == 0 || tagOf(cell) == UNSET) return false
  copyCell(out, cell)
  return true
}

/** Sets a cell that its rule deduced, without counting it as written; where there is no room yet, it is inserted. */
function setDeduced(segment: u32, offset: u32): void {
  const cell = lookup(segment, offset)
  if (cell == 0) return
  copyCell(cell, VALUE_OP1)
  const entry = entryOf(segment)
  if (offset >= load<u32>(entry, 8)) store<u32>(entry, offset + 1, 8)
}

function advanceRegisters(
  opcode: u32,
  apUpdate: u32,
  pcUpdate: u32,
  pcSegment: u32,
  pcOffset: u32,
  size: u32,
  ap: u32,
  fp: u32,
): i32 {
  let newFp = fp
  if (opcode == 1) {
    newFp = ap + 2
  } else if (opcode == 2) {
    if (isFelt(VALUE_DST)) {
      if (!isSmall(VALUE_DST)) return failWith(E_TO_USIZE, 0, 0, VALUE_DST, VALUE_DST)
      const offset = limb0(VALUE_DST)
      if (offset >>> 32 != 0) return fail(E_MEMORY, STACK, 0)
      newFp = <u32>offset
    } else {
      newFp = <u32>load<u64>(VALUE_DST)
    }
  }
  const base = load<u32>(STACK_BASE)
  const limit = (<u32>STACK_TOP - base) >>> 5
  let newAp = ap
  if (opcode == 1) {
    newAp = ap + 2
  } else if (apUpdate == 2) {
    newAp = ap + 1
  } else if (apUpdate == 1) {
    if (pcUpdate == 4) return fail(E_RES_ADVANCE, 0, 0)
    setPointer(OPERAND_SCRATCH + 64, STACK, ap)
    if (addValues(OPERAND_SCRATCH + 64, OPERAND_SCRATCH + 64, VALUE_RES) != DONE) {
      // Registers move one after the other, fp first: the traceback starts from the new one.
      store<u32>(FP, base + (min(newFp, limit) << 5))
      return FAULT
    }
    newAp = <u32>load<u64>(OPERAND_SCRATCH + 64)
  }
  if (setRegisters(newAp, newFp, ap) != DONE) return FAULT

  let taken = false
  if (pcUpdate == 1) {
    if (isFelt(VALUE_RES)) return fail(E_JUMP, 0, 0)
    store<u32>(PC_SEGMENT, <u32>(load<u64>(VALUE_RES) >>> 32))
    store<u32>(PC_OFFSET, <u32>load<u64>(VALUE_RES))
    return DONE
  }
  let distance: usize = 0
  if (pcUpdate == 2) {
    if (!isFelt(VALUE_RES)) return fail(E_JUMP_RELATIVE, 0, 0)
    taken = true
    distance = VALUE_RES
  } else if (pcUpdate == 4 && !cellIsZero(VALUE_DST)) {
    taken = true
    distance = VALUE_OP1
  }
  setPointer(OPERAND_SCRATCH + 64, pcSegment, pcOffset)
  if (!taken) {
    store<u32>(PC_OFFSET, pcOffset + size)
    return DONE
  }
  if (addValues(OPERAND_SCRATCH + 64, OPERAND_SCRATCH + 64, distance) != DONE) return FAULT
  store<u32>(PC_OFFSET, <u32>load<u64>(OPERAND_SCRATCH + 64))
  return DONE
}

/** Sets ap and fp within the stack; what lies above a lower ap stays known as written. */
function setRegisters(ap: u32, fp: u32, oldAp: u32): i32 {
  const base: usize = load<u32>(STACK_BASE)
  const limit = <u32>((<usize>STACK_TOP - base) >>> 5)
  if (ap > limit || fp > limit) return fail(E_MEMORY, STACK, max(ap, fp))
  const highest = max(oldAp, fp)
  if (ap < highest) {
    const address = base + ((<usize>highest) << 5)
    if (address > <usize>load<u32>(STACK_HIGH)) store<u32>(STACK_HIGH, address)
  }
  store<u32>(AP, base + ((<usize>ap) << 5))
  store<u32>(FP, base + ((<usize>fp) << 5))
  return DONE
}
