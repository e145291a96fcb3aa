/**
 * One Cairo function as one WebAssembly function.
 *
 *     state, room ─▶ [ limits ─▶ blocks in order ─▶ state at its `ret`, which the caller counts ] or 0: left
 */
import {
  HINT_DIV_MOD,
  HINT_LINEAR_SPLIT,
  HINT_TEST_LESS,
  HINT_TEST_LESS_OR_EQUAL,
  HINT_WIDE_MUL,
  IMAGE,
  OPERAND_DEREF,
  OPERAND_IMMEDIATE,
  PC_OFFSET,
  PROGRAM_CELLS,
  STACK_BASE,
  STACK_END,
  STACK_RESERVE,
  STEP_PAUSE,
  TABLE,
} from '../../kernels/vm-layout.ts'
import { type Block, type CairoFunction, type Position, successors } from './flow.ts'
import { type Instruction, type Place, signed } from './instruction.ts'
import { Code, type DefinedFunction, I32, I64, op } from './wasm.ts'

/** What is known of a cell that is set: its tag when 1 or 2, and where its low half is. */
interface Fact {
  tag: 0 | 1 | 2
  local: number
  value: bigint | null
}

interface Address {
  local: number
  offset: number
  key: number
}

export interface HintOperand {
  kind: number
  place: Place
  value: bigint
  /** Where the value lies in the image. */
  immediateAt: number
}

export interface Hint {
  code: number
  operands: HintOperand[]
  results: Place[]
}

export interface Unit {
  hints(pc: number): Hint[]
  /** Function index by start, or -1. */
  indexOf(start: number): number
  /** Cells that ap is above fp at the `ret` of a function, or -1 when that varies. */
  returnCells(start: number): number
}

/** Imported functions, in this order. */
export const imports = {
  leave: 0,
  assert: 1,
  hints: 2,
  pause: 3,
  add: 4,
  multiply: 5,
  deref: 6,
  less: 7,
  divMod: 8,
  wideMul: 9,
  split: 10,
}
const IMPORT_COUNT = 11
export const FIRST_FUNCTION = IMPORT_COUNT

const STATE = 0
const ROOM = 1
const BASE = 2
const AP_BASE = 3
const PENDING = 4
const TAIL_PC = 5
const ENTRY = 6
const CELL = 7
const AT = 8
const T0 = 9
const T1 = 10
const T2 = 11
const POOL = 12
const POOL_SIZE = 16

const CELL_BYTES = 32
const SMALL = 1n
const REL = 2n
const TOP = STACK_END - STACK_RESERVE * CELL_BYTES
const ONE_STEP = 1n << 32n
const ADD_LIMIT = 1n << 32n
const SMALL_LIMIT = 1n << 64n

const unknown: Fact = { tag: 0, local: -1, value: null }

/** What native stack a frame is counted for. */
export function weightOf({ steps }: CairoFunction): number {
  return Math.max(320, steps >> 2)
}

/** Cells of a function that was called on the way. */
interface CalleeCells {
  epoch: number
  from: number
  to: number
}

interface Arrival {
  position: Position
  callees: readonly CalleeCells[]
  facts: Map<number, Fact>
}

export class Emitter {
  private readonly code = new Code()
  private readonly unit: Unit
  private readonly fn: CairoFunction
  private readonly bias: number
  private readonly all: Map<number, Instruction>
  private facts = new Map<number, Fact>()
  private position: Position = { epoch: 0, cells: 0 }
  private epochs = 0
  /** Cells of called functions. */
  private callees: readonly CalleeCells[] = []
  private steps = 0
  private climbed = 0
  private nextLocal = 0
  private loopLabel = 0
  private labels: number[] = []
  private readonly arrivals = new Map<number, Arrival[]>()

  constructor(unit: Unit, fn: CairoFunction) {
    this.unit = unit
    this.fn = fn
    this.bias = -fn.lowestNamed * CELL_BYTES
    this.all = new Map(fn.blocks.flatMap((b) => b.instructions.map((one) => [one.pc, one])))
  }

