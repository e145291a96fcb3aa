/**
 * What all code of one function shares: its locals, the cells it can name, and what is known of them where it stands.
 *
 *     state = steps << 32 | ap, in a local, brought up to date where ways part or meet; in between, what a straight line
 *     adds is known at compile time. Cells are addressed from `fp`, or from where ap was after a call of unknown rise.
 *
 * Facts are about cells that are set, and a cell that is set never changes: a fact holds on all ways behind it. It may say
 * that the low half of a cell is in a local, until that local is taken again.
 */
import { PROGRAM_CELLS } from '../../kernels/vm-layout.ts'
import type { Place } from './instruction.ts'
import { Code, op } from './wasm.ts'

/** Functions of the kernel that compiled code calls, by index. */
export const kernel = {
  leave: 0,
  assert: 1,
  hints: 2,
  pause: 3,
  add: 4,
  multiply: 5,
  deref: 6,
  less: 7,
  divMod: 8,
  wideMultiply: 9,
  split: 10,
  step: 11,
} as const
export const KERNEL_FUNCTIONS = Object.keys(kernel).length

/** Parameters and locals of a function. */
export const STATE = 0
/** Bytes of native stack that are left. */
export const ROOM = 1
/** `fp`, and ap at the start of an epoch, lowered so that offsets of cells are not negative. */
export const BASE = 2
const AP_BASE = 3
/** Calls of the function itself in tail position that are open, and the `ret` behind the first. */
export const PENDING = 4
export const TAIL_PC = 5
export const ENTRY = 6
export const CELL = 7
export const AT = 8
/** Which backward jump is taken. */
export const RESUME = 9
export const I32_LOCALS = 8
export const T0 = 10
export const T1 = 11
export const T2 = 12
const POOL = 13
const POOL_SIZE = 16
export const I64_LOCALS = 3 + POOL_SIZE

export const CELL_BYTES = 32
export const SMALL = 1n
export const REL = 2n
export const SMALL_LIMIT = 1n << 64n
export const ONE_STEP = 1n << 32n

/** What is known of a cell that is set: its tag when that is 1 or 2, and then its low half, in a local or as a value. */
export interface Fact {
  tag: 0 | 1 | 2
  local: number
  value: bigint | null
}

export const isSet: Fact = { tag: 0, local: -1, value: null }

/** A cell as (local, offset in bytes); the key names it in facts. */
export interface Address {
  local: number
  offset: number
  key: number
}

/** Where ap is: cells from fp when `epoch` is 0, else from where that epoch began. */
export interface Position {
  epoch: number
  cells: number
}

/** Cells of a function that was called on the way. */
interface CalleeCells {
  epoch: number
  from: number
  to: number
}

/** What is known on one way to a block. */
export interface Knowledge {
  position: Position
  callees: readonly CalleeCells[]
  facts: ReadonlyMap<number, Fact>
}

/** Cells from fp, or from the start of an epoch, that are still addressed from there. */
const MOST_CELLS = 1 << 20
/** More is forgotten, oldest first: facts are copied where ways part. */
const MOST_FACTS = 400
const EPOCH = 2 ** 24
const MIDDLE = 2 ** 20

export class Emitter {
  readonly code = new Code()
  readonly facts = new Map<number, Fact>()
  readonly bias: number
  /** The pc whose hints have run, or -1. */
  hintsRan = -1
  private position: Position = { epoch: 0, cells: 0 }
  private callees: readonly CalleeCells[] = []
  private epochs = 0
  /** What the state lacks. */
  private steps = 0
  private climbed = 0
  private nextLocal = 0

  /** `lowest` is the lowest offset that is named. */
  constructor(lowest: number) {
    this.bias = -lowest * CELL_BYTES
  }

  /** What is known here, for the block that follows on this way. */
  knowledge(): Knowledge {
    return { position: this.position, callees: this.callees, facts: new Map(this.facts) }
  }

