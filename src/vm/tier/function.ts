/**
 * One Cairo function as one WebAssembly function.
 *
 *     (state, room) ──▶ [ limits ──▶ blocks, in order ──▶ state at its `ret` ]──▶ the caller counts that step
 *                          ▲                │
 *                          └────────────────┴── a call of itself in tail position, a backward jump
 *
 * It returns 0 when it left: registers are in control memory, and every caller returns 0 too. A call of a Cairo function is
 * a call here, with the frame in memory as the rules have it, so that the interpreter can go on from anywhere. Calls in
 * tail position are a loop, because Cairo's loops are such calls: the frames that pile up hold a `ret` each, and those are
 * counted at once in the end.
 */
import { PC_OFFSET, STACK_BASE, STEP_PAUSE, TIER_TOP } from '../../kernels/vm-layout.ts'
import { emitAssertion, isAssertion } from './assertion.ts'
import type { Climbs } from './climb.ts'
import {
  AT,
  BASE,
  CELL_BYTES,
  Emitter,
  I32_LOCALS,
  I64_LOCALS,
  KERNEL_FUNCTIONS,
  type Knowledge,
  kernel,
  ONE_STEP,
  PENDING,
  REL,
  RESUME,
  ROOM,
  SMALL,
  STATE,
  T0,
  TAIL_PC,
} from './emitter.ts'
import type { Block, CairoFunction } from './flow.ts'
import { type Hint, placesOfHints } from './hint.ts'
import { emitHints } from './hint-code.ts'
import { type Instruction, placesOf } from './instruction.ts'
import { type DefinedFunction, I32, I64, op } from './wasm.ts'

/** What functions of one program know of each other. */
export interface Unit {
  hints(pc: number): readonly Hint[]
  /** Index of the function that starts at a pc, or -1. */
  indexOf(start: number): number
  climbs: Climbs
}

/** Type of a compiled function: the first of its module. */
export const FUNCTION_TYPE = 0

/** Bytes of native stack that a call is counted for: more than a frame takes, and more for many steps. */
const FRAME_BYTES = 320
export const STEPS_PER_BYTE = 4

export function compileFunction(unit: Unit, fn: CairoFunction): DefinedFunction {
  return new FunctionCompiler(unit, fn).compile()
}

class FunctionCompiler {
  private readonly unit: Unit
  private readonly fn: CairoFunction
  private readonly emitter: Emitter
  private readonly byPc: Map<number, Instruction>
  /** What is known on the ways to blocks that were not reached yet, and their labels. */
  private readonly ways = new Map<number, Knowledge[]>()
  private readonly labels: number[] = []
  private startLabel = 0
  private backLabel = 0

  constructor(unit: Unit, fn: CairoFunction) {
    this.unit = unit
    this.fn = fn
    const instructions = fn.blocks.flatMap((block) => block.instructions)
    const places = instructions.flatMap((one) => [
      ...placesOf(one),
      ...placesOfHints(unit.hints(one.pc)),
    ])
    this.emitter = new Emitter(places.reduce((low, { offset }) => Math.min(low, offset), -2))
    this.byPc = new Map(instructions.map((one) => [one.pc, one]))
  }

  compile(): DefinedFunction {
    const { emitter, fn } = this
    const { code } = emitter
    const { blocks, backward } = fn
    code.get(ROOM).i32(0).op(op.i32LtS)
    this.leaveAtStartIf()
    this.startLabel = code.loop()
    code.get(STATE).op(op.wrap).i32(emitter.bias).op(op.i32Sub).set(BASE)
    this.pauseIfDue(fn.start)
    // Below its stack a call has nothing: an operand there is for the interpreter to refuse.
    const lowest = this.unit.climbs.lowest(fn, (pc) => placesOfHints(this.unit.hints(pc)))
    code
      .get(BASE)
      .i32(emitter.bias + lowest * CELL_BYTES)
      .op(op.i32Add)
    code.i32(0).loadI32(STACK_BASE).op(op.i32LtU)
    this.leaveAtStartIf()
    if (backward.length > 0) {
      code.i32(backward.length).set(RESUME)
      this.backLabel = code.loop()
    }
    for (let index = blocks.length - 1; index > 0; index--) this.labels[index] = code.block()
    if (backward.length > 0) {
      const first = code.block()
      const targets = backward.map((index) => (index === 0 ? first : this.labels[index]!))
      code.get(RESUME).brTable(targets, first).end()
    }
    blocks.forEach((block, index) => {
      if (index > 0) code.end()
      this.block(block, index)
    })
    // Every way ends before its block does.
    if (backward.length > 0) code.op(op.unreachable).end()
    code.op(op.unreachable).end().op(op.unreachable)
    const locals: DefinedFunction['locals'] = [
      [I32_LOCALS, I32],
      [I64_LOCALS, I64],
    ]
    return { type: FUNCTION_TYPE, locals, code }
  }