  emit(): DefinedFunction {
    const { code, fn } = this
    // Entry: room on the native stack.
    code.get(ROOM).i32(0).op(op.i32LtS)
    code.if()
    code.get(STATE).get(STATE).op(op.wrap).i32(fn.start).call(imports.leave).op(op.return).end()
    this.loopLabel = code.loop()
    code.get(STATE).op(op.wrap).i32(this.bias).op(op.i32Sub).set(BASE)
    code.get(STATE).i64(32n).op(op.i64ShrU, op.wrap).i32(0).loadI32(STEP_PAUSE).op(op.i32GeU)
    code.if()
    code.get(STATE).get(STATE).op(op.wrap).i32(fn.start).i32(0).call(imports.pause)
    code.if().i64(0n).op(op.return).end().end()
    code.get(BASE).i32(this.bias + fn.lowest * CELL_BYTES).op(op.i32Add)
    code.i32(0).loadI32(STACK_BASE).op(op.i32LtU)
    code.if()
    code.get(STATE).get(STATE).op(op.wrap).i32(fn.start).call(imports.leave).op(op.return).end()
    for (let i = fn.blocks.length - 1; i > 0; i--) this.labels[i] = code.block()
    fn.blocks.forEach((block, index) => {
      if (index > 0) code.end()
      this.block(block, index)
    })
    code.op(0).end().op(0)
    return {
      type: 0,
      locals: [
        [7, I32],
        [3 + POOL_SIZE, I64],
      ],
      code,
    }
  }

  private block(block: Block, index: number): void {
    const { code } = this
    this.steps = 0
    this.climbed = 0
    this.arrive(index)
    for (const one of block.instructions) {
      this.hints(one.pc)
      if (!this.instruction(one, index)) return
    }
    if (block.next >= 0) this.go(index, block.next)
    else code.op(0)
  }

  /** Merges what is known on all ways that lead to a block. */
  private arrive(index: number): void {
    if (index === 0) {
      this.facts = new Map()
      this.callees = []
      this.position = { epoch: 0, cells: 0 }
      return
    }
    const arrivals = this.arrivals.get(index) ?? []
    this.arrivals.delete(index)
    const [first, ...others] = arrivals
    this.callees = [...new Set(arrivals.flatMap(({ callees }) => callees))]
    if (first === undefined) {
      this.facts = new Map()
      this.newEpoch()
      return
    }
    const facts = new Map<number, Fact>()
    for (const [key, fact] of first.facts) {
      let merged: Fact | null = fact
      for (const { facts: other } of others) {
        const theirs = other.get(key)
        if (theirs === undefined) merged = null
        else if (merged !== null && !same(merged, theirs)) merged = unknown
        if (merged === null) break
      }
      if (merged !== null) facts.set(key, merged)
    }
    this.facts = facts
    const agree = others.every(
      ({ position }) =>
        position.epoch === first.position.epoch && position.cells === first.position.cells,
    )
    if (agree) this.position = first.position
    else this.newEpoch()
  }

  /** ap is somewhere: count from there. */
  private newEpoch(): void {
    this.position = { epoch: ++this.epochs, cells: 0 }
    this.code.get(STATE).op(op.wrap).i32(this.bias).op(op.i32Sub).set(AP_BASE)
  }

  /** Brings the state up to date and goes to a block, or leaves when that is not ahead. */
  private go(index: number, pc: number): void {
    const { code } = this
    const target = this.fn.order.get(pc) ?? -1
    if (target <= index) {
      this.leave(pc)
      return
    }
    this.settle()
    this.note(target)
    if (target !== index + 1) code.br(this.labels[target]!)
  }

  private note(target: number): void {
    const list = this.arrivals.get(target)
    const arrival = { position: this.position, callees: this.callees, facts: new Map(this.facts) }
    if (list === undefined) this.arrivals.set(target, [arrival])
    else list.push(arrival)
  }

  /** Adds what is pending to the state. */
  private settle(): void {
    if (this.steps === 0 && this.climbed === 0) return
    this.state()
    this.code.set(STATE)
    this.steps = 0
    this.climbed = 0
  }

  private state(): void {
    const delta = BigInt(this.steps) * ONE_STEP + BigInt(this.climbed * CELL_BYTES)
    this.code.get(STATE)
    if (delta !== 0n) this.code.i64(delta).op(op.i64Add)
  }