  /** Begins a block: knows what all ways to it agree on; nothing when there may be other ways. */
  begin(ways: readonly Knowledge[]): void {
    this.steps = 0
    this.climbed = 0
    this.facts.clear()
    this.callees = [...new Set(ways.flatMap(({ callees }) => callees))]
    const [first, ...others] = ways
    if (first === undefined) {
      this.newEpoch()
      return
    }
    for (const [key, fact] of first.facts) {
      const theirs = others.map(({ facts }) => facts.get(key))
      if (theirs.includes(undefined)) continue
      this.facts.set(key, theirs.every((other) => isSame(fact, other!)) ? fact : isSet)
    }
    const { epoch, cells } = first.position
    const agree = others.every(
      ({ position }) => position.epoch === epoch && position.cells === cells,
    )
    if (agree) this.position = first.position
    else this.newEpoch()
  }

  /** ap is somewhere, and the state knows where: counts from there. */
  newEpoch(): void {
    this.position = { epoch: ++this.epochs, cells: 0 }
    this.code.get(STATE).op(op.wrap).i32(this.bias).op(op.i32Sub).set(AP_BASE)
  }

  /** One step more, with so many cells that ap rises. */
  advance(cells: number): void {
    this.steps++
    this.climbed += cells
    this.climb(cells)
    if (this.position.cells < MOST_CELLS) return
    // Offsets of cells have to stay small.
    this.settle()
    this.newEpoch()
  }

  /** Behind a call that returned the state at its `ret`; ap rose by so many cells in it, -1 if unknown. */
  returned(cells: number): void {
    this.steps = 1
    this.climbed = 0
    if (cells < 0) {
      this.newEpoch()
      return
    }
    const { epoch, cells: from } = this.position
    this.callees = [...this.callees, { epoch, from, to: from + cells }]
    this.climb(cells)
  }

  /** Takes back steps and cells that are in the state, for a way on which that was not done. */
  unsettle({ position }: Knowledge, steps: number, cells: number): void {
    const delta = BigInt(steps) * ONE_STEP + BigInt(cells * CELL_BYTES)
    this.code.get(STATE).i64(delta).op(op.i64Sub).set(STATE)
    this.position = position
  }

  /** Brings the state up to date. */
  settle(): void {
    if (this.steps === 0 && this.climbed === 0) return
    this.pushState()
    this.code.set(STATE)
    this.steps = 0
    this.climbed = 0
  }

  pushState(): void {
    const delta = BigInt(this.steps) * ONE_STEP + BigInt(this.climbed * CELL_BYTES)
    this.code.get(STATE)
    if (delta !== 0n) this.code.i64(delta).op(op.i64Add)
  }

  pushFp(): void {
    this.code.get(BASE).i32(this.bias).op(op.i32Add)
  }

  /** State, fp and pc, for the kernel. */
  pushRegisters(pc: number): void {
    this.pushState()
    this.pushFp()
    this.code.i32(pc)
  }

  /** Ends compiled code: the interpreter goes on at pc, or behind it when its hints have run already. */
  leave(pc: number): void {
    this.pushRegisters(pc)
    this.code.call(this.hintsRan === pc ? kernel.step : kernel.leave).op(op.return)
  }

  /** Ends compiled code when a function of the kernel said so. */
  endIf(): void {
    this.code.if().i64(0n).op(op.return).end()
  }

  /** Does an assertion by the rules, and goes on behind it. */
  assert(pc: number): void {
    this.pushRegisters(pc)
    this.code.call(kernel.assert)
    this.endIf()
  }

  /** Code of `fast`, which branches to the label it gets when it cannot, with `slow` for that case. */
  either(fast: (miss: number) => void, slow: () => void): void {
    const { code } = this
    const done = code.block()
    const miss = code.block()
    fast(miss)
    code.br(done).end()
    slow()
    code.end()
  }