  private leaveAtStartIf(): void {
    const { code } = this.emitter
    code.if().get(STATE).get(STATE).op(op.wrap).i32(this.fn.start)
    code.call(kernel.leave).op(op.return).end()
  }

  /** Looks at limits when a pause is due; the state must be up to date. */
  private pauseIfDue(pc: number): void {
    const { emitter } = this
    const { code } = emitter
    code.get(STATE).i64(32n).op(op.i64ShrU, op.wrap).i32(0).loadI32(STEP_PAUSE).op(op.i32GeU).if()
    emitter.pushRegisters(pc)
    code.i32(0).call(kernel.pause)
    emitter.endIf()
    code.end()
  }

  private block({ instructions, next }: Block, index: number): void {
    const { emitter } = this
    emitter.begin(this.waysTo(index))
    for (const one of instructions) {
      const hints = this.unit.hints(one.pc)
      emitHints(emitter, one.pc, hints)
      emitter.hintsRan = hints.length > 0 ? one.pc : -1
      const goesOn = this.instruction(one, index)
      emitter.hintsRan = -1
      if (!goesOn) return
    }
    if (next >= 0) this.go(index, next)
    else emitter.code.op(op.unreachable)
  }

  private waysTo(index: number): Knowledge[] {
    const ways = this.ways.get(index) ?? []
    this.ways.delete(index)
    // Ways that come later may know less.
    if (this.fn.backward.includes(index)) return []
    return index === 0 ? [atStart] : ways
  }

  /** Code of one instruction; whether the next one follows. */
  private instruction(one: Instruction, index: number): boolean {
    const { emitter } = this
    if (isAssertion(one)) {
      emitAssertion(emitter, one)
      emitter.advance(one.apPlus)
      return true
    }
    switch (one.kind) {
      case 'advance':
        emitter.pushState()
        emitter.code
          .op(op.wrap)
          .i32(TIER_TOP - one.count * CELL_BYTES)
          .op(op.i32GtU)
          .if()
        emitter.leave(one.pc)
        emitter.code.end()
        emitter.advance(one.count)
        return true
      case 'call':
        return this.call(one)
      case 'jnz':
        this.jumpIfNotZero(one, index)
        return false
      case 'jump':
        emitter.advance(one.apPlus)
        this.go(index, one.target)
        return false
      case 'jumpCell':
        this.jumpByCell(one, index)
        return false
      case 'return':
        this.return(one.pc)
        return false
      default:
        emitter.leave(one.pc)
        return false
    }
  }

  /** Goes on with the block at pc. */
  private go(index: number, pc: number): void {
    const { emitter } = this
    const target = this.fn.order.get(pc)!
    emitter.settle()
    emitter.hintsRan = -1
    if (target <= index) {
      this.pauseIfDue(pc)
      emitter.code.i32(this.fn.backward.indexOf(target)).set(RESUME).br(this.backLabel)
      return
    }
    this.note(target)
    if (target !== index + 1) emitter.code.br(this.labels[target]!)
  }

  private note(target: number): void {
    const known = this.ways.get(target)
    if (known === undefined) this.ways.set(target, [this.emitter.knowledge()])
    else known.push(this.emitter.knowledge())
  }

  private jumpIfNotZero(one: Extract<Instruction, { kind: 'jnz' }>, index: number): void {
    const { emitter } = this
    const { code } = emitter
    const dst = emitter.at(one.dst)
    const known = emitter.valueOf(dst)
    if (known?.tag === 1) {
      emitter.pushValue(known)
      code.i64(0n).op(op.i64Ne)
    } else {
      emitter.tag(dst).tee(T0).op(op.i64Eqz).if()
      emitter.leave(one.pc)
      code.end()
      // Zero is a low half of 0 with the tag of a small number.
      emitter.low(dst).get(T0).i64(SMALL).op(op.i64Xor, op.i64Or).i64(0n).op(op.i64Ne)
    }
    code.set(AT)
    emitter.know(dst)
    emitter.advance(one.apPlus)
    emitter.settle()
    const taken = this.fn.order.get(one.target)!
    if (taken > index) {
      this.note(taken)
      code.get(AT).brIf(this.labels[taken]!)
    } else {
      code.get(AT).if()
      this.go(index, one.target)
      code.end()
    }
    this.go(index, one.pc + one.size)
  }

