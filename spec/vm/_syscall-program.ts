/**
 * Straight programs of syscalls: each request is written where the last response ended, each response must have the
 * length that the builder expects, and results leave the program as events.
 */
import { encodeShortString } from '../../src/felt/felt.ts'
import type { SyscallName } from '../../src/vm/host.ts'
import {
  addToLast,
  advance,
  CALLDATA,
  GAS,
  load,
  push,
  pushFp,
  pushSum,
  ret,
  type Slot,
  SYSCALLS,
  store,
  storeFp,
} from './_instructions.ts'
import { casmOf } from './_programs.ts'

/** A field of a request: a felt, a cell of the syscall segment plus a number, the address of one, or of calldata. */
export type Field =
  | bigint
  | { cell: number; plus?: bigint }
  | { addressOf: number }
  | { calldata: number }

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
    const hint = { SystemCall: { system: { Deref: { register: 'FP', offset: SYSCALLS } } } }
    this.slots.push(advance(0, [hint]))
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
    const end = pushSum(SYSCALLS, BigInt(this.length))
    const gas = this.gas === null ? pushFp(GAS) : load(SYSCALLS, this.gas)
    return casmOf([...this.slots, gas, end, push(0n), end, end, ret], [])
  }

  private put(field: Field): void {
    if (typeof field === 'bigint') this.slots.push(push(field))
    else if ('addressOf' in field) this.slots.push(pushSum(SYSCALLS, BigInt(field.addressOf)))
    else if ('calldata' in field) this.slots.push(pushSum(CALLDATA, BigInt(field.calldata)))
    else {
      this.slots.push(load(SYSCALLS, field.cell))
      if (field.plus !== undefined) this.slots.push(addToLast(field.plus))
    }
    this.slots.push(store(SYSCALLS, this.length++))
  }

  private putArgument(from: number): void {
    this.slots.push(storeFp(SYSCALLS, this.length++, from))
  }
}
