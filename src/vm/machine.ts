/**
 * The fast machine: one interpreter instance with its private memory, for one thread.
 *
 *     run ─▶ enter: program, table, stack, heap above the caller's ─▶ interpret ─▶ check ─▶ result ─▶ clear ─▶ leave
 *                                                  │ syscall of a contract call
 *                                                  └─▶ host ─▶ run (nested, same instance)
 *
 * Calls nest last in, first out, so a call's memory lies above its caller's and is cleared when it ends; registers of the
 * outer calls wait in control memory. Invariant: between transactions all memory but programs is zero. After an
 * exception, which is a bug, the instance is replaced before it runs again.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cellsOf } from '../felt/cell.ts'
import type { Crypto } from '../felt/crypto.ts'
import { encodeShortString } from '../felt/felt.ts'
import {
  AP,
  BLAKE_COUNT,
  DONE,
  EVENT_COST,
  FAULT,
  FP,
  HALT_RUN,
  HEAP_START,
  HEAP_TOP,
  IMAGE,
  PRICE_COUNT,
  PRICES,
  PROGRAM_CELLS,
  PROGRAM_WORDS,
  READ_COST,
  RECORDS,
  REGISTERS,
  REGISTERS_END,
  RETURN_CELLS,
  RETURNED_ADDRESS,
  SAVED,
  SEGMENT_COUNT,
  STACK_BASE,
  STACK_START,
  STACK_TOP,
  STEP_LIMIT,
  STEP_PAUSE,
  STEPS,
  TABLE,
  TABLE_START,
  WRITE_COST,
} from '../kernels/vm-layout.ts'
import { packageRoot } from '../shared/package-root.ts'
import { checkEnd, countBuiltins, open, readReturn } from './entrypoint.ts'
import { errorText, programCounter, traceback } from './errors.ts'
import { Frame } from './frame.ts'
import {
  builtinNames,
  type Call,
  type CallResult,
  type CellList,
  FAILED,
  FAULTED,
  HALTED,
  type Host,
  type Machine,
  type MachineConstants,
  type Program,
  RETURNED,
  syscallNames,
  type VmError,
} from './host.ts'
import { type InspectedCell, inspect } from './inspect.ts'
import { KernelCrypto } from './kernel-crypto.ts'
import { ProgramStore } from './program-store.ts'
import { RareHints } from './rare-hints.ts'
import { countHoles, stackTop } from './resources.ts'
import { type Interpreter, Segments } from './segments.ts'
import { indexOf } from './syscall-table.ts'
import { Syscalls } from './syscalls.ts'
import { type CompiledModule, Tier, type TierOptions } from './tier/tier.ts'

/** Steps of a call in gas mode: gas ends it long before. */
const GAS_MODE_STEPS = 1 << 25
/** Nested calls of one transaction: more than any protocol version allows. */
const MAX_DEPTH = 200
/** Callees start on a boundary of the access marks: 8 cells a byte. */
const MARK_BYTES = 256
/** A transaction that touched more than this makes the next one start with a fresh instance. */
const KEPT_BYTES = 64 << 20

const REGISTER_WORDS = (REGISTERS_END - REGISTERS) >> 2

let module: WebAssembly.Module | null = null

export interface FastMachine extends Machine {
  /** For specs: gets all cells of a call that ended, before they are cleared. */
  onEnd: ((segments: InspectedCell[][], result: CallResult) => void) | null
  /** Takes a compiled program, for calls to come. */
  accept(compiled: CompiledModule): void
}

/** A machine for this thread; without `tier` it interprets all programs. */
export function createMachine(crypto: Crypto, tier?: TierOptions): FastMachine {
  return new InterpreterMachine(crypto, tier === undefined ? null : new Tier(tier))
}

class InterpreterMachine implements FastMachine {
  onEnd: FastMachine['onEnd'] = null
  private readonly crypto: Crypto
  private readonly tier: Tier | null
  private instance: Instance
  private depth = 0
  private isBroken = false

  constructor(crypto: Crypto, tier: Tier | null) {
    this.crypto = crypto
    this.tier = tier
    this.instance = new Instance(crypto, this.tier)
  }

