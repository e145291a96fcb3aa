/**
 * One call from entry to result: lays out the segments, steps to the end, checks what the run left behind.
 *
 *     0 program · 1 execution · builtins (arena: infos, arena) · prices · syscalls · calldata · end
 *
 * Outcomes: RETURNED and FAILED by the flag, FAULTED with a text, HALTED when the host wants out.
 */
import { CELL_LONGS, cellsOf, readCells } from '../../felt/cell.ts'
import { encodeShortString } from '../../felt/felt.ts'
import {
  builtinNames,
  type Call,
  type CallResult,
  FAILED,
  FAULTED,
  HALTED,
  type Host,
  type MachineConstants,
  RETURNED,
  syscallNames,
  type VmError,
} from '../host.ts'
import {
  type Builtin,
  checkInstances,
  countInstances,
  makeBuiltin,
  verifyDeductions,
} from './builtins.ts'
import type { ReferenceProgram } from './casm.ts'
import type { Frame } from './frame.ts'
import { runHint } from './hints.ts'
import { MAX_SEGMENT_CELLS, Memory } from './memory.ts'
import { Halt } from './response.ts'
import { step } from './step.ts'
import { traceback } from './traceback.ts'
import {
  advance,
  debug,
  equal,
  Fault,
  isPointer,
  type Pointer,
  retreat,
  show,
  subtract,
  type Value,
} from './value.ts'

const RET = 0x208b7fff7fff7ffen
/** Steps of a call in gas mode: gas runs out long before. */
const GAS_MODE_STEPS = 1 << 25
/** Steps between two polls of the host. */
const POLL_STEPS = 4096

/** What calls of one transaction share. */
export interface Transaction {
  constants: MachineConstants
  host: Host
  /** Steps left to the calls in step mode, null outside of them. */
  allowance: number | null
  randomPoint(): readonly [bigint, bigint]
  /** Sees the frame before every step, for inspection. */
  readonly onStep: ((frame: Frame) => void) | null
  /** Sees the frame of every call that ended, for inspection. */
  ended(frame: Frame, result: CallResult): void
}

/** Runs a call to its end. */
export function runCall(
  transaction: Transaction,
  program: ReferenceProgram,
  call: Call,
): CallResult {
  const { constants } = transaction
  if (call.gas < constants.entryPointBudget) {
    return emptyResult(FAILED, call.gas, [encodeShortString('Out of gas')])
  }
  const { frame, end } = enter(transaction, program, call)
  const isOutermostInSteps = call.accounting === 'steps' && transaction.allowance === null
  if (isOutermostInSteps) transaction.allowance = call.stepLimit
  const result = emptyResult(FAULTED, 0, [])
  try {
    finish(frame, runToEnd(transaction, frame, end), result)
  } finally {
    if (isOutermostInSteps) transaction.allowance = null
  }
  transaction.ended(frame, result)
  giveCells(program, frame)
  return result
}

function emptyResult(outcome: number, gasLeft: number, returned: bigint[]): CallResult {
  return {
    outcome,
    gasLeft,
    returned: { cells: cellsOf(returned), count: returned.length },
    error: null,
    steps: 0,
    memoryHoles: 0,
    builtins: new Float64Array(builtinNames.length),
    blakes: 0,
    syscalls: new Float64Array(syscallNames.length),
    syscallItems: new Float64Array(syscallNames.length),
  }
}

/** Cells of programs that no open call uses: to copy thousands of words takes longer than most calls. */
const idleCells = new WeakMap<ReferenceProgram, (Value | undefined)[]>()

function takeCells(program: ReferenceProgram): (Value | undefined)[] {
  const cells = idleCells.get(program)
  if (cells === undefined) return program.bytecode.concat(RET, 0n)
  idleCells.delete(program)
  return cells
}

/** A call cannot change words of the program; if it added some behind it, the next one makes a copy. */
function giveCells(program: ReferenceProgram, { memory }: Frame): void {
  const { cells } = memory.segments[0]!
  if (cells.length === program.bytecode.length + 2) idleCells.set(program, cells)
}