  private jumpByCell(one: Extract<Instruction, { kind: 'jumpCell' }>, index: number): void {
    const { emitter } = this
    const { code } = emitter
    const { table } = this.fn.blocks[index]!
    const op1 = emitter.at(one.op1)
    emitter.tag(op1).i64(SMALL).op(op.i64Ne)
    emitter.low(op1).i64(BigInt(table.length)).op(op.i64GeU, op.i32Or).if()
    emitter.leave(one.pc)
    code.end()
    emitter.know(op1)
    emitter.low(op1).op(op.wrap).set(AT)
    emitter.settle()
    const before = emitter.knowledge()
    emitter.advance(one.apPlus)
    emitter.settle()
    const elsewhere = code.block()
    const targets = table.map((pc) => {
      const target = pc < 0 ? -1 : this.fn.order.get(pc)!
      return target > index ? target : -1
    })
    for (const target of new Set(targets)) if (target >= 0) this.note(target)
    code.get(AT)
    code.brTable(
      targets.map((target) => (target < 0 ? elsewhere : this.labels[target]!)),
      elsewhere,
    )
    code.end()
    emitter.unsettle(before, 1, one.apPlus)
    emitter.leave(one.pc)
  }

  /** Whether code goes on behind a call. */
  private call(one: Extract<Instruction, { kind: 'call' }>): boolean {
    const { emitter, fn } = this
    const { code } = emitter
    const index = this.unit.indexOf(one.target)
    if (index < 0) {
      emitter.leave(one.pc)
      return false
    }
    const next = one.pc + one.size
    const frame = emitter.at({ isFp: false, offset: 0 })
    const back = emitter.at({ isFp: false, offset: 1 })
    emitter.tag(frame)
    emitter.tag(back).op(op.i64Or).i64(0n).op(op.i64Ne).if()
    emitter.leave(one.pc)
    code.end()
    emitter.store(frame, REL, () => {
      // The stack is segment 1, which is what one step is in a state.
      emitter.pushFp()
      code.i32(0).loadI32(STACK_BASE).op(op.i32Sub).i32(5).op(op.i32ShrU, op.extend)
      code.i64(ONE_STEP).op(op.i64Or)
    })
    emitter.store(back, REL, () => code.i64(BigInt(next)))
    emitter.know(frame)
    emitter.know(back)
    emitter.advance(2)
    const isTail = this.byPc.get(next)?.kind === 'return' && this.unit.hints(next).length === 0
    if (one.target === fn.start && isTail) {
      emitter.settle()
      code.get(PENDING).op(op.i32Eqz).if().i32(next).set(TAIL_PC).end()
      code.get(PENDING).i32(1).op(op.i32Add).set(PENDING).br(this.startLabel)
      return false
    }
    emitter.pushState()
    code
      .get(ROOM)
      .i32(Math.max(FRAME_BYTES, Math.ceil(fn.steps / STEPS_PER_BYTE)))
      .op(op.i32Sub)
    code
      .call(KERNEL_FUNCTIONS + index)
      .tee(STATE)
      .op(op.wrap, op.i32Eqz)
    emitter.endIf()
    emitter.returned(this.unit.climbs.of(one.target).exact)
    return true
  }

  private return(pc: number): void {
    const { emitter } = this
    const { code } = emitter
    emitter.settle()
    code.get(PENDING).if()
    // The other frames end here too, all but the one that the caller made.
    code.get(STATE).i64(32n).op(op.i64ShrU, op.wrap).get(PENDING).op(op.i32Add)
    code.i32(0).loadI32(STEP_PAUSE).op(op.i32GeU).if()
    emitter.pushRegisters(pc)
    code.get(PENDING).call(kernel.pause)
    emitter.endIf()
    code.end()
    code.i32(0).get(TAIL_PC).storeI32(PC_OFFSET)
    code.get(STATE).get(PENDING).op(op.extend).i64(32n).op(op.i64Shl, op.i64Add).op(op.return)
    code.end()
    code.i32(0).i32(pc).storeI32(PC_OFFSET)
    code.get(STATE).op(op.return)
  }
}

/** ap is fp, and of the cells nothing is known. */
const atStart: Knowledge = { position: { epoch: 0, cells: 0 }, callees: [], facts: new Map() }
