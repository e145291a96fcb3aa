/**
 * The calling convention of Cairo 1 entry points: what stands in memory before the first step, what is checked after the
 * last, what comes back.
 *
 *     0 program · 1 execution · builtins (arena: infos, arena) · prices · syscalls · calldata · end
 *     stack: builtin pointers · gas · syscall pointer · calldata start, end · 0 · end
 *     back:  builtin pointers · gas · syscall pointer · flag · data start, end
 */

import { P } from '../felt/felt.ts'
import {
  AP,
  BLAKE_COUNT,
  CONSTANT_SEGMENT,
  DEDUCED_SEGMENT,
  END_SEGMENT,
  ERROR_HINT,
  FP,
  IN_HINT,
  MARKING,
  MAX_SEGMENT_CELLS,
  PC_OFFSET,
  PC_SEGMENT,
  PROGRAM_OVERRUN,
  RULE_PROGRAM,
  RULE_STACK,
  SEGMENT_COUNT,
  STACK_BASE,
  STACK_END,
  STACK_HIGH,
  STEP_LIMIT,
  STEP_PAUSE,
  STEPS,
  WRITTEN_OUTPUTS,
} from '../kernels/vm-layout.ts'
import { checkInstances, instanceCount, shapes, verifyOutputs } from './builtins.ts'
import { apOffset, errorText, show } from './errors.ts'
import type { Frame, OpenBuiltin } from './frame.ts'
import {
  builtinNames,
  type CallResult,
  type EntryPoint,
  FAILED,
  type MachineConstants,
  RETURNED,
  type VmError,
} from './host.ts'
import type { Interpreter, Segments } from './segments.ts'

/** Cells that segments of builtins and syscalls start with. */
const START_CELLS = 64
const PRICES = 7
/** Cells that every stack starts with besides the builtins' pointers. */
const STACK_FIXED = 6
const RETURN_CELLS = 5

/**
 * Lays out segments and stack of a frame whose table, heap and stack base are set. `program` is (address of the cells,
 * words). Returns whether memory sufficed.
 */
export function layOut(
  segments: Segments,
  frame: Frame,
  constants: MachineConstants,
  cellsAt: number,
  programWords: number,
  stepLimit: number,
): boolean {
  const { call } = frame
  const { words } = segments
  const stackBase = segments.register(STACK_BASE)
  const table = segments.entry(0)
  setEntry(words, table, cellsAt, programWords, RULE_PROGRAM)
  setEntry(words, table + 4, stackBase, (STACK_END - stackBase) >> 5, RULE_STACK)
  words[SEGMENT_COUNT >> 2] = 2

  let top = stackBase
  frame.builtins = openBuiltins(call.entryPoint)
  for (const { name } of frame.builtins) {
    const isArena = name === 'segment_arena'
    const infos = isArena ? segments.allocate(START_CELLS) : -1
    const segment = segments.allocate(START_CELLS, shapes[name].rule)
    if (segment < 0) return false
    if (isArena) {
      const base = segments.base(segment)
      segments.putPointer(base, infos, 0)
      segments.putNumber(base + 32, 0)
      segments.putNumber(base + 64, 0)
      words[segments.entry(segment) + 2] = 3
    }
    segments.putPointer(top, segment, isArena ? 3 : 0)
    top += 32
  }
  frame.pricesSegment = segments.allocate(8)
  frame.syscallSegment = segments.allocate(START_CELLS)
  frame.syscallOffset = 0
  frame.calldataSegment = segments.allocate(call.calldataCount)
  const end = segments.allocate(0)
  if (end < 0) return false
  const prices = segments.base(frame.pricesSegment)
  for (let i = 0; i < PRICES; i++) {
    segments.putNumber(prices + i * 32, constants.builtinPrices[i]!)
  }
  segments.copyIn(
    segments.base(frame.calldataSegment),
    call.calldata,
    call.calldataStart,
    call.calldataCount,
  )
  frame.keepReadOnly(frame.pricesSegment, PRICES)
  frame.keepReadOnly(frame.calldataSegment, call.calldataCount)
  // The last word of the tail points to the prices of this call.
  segments.putPointer(cellsAt + (programWords - 1) * 32, frame.pricesSegment, 0)

  segments.putNumber(top, call.gas - constants.entryPointBudget)
  segments.putPointer(top + 32, frame.syscallSegment, 0)
  segments.putPointer(top + 64, frame.calldataSegment, 0)
  segments.putPointer(top + 96, frame.calldataSegment, call.calldataCount)
  segments.putNumber(top + 128, 0)
  segments.putPointer(top + 160, end, 0)
  const start = top + STACK_FIXED * 32
  words[AP >> 2] = start
  words[FP >> 2] = start
  words[STACK_HIGH >> 2] = start
  words[PC_SEGMENT >> 2] = 0
  words[PC_OFFSET >> 2] = call.entryPoint.offset
  words[STEPS >> 2] = 0
  words[STEP_PAUSE >> 2] = 0
  words[STEP_LIMIT >> 2] = stepLimit
  words[END_SEGMENT >> 2] = end
  words[CONSTANT_SEGMENT >> 2] = 0
  words[PROGRAM_OVERRUN >> 2] = 0
  words[WRITTEN_OUTPUTS >> 2] = 0
  words[MARKING >> 2] = call.accounting === 'steps' ? 1 : 0
  words[BLAKE_COUNT >> 2] = 0
  words[DEDUCED_SEGMENT >> 2] = 0
  words[IN_HINT >> 2] = 0
  return true
}