  accept(compiled: CompiledModule): void {
    this.tier?.accept(compiled)
  }

  begin(constants: MachineConstants, host: Host, seed: bigint): void {
    if (this.isBroken || this.instance.touched > KEPT_BYTES) {
      this.instance = new Instance(this.crypto, this.tier)
      this.isBroken = false
      this.depth = 0
    }
    this.instance.begin(constants, host, seed)
  }

  run(call: Call): CallResult {
    const { constants } = this.instance
    if (call.gas < constants.entryPointBudget) return refused(call)
    if (this.depth >= MAX_DEPTH) throw new Error(`expected at most ${MAX_DEPTH} nested calls`)
    const depth = this.depth++
    let isDone = false
    try {
      const result = this.instance.run(call, depth, this.onEnd)
      isDone = true
      return result
    } finally {
      this.depth = depth
      if (!isDone) this.isBroken = true
    }
  }
}

/** Everything that a replaced instance takes with it. */
class Instance {
  constants!: MachineConstants
  /** Bytes of stack and heap that the transaction reached at most. */
  touched = 0
  private host!: Host
  private readonly segments = new Segments()
  private readonly kernel: Interpreter
  private readonly programs = new ProgramStore(this.segments)
  private readonly frames: Frame[] = []
  private readonly syscalls: Syscalls
  private readonly hints: RareHints
  private readonly tier: Tier | null
  private frame!: Frame
  private returned = new BigUint64Array(256)

  constructor(crypto: Crypto, tier: Tier | null) {
    this.tier = tier
    module ??= new WebAssembly.Module(readFileSync(join(packageRoot, 'dist/kernels/interp.wasm')))
    const { segments } = this
    const kernelCrypto = new KernelCrypto(crypto, segments)
    const env = {
      memory: segments.memory,
      abort: () => {
        throw new Error('the interpreter aborted')
      },
      pedersen: (x: number, y: number, out: number) => kernelCrypto.pedersen(x, y, out),
      poseidon: (state: number, out: number) => kernelCrypto.poseidon(state, out),
      ecOp: (inputs: number, out: number) => kernelCrypto.ecOp(inputs, out),
      blake: (state: number, message: number, counter: number, last: number, out: number) =>
        kernelCrypto.blake(state, message, counter, last, out),
      syscall: () => this.syscalls.run(this.frame),
      storageRead: (key: number, out: number, gas: number, response: number) =>
        this.syscalls.read(this.frame, key, out, gas, response),
      storageWrite: (key: number, value: number, gas: number, response: number) =>
        this.syscalls.write(this.frame, key, value, gas, response),
      emitEvent: (
        keys: number,
        keyCount: number,
        data: number,
        dataCount: number,
        gas: number,
        response: number,
      ) => this.syscalls.event(this.frame, keys, keyCount, data, dataCount, gas, response),
      hint: (code: number) => this.hints.run(code, this.frame),
      stopped: () => (this.host.stopped() ? 1 : 0),
    }
    const instance = new WebAssembly.Instance(module, { env })
    this.kernel = instance.exports as unknown as Interpreter
    this.syscalls = new Syscalls(segments, this.kernel, crypto)
    this.hints = new RareHints(segments, this.kernel, kernelCrypto)
    segments.setRegister(HEAP_TOP, HEAP_START)
    tier?.attach(segments, this.kernel)
  }

  begin(constants: MachineConstants, host: Host, seed: bigint): void {
    if (this.constants !== constants) this.setConstants(constants)
    this.host = host
    this.touched = 0
    this.syscalls.begin(constants, host)
    this.hints.begin(seed)
  }

  /** Prices and costs, where the interpreter finds them. */
  private setConstants(constants: MachineConstants): void {
    const { segments } = this
    this.constants = constants
    for (let i = 0; i < PRICE_COUNT; i++) {
      segments.putNumber(PRICES + i * 32, constants.builtinPrices[i]!)
    }
    const cost = (at: number, index: number) => {
      const beyond = constants.syscallCosts[index]! - constants.syscallBase
      // What is no plain price is never enough, so it is left to the long way.
      const isPlain = beyond >= 0 && constants.syscallCostsPerItem[index] === 0
      segments.putLong(at, isPlain ? beyond : Number.MAX_SAFE_INTEGER)
    }
    cost(READ_COST, indexOf.StorageRead)
    cost(WRITE_COST, indexOf.StorageWrite)
    cost(EVENT_COST, indexOf.EmitEvent)
  }

