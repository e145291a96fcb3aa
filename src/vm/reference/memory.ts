/**
 * Write-once memory in segments.
 *
 * Every write, whoever makes it, is *insert or equal*: an unset cell takes the value, a set one must hold it already.
 * A segment with a rule (range checks) tests what it is given on every insert. Unset is not 0, and a read past the end
 * of a segment is a read of an unset cell. Accesses are marked for the count of memory holes.
 */
import {
  advance,
  debug,
  debugPointer,
  equal,
  Fault,
  isPointer,
  type Pointer,
  show,
  type Value,
} from './value.ts'

/** Limits of ours, far above what gas can buy; Rust has none. */
export const MAX_SEGMENT_CELLS = 1 << 26
const MAX_SEGMENTS = 1 << 16

export interface Segment {
  readonly cells: (Value | undefined)[]
  readonly accessed: Set<number>
  /** Bits of a range-checked segment, else 0. */
  rangeBits: number
}

export class Memory {
  readonly segments: Segment[] = []

  /** A new segment with these cells, and the pointer to its start. */
  allocate(cells: (Value | undefined)[] = [], rangeBits = 0): Pointer {
    if (this.segments.length >= MAX_SEGMENTS) throw new Fault('Vector capacity exceeded')
    this.segments.push({ cells, accessed: new Set(), rangeBits })
    return { segment: this.segments.length - 1, offset: 0 }
  }

  /** Highest set offset + 1. */
  used(segment: number): number {
    return this.segments[segment]!.cells.length
  }

  get(address: Pointer): Value | undefined {
    return this.segments[address.segment]!.cells[address.offset]
  }

  insert(address: Pointer, value: Value): void {
    const segment = this.segments[address.segment]!
    if (address.offset >= MAX_SEGMENT_CELLS) throw new Fault('Vector capacity exceeded')
    const found = segment.cells[address.offset]
    if (found === undefined) segment.cells[address.offset] = value
    else if (!equal(found, value)) {
      throw new Fault(
        `Inconsistent memory assignment at address ${debugPointer(address)}. ${debug(found)} != ${debug(value)}`,
      )
    }
    if (segment.rangeBits > 0) checkRange(address, value, segment.rangeBits)
  }

  /** Inserts values in a row and returns the pointer behind them. */
  insertAll(address: Pointer, values: Value[]): Pointer {
    values.forEach((value, i) => {
      this.insert(advance(address, i), value)
    })
    return advance(address, values.length)
  }

  markAccessed(address: Pointer, count = 1): void {
    const { accessed, cells } = this.segments[address.segment]!
    for (let i = address.offset; i < address.offset + count && i < cells.length; i++)
      accessed.add(i)
  }

  integer(address: Pointer): bigint {
    const value = this.known(address)
    if (isPointer(value)) throw new Fault(`Expected integer at address ${show(address)}`)
    return value
  }

  pointer(address: Pointer): Pointer {
    const value = this.known(address)
    if (!isPointer(value)) throw new Fault(`Expected relocatable at address ${show(address)}`)
    return value
  }

  integers(start: Pointer, count: number): bigint[] {
    const felts: bigint[] = []
    for (let i = 0; i < count; i++) felts.push(this.integer(advance(start, i)))
    return felts
  }

  /** A felt below 2^32. */
  u32(address: Pointer): number {
    const felt = this.integer(address)
    if (felt >> 32n !== 0n) throw new Fault(`Conversion to u32 failed for Felt252 ${felt}`)
    return Number(felt)
  }

  /** A felt below 2^64. */
  u64(address: Pointer): bigint {
    const felt = this.integer(address)
    if (felt >> 64n !== 0n) throw new Fault(`Conversion to usize failed for Felt252 ${felt}`)
    return felt
  }

  private known(address: Pointer): Value {
    const value = this.get(address)
    if (value === undefined) throw new Fault(`Unknown memory cell at address ${show(address)}`)
    return value
  }
}

function checkRange(address: Pointer, value: Value, bits: number): void {
  if (isPointer(value)) {
    throw new Fault(
      `Range-check validation failed, encountered non-int value at address ${show(address)}`,
    )
  }
  if (value >> BigInt(bits) !== 0n) {
    throw new Fault(
      `Range-check validation failed, number ${value} is out of valid range [0, ${1n << BigInt(bits)}]`,
    )
  }
}