  private fp(): void {
    this.code.get(BASE).i32(this.bias).op(op.i32Add)
  }

  private leave(pc: number): void {
    this.state()
    this.fp()
    this.code.i32(pc).call(imports.leave).op(op.return)
  }

  /** The general step, for an assertion; goes on behind it. */
  private slowly(pc: number): void {
    this.state()
    this.fp()
    this.code.i32(pc).call(imports.assert)
    this.code.if().i64(0n).op(op.return).end()
  }

  private at(place: Place): Address {
    const { epoch, cells } = this.position
    if (place.isFp) return this.addressOf(BASE, 0, place.offset)
    return this.addressOf(epoch === 0 ? BASE : AP_BASE, epoch, cells + place.offset)
  }

  private addressOf(local: number, epoch: number, index: number): Address {
    return {
      local,
      offset: index * CELL_BYTES + this.bias,
      key: epoch * 2 ** 24 + index + 2 ** 20,
    }
  }

  private pushAddress({ local, offset }: Address): void {
    this.code.get(local)
    if (offset !== 0) this.code.i32(offset).op(op.i32Add)
  }

  private tag({ local, offset }: Address): Code {
    return this.code.get(local).loadI64(offset + 8)
  }

  private low({ local, offset }: Address): Code {
    return this.code.get(local).loadI64(offset)
  }

  private know(address: Address, fact: Fact = unknown): void {
    const known = this.facts.get(address.key)
    if (known !== undefined && known.tag !== 0 && fact.tag === 0) return
    this.facts.set(address.key, fact)
  }

  /** A local for a low half; what was known by it is forgotten. */
  private fresh(): number {
    const local = POOL + (this.nextLocal++ % POOL_SIZE)
    for (const [key, fact] of this.facts) {
      if (fact.local === local) this.facts.set(key, unknown)
    }
    return local
  }

  private pushFact({ local, value }: Fact): void {
    if (value !== null) this.code.i64(value)
    else this.code.get(local)
  }

  /** Code of `fast`, which branches to the label it gets when it cannot, with `slow` for that case. */
  private either(fast: (miss: number) => void, slow: () => void): void {
    const { code } = this
    const done = code.block()
    const miss = code.block()
    fast(miss)
    code.br(done).end()
    slow()
    code.end()
  }

  private store(address: Address, tag: bigint, value: () => void): void {
    this.code.get(address.local)
    value()
    this.code.storeI64(address.offset)
    this.code.get(address.local).i64(tag).storeI64(address.offset + 8)
  }

  /**
   * Copies a cell whose tag is in T0, by 8 bytes, as most cells are written: a wider load would wait until those stores
   * are done.
   */
  private copyCell(to: Address, from: Address): void {
    const { code } = this
    const part = (at: number) =>
      code.get(to.local).get(from.local).loadI64(from.offset + at).storeI64(to.offset + at)
    part(0)
    code.get(to.local).get(T0).storeI64(to.offset + 8)
    code.get(T0).i64(0n).op(op.i64LtS).if()
    part(16)
    part(24)
    code.end()
  }

  /** Whether an operand is likely to be set already: an argument, a result of a call, or set on every way here. */
  private isLikelySet(place: Place): boolean {
    const { key } = this.at(place)
    if (this.facts.has(key)) return true
    const index = (key % 2 ** 24) - 2 ** 20
    const epoch = (key - (key % 2 ** 24)) / 2 ** 24
    if (index < 0) return true
    return this.callees.some((one) => one.epoch === epoch && index >= one.from && index < one.to)
  }