function setEntry(
  words: Int32Array,
  at: number,
  base: number,
  capacity: number,
  rule: number,
): void {
  words[at] = base
  words[at + 1] = capacity
  words[at + 2] = 0
  words[at + 3] = rule
}

const opened = new WeakMap<EntryPoint, readonly OpenBuiltin[]>()

/** The builtins of an entry point with their segments, which are the same in every call. */
function openBuiltins(entryPoint: EntryPoint): readonly OpenBuiltin[] {
  const known = opened.get(entryPoint)
  if (known !== undefined) return known
  let next = 2
  const made = entryPoint.builtins.map((name) => {
    if (name === 'segment_arena') next++
    return { name, segment: next++ }
  })
  opened.set(entryPoint, made)
  return made
}

/** Counts instances of a frame's builtins. */
export function countBuiltins(segments: Segments, frame: Frame): void {
  for (const { name, segment } of frame.builtins) {
    const isClosed = name === 'range_check96' && frame.rangeCheck96Used >= 0
    const used = isClosed ? frame.rangeCheck96Used : segments.used(segment)
    frame.builtinCounts[builtinNames.indexOf(name)] = instanceCount(name, used)
  }
}

/** The checks after the last step: null, or the error. The final pointer of range_check96 closes its segment. */
export function checkEnd(segments: Segments, kernel: Interpreter, frame: Frame): VmError | null {
  const failed = (text: string) => unframed(segments, text === '' ? notedText(segments) : text)
  const inconsistent = verifyOutputs(segments, kernel, frame.builtins)
  if (inconsistent !== null) return failed(inconsistent)
  const open = closeRangeCheck96(segments, kernel, frame)
  if (open !== null) return failed(open)
  if (segments.register(PROGRAM_OVERRUN) !== 0) {
    return failed('Out of bounds access to program segment')
  }
  for (const builtin of frame.builtins) {
    const text = checkInstances(segments, kernel, builtin)
    if (text === null) continue
    // Rust has applied the rules to all instances by now, and would have failed there.
    return failed(verifyOutputs(segments, kernel, frame.builtins, true) ?? text)
  }
  const fp = (segments.register(FP) - segments.register(STACK_BASE)) >> 5
  if (fp !== 0) {
    return failed(`Return FP felt 0 should equal expected final FP 1:${fp} offset`)
  }
  return null
}

function notedText(segments: Segments): string {
  segments.setRegister(ERROR_HINT, 1)
  return errorText(segments)
}

function unframed(segments: Segments, text: string): VmError {
  const pc = segments.register(PC_OFFSET)
  return { text, pc, traceback: [], framed: false, host: null }
}

function closeRangeCheck96(segments: Segments, kernel: Interpreter, frame: Frame): string | null {
  const { builtins } = frame
  const index = builtins.findIndex(({ name }) => name === 'range_check96')
  if (index < 0) return null
  const { segment } = builtins[index]!
  const offset = apOffset(segments) - RETURN_CELLS - (builtins.length - index)
  const address = segments.address(1, offset)
  if (address === 0 || !segments.isSet(address)) {
    return `Unknown memory cell at address 1:${offset}`
  }
  if (!segments.isPointer(address)) return `Expected relocatable at address 1:${offset}`
  if (segments.segmentOf(address) !== segment) {
    return 'The final pointer of range_check96 is elsewhere'
  }
  const stop = segments.offsetOf(address)
  if (stop > MAX_SEGMENT_CELLS) return 'Vector capacity exceeded'
  if (stop > segments.capacity(segment) && kernel.grow(segment, stop - 1) !== 0) {
    return notedText(segments)
  }
  kernel.fillHoles(segment, stop)
  frame.rangeCheck96Used = stop
  const used = segments.entry(segment) + 2
  segments.words[used] = Math.max(segments.words[used]!, stop)
  return null
}