  run(call: Call, depth: number, onEnd: FastMachine['onEnd']): CallResult {
    const { segments, kernel } = this
    const { words } = segments
    const outer = depth === 0 ? null : this.frame
    const saved = (SAVED >> 2) + depth * REGISTER_WORDS
    if (outer !== null) copyRegisters(words, REGISTERS >> 2, saved)
    const frame = (this.frames[depth] ??= new Frame(depth))
    frame.open(call)
    this.frame = frame

    const program = this.programs.pin(call.program)
    frame.resident = program
    const below = program.below * 32
    const tableStart = outer === null ? TABLE_START : segments.entry(words[SEGMENT_COUNT >> 2]!) * 4
    const heapStart = outer === null ? HEAP_START : alignMarks(segments.register(HEAP_TOP))
    const stackStart = outer === null ? STACK_START : alignMarks(this.topOf(outer))
    const stackBase = alignMarks(stackStart + below)
    const fits = program.address !== 0 && stackBase < STACK_TOP
    const result = emptyResult(frame)
    if (!fits) {
      result.error = memoryError()
      this.leave(frame, outer, saved, result)
      return result
    }
    words[TABLE >> 2] = tableStart
    words[HEAP_TOP >> 2] = heapStart
    words[STACK_BASE >> 2] = stackBase
    words[IMAGE >> 2] = program.address
    words[RECORDS >> 2] = program.records
    words[PROGRAM_CELLS >> 2] = program.cells
    words[PROGRAM_WORDS >> 2] = program.words
    const tail = program.cells + (program.words - 1) * 32
    const outerPrices = segments.isSet(tail) ? segments.segmentOf(tail) : -1

    const stepLimit = this.limit(call, outer, saved)
    if (!open(segments, kernel, frame, this.constants, stepLimit, below)) {
      result.error = memoryError()
    } else {
      const isMarking = call.accounting === 'steps'
      this.close(isMarking ? kernel.runSteps() : this.runGas(call.program), result)
    }
    onEnd?.(inspect(segments, this.kernel, this.topOf(frame)), result)

    const stackTop = this.topOf(frame)
    const reached = stackTop - STACK_START + segments.register(HEAP_TOP) - HEAP_START
    if (reached > this.touched) this.touched = reached
    kernel.clear(stackBase - below, stackTop, heapStart)
    if (outerPrices >= 0) segments.putPointer(tail, outerPrices, 0)
    else segments.clearCell(tail)
    this.leave(frame, outer, saved, result)
    return result
  }

  /** Runs the call without marks, in compiled code where there is some. */
  private runGas(program: Program): number {
    const { tier, segments } = this
    if (tier === null) return this.kernel.runGas()
    const linked = tier.find(program)
    if (linked !== null) return tier.run(linked)
    const status = this.kernel.runGas()
    tier.count(program, segments.register(STEPS))
    return status
  }

  /** Steps that a call may make; below a step-mode call, what that one has left. */
  private limit(call: Call, outer: Frame | null, saved: number): number {
    if (call.accounting === 'gas') return GAS_MODE_STEPS
    const { words } = this.segments
    const own = Math.min(call.stepLimit, 0x7fffffff)
    if (outer === null || outer.call.accounting === 'gas') return own
    const at = saved - (REGISTERS >> 2)
    return Math.max(0, words[at + (STEP_LIMIT >> 2)]! - words[at + (STEPS >> 2)]!)
  }

  /** Turns the end of the interpreter into an outcome. */
  private close(status: number, result: CallResult): void {
    const { segments, frame, kernel } = this
    if (status === HALT_RUN) {
      result.outcome = HALTED
    } else if (status !== DONE) {
      result.error = this.error(status, frame)
    } else {
      const count = kernel.settle(frame.builtinBits, frame.call.gas)
      if (count >= 0) this.settled(result, count)
      else result.error = this.closeSlowly(result)
    }
    countBuiltins(segments, frame)
    result.steps = segments.register(STEPS)
    result.blakes = segments.register(BLAKE_COUNT)
    if (frame.call.accounting === 'steps') {
      result.memoryHoles = countHoles(segments, kernel, frame, this.topOf(frame))
    }
  }