  /** One instruction; false when nothing follows it in this block. */
  private instruction(one: Instruction, index: number): boolean {
    const { code } = this
    switch (one.kind) {
      case 'immediate':
        this.immediate(one.pc, this.at(one.dst), one.value)
        break
      case 'copy':
        this.copy(one.pc, one.dst, one.op1)
        break
      case 'deref':
        this.deref(one.pc, one.dst, one.op0, one.offset)
        break
      case 'addImmediate':
        this.addImmediate(one.pc, one.dst, one.op0, one.value)
        break
      case 'add':
        this.add(one.pc, one.dst, one.op0, one.op1)
        break
      case 'mul':
      case 'mulImmediate': {
        const dst = this.at(one.dst)
        const op0 = this.at(one.op0)
        this.pushAddress(dst)
        this.pushAddress(op0)
        if (one.kind === 'mul') this.pushAddress(this.at(one.op1))
        else this.pushImmediateCell(one.pc)
        code.call(imports.multiply).op(op.i32Eqz).if()
        this.slowly(one.pc)
        code.end()
        this.know(dst)
        this.know(op0)
        if (one.kind === 'mul') this.know(this.at(one.op1))
        break
      }
      case 'advance':
        this.state()
        code.op(op.wrap).i32(TOP - one.count * CELL_BYTES).op(op.i32GtU).if()
        this.leave(one.pc)
        code.end()
        this.climb(one.count)
        break
      case 'jnz':
        this.jnz(one, index)
        return false
      case 'jump':
        this.climb(one.apPlus)
        this.steps++
        this.go(index, one.target)
        return false
      case 'jumpCell':
        this.jumpCell(one, index)
        return false
      case 'call':
        return this.call(one)
      case 'return':
        this.return(one.pc)
        return false
      case 'other':
        this.leave(one.pc)
        return false
    }
    this.climb(one.apPlus)
    this.steps++
    return true
  }

  private climb(count: number): void {
    if (count === 0) return
    this.climbed += count
    this.position = { epoch: this.position.epoch, cells: this.position.cells + count }
  }

  private pushImmediateCell(pc: number): void {
    this.code.i32(0).loadI32(PROGRAM_CELLS).i32((pc + 1) * CELL_BYTES).op(op.i32Add)
  }

  private immediate(pc: number, dst: Address, value: bigint): void {
    const { code } = this
    this.either(
      (miss) => {
        this.tag(dst).i64(0n).op(op.i64Ne).brIf(miss)
        if (value < SMALL_LIMIT) {
          this.store(dst, SMALL, () => code.i64(value))
        } else {
          for (const half of [0, 16]) {
            code.get(dst.local).i32(0).loadI32(PROGRAM_CELLS)
            code.loadV128((pc + 1) * CELL_BYTES + half).storeV128(dst.offset + half)
          }
        }
      },
      () => this.slowly(pc),
    )
    this.know(dst, value < SMALL_LIMIT ? { tag: 1, local: -1, value } : unknown)
  }

  private copy(pc: number, dstPlace: Place, op1Place: Place): void {
    const { code } = this
    let to = this.at(dstPlace)
    let from = this.at(op1Place)
    const dstSet = this.isLikelySet(dstPlace)
    const opSet = this.isLikelySet(op1Place)
    if (dstSet && opSet) {
      this.either(
        (miss) => {
          this.tag(to).tee(T0).i64(1n).op(op.i64Sub).i64(1n).op(op.i64GtU).brIf(miss)
          this.tag(from).get(T0).op(op.i64Ne).brIf(miss)
          this.low(to)
          this.low(from).op(op.i64Ne).brIf(miss)
        },
        () => this.slowly(pc),
      )
      this.share(to, from)
      return
    }
    if (dstSet) [to, from] = [from, to]
    const fact = this.facts.get(from.key)
    this.either(
      (miss) => {
        this.tag(to).i64(0n).op(op.i64Ne).brIf(miss)
        if (fact !== undefined && fact.tag !== 0) {
          this.store(to, BigInt(fact.tag), () => this.pushFact(fact))
          return
        }
        this.tag(from).set(T0)
        if (fact === undefined) code.get(T0).op(op.i64Eqz).brIf(miss)
        this.copyCell(to, from)
      },
      () => this.slowly(pc),
    )
    this.share(to, from)
    void code
  }

  /** Two cells are equal: what is known of one is known of the other. */
  private share(a: Address, b: Address): void {
    const known = this.facts.get(a.key) ?? unknown
    const other = this.facts.get(b.key) ?? unknown
    const best = known.tag !== 0 ? known : other
    this.know(a, best)
    this.know(b, best)
  }

  /** The pointer in a cell, in a local; leaves when it is none. */
  private pointer(pc: number, address: Address): number {
    const { code } = this
    const fact = this.facts.get(address.key)
    if (fact?.tag === 2 && fact.local >= 0) return fact.local
    this.tag(address).i64(REL).op(op.i64Ne).if()
    this.leave(pc)
    code.end()
    const local = this.fresh()
    this.low(address).set(local)
    this.know(address, { tag: 2, local, value: null })
    return local
  }

