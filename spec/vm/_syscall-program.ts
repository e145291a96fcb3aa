/**
 * Straight programs of syscalls: each request is written where the last response ended, each response must have the
 * length that the builder expects, and results leave the program as events.
 */
import { encodeShortString } from '../../src/felt/felt.ts'
import type { SyscallName } from '../../src/vm/host.ts'
import { casmOf, encode, type Slot } from './_programs.ts'

/** A field of a request: a felt, a cell of the syscall segment plus a number, the address of one, or of calldata. */
export type Field =
  | bigint
  | { cell: number; plus?: bigint }
  | { addressOf: number }
  | { calldata: number }

const SYSCALLS = -5
const GAS = -6
const CALLDATA = -4
const RET = 0x208b7fff7fff7ffen
const ASSERT = 4
const AP2 = 2
const words = (...list: bigint[]): Slot => ({ words: list, hints: [] })
const fpCell = { op0Fp: true, op0: SYSCALLS }

export class SyscallProgram {
  private readonly slots: Slot[] = []
  /** Cells of the syscall segment that are written. */
  private length = 0
  /** Cell of the gas that is left. */
  private gas: number | null = null

  /** Makes a syscall whose response has `size` cells behind gas and flag. Returns the first of them. */
  call(name: SyscallName, fields: Field[], size: number): number {
    this.put(encodeShortString(name))
    if (this.gas === null) this.putArgument(GAS)
    else this.put({ cell: this.gas })
    for (const field of fields) this.put(field)
    this.slots.push({
      words: [encode({ dst: -1, dstFp: true, op0: -1, op0Fp: true, op1: 1, source: 1, ap: 1 }), 0n],
      hints: [{ SystemCall: { system: { Deref: { register: 'FP', offset: SYSCALLS } } } }],
    })
    this.gas = this.length
    this.length += 2 + size
    return this.gas + 2
  }

  /** Tells cells of a segment as the data of an event. */
  tell(start: Field, end: Field): void {
    this.call('EmitEvent', [end, end, start, end], 0)
  }

  /** The program; it returns nothing. */
  casm(): object {
    const end = address(SYSCALLS, this.length)
    const gas = this.gas === null ? argument(GAS) : load(this.gas)
    return casmOf([...this.slots, gas, end, push(0n), end, end, words(RET)], [])
  }

  private put(field: Field): void {
    if (typeof field === 'bigint') this.slots.push(push(field))
    else if ('addressOf' in field) this.slots.push(address(SYSCALLS, field.addressOf))
    else if ('calldata' in field) this.slots.push(address(CALLDATA, field.calldata))
    else {
      this.slots.push(load(field.cell))
      if (field.plus !== undefined) this.slots.push(add(field.plus))
    }
    this.slots.push(
      words(encode({ ...fpCell, dst: -1, op1: this.length++, source: 0, opcode: ASSERT })),
    )
  }

  private putArgument(from: number): void {
    this.slots.push(
      words(
        encode({
          ...fpCell,
          dst: from,
          dstFp: true,
          op1: this.length++,
          source: 0,
          opcode: ASSERT,
        }),
      ),
    )
  }
}

/** [ap] = value; ap++ */
const push = (value: bigint) =>
  words(encode({ dst: 0, op0: -1, op0Fp: true, op1: 1, source: 1, ap: AP2, opcode: ASSERT }), value)
/** [ap] = a cell of the syscall segment; ap++ */
const load = (cell: number) =>
  words(encode({ ...fpCell, dst: 0, op1: cell, source: 0, ap: AP2, opcode: ASSERT }))
/** [ap] = [fp + from] + count; ap++ */
const address = (from: number, count: number) =>
  words(
    encode({
      dst: 0,
      op0: from,
      op0Fp: true,
      op1: 1,
      source: 1,
      res: 1,
      ap: AP2,
      opcode: ASSERT,
    }),
    BigInt(count),
  )
/** [ap] = [ap - 1] + value; ap++ */
const add = (value: bigint) =>
  words(encode({ dst: 0, op0: -1, op1: 1, source: 1, res: 1, ap: AP2, opcode: ASSERT }), value)
/** [ap] = [fp + from]; ap++ */
const argument = (from: number) =>
  words(encode({ dst: 0, op0: -1, op0Fp: true, op1: from, source: 2, ap: AP2, opcode: ASSERT }))