  at({ isFp, offset }: Place): Address {
    const { epoch, cells } = this.position
    const index = isFp ? offset : cells + offset
    const local = isFp || epoch === 0 ? BASE : AP_BASE
    const offsetBytes = index * CELL_BYTES + this.bias
    return { local, offset: offsetBytes, key: (isFp ? 0 : epoch) * EPOCH + index + MIDDLE }
  }

  pushAddress({ local, offset }: Address): void {
    this.code.get(local)
    if (offset !== 0) this.code.i32(offset).op(op.i32Add)
  }

  /** The cell behind the word at pc. */
  pushImmediate(pc: number): void {
    this.code
      .i32(0)
      .loadI32(PROGRAM_CELLS)
      .i32((pc + 1) * CELL_BYTES)
      .op(op.i32Add)
  }

  tag({ local, offset }: Address): Code {
    return this.code.get(local).loadI64(offset + 8)
  }

  low({ local, offset }: Address): Code {
    return this.code.get(local).loadI64(offset)
  }

  missIfSet(address: Address, miss: number): void {
    this.tag(address).i64(0n).op(op.i64Ne).brIf(miss)
  }

  missIfNotSmall(address: Address, miss: number): void {
    if (this.facts.get(address.key)?.tag === 1) return
    this.tag(address).i64(SMALL).op(op.i64Ne).brIf(miss)
  }

  /** Sets the halves that a small value or a pointer has. */
  store({ local, offset }: Address, tag: bigint, pushLow: () => void): void {
    this.code.get(local)
    pushLow()
    this.code.storeI64(offset)
    this.code
      .get(local)
      .i64(tag)
      .storeI64(offset + 8)
  }

  /**
   * Copies a cell whose tag is in T0, by 8 bytes, as most cells are written: a wider load would wait until those stores
   * are done.
   */
  copyCell(to: Address, from: Address): void {
    const { code } = this
    const part = (at: number) =>
      code
        .get(to.local)
        .get(from.local)
        .loadI64(from.offset + at)
        .storeI64(to.offset + at)
    part(0)
    code
      .get(to.local)
      .get(T0)
      .storeI64(to.offset + 8)
    code.get(T0).i64(0n).op(op.i64LtS).if()
    part(16)
    part(24)
    code.end()
  }

  /** Notes that a cell is set, and more if it is known. */
  know({ key }: Address, fact: Fact = isSet): void {
    if (fact.tag === 0 && this.facts.has(key)) return
    this.facts.set(key, fact)
    if (this.facts.size <= MOST_FACTS) return
    for (const oldest of this.facts.keys()) {
      this.facts.delete(oldest)
      break
    }
  }

  /** What is known of the low half of a cell. */
  valueOf({ key }: Address): Fact | null {
    const fact = this.facts.get(key)
    return fact === undefined || fact.tag === 0 ? null : fact
  }

  pushValue({ local, value }: Fact): void {
    if (value !== null) this.code.i64(value)
    else this.code.get(local)
  }

  /** A local for a low half; what was known by it is forgotten. */
  fresh(): number {
    const local = POOL + (this.nextLocal++ % POOL_SIZE)
    for (const [key, fact] of this.facts) {
      if (fact.local === local) this.facts.set(key, isSet)
    }
    return local
  }

  /** Whether an operand is likely to be set already: an argument, a result of a call, or set on every way here. */
  isLikelySet(place: Place): boolean {
    const { key } = this.at(place)
    if (this.facts.has(key)) return true
    const index = (key % EPOCH) - MIDDLE
    const epoch = Math.floor(key / EPOCH)
    if (index < 0) return true
    return this.callees.some((one) => one.epoch === epoch && index >= one.from && index < one.to)
  }

  private climb(cells: number): void {
    const { epoch, cells: before } = this.position
    this.position = { epoch, cells: before + cells }
  }
}

function isSame(a: Fact, b: Fact): boolean {
  return a.tag === b.tag && a.local === b.local && a.value === b.value
}