  private deref(pc: number, dstPlace: Place, op0Place: Place, offset: number): void {
    const { code } = this
    const dst = this.at(dstPlace)
    const op0 = this.at(op0Place)
    const pointer = this.pointer(pc, op0)
    const isStore = this.isLikelySet(dstPlace)
    const fact = this.facts.get(dst.key)
    this.either(
      (miss) => {
        code.get(pointer).i64(32n).op(op.i64ShrU, op.wrap).i32(4).op(op.i32Shl)
        code.i32(0).loadI32(TABLE).op(op.i32Add).set(ENTRY)
        code.get(pointer).op(op.wrap)
        if (offset !== 0) code.i32(offset).op(op.i32Add)
        code.tee(AT).get(ENTRY).loadI32(4).op(op.i32GeU).brIf(miss)
        code.get(ENTRY).loadI32(0).get(AT).i32(5).op(op.i32Shl, op.i32Add).set(CELL)
        const cell: Address = { local: CELL, offset: 0, key: -1 }
        if (!isStore) {
          this.tag(dst).i64(0n).op(op.i64Ne).brIf(miss)
          this.tag(cell).tee(T0).op(op.i64Eqz).brIf(miss)
          this.copyCell(dst, cell)
          return
        }
        this.tag(cell).i64(0n).op(op.i64Ne).brIf(miss)
        this.tag(dst).set(T0)
        if (fact === undefined) code.get(T0).op(op.i64Eqz).brIf(miss)
        const done = code.block()
        const ruled = code.block()
        code.get(ENTRY).loadI32(12).brIf(ruled)
        this.copyCell(cell, dst)
        code.br(done).end()
        // A range check, or for the kernel to find out.
        code.get(ENTRY).loadI32(12).i32(1).op(op.i32Ne).brIf(miss)
        if (fact?.tag !== 1) {
          code.get(T0).i64(SMALL).op(op.i64Ne).if()
          code.get(T0).i64(1n << 63n).op(op.i64Ne).brIf(miss)
          code.get(dst.local).loadI64(dst.offset + 24).i64(0n).op(op.i64Ne).brIf(miss)
          code.end()
        }
        this.copyCell(cell, dst)
        code.get(AT).get(ENTRY).loadI32(8).op(op.i32GeU).if()
        code.get(ENTRY).get(AT).i32(1).op(op.i32Add).storeI32(8).end()
        code.end()
      },
      () => {
        this.pushAddress(dst)
        this.pushAddress(op0)
        code.i32(offset).call(imports.deref).op(op.i32Eqz).if()
        this.slowly(pc)
        code.end()
      },
    )
    this.know(dst)
  }

  private addImmediate(pc: number, dstPlace: Place, op0Place: Place, value: bigint): void {
    const { code } = this
    const dst = this.at(dstPlace)
    const op0 = this.at(op0Place)
    const distance = signed(value)
    const isNear = distance < ADD_LIMIT && distance > -ADD_LIMIT
    const dstSet = this.isLikelySet(dstPlace)
    const opSet = this.isLikelySet(op0Place)
    const helper = () => {
      this.pushAddress(dst)
      this.pushAddress(op0)
      this.pushImmediateCell(pc)
      code.call(imports.add).op(op.i32Eqz).if()
      this.slowly(pc)
      code.end()
    }
    const isForward = !dstSet && opSet
    const isBack = dstSet && !opSet
    if (!isNear || (!isForward && !isBack)) {
      helper()
      this.know(dst)
      this.know(op0)
      return
    }
    const from = isForward ? op0 : dst
    const to = isForward ? dst : op0
    const step = isForward ? distance : -distance
    const fact = this.facts.get(from.key)
    if (fact !== undefined && fact.tag !== 0) {
      const local = this.fresh()
      // The local of the fact may have been the one that was taken.
      const still = this.facts.get(from.key)!
      if (still.tag !== 0) {
        this.pushFact(still)
        code.i64(step).op(op.i64Add).set(local)
        if (still.tag === 2) {
          this.pushFact(still)
          code.get(local).op(op.i64Xor).i64(32n).op(op.i64ShrU).i64(0n).op(op.i64Ne)
        } else {
          code.get(local)
          this.pushFact(still)
          code.op(step < 0n ? op.i64GtU : op.i64LtU)
        }
        code.if()
        this.leave(pc)
        code.end()
        this.either(
          (miss) => {
            this.tag(to).i64(0n).op(op.i64Ne).brIf(miss)
            this.store(to, BigInt(still.tag), () => code.get(local))
          },
          () => this.slowly(pc),
        )
        this.know(to, { tag: still.tag, local, value: null })
        return
      }
    }
    this.either(
      (miss) => {
        this.tag(to).i64(0n).op(op.i64Ne).brIf(miss)
        this.tag(from).tee(T0).i64(1n).op(op.i64Sub).i64(1n).op(op.i64GtU).brIf(miss)
        this.low(from).tee(T1).i64(step).op(op.i64Add).tee(T2)
        code.get(T1).op(op.i64Xor).i64(32n).op(op.i64ShrU).i64(0n).op(op.i64Ne).brIf(miss)
        code.get(to.local).get(T2).storeI64(to.offset)
        code.get(to.local).get(T0).storeI64(to.offset + 8)
      },
      helper,
    )
    this.know(dst)
    this.know(op0)
  }