/** Makes the segments and the registers of a call; `end` is where the outermost `ret` goes. */
function enter(
  { constants, host, randomPoint }: Transaction,
  program: ReferenceProgram,
  call: Call,
): { frame: Frame; end: Pointer } {
  const memory = new Memory()
  const words = takeCells(program)
  const start = memory.allocate(words)
  memory.allocate()
  const made = call.entryPoint.builtins.map((name) => makeBuiltin(name, memory))
  const prices = memory.allocate(Array.from(constants.builtinPrices, BigInt))
  words[program.bytecode.length + 1] = prices
  const syscall = memory.allocate()
  const calldata = readCells(call.calldata, call.calldataStart * CELL_LONGS, call.calldataCount)
  const calldataStart = memory.allocate(calldata)
  const end = memory.allocate()
  const gas = BigInt(call.gas - constants.entryPointBudget)
  const stack: Value[] = [
    ...made.map((entry) => entry.start),
    gas,
    syscall,
    calldataStart,
    advance(calldataStart, calldata.length),
    0n,
    end,
  ]
  memory.insertAll({ segment: 1, offset: 0 }, stack)
  memory.markAccessed({ segment: 1, offset: 0 }, stack.length - 2)
  const frame: Frame = {
    call,
    program,
    constants,
    host,
    memory,
    builtins: made.map((entry) => entry.builtin),
    pc: advance(start, call.entryPoint.offset),
    ap: stack.length,
    fp: stack.length,
    steps: 0,
    blakes: 0,
    randomPoint,
    dictionaries: new Map(),
    squash: null,
    excludedArc: null,
    constantSize: null,
    syscall,
    readOnly: [
      { start: prices, count: constants.builtinPrices.length },
      { start: calldataStart, count: calldata.length },
    ],
    executionInfo: null,
    sha256: null,
    sha512: null,
    secpSegment: null,
    secpPoints: [],
    syscallCounts: new Float64Array(syscallNames.length),
    syscallItems: new Float64Array(syscallNames.length),
  }
  return { frame, end }
}

/** How stepping ended: null at the end, else why not. */
function runToEnd(transaction: Transaction, frame: Frame, end: Pointer): VmError | 'halted' | null {
  const counted = frame.call.accounting === 'steps'
  const { onStep } = transaction
  try {
    while (!equal(frame.pc, end)) {
      const left = counted ? transaction.allowance! : GAS_MODE_STEPS - frame.steps
      if (left <= 0) {
        throw new Fault(
          'Could not reach the end of the program. RunResources has no remaining steps.',
        )
      }
      if (frame.steps % POLL_STEPS === 0 && frame.host.stopped()) return 'halted'
      onStep?.(frame)
      // Rust looks hints up by offset, whatever the segment.
      for (const hint of frame.program.hints.get(frame.pc.offset) ?? []) runHint(frame, hint)
      step(frame)
      if (counted) transaction.allowance = Math.max(0, transaction.allowance! - 1)
    }
    return null
  } catch (error) {
    if (error instanceof Halt) return 'halted'
    if (error instanceof Fault) return framed(frame, error)
    throw error
  }
}

function pcText({ pc }: Frame): string {
  return `${pc.segment}:${pc.offset}`
}

function framed(frame: Frame, fault: Fault): VmError {
  return {
    text: fault.newline ? `${fault.text}\n` : fault.text,
    pc: pcText(frame),
    traceback: traceback(frame),
    framed: true,
    host: fault.host,
  }
}

/** Fills the result: counters always, the rest by how the run ended. */
function finish(frame: Frame, ended: VmError | 'halted' | null, result: CallResult): void {
  const used = new Map(
    frame.builtins.map(({ name, segment }) => [name, frame.memory.used(segment)]),
  )
  if (ended === 'halted') result.outcome = HALTED
  else if (ended !== null) result.error = ended
  else close(frame, used, result)
  result.steps = frame.steps
  result.blakes = frame.blakes
  result.syscalls = frame.syscallCounts
  result.syscallItems = frame.syscallItems
  for (const builtin of frame.builtins) {
    const count = countInstances(builtin, used.get(builtin.name)!)
    result.builtins[builtinNames.indexOf(builtin.name)] = count
  }
  if (frame.call.accounting === 'steps') result.memoryHoles = countHoles(frame)
}

