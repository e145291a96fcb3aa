/**
 * The memory of an interpreter instance, seen from TypeScript: registers, segments, cells.
 *
 * An address is a byte offset of a cell; a pointer is (segment, offset) of the running call. What is written here obeys
 * the rule of the kernel: insert-or-equal, by the kernel's own `insert` unless the cell is known to be new.
 */

import { readCell, writeCell } from '../felt/cell.ts'
import {
  ERROR_CODE,
  ERROR_HINT,
  FAULT,
  HEAP_END,
  HEAP_TOP,
  HOST_SCRATCH,
  MAX_SEGMENTS,
  MEMORY_PAGES,
  SEGMENT_COUNT,
  TABLE,
  TABLE_END,
} from '../kernels/vm-layout.ts'
import type { CellList, CellMemory } from './host.ts'

/** Tags of cells: words 2 of its 8, with 0 in word 3. */
const TAG_SMALL = 1
const TAG_POINTER = 2
/** Error code of an error whose text was made in TypeScript. */
export const E_TEXT = 100

/** Copies of at most so many cells go one by one. */
const FEW_CELLS = 8
const TWO_32 = 0x1_0000_0000

/** Exports of the interpreter. */
export interface Interpreter {
  runGas(): number
  runSteps(): number
  /** Lays out a call: where its calldata belongs, or 0. Builtins are bits by index of `builtinNames`. */
  open(
    builtins: number,
    calldataCount: number,
    pc: number,
    gas: number,
    stepLimit: number,
    marking: number,
    guardBytes: number,
  ): number
  /** How many cells a call returned, or -1 when that takes more than a look. */
  settle(builtins: number, gasGiven: number): number
  /** Makes the memory of a call zero. */
  clear(stackStart: number, stackTop: number, heapStart: number): void
  runToCall(): number
  tierLeave: unknown
  tierAssert: unknown
  tierHints: unknown
  tierPause: unknown
  tierAdd: unknown
  tierMultiply: unknown
  tierDeref: unknown
  tierLess: unknown
  tierDivMod: unknown
  tierWideMultiply: unknown
  tierSplit: unknown
  tierStep: unknown
  insert(segment: number, offset: number, value: number): number
  grow(segment: number, offset: number): number
  /** Address of what a builtin's rule says of a cell, 0 if nothing, negative after an error. */
  deduce(rule: number, segment: number, offset: number): number
  missingInput(segment: number, used: number, cells: number, inputs: number): number
  usedCells(segment: number, end: number): number
  markedCells(segment: number, count: number): number
  fillHoles(segment: number, end: number): void
}