  private add(pc: number, dstPlace: Place, op0Place: Place, op1Place: Place): void {
    const { code } = this
    const dst = this.at(dstPlace)
    const op0 = this.at(op0Place)
    const op1 = this.at(op1Place)
    const sets = [dstPlace, op0Place, op1Place].map((place) => this.isLikelySet(place))
    const helper = () => {
      this.pushAddress(dst)
      this.pushAddress(op0)
      this.pushAddress(op1)
      code.call(imports.add).op(op.i32Eqz).if()
      this.slowly(pc)
      code.end()
    }
    const isSmall = (address: Address, miss: number) => {
      if (this.facts.get(address.key)?.tag === 1) return
      this.tag(address).i64(SMALL).op(op.i64Ne).brIf(miss)
    }
    if (!sets[0]) {
      this.either((miss) => {
        this.tag(dst).i64(0n).op(op.i64Ne).brIf(miss)
        isSmall(op0, miss)
        isSmall(op1, miss)
        this.low(op0).tee(T0)
        this.low(op1).op(op.i64Add).tee(T1).get(T0).op(op.i64LtU).brIf(miss)
        this.store(dst, SMALL, () => code.get(T1))
      }, helper)
    } else if (sets[1] !== sets[2]) {
      const to = sets[1] ? op1 : op0
      const other = sets[1] ? op0 : op1
      this.either((miss) => {
        this.tag(to).i64(0n).op(op.i64Ne).brIf(miss)
        isSmall(dst, miss)
        isSmall(other, miss)
        this.low(dst).tee(T0)
        this.low(other).tee(T1).op(op.i64LtU).brIf(miss)
        this.store(to, SMALL, () => code.get(T0).get(T1).op(op.i64Sub))
      }, helper)
    } else helper()
    this.know(dst)
    this.know(op0)
    this.know(op1)
  }

  private jnz(one: Instruction & { kind: 'jnz' }, index: number): void {
    const { code } = this
    const dst = this.at(one.dst)
    const fact = this.facts.get(dst.key)
    const fall = one.pc + one.size
    if (fact?.tag === 1) {
      this.pushFact(fact)
      code.i64(0n).op(op.i64Ne)
    } else {
      this.tag(dst).tee(T0).op(op.i64Eqz).if()
      this.leave(one.pc)
      code.end()
      this.low(dst).get(T0).i64(SMALL).op(op.i64Xor, op.i64Or).i64(0n).op(op.i64Ne)
    }
    this.know(dst)
    this.climb(one.apPlus)
    this.steps++
    const taken = this.fn.order.get(one.target) ?? -1
    // The state is the same on both ways.
    code.set(AT)
    if (taken > index) {
      this.settle()
      this.note(taken)
      code.get(AT).brIf(this.labels[taken]!)
    } else {
      code.get(AT).if()
      this.leave(one.target)
      code.end()
    }
    this.go(index, fall)
  }

