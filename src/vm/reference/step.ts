/**
 * One step of the Cairo machine, after its hints: decode, fetch, deduce, insert, assert, move the registers.
 *
 *     fetch dst, op0, op1 ─▶ deduce op0 ─▶ deduce op1 ─▶ res ─▶ deduce dst ─▶ insert ─▶ assert ─▶ fp, ap, pc
 *
 * All three operands are fetched and must become known, also those that the instruction has no use for.
 */
import { blake2sBlock } from './blocks.ts'
import { deduce } from './builtins.ts'
import type { Frame } from './frame.ts'
import { decode, type Instruction } from './instruction.ts'
import { qm31Add, qm31Divide, qm31Multiply, qm31Subtract } from './qm31.ts'
import {
  add,
  addToPointer,
  advance,
  equal,
  Fault,
  invert,
  isPointer,
  modulo,
  type Pointer,
  retreat,
  show,
  subtract,
  type Value,
} from './value.ts'

/** A limit of ours for ap and fp, room left for the longest straight line; what gas buys stays far below. */
const MAX_STACK_OFFSET = (1 << 25) - (1 << 17)

interface Operands {
  dst: Value
  op0: Value
  op1: Value
  res: Value | undefined
}

const decoded = new Map<bigint, Instruction>()

/** Executes the instruction at pc. */
export function step(frame: Frame): void {
  const word = frame.memory.integer(frame.pc)
  let instruction = decoded.get(word)
  if (instruction === undefined) {
    instruction = decode(word)
    if (decoded.size > 200_000) decoded.clear()
    decoded.set(word, instruction)
  }
  const { memory } = frame
  const dstAddress = operandAddress(register(frame, instruction.dst), instruction.offDst)
  const op0Address = operandAddress(register(frame, instruction.op0), instruction.offOp0)
  const foundDst = memory.get(dstAddress)
  const foundOp0 = memory.get(op0Address)
  const op1Address = addressOfOp1(frame, instruction, foundOp0)
  const foundOp1 = memory.get(op1Address)

  let res: Value | undefined
  let op0 = foundOp0
  if (op0 === undefined) {
    op0 = deduceOp0(frame, instruction, foundDst, foundOp1)
    if (op0 === undefined) throw unknownOperand('op0', op0Address)
    if (instruction.opcode === 'assertEq') res = foundDst
  }
  let op1 = foundOp1
  if (op1 === undefined) {
    const builtin = frame.builtins.find(({ segment }) => segment === op1Address.segment)
    if (builtin !== undefined) op1 = deduce(builtin, op1Address, memory)
    if (op1 === undefined) {
      op1 = deduceOp1(instruction, foundDst, op0)
      if (op1 === undefined) throw unknownOperand('op1', op1Address)
      res ??= foundDst
    }
  }
  res ??= computeRes(instruction, op0, op1)
  const dst = foundDst ?? deduceDst(frame, instruction, res)

  if (foundOp0 === undefined) memory.insert(op0Address, op0)
  if (foundOp1 === undefined) memory.insert(op1Address, op1)
  if (foundDst === undefined) memory.insert(dstAddress, dst)
  const operands = { dst, op0, op1, res }
  assertOpcode(frame, instruction, operands)
  if (frame.call.accounting === 'steps') {
    for (const address of [dstAddress, op0Address, op1Address, frame.pc]) {
      memory.markAccessed(address)
    }
  }
  if (instruction.extension === 'blake' || instruction.extension === 'blakeLast') {
    blake(frame, dstAddress, op0Address, op1Address, instruction.extension === 'blakeLast')
  }
  move(frame, instruction, operands)
  frame.steps++
}

function register(frame: Frame, name: 'ap' | 'fp'): Pointer {
  return { segment: 1, offset: frame[name] }
}

function operandAddress(base: Pointer, offset: number): Pointer {
  return offset < 0 ? retreat(base, -offset) : advance(base, offset)
}