/** The checks after the last step, then the return values. Their faults have no frame. */
function close(frame: Frame, used: Map<string, number>, result: CallResult): void {
  // Errors of the first part come without a newline, errors of return values with one.
  let newline = ''
  try {
    for (const builtin of frame.builtins) verifyDeductions(builtin, frame.memory)
    fillHoles(frame, used)
    checkSecurity(frame, used)
    newline = '\n'
    readReturnValues(frame, result)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    result.error = {
      text: `${error.text}${newline}`,
      pc: pcText(frame),
      traceback: [],
      framed: false,
      host: null,
    }
  }
}

/** Range checks of 96 bits: unset cells below the final pointer, which is on the stack, become 0. */
function fillHoles(frame: Frame, used: Map<string, number>): void {
  const index = frame.builtins.findIndex(({ name }) => name === 'range_check96')
  if (index < 0) return
  const { segment } = frame.builtins[index]!
  const slot = 6 + (frame.builtins.length - 1 - index)
  const stop = frame.memory.pointer(retreat({ segment: 1, offset: frame.ap }, slot))
  if (stop.segment !== segment) throw new Fault('The final pointer of range_check96 is elsewhere')
  if (stop.offset > MAX_SEGMENT_CELLS) throw new Fault('Vector capacity exceeded')
  used.set('range_check96', stop.offset)
  for (let offset = 0; offset < stop.offset; offset++) {
    const address = { segment, offset }
    if (frame.memory.get(address) === undefined) frame.memory.insert(address, 0n)
  }
}

function checkSecurity(frame: Frame, used: Map<string, number>): void {
  if (frame.memory.used(0) > frame.program.bytecode.length + 2) {
    throw new Fault('Out of bounds access to program segment')
  }
  for (const builtin of frame.builtins) {
    checkInstances(builtin, frame.memory, used.get(builtin.name)!)
  }
  if (frame.fp !== 0) {
    throw new Fault(`Return FP felt 0 should equal expected final FP 1:${frame.fp} offset`)
  }
}

function readReturnValues(frame: Frame, result: CallResult): void {
  const { memory, call } = frame
  if (frame.ap < 5) throw new Fault(`Failed to fetch 5 return values, ap is only 1:${frame.ap}`)
  const start = { segment: 1, offset: frame.ap - 5 }
  const values = [0, 1, 2, 3, 4].map((i) => memory.get(advance(start, i)))
  if (values.includes(undefined)) {
    throw new Fault(
      `Found a memory gap when calling get_continuous_range with base:${show(start)} and size: 5`,
    )
  }
  const [gas, , flag, dataStart, dataEnd] = values as [Value, Value, Value, Value, Value]
  if (flag !== 0n && flag !== 1n) {
    throw malformed('Failure flag expected to be either 0 or 1.')
  }
  const size = subtract(dataEnd, dataStart)
  if (isPointer(gas)) throw malformed('Error extracting return data.')
  if (gas >> 64n !== 0n || gas > BigInt(call.gas))
    throw malformed(`Unexpected remaining gas: ${gas}.`)
  const felts = readData(frame, dataStart, size)
  result.outcome = flag === 0n ? RETURNED : FAILED
  result.gasLeft = call.accounting === 'gas' ? Number(gas) : call.gas
  result.returned = { cells: cellsOf(felts), count: felts.length }
}

function readData(frame: Frame, start: Value, size: Value): bigint[] {
  if (isPointer(size)) throw new Fault(`Expected integer, found: Some(${debug(size)})`)
  if (size >> 64n !== 0n) {
    throw new Fault('out of range conversion regarding big integer attempted')
  }
  if (!isPointer(start)) throw new Fault(`Cant convert felt: ${start} to Relocatable`)
  return frame.memory.integers(start, Number(size))
}

function malformed(why: string): Fault {
  return new Fault(`Malformed return data : ${why}.`)
}

/**
 * Cells in use that nobody accessed, of segments that were accessed at all; builtins have none, nor has the program: all
 * its words count as accessed.
 */
function countHoles({ memory, builtins, readOnly }: Frame): number {
  for (const { start, count } of readOnly) memory.markAccessed(start, count)
  const ofBuiltins = new Set(builtins.map((builtin: Builtin) => builtin.segment))
  return memory.segments.reduce((holes, { accessed, cells }, segment) => {
    if (segment === 0 || ofBuiltins.has(segment) || accessed.size === 0) return holes
    return holes + cells.length - accessed.size
  }, 0)
}