  private jumpCell(one: Instruction & { kind: 'jumpCell' }, index: number): void {
    const { code } = this
    const op1 = this.at(one.op1)
    const { table } = this.fn.blocks[index]!
    this.tag(op1).i64(SMALL).op(op.i64Ne)
    this.low(op1).i64(BigInt(table.length)).op(op.i64GeU, op.i32Or).if()
    this.leave(one.pc)
    code.end()
    this.know(op1)
    const labels: number[] = []
    const out = code.block()
    const targets = new Map<number, number>()
    for (let distance = 0; distance < table.length; distance++) {
      const pc = table[distance]
      const target = pc === undefined ? -1 : (this.fn.order.get(pc) ?? -1)
      labels.push(target > index ? this.labels[target]! : out)
      if (target > index) targets.set(target, 1)
    }
    const { steps, climbed, position } = this
    const low = () => this.low(op1)
    // State is settled before the table, and taken back for the way out.
    const before = { steps, climbed, position }
    this.climb(one.apPlus)
    this.steps++
    const delta = BigInt(this.steps) * ONE_STEP + BigInt(this.climbed * CELL_BYTES)
    low()
    code.op(op.wrap).set(AT)
    this.settle()
    for (const target of targets.keys()) this.note(target)
    code.get(AT).brTable(labels, out).end()
    code.get(STATE).i64(delta).op(op.i64Sub).set(STATE)
    this.steps = before.steps
    this.climbed = before.climbed
    this.position = before.position
    this.leave(one.pc)
  }

  private call(one: Instruction & { kind: 'call' }): boolean {
    const { code } = this
    const index = this.unit.indexOf(one.target)
    if (index < 0) {
      this.leave(one.pc)
      return false
    }
    const frame = this.at({ isFp: false, offset: 0 })
    const back = this.at({ isFp: false, offset: 1 })
    this.tag(frame)
    this.tag(back).op(op.i64Or).i64(0n).op(op.i64Ne).if()
    this.leave(one.pc)
    code.end()
    this.store(frame, REL, () => {
      code.get(BASE).i32(0).loadI32(STACK_BASE).op(op.i32Sub)
      code.i32(this.bias).op(op.i32Add).i32(5).op(op.i32ShrU, op.extend)
      code.i64(ONE_STEP).op(op.i64Or)
    })
    const next = one.pc + one.size
    this.store(back, REL, () => code.i64(BigInt(next)))
    this.know(frame)
    this.know(back)
    this.climb(2)
    this.steps++
    const isTail = this.all.get(next)?.kind === 'return' && this.unit.hints(next).length === 0
    if (one.target === this.fn.start && isTail) {
      this.settle()
      code.get(PENDING).op(op.i32Eqz).if().i32(next).set(TAIL_PC).end()
      code.get(PENDING).i32(1).op(op.i32Add).set(PENDING)
      code.br(this.loopLabel)
      return false
    }
    this.state()
    code.get(ROOM).i32(weightOf(this.fn)).op(op.i32Sub)
    code.call(FIRST_FUNCTION + index).tee(STATE).op(op.wrap, op.i32Eqz)
    code.if().i64(0n).op(op.return).end()
    this.steps = 1
    this.climbed = 0
    const cells = this.unit.returnCells(one.target)
    if (cells >= 0) {
      const { epoch, cells: from } = this.position
      this.callees = [...this.callees, { epoch, from, to: from + cells }]
      this.climbFree(cells)
    } else this.newEpoch()
    return true
  }

  /** ap rose by so much and the state knows it already. */
  private climbFree(count: number): void {
    this.position = { epoch: this.position.epoch, cells: this.position.cells + count }
  }

  private return(pc: number): void {
    const { code } = this
    this.settle()
    code.get(PENDING).if()
    code.get(STATE).i64(32n).op(op.i64ShrU, op.wrap).get(PENDING).op(op.i32Add)
    code.i32(0).loadI32(STEP_PAUSE).op(op.i32GeU).if()
    code.get(STATE)
    this.fp()
    code.i32(pc).get(PENDING).call(imports.pause)
    code.if().i64(0n).op(op.return).end().end()
    code.i32(0).get(TAIL_PC).storeI32(PC_OFFSET)
    code.get(STATE).get(PENDING).op(op.extend).i64(32n).op(op.i64Shl, op.i64Add).op(op.return)
    code.end()
    code.i32(0).i32(pc).storeI32(PC_OFFSET)
    code.get(STATE).op(op.return)
  }

