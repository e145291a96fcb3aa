/**
 * An instruction word, decoded.
 *
 *     0-15 offDst · 16-31 offOp0 · 32-47 offOp1 (biased by 2^15) · 48 dst register · 49 op0 register · 50-52 op1 source
 *     53-54 res · 55-57 pc update · 58-59 ap update · 60-62 opcode · 63- extension
 *
 * The order of the checks is Rust's, because the first one that fails gives the text.
 */
import { Fault } from './value.ts'

export interface Instruction {
  offDst: number
  offOp0: number
  offOp1: number
  dst: 'ap' | 'fp'
  op0: 'ap' | 'fp'
  op1: 'op0' | 'immediate' | 'ap' | 'fp'
  res: 'op1' | 'add' | 'mul' | 'none'
  pcUpdate: 'next' | 'jump' | 'jumpRelative' | 'jnz'
  apUpdate: 'none' | 'add' | 'add1' | 'add2'
  opcode: 'nop' | 'call' | 'ret' | 'assertEq'
  extension: 'none' | 'blake' | 'blakeLast' | 'qm31'
  size: 1 | 2
}

export function decode(word: bigint): Instruction {
  if (word >> 128n !== 0n) throw new Fault('Instruction should be an int')
  const field = (start: number, bits: number) => Number(BigInt.asUintN(bits, word >> BigInt(start)))
  const pick = <T>(table: Record<number, T>, value: number, name: string): T => {
    const entry = table[value]
    if (entry === undefined) throw new Fault(`Invalid ${name} value: ${value}`)
    return entry
  }
  const offDst = field(0, 16) - 0x8000
  const offOp0 = field(16, 16) - 0x8000
  const offOp1 = field(32, 16) - 0x8000
  const dst = field(48, 1) === 1 ? 'fp' : 'ap'
  const op0 = field(49, 1) === 1 ? 'fp' : 'ap'
  const op1 = pick(
    { 0: 'op0', 1: 'immediate', 2: 'fp', 4: 'ap' } as const,
    field(50, 3),
    'op1_register',
  )
  const pcUpdate = pick(
    { 0: 'next', 1: 'jump', 2: 'jumpRelative', 4: 'jnz' } as const,
    field(55, 3),
    'pc_update',
  )
  const resTable: Record<number, Instruction['res']> =
    pcUpdate === 'jnz' ? { 0: 'none' } : { 0: 'op1', 1: 'add', 2: 'mul' }
  const res = pick(resTable, field(53, 2), 'res')
  const opcode = pick(
    { 0: 'nop', 1: 'call', 2: 'ret', 4: 'assertEq' } as const,
    field(60, 3),
    'opcode',
  )
  const extensionNumber = word >> 63n
  if (extensionNumber > 3n) throw new Fault(`Invalid opcode extension value: ${extensionNumber}`)
  const extension = (['none', 'blake', 'blakeLast', 'qm31'] as const)[Number(extensionNumber)]!
  const apNumber = field(58, 2)
  checkExtension()
  const apTable: Record<number, Instruction['apUpdate']> =
    opcode === 'call' ? { 0: 'add2' } : { 0: 'none', 1: 'add', 2: 'add1' }
  const apUpdate = pick(apTable, apNumber, 'ap_update')
  const goodCall = offDst === 0 && offOp0 === 1 && dst === 'ap' && op0 === 'ap'
  const goodRet =
    offDst === -2 &&
    offOp1 === -1 &&
    dst === 'fp' &&
    op1 === 'fp' &&
    res === 'op1' &&
    pcUpdate === 'jump'
  if ((opcode === 'call' && !goodCall) || (opcode === 'ret' && !goodRet)) {
    throw new Fault(`Invalid opcode value: ${opcode === 'call' ? 1 : 2}`)
  }
  const size = op1 === 'immediate' ? 2 : 1
  return {
    offDst,
    offOp0,
    offOp1,
    dst,
    op0,
    op1,
    res,
    pcUpdate,
    apUpdate,
    opcode,
    extension,
    size,
  }

  function checkExtension(): void {
    const flags = field(48, 15)
    const plain = pcUpdate === 'next' && (apNumber === 0 || apNumber === 2)
    const blake = opcode === 'nop' && (op1 === 'fp' || op1 === 'ap') && res === 'op1' && plain
    if ((extension === 'blake' || extension === 'blakeLast') && !blake) {
      throw new Fault(`Blake2s opcode invalid flags ${flags}`)
    }
    const qm31 = (res === 'add' || res === 'mul') && op1 !== 'op0' && plain && opcode === 'assertEq'
    if (extension === 'qm31' && !qm31) {
      throw new Fault(`QM31 add mul opcode invalid flags ${flags}`)
    }
  }
}