function addressOfOp1(frame: Frame, instruction: Instruction, op0: Value | undefined): Pointer {
  switch (instruction.op1) {
    case 'op0':
      if (op0 === undefined) throw new Fault('op0 must be known in double dereference')
      if (!isPointer(op0)) throw new Fault('Memory addresses must be relocatable')
      return operandAddress(op0, instruction.offOp1)
    case 'immediate':
      if (instruction.offOp1 !== 1) throw new Fault('In immediate mode, off2 should be 1')
      return advance(frame.pc, 1)
    default:
      return operandAddress(register(frame, instruction.op1), instruction.offOp1)
  }
}

function unknownOperand(name: string, address: Pointer): Fault {
  return new Fault(
    `Couldn't compute operand ${name}. Unknown value for memory cell ${show(address)}`,
  )
}

function returnPc(frame: Frame, instruction: Instruction): Pointer {
  return advance(frame.pc, instruction.size)
}

function deduceOp0(
  frame: Frame,
  instruction: Instruction,
  dst: Value | undefined,
  op1: Value | undefined,
): Value | undefined {
  if (instruction.opcode === 'call') return returnPc(frame, instruction)
  if (instruction.opcode !== 'assertEq' || dst === undefined || op1 === undefined) return undefined
  if (instruction.res === 'add') return typedSubtract(instruction, dst, op1)
  return instruction.res === 'mul' ? typedDivide(instruction, dst, op1) : undefined
}

function deduceOp1(
  instruction: Instruction,
  dst: Value | undefined,
  op0: Value,
): Value | undefined {
  if (instruction.opcode !== 'assertEq' || dst === undefined) return undefined
  switch (instruction.res) {
    case 'op1':
      return dst
    case 'add':
      try {
        return typedSubtract(instruction, dst, op0)
      } catch (error) {
        if (error instanceof Fault) return undefined
        throw error
      }
    case 'mul':
      return typedDivide(instruction, dst, op0)
    default:
      return undefined
  }
}

function typedSubtract({ extension }: Instruction, a: Value, b: Value): Value {
  if (extension !== 'qm31') return subtract(a, b)
  if (!isPointer(a) && !isPointer(b)) return qm31Subtract(a, b)
  throw new Fault(
    `Operation failed: ${show(a)} - ${show(b)}, can't subtract a relocatable value or from a relocatable value as a QM31 element`,
  )
}

/** a / b of two felts, b not 0; else unknown. */
function typedDivide({ extension }: Instruction, a: Value, b: Value): Value | undefined {
  if (isPointer(a) || isPointer(b) || b === 0n) return undefined
  return extension === 'qm31' ? qm31Divide(a, b) : modulo(a * invert(b))
}

function computeRes({ res, extension }: Instruction, op0: Value, op1: Value): Value | undefined {
  const pointers = isPointer(op0) || isPointer(op1)
  switch (res) {
    case 'op1':
      return op1
    case 'add':
      if (extension !== 'qm31') return add(op0, op1)
      if (!pointers) return qm31Add(op0 as bigint, op1 as bigint)
      throw new Fault(
        `Operation failed: ${show(op0)} - ${show(op1)}, can't add a relocatable value as a QM31 element`,
      )
    case 'mul':
      if (pointers) {
        throw new Fault(
          `Failed to compute Res.MUL: Could not complete computation of non pure values ${show(op0)} * ${show(op1)}`,
        )
      }
      return extension === 'qm31'
        ? qm31Multiply(op0 as bigint, op1 as bigint)
        : modulo((op0 as bigint) * (op1 as bigint))
    default:
      return undefined
  }
}

function deduceDst(frame: Frame, { opcode }: Instruction, res: Value | undefined): Value {
  if (opcode === 'assertEq' && res !== undefined) return res
  if (opcode === 'call') return register(frame, 'fp')
  throw new Fault("Couldn't get or load dst")
}