/** Reads what the entry point returned into the result; null, or the error. */
export function readReturn(
  segments: Segments,
  frame: Frame,
  result: CallResult,
  returned: (address: number, count: number) => CallResult['returned'],
): VmError | null {
  const failed = (text: string) => unframed(segments, `${text}\n`)
  const ap = apOffset(segments)
  if (ap < RETURN_CELLS) return failed(`Failed to fetch 5 return values, ap is only 1:${ap}`)
  const base = segments.register(AP) - RETURN_CELLS * 32
  for (let i = 0; i < RETURN_CELLS; i++) {
    if (segments.isSet(base + i * 32)) continue
    return failed(
      `Found a memory gap when calling get_continuous_range with base:1:${ap - RETURN_CELLS} and size: 5`,
    )
  }
  const malformed = (why: string) => failed(`Malformed return data : ${why}.`)
  const flag = base + 64
  const isFlag = segments.isSmall(flag) && segments.smallNumber(flag) <= 1
  if (!isFlag) return malformed('Failure flag expected to be either 0 or 1.')
  const problem = checkData(segments, base + 96, base + 128)
  const gas = readGas(segments, base, frame.call.gas)
  // Rust reads the size before it judges the gas, and the data after it.
  if (problem !== null && !problem.late) return failed(problem.text)
  if (typeof gas === 'string') return malformed(gas)
  if (problem !== null) return failed(problem.text)
  const start = base + 96
  const count = segments.offsetOf(base + 128) - segments.offsetOf(start)
  const address =
    count === 0 ? 0 : segments.address(segments.segmentOf(start), segments.offsetOf(start))
  for (let i = 0; i < count; i++) {
    const offset = segments.offsetOf(start) + i
    const cell = segments.address(segments.segmentOf(start), offset)
    const at = `${segments.segmentOf(start)}:${offset}`
    if (cell === 0 || !segments.isSet(cell)) return failed(`Unknown memory cell at address ${at}`)
    if (!segments.isFelt(cell)) return failed(`Expected integer at address ${at}`)
  }
  result.outcome = segments.smallNumber(flag) === 0 ? RETURNED : FAILED
  result.gasLeft = frame.call.accounting === 'gas' ? gas : frame.call.gas
  result.returned = returned(address, count)
  return null
}

/** The gas left, or why it cannot be. */
function readGas(segments: Segments, address: number, given: number): number | string {
  if (segments.isPointer(address)) return 'Error extracting return data.'
  const isPlausible = segments.isSmall(address) && segments.smallNumber(address) <= given
  return isPlausible
    ? segments.smallNumber(address)
    : `Unexpected remaining gas: ${segments.felt(address)}.`
}

/** Whether start and end span data: null, or what is wrong, `late` when Rust notices after the gas. */
function checkData(
  segments: Segments,
  start: number,
  end: number,
): { text: string; late: boolean } | null {
  const isStart = segments.isPointer(start)
  const isEnd = segments.isPointer(end)
  const pair = `${show(segments, end)} - ${show(segments, start)}`
  if (isStart && isEnd) {
    if (segments.segmentOf(start) !== segments.segmentOf(end)) {
      const why = "can't subtract two relocatable values with different segment indexes"
      return { text: `Operation failed: ${pair}, ${why}`, late: false }
    }
    if (segments.offsetOf(end) >= segments.offsetOf(start)) return null
    return { text: 'out of range conversion regarding big integer attempted', late: true }
  }
  if (isStart) {
    const why = "can't subtract a relocatable value from an integer"
    return { text: `Operation failed ${pair}, ${why}`, late: false }
  }
  const felt = segments.felt(start)
  const difference = (isEnd ? BigInt(segments.offsetOf(end)) : segments.felt(end)) - felt
  const size = difference < 0n ? difference + P : difference
  if (isEnd) {
    if (size >> 32n !== 0n) {
      return { text: `Operation failed: ${pair}, offsets cant be negative`, late: false }
    }
    const moved = `Relocatable { segment_index: ${segments.segmentOf(end)}, offset: ${size} }`
    return { text: `Expected integer, found: Some(RelocatableValue(${moved}))`, late: true }
  }
  if (size >> 64n !== 0n) {
    return { text: 'out of range conversion regarding big integer attempted', late: true }
  }
  return { text: `Cant convert felt: ${felt} to Relocatable`, late: true }
}