  private hints(pc: number): void {
    const { code } = this
    const hints = this.unit.hints(pc)
    if (hints.length === 0) return
    const [first] = hints
    const isTest = first!.code === HINT_TEST_LESS || first!.code === HINT_TEST_LESS_OR_EQUAL
    if (hints.length === 1 && isTest && this.testLess(pc, first!)) return
    if (hints.length === 1 && this.arithmeticHint(pc, first!)) return
    this.runHints(pc)
    for (const { results } of hints) for (const place of results) this.know(this.at(place))
    void code
  }

  /** The frequent hints of two results. */
  private arithmeticHint(pc: number, hint: Hint): boolean {
    const { code } = this
    const helper = helpers.get(hint.code)
    if (helper === undefined || !hint.operands.every(isPlain)) return false
    for (const one of hint.operands) this.pushOperand(one)
    for (const place of hint.results) this.pushAddress(this.at(place))
    code.call(helper).op(op.i32Eqz).if()
    this.runHints(pc)
    code.end()
    this.knowHint(hint)
    return true
  }

  private knowHint({ operands, results }: Hint): void {
    for (const one of operands) {
      if (one.kind === OPERAND_DEREF) this.know(this.at(one.place))
    }
    for (const place of results) this.know(this.at(place))
  }

  private pushOperand({ kind, place, immediateAt }: HintOperand): void {
    if (kind === OPERAND_DEREF) this.pushAddress(this.at(place))
    else this.code.i32(0).loadI32(IMAGE).i32(immediateAt).op(op.i32Add)
  }

  private runHints(pc: number): void {
    this.state()
    this.fp()
    this.code.i32(pc).get(ROOM).call(imports.hints)
    this.code.if().i64(0n).op(op.return).end()
  }

  private testLess(pc: number, { code: kind, operands, results }: Hint): boolean {
    const { code } = this
    if (!operands.every(isPlain)) return false
    const isWide = operands.some((one) => one.kind === OPERAND_IMMEDIATE && one.value >= SMALL_LIMIT)
    const dst = this.at(results[0]!)
    const local = this.fresh()
    this.either(
      (miss) => {
        if (isWide) {
          code.br(miss)
          return
        }
        this.tag(dst).i64(0n).op(op.i64Ne).brIf(miss)
        for (const one of operands) {
          if (one.kind === OPERAND_IMMEDIATE) continue
          const address = this.at(one.place)
          if (this.facts.get(address.key)?.tag === 1) continue
          this.tag(address).i64(SMALL).op(op.i64Ne).brIf(miss)
        }
        for (const one of operands) {
          if (one.kind === OPERAND_IMMEDIATE) code.i64(one.value)
          else this.low(this.at(one.place))
        }
        code.op(kind === HINT_TEST_LESS ? op.i64LtU : op.i64LeU, op.extend).set(local)
        this.store(dst, SMALL, () => code.get(local))
      },
      () => {
        this.pushOperand(operands[0]!)
        this.pushOperand(operands[1]!)
        code.i32(kind === HINT_TEST_LESS ? 0 : 1)
        this.pushAddress(dst)
        code.call(imports.less).op(op.i32Eqz).if()
        this.runHints(pc)
        code.end()
        this.low(dst).set(local)
      },
    )
    this.know(dst, { tag: 1, local, value: null })
    for (const one of operands) {
      if (one.kind === OPERAND_DEREF) this.know(this.at(one.place))
    }
    return true
  }
}

const helpers = new Map([
  [HINT_DIV_MOD, imports.divMod],
  [HINT_WIDE_MUL, imports.wideMul],
  [HINT_LINEAR_SPLIT, imports.split],
])

function isPlain({ kind }: HintOperand): boolean {
  return kind === OPERAND_DEREF || kind === OPERAND_IMMEDIATE
}

function same(a: Fact, b: Fact): boolean {
  return a === b || (a.tag === b.tag && a.local === b.local && a.value === b.value)
}

void successors
