/**
 * The cells of a syscall: reads and checks the request at the frame's syscall pointer, writes the response behind it.
 *
 * The checks are those of Rust in its order, each field before the next; what fails notes a text and answers false, 0 or
 * -1. Writes are insert-or-equal.
 */
import { DONE } from '../kernels/vm-layout.ts'
import type { Frame } from './frame.ts'
import type { Interpreter, Segments } from './segments.ts'
import { DOMAIN, FELT, FLAG, HALF, indexOf, KEY, LIST, NUMBER, POINTER } from './syscall-table.ts'

export class SyscallCells {
  protected readonly segments: Segments
  protected readonly kernel: Interpreter
  protected frame!: Frame
  protected index = 0
  /** Address of the next cell of request or response. */
  protected at = 0
  /** Items of a list that is charged by length. */
  protected items = 0
  /** Addresses of the fields that were read; of a list its first cell, with the count beside it. */
  protected readonly fields = new Int32Array(8)
  protected readonly counts = new Int32Array(8)

  constructor(segments: Segments, kernel: Interpreter) {
    this.segments = segments
    this.kernel = kernel
  }

  /** Checks the fields of the request and notes where they are; false after an error. */
  protected readRequest(shape: Uint8Array): boolean {
    const { fields } = this
    for (let i = 0; i < shape.length; i++) {
      const kind = shape[i]
      fields[i] = this.at
      if (kind === POINTER || kind === LIST) {
        if (!this.needPointer(this.at)) return false
        if (kind === LIST && !this.readList(i)) return false
      } else {
        if (!this.needFelt(this.at)) return false
        if (kind !== FELT && !this.checkField(kind!, this.at)) return false
      }
      this.at += 32
    }
    // Lists that are charged per item: the calldata of deploy and meta, the payload of a message.
    if (this.index === indexOf.Deploy || this.index === indexOf.MetaTxV0) {
      this.items = this.counts[2]!
    } else if (this.index === indexOf.SendMessageToL1) this.items = this.counts[1]!
    return true
  }

  protected checkField(kind: number, address: number): boolean {
    const { segments } = this
    switch (kind) {
      case KEY:
        if (!segments.isBig(address) || (segments.words[(address >> 2) + 3]! & 0x08000000) === 0) {
          return true
        }
        segments.fail(`Out of range [0x0, 0x${(1n << 251n).toString(16)}).`)
        return false
      case DOMAIN:
        if (segments.isSmall(address) && segments.smallNumber(address) === 0) return true
        segments.fail(`Invalid address domain: ${segments.felt(address)}.`)
        return false
      case NUMBER:
        if (segments.isSmall(address)) return true
        this.badInput(address, 'Block number must fit within 64 bits.')
        return false
      case FLAG:
        if (segments.isSmall(address) && segments.smallNumber(address) <= 1) return true
        this.badInput(
          address,
          this.index === indexOf.Deploy
            ? 'The deploy_from_zero field in the deploy system call must be 0 or 1.'
            : 'Invalid y parity',
        )
        return false
      case HALF: {
        if (!segments.isBig(address)) return true
        // Limbs 2 and 3, the latter beside the tag.
        const { words } = segments
        const at = address >> 2
        if (
          words[at + 2] === 0 &&
          words[at + 3] << 1 === 0 &&
          words[at + 6] === 0 &&
          words[at + 7] === 0
        )
          return true
        segments.fail(
          `Out of range Felt ${segments.felt(address)} is too big to convert to 'u128'.`,
        )
        return false
      }
      default:
        return true
    }
  }

  /** Reads start (at `at`) and end of a list, and checks its cells. */
  protected readList(field: number): boolean {
    const start = this.at
    this.at += 32
    if (!this.needPointer(this.at)) return false
    const count = this.span(start, this.at)
    if (count < 0) return false
    this.counts[field] = count
    this.fields[field] = count === 0 ? 0 : this.dataAt(start, count)
    return count === 0 || this.fields[field] !== 0
  }

  /** Cells from one pointer to another, or -1 after an error. */
  protected span(start: number, end: number): number {
    const { segments } = this
    const [s, e] = [segments.segmentOf(start), segments.segmentOf(end)]
    const [from, to] = [segments.offsetOf(start), segments.offsetOf(end)]
    if (s !== e) {
      segments.fail(
        `Operation failed: ${e}:${to} - ${s}:${from}, can't subtract two relocatable values with different segment indexes`,
      )
      return -1
    }
    if (to >= from) return to - from
    segments.fail(`Operation failed: ${e}:${to} - ${from}, offsets cant be negative`)
    return -1
  }

  /** Address of `count` felts that a pointer names, or 0 after an error. */
  protected dataAt(pointer: number, count: number): number {
    const { segments } = this
    const segment = segments.segmentOf(pointer)
    const offset = segments.offsetOf(pointer)
    for (let i = 0; i < count; i++) {
      const address = segments.address(segment, offset + i)
      if (address !== 0 && segments.isFelt(address)) continue
      const isUnset = address === 0 || !segments.isSet(address)
      const what = isUnset ? 'Unknown memory cell' : 'Expected integer'
      segments.fail(`${what} at address ${segment}:${offset + i}`)
      return 0
    }
    return segments.address(segment, offset)
  }

  protected needFelt(address: number): boolean {
    const { segments } = this
    if (segments.isFelt(address)) return true
    const what = segments.isSet(address) ? 'Expected integer' : 'Unknown memory cell'
    segments.fail(`${what} at address ${this.place(address)}`)
    return false
  }

  protected needPointer(address: number): boolean {
    const { segments } = this
    if (segments.isPointer(address)) return true
    const what = segments.isSet(address) ? 'Expected relocatable' : 'Unknown memory cell'
    segments.fail(`${what} at address ${this.place(address)}`)
    return false
  }

  protected place(address: number): string {
    return `${this.frame.syscallSegment}:${this.offsetAt(address)}`
  }

  protected offsetAt(address: number): number {
    return (address - this.segments.base(this.frame.syscallSegment)) / 32
  }

  /** Notes an error about an input as Rust shows it. */
  protected badInput(address: number, why: string): number {
    const felt = this.segments.felt(address)
    return this.segments.fail(`Invalid syscall input: 0x${felt.toString(16)}; ${why}`)
  }

  protected outCell(): number {
    return this.frame.outCell
  }

  protected putNumber(value: number): number {
    if (!this.segments.isSet(this.at)) {
      this.segments.putNumber(this.at, value)
      this.at += 32
      return DONE
    }
    this.segments.putNumber(this.outCell(), value)
    return this.putCell(this.outCell())
  }

  protected putFelt(value: bigint): number {
    this.segments.putFelt(this.outCell(), value)
    return this.putCell(this.outCell())
  }

  protected putPointer(segment: number, offset: number): number {
    this.segments.putPointer(this.outCell(), segment, offset)
    return this.putCell(this.outCell())
  }

  /** Inserts a cell of scratch as the next one of the response. */
  protected putCell(from: number): number {
    const { segments } = this
    if (segments.isSet(this.at)) {
      const offset = this.offsetAt(this.at)
      const status = this.kernel.insert(this.frame.syscallSegment, offset, from)
      if (status !== DONE) return status
    } else segments.copyCell(this.at, from)
    this.at += 32
    return DONE
  }
}
