/**
 * Reads a syscall's request cell by cell, and lends the host cells of its own: a small memory per syscall, because the
 * reference machine has none.
 */
import { CELL_BYTES, CELL_LONGS, readCell, writeCells } from '../../felt/cell.ts'
import type { CellList, CellMemory } from '../host.ts'
import type { Frame } from './frame.ts'
import { advance, distance, Fault, type Pointer } from './value.ts'

const PATRICIA_LIMIT = 1n << 251n
const U128 = 1n << 128n

/** A fault whose input is shown as Rust shows felts for debugging. */
export function badInput(input: bigint, why: string): Fault {
  return new Fault(`Invalid syscall input: 0x${input.toString(16)}; ${why}`)
}

/** Reads from where the frame's syscall pointer is, and moves it. */
export class RequestReader {
  readonly frame: Frame

  constructor(frame: Frame) {
    this.frame = frame
  }

  felt(): bigint {
    const felt = this.frame.memory.integer(this.frame.syscall)
    this.next()
    return felt
  }

  pointer(): Pointer {
    const pointer = this.frame.memory.pointer(this.frame.syscall)
    this.next()
    return pointer
  }

  /** An address or a storage key: below 2^251. */
  key(): bigint {
    const felt = this.felt()
    if (felt >= PATRICIA_LIMIT) {
      throw new Fault(`Out of range [0x0, 0x${PATRICIA_LIMIT.toString(16)}).`)
    }
    return felt
  }

  u64(why: string): bigint {
    const felt = this.felt()
    if (felt >> 64n !== 0n) throw badInput(felt, why)
    return felt
  }

  /** Two halves of 128 bits, low first. */
  u256(): bigint {
    const low = this.u128()
    return low + (this.u128() << 128n)
  }

  flag(why: string): boolean {
    const felt = this.felt()
    if (felt > 1n) throw badInput(felt, why)
    return felt === 1n
  }

  list(): bigint[] {
    const start = this.pointer()
    const end = this.pointer()
    return this.frame.memory.integers(start, distance(end, start))
  }

  private u128(): bigint {
    const felt = this.felt()
    if (felt >= U128) throw new Fault(`Out of range Felt ${felt} is too big to convert to 'u128'.`)
    return felt
  }

  private next(): void {
    this.frame.syscall = advance(this.frame.syscall, 1)
  }
}

/** Cells that the host can address: some given, `spare` unset ones behind them. */
export class Scratch implements CellMemory {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  readonly cells: BigUint64Array
  #top = 0

  constructor(count: number) {
    this.bytes = new Uint8Array(count * CELL_BYTES)
    this.words = new Int32Array(this.bytes.buffer)
    this.cells = new BigUint64Array(this.bytes.buffer)
  }

  /** Memory with room for one cell more than all these felts. */
  static of(...lists: readonly bigint[][]): Scratch {
    return new Scratch(1 + lists.reduce((sum, list) => sum + list.length, 0))
  }

  /** Copies felts in; returns their byte address. */
  put(...felts: bigint[]): number {
    const start = this.#top
    writeCells(this.cells, start * CELL_LONGS, felts)
    this.#top += felts.length
    return start * CELL_BYTES
  }

  /** Address of an unset cell. */
  reserve(): number {
    return this.#top++ * CELL_BYTES
  }

  read(address: number): bigint {
    return readCell(this.cells, address / 8)
  }
}

/** The felts of a list that the host lends. */
export function feltsOf({ cells, count }: CellList): bigint[] {
  return Array.from({ length: count }, (_, i) => readCell(cells, i * CELL_LONGS))
}