  /** Takes the results of a call that ended well. */
  private settled(result: CallResult, count: number): void {
    const { segments, frame } = this
    const back = segments.register(AP) - RETURN_CELLS * 32
    result.outcome = segments.smallNumber(back + 64) === 0 ? RETURNED : FAILED
    const { call } = frame
    result.gasLeft = call.accounting === 'gas' ? segments.smallNumber(back) : call.gas
    result.returned = this.takeReturned(segments.register(RETURNED_ADDRESS), count)
  }

  /** Finds out what is wrong, if anything is. */
  private closeSlowly(result: CallResult): VmError | null {
    const { segments, kernel, frame } = this
    return (
      checkEnd(segments, kernel, frame) ??
      readReturn(segments, frame, result, (address, count) => this.takeReturned(address, count))
    )
  }

  private error(status: number, frame: Frame): VmError {
    const { segments } = this
    const host = status === FAULT ? null : frame.hostError
    return {
      text: host === null ? errorText(segments) : host.text,
      pc: programCounter(segments),
      traceback: traceback(segments),
      framed: true,
      host,
    }
  }

  /** Copies return data out of the callee's memory. */
  private takeReturned(address: number, count: number): CellList {
    if (count === 0) return { cells: this.returned, count }
    if (this.returned.length < count * 4) this.returned = new BigUint64Array(count * 8)
    this.segments.copyOut(address, this.returned, count)
    return { cells: this.returned, count }
  }

  /** Restores the outer call. */
  private leave(frame: Frame, outer: Frame | null, saved: number, result: CallResult): void {
    const { words } = this.segments
    frame.resident.pins--
    if (outer === null) return
    copyRegisters(words, saved, REGISTERS >> 2)
    this.frame = outer
    if (frame.call.accounting !== 'steps') return
    // Step-mode calls share one allowance.
    const used = result.steps + frame.stepsBelow
    outer.stepsBelow += used
    if (outer.call.accounting !== 'steps') return
    const steps = words[STEPS >> 2]!
    const limit = Math.max(steps, words[STEP_LIMIT >> 2]! - used)
    words[STEP_LIMIT >> 2] = limit
    words[STEP_PAUSE >> 2] = Math.min(words[STEP_PAUSE >> 2]!, limit)
  }

  /** End of what a frame's call can have written on the stack, while its registers are current. */
  private topOf(frame: Frame): number {
    const { segments } = this
    const { above } = frame.resident
    return stackTop(segments, segments.register(AP), segments.register(FP), above)
  }
}

function alignMarks(address: number): number {
  return (address + MARK_BYTES - 1) & -MARK_BYTES
}

function copyRegisters(words: Int32Array, from: number, to: number): void {
  for (let i = 0; i < REGISTER_WORDS; i++) words[to + i] = words[from + i]!
}

function emptyResult(frame: Frame): CallResult {
  return {
    outcome: FAULTED,
    gasLeft: 0,
    returned: { cells: noCells, count: 0 },
    error: null,
    steps: 0,
    memoryHoles: 0,
    builtins: frame.builtinCounts,
    blakes: 0,
    syscalls: frame.syscallCounts,
    syscallItems: frame.syscallItems,
  }
}

const noCells = new BigUint64Array(0)

/** A call that does not start: not enough gas for the entry point. */
function refused(call: Call): CallResult {
  return {
    outcome: FAILED,
    gasLeft: call.gas,
    returned: { cells: cellsOf([encodeShortString('Out of gas')]), count: 1 },
    error: null,
    steps: 0,
    memoryHoles: 0,
    builtins: new Float64Array(builtinNames.length),
    blakes: 0,
    syscalls: new Float64Array(syscallNames.length),
    syscallItems: new Float64Array(syscallNames.length),
  }
}

function memoryError(): VmError {
  return { text: 'Vector capacity exceeded\n', pc: '0:0', traceback: [], framed: true, host: null }
}