function assertOpcode(frame: Frame, instruction: Instruction, { dst, op0, res }: Operands): void {
  if (instruction.opcode === 'assertEq') {
    if (res === undefined) {
      throw new Fault('Res.UNCONSTRAINED cannot be used with Opcode.ASSERT_EQ')
    }
    if (!equal(dst, res)) {
      throw new Fault(`An ASSERT_EQ instruction failed: ${show(dst)} != ${show(res)}.`)
    }
  }
  if (instruction.opcode === 'call') {
    const pc = returnPc(frame, instruction)
    if (!equal(op0, pc)) throw callFault('return-pc (inconsistent op0)', op0, pc)
    const fp = register(frame, 'fp')
    if (!equal(dst, fp)) throw callFault('return-fp (inconsistent dst)', dst, fp)
  }
}

function callFault(what: string, found: Value, expected: Value): Fault {
  return new Fault(
    `Call failed to write ${what}: ${show(found)} != ${show(expected)}. Did you forget to increment ap?`,
  )
}

/**
 * New registers, each from the old values, set one after the other: when pc fails, fp has moved already, and the
 * traceback shows it.
 */
function move(frame: Frame, instruction: Instruction, { dst, op1, res }: Operands): void {
  const { opcode, apUpdate, pcUpdate } = instruction
  if (opcode === 'call') frame.fp = frame.ap + 2
  if (opcode === 'ret') frame.fp = fpOf(dst)
  if (apUpdate === 'add') {
    if (res === undefined) throw new Fault('Res.UNCONSTRAINED cannot be used with ApUpdate.ADD')
    frame.ap = addToPointer(register(frame, 'ap'), res).offset
  } else if (apUpdate === 'add1') frame.ap += 1
  else if (apUpdate === 'add2') frame.ap += 2
  if (frame.ap > MAX_STACK_OFFSET || frame.fp > MAX_STACK_OFFSET) {
    throw new Fault('Vector capacity exceeded')
  }
  const next = returnPc(frame, instruction)
  if (pcUpdate === 'next') frame.pc = next
  else if (pcUpdate === 'jump') frame.pc = jumpTarget(res)
  else if (pcUpdate === 'jumpRelative') frame.pc = relativeTarget(frame.pc, res)
  else frame.pc = dst === 0n ? next : addToPointer(frame.pc, op1)
}

function fpOf(dst: Value): number {
  if (isPointer(dst)) return dst.offset
  if (dst >> 64n !== 0n) throw new Fault(`Conversion to usize failed for Felt252 ${dst}`)
  return Number(dst)
}

function jumpTarget(res: Value | undefined): Pointer {
  if (res !== undefined && isPointer(res)) return res
  throw new Fault('Res.UNCONSTRAINED cannot be used with PcUpdate.JUMP')
}

function relativeTarget(pc: Pointer, res: Value | undefined): Pointer {
  if (res === undefined) {
    throw new Fault('Res.UNCONSTRAINED cannot be used with PcUpdate.JUMP_REL')
  }
  if (isPointer(res)) {
    throw new Fault('A relocatable value as Res cannot be used with PcUpdate.JUMP_REL')
  }
  return addToPointer(pc, res)
}

function blake(frame: Frame, dst: Pointer, op0: Pointer, op1: Pointer, last: boolean): void {
  const { memory } = frame
  const words = (start: Pointer, count: number) =>
    Array.from({ length: count }, (_, i) => memory.u32(advance(start, i)))
  const counter = memory.u32(dst)
  const state = words(memory.pointer(op0), 8)
  const message = words(memory.pointer(op1), 16)
  const output = memory.pointer(register(frame, 'ap'))
  blake2sBlock(state, message, counter, last).forEach((word, i) => {
    memory.insert(advance(output, i), BigInt(word))
    memory.markAccessed(advance(output, i))
  })
  frame.blakes++
}
