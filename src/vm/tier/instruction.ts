/**
 * Words of a program as the compiler tier sees them: the forms that it compiles, and all others as `other`.
 *
 * What is `other` is left to the interpreter when execution gets there. The conditions are those of the interpreter's
 * fast paths: operands that an instruction does not use are [fp-1], and jumps land on a word of the program.
 */
import { P } from '../../felt/felt.ts'

/** A cell by register and offset. */
export interface Place {
  isFp: boolean
  offset: number
}

export type Instruction = { pc: number; size: number; apPlus: number } & (
  | { kind: 'immediate'; dst: Place; value: bigint }
  | { kind: 'copy'; dst: Place; op1: Place }
  | { kind: 'deref'; dst: Place; op0: Place; offset: number }
  | { kind: 'addImmediate'; dst: Place; op0: Place; value: bigint }
  | { kind: 'mulImmediate'; dst: Place; op0: Place; value: bigint }
  | { kind: 'add'; dst: Place; op0: Place; op1: Place }
  | { kind: 'mul'; dst: Place; op0: Place; op1: Place }
  | { kind: 'jnz'; dst: Place; target: number }
  | { kind: 'jump'; target: number }
  | { kind: 'call'; target: number }
  | { kind: 'advance'; count: number }
  | { kind: 'jumpCell'; op1: Place }
  | { kind: 'return' | 'other' }
)

/** Farther than any program is long. */
const FAR = 1n << 24n

/** A felt as a number around 0. */
export function signed(felt: bigint): bigint {
  return felt > P / 2n ? felt - P : felt
}

/** Decodes the word at pc. */
export function decode(words: readonly bigint[], pc: number): Instruction {
  const word = words[pc]!
  const other: Instruction = { kind: 'other', pc, size: 1, apPlus: 0 }
  if (word >= 1n << 63n) return other
  const low = Number(word & 0xffffffffn)
  const high = Number((word >> 32n) & 0xffffffffn)
  const offDst = (low & 0xffff) - 0x8000
  const offOp0 = (low >>> 16) - 0x8000
  const offOp1 = (high & 0xffff) - 0x8000
  const flags = high >>> 16
  const source = (flags >> 2) & 7
  const res = (flags >> 5) & 3
  const jump = (flags >> 7) & 7
  const apUpdate = (flags >> 10) & 3
  const opcode = flags >> 12
  const hasImmediate = source === 1
  if (hasImmediate && (offOp1 !== 1 || pc + 1 >= words.length)) return other
  const value = hasImmediate ? words[pc + 1]! : 0n
  const isRegister = source === 2 || source === 4
  const dst: Place = { isFp: (flags & 1) !== 0, offset: offDst }
  const op0: Place = { isFp: (flags & 2) !== 0, offset: offOp0 }
  const op1: Place = { isFp: source === 2, offset: offOp1 }
  const idleDst = dst.isFp && offDst === -1
  const idleOp0 = op0.isFp && offOp0 === -1
  const plain = apUpdate === 0 || apUpdate === 2
  const common = { pc, size: hasImmediate ? 2 : 1, apPlus: apUpdate === 2 ? 1 : 0 }
  const target = () => {
    const at = BigInt(pc) + signed(value)
    return at >= 0n && at < BigInt(words.length) ? Number(at) : -1
  }
  if (opcode === 4) {
    if (jump !== 0 || !plain) return other
    if (res === 0) {
      if (source === 0) return { ...common, kind: 'deref', dst, op0, offset: offOp1 }
      if (!idleOp0) return other
      if (isRegister) return { ...common, kind: 'copy', dst, op1 }
      return hasImmediate ? { ...common, kind: 'immediate', dst, value } : other
    }
    if (res === 3 || source === 0) return other
    if (isRegister) return { ...common, kind: res === 1 ? 'add' : 'mul', dst, op0, op1 }
    if (!hasImmediate) return other
    return { ...common, kind: res === 1 ? 'addImmediate' : 'mulImmediate', dst, op0, value }
  }
  if (opcode === 1) {
    const formed = offDst === 0 && offOp0 === 1 && (flags & 3) === 0 && apUpdate === 0
    if (!formed || jump !== 2 || res !== 0 || !hasImmediate || target() < 0) return other
    return { ...common, kind: 'call', target: target() }
  }
  if (opcode === 2) {
    const formed = offDst === -2 && offOp1 === -1 && (flags & 1) !== 0 && source === 2 && idleOp0
    const isPlain = res === 0 && jump === 1 && apUpdate === 0
    return formed && isPlain ? { ...common, kind: 'return' } : other
  }
  if (opcode !== 0 || !idleOp0 || res !== 0) return other
  if (jump === 4) {
    if (!hasImmediate || !plain || target() < 0) return other
    return { ...common, kind: 'jnz', dst, target: target() }
  }
  if (!idleDst) return other
  if (jump === 0) {
    const distance = signed(value)
    const isForward = apUpdate === 1 && hasImmediate && distance >= 0n && distance < FAR
    return isForward ? { ...common, kind: 'advance', count: Number(distance) } : other
  }
  if (jump !== 2 || !plain) return other
  if (isRegister) return { ...common, kind: 'jumpCell', op1 }
  return hasImmediate && target() >= 0 ? { ...common, kind: 'jump', target: target() } : other
}

/** The cells of the stack that an instruction names. */
export function placesOf(one: Instruction): Place[] {
  switch (one.kind) {
    case 'immediate':
    case 'jnz':
      return [one.dst]
    case 'copy':
      return [one.dst, one.op1]
    case 'deref':
    case 'addImmediate':
    case 'mulImmediate':
      return [one.dst, one.op0]
    case 'add':
    case 'mul':
      return [one.dst, one.op0, one.op1]
    case 'jumpCell':
      return [one.op1]
    default:
      return []
  }
}
