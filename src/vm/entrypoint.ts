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
  ERROR_HINT,
  FP,
  MAX_SEGMENT_CELLS,
  PRICE_COUNT,
  PROGRAM_OVERRUN,
  RETURN_CELLS,
  STACK_BASE,
} from '../kernels/vm-layout.ts'
import { checkInstances, instanceCount, verifyOutputs } from './builtins.ts'
import { apOffset, errorText, programCounter, show } from './errors.ts'
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

/** An entry point as calls of it begin: builtins as bits by index and with their segments, and what comes behind those. */
interface Opening {
  readonly bits: number
  readonly builtins: readonly OpenBuiltin[]
  readonly pricesSegment: number
}

const openings = new WeakMap<EntryPoint, Opening>()

/** The same in every call of an entry point. */
function openingOf(entryPoint: EntryPoint): Opening {
  const known = openings.get(entryPoint)
  if (known !== undefined) return known
  let next = 2
  let bits = 0
  const builtins = entryPoint.builtins.map((name) => {
    if (name === 'segment_arena') next++
    const index = builtinNames.indexOf(name)
    bits |= 1 << index
    return { name, index, segment: next++ }
  })
  const opening = { bits, builtins, pricesSegment: next }
  openings.set(entryPoint, opening)
  return opening
}

/** Opens the memory of a frame whose table, heap and stack base are set. Returns whether memory sufficed. */
export function open(
  segments: Segments,
  kernel: Interpreter,
  frame: Frame,
  constants: MachineConstants,
  stepLimit: number,
  guardBytes: number,
): boolean {
  const { call } = frame
  const { bits, builtins, pricesSegment } = openingOf(call.entryPoint)
  frame.builtins = builtins
  frame.builtinBits = bits
  frame.syscallSegment = pricesSegment + 1
  const calldataAt = kernel.open(
    bits,
    call.calldataCount,
    call.entryPoint.offset,
    call.gas - constants.entryPointBudget,
    stepLimit,
    call.accounting === 'steps' ? 1 : 0,
    guardBytes,
  )
  if (calldataAt === 0) return false
  segments.copyIn(calldataAt, call.calldata, call.calldataStart, call.calldataCount)
  frame.keepReadOnly(pricesSegment, PRICE_COUNT)
  frame.keepReadOnly(pricesSegment + 2, call.calldataCount)
  return true
}

/** Counts instances of a frame's builtins. */
export function countBuiltins(segments: Segments, frame: Frame): void {
  const { builtins, builtinCounts } = frame
  for (let i = 0; i < builtins.length; i++) {
    const { name, index, segment } = builtins[i]!
    const isClosed = name === 'range_check96' && frame.rangeCheck96Used >= 0
    const used = isClosed ? frame.rangeCheck96Used : segments.used(segment)
    builtinCounts[index] = instanceCount(index, used)
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
  const pc = programCounter(segments)
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
  const segment = segments.segmentOf(start)
  const first = segments.offsetOf(start)
  for (let offset = first; offset < first + count; offset++) {
    const cell = segments.address(segment, offset)
    if (cell === 0 || !segments.isSet(cell)) {
      return failed(`Unknown memory cell at address ${segment}:${offset}`)
    }
    if (!segments.isFelt(cell)) return failed(`Expected integer at address ${segment}:${offset}`)
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
  const inOne = isStart && isEnd && segments.segmentOf(start) === segments.segmentOf(end)
  if (inOne && segments.offsetOf(end) >= segments.offsetOf(start)) return null
  const pair = `${show(segments, end)} - ${show(segments, start)}`
  if (isStart && isEnd) {
    if (!inOne) {
      const why = "can't subtract two relocatable values with different segment indexes"
      return { text: `Operation failed: ${pair}, ${why}`, late: false }
    }
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