export class Segments implements CellMemory {
  readonly memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES })
  readonly bytes = new Uint8Array(this.memory.buffer)
  readonly words = new Int32Array(this.memory.buffer)
  readonly cells = new BigUint64Array(this.memory.buffer)
  /** Text of an error raised here. */
  text = ''

  register(at: number): number {
    return this.words[at >> 2]! >>> 0
  }

  setRegister(at: number, value: number): void {
    this.words[at >> 2] = value
  }

  entry(segment: number): number {
    return (this.words[TABLE >> 2]! >> 2) + segment * 4
  }

  base(segment: number): number {
    return this.words[this.entry(segment)]!
  }

  capacity(segment: number): number {
    return this.words[this.entry(segment) + 1]!
  }

  used(segment: number): number {
    return this.words[this.entry(segment) + 2]!
  }

  /** A new segment: its number, or -1 with the error noted. */
  allocate(capacity: number, rule = 0): number {
    const segment = this.words[SEGMENT_COUNT >> 2]!
    const top = this.words[HEAP_TOP >> 2]!
    const entry = this.entry(segment)
    const isFull = segment >= MAX_SEGMENTS || entry * 4 > TABLE_END - 16
    if (top + capacity * 32 > HEAP_END || isFull) return -1
    this.words[entry] = top
    this.words[entry + 1] = capacity
    this.words[entry + 2] = 0
    this.words[entry + 3] = rule
    this.words[HEAP_TOP >> 2] = top + capacity * 32
    this.words[SEGMENT_COUNT >> 2] = segment + 1
    return segment
  }

  /** A new segment with these cells, or -1. */
  allocateCells(list: CellList): number {
    const segment = this.allocate(list.count)
    if (segment >= 0) this.copyIn(this.base(segment), list.cells, 0, list.count)
    return segment
  }

  /** Copies cells of any buffer to an address. */
  copyIn(address: number, from: BigUint64Array, start: number, count: number): void {
    const { cells } = this
    const to = address >> 3
    if (count > FEW_CELLS) {
      cells.set(from.subarray(start * 4, (start + count) * 4), to)
      return
    }
    // A loop of loads and stores makes no bigint once compiled, a view costs more.
    for (let i = 0; i < count * 4; i++) cells[to + i] = from[start * 4 + i]!
  }

  /** Copies cells to another buffer. */
  copyOut(address: number, to: BigUint64Array, count: number): void {
    const from = address >> 3
    if (count > FEW_CELLS) to.set(this.cells.subarray(from, from + count * 4))
    else for (let i = 0; i < count * 4; i++) to[i] = this.cells[from + i]!
  }

  /** Address of a cell, or 0 past the end of its segment. */
  address(segment: number, offset: number): number {
    const entry = this.entry(segment)
    if (offset < 0 || offset >= this.words[entry + 1]!) return 0
    return this.words[entry]! + offset * 32
  }

  tag(address: number): number {
    return this.words[(address >> 2) + 2]!
  }

  isSet(address: number): boolean {
    const at = (address >> 2) + 2
    return (this.words[at]! | this.words[at + 1]!) !== 0
  }

  isBig(address: number): boolean {
    return this.words[(address >> 2) + 3]! < 0
  }

  isSmall(address: number): boolean {
    const at = (address >> 2) + 2
    return this.words[at] === TAG_SMALL && this.words[at + 1] === 0
  }

  isPointer(address: number): boolean {
    const at = (address >> 2) + 2
    return this.words[at] === TAG_POINTER && this.words[at + 1] === 0
  }

  isFelt(address: number): boolean {
    return this.isBig(address) || this.isSmall(address)
  }

  /** Segment of a pointer cell. */
  segmentOf(address: number): number {
    return this.words[(address >> 2) + 1]!
  }

  /** Offset of a pointer cell. */
  offsetOf(address: number): number {
    return this.words[address >> 2]! >>> 0
  }

  /** The number in a SMALL cell; exact below 2^53. */
  smallNumber(address: number): number {
    const at = address >> 2
    return (this.words[at + 1]! >>> 0) * TWO_32 + (this.words[at]! >>> 0)
  }

  felt(address: number): bigint {
    return readCell(this.cells, address >> 3)
  }

  /** Writes a cell that nobody has seen: a new segment, or scratch. */
  putFelt(address: number, value: bigint): void {
    writeCell(this.cells, address >> 3, value)
  }

  putNumber(address: number, value: number): void {
    const at = address >> 2
    const { words } = this
    // A store keeps the low 32 bits.
    words[at] = value
    words[at + 1] = value < TWO_32 ? 0 : value / TWO_32
    words[at + 2] = TAG_SMALL
    words[at + 3] = 0
    words[at + 4] = 0
    words[at + 5] = 0
    words[at + 6] = 0
    words[at + 7] = 0
  }

  /** Writes a number of 64 bits that is no cell. */
  putLong(address: number, value: number): void {
    this.words[address >> 2] = value
    this.words[(address >> 2) + 1] = value / TWO_32
  }

  clearCell(address: number): void {
    for (let i = 0; i < 8; i++) this.words[(address >> 2) + i] = 0
  }

  putPointer(address: number, segment: number, offset: number): void {
    const at = address >> 2
    const { words } = this
    words[at] = offset
    words[at + 1] = segment
    words[at + 2] = TAG_POINTER
    words[at + 3] = 0
    words[at + 4] = 0
    words[at + 5] = 0
    words[at + 6] = 0
    words[at + 7] = 0
  }

  copyCell(to: number, from: number): void {
    const { words } = this
    for (let i = 0; i < 8; i++) words[(to >> 2) + i] = words[(from >> 2) + i]!
  }

  /** Notes an error with a text of its own; returns FAULT. */
  fail(text: string): number {
    this.text = text
    this.words[ERROR_CODE >> 2] = E_TEXT
    this.words[ERROR_HINT >> 2] = 1
    return FAULT
  }

  /** The same for an operand of a hint, whose text ends like that of an instruction. */
  failOperand(text: string): number {
    this.fail(text)
    this.words[ERROR_HINT >> 2] = 0
    return FAULT
  }

  /** Scratch cell `index` for a value on its way to `insert`. */
  scratch(index: number): number {
    return HOST_SCRATCH + index * 32
  }
}
