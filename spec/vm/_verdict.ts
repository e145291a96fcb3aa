/**
 * Compares what a machine made of a case with what Blockifier made of it: outcome, text of a fault with its program
 * counters, and of a call that returned its data, gas, steps, holes, counters and events.
 */
import { readCells } from '../../src/felt/cell.ts'
import { formatFelt } from '../../src/felt/felt.ts'
import { versionedConstants } from '../../src/starknet/versioned-constants.ts'
import {
  builtinNames,
  type CallResult,
  FAILED,
  FAULTED,
  HALTED,
  syscallNames,
  type VmError,
} from '../../src/vm/host.ts'
import type { ReferenceMachine } from '../../src/vm/reference/machine.ts'
import { modulo } from '../../src/vm/reference/value.ts'
import { addressOf, type Case, classHashOf, gasOf, runCase } from './_case.ts'
import type { JudgedCall, Judgement } from './_judge.ts'
import type { MemoryHost } from './_memory-host.ts'

/** Texts of faults where Rust panics, runs on for ever, or has larger pointers: nothing to compare with. */
const unjudged = /is impossible|Vector capacity|modulus is 0|is elsewhere/

/** Blockifier's memory is made for what gas can buy: larger segments may end its process. */
const MOST_CELLS = 1 << 20

/** Whether Blockifier can be asked about a case. */
export function canBeJudged(machine: ReferenceMachine, entry: Case, index: number): boolean {
  let cells = 0
  machine.onEnd = ({ memory }) => {
    cells = Math.max(cells, ...memory.segments.map((segment) => segment.cells.length))
  }
  const { result } = runCase(machine, entry, index)
  machine.onEnd = null
  return cells <= MOST_CELLS && isJudgeable(result)
}

/** Whether a run ended in a way that Blockifier can be asked about. */
export function isJudgeable({ outcome, error }: CallResult): boolean {
  if (outcome === HALTED) return false
  if (error === null) return true
  return !isBeyondOurs(error.text) && !unjudged.test(error.text)
}

/** Whether a pointer left our range of offsets, 32 bits, and not that of Rust, 64. */
function isBeyondOurs(text: string): boolean {
  const found = /^Operation failed: \d+:(\d+) ([+-]) (\d+), (maximum|offsets)/.exec(text)
  if (found === null) return false
  const [offset, operand] = [BigInt(found[1]!), BigInt(found[3]!)]
  const sum = modulo(found[2] === '+' ? offset + operand : offset - operand)
  return sum >> 64n === 0n
}

/** What differs, in words; empty when all is equal. From 0.14.3 on texts of calls in gas mode have no frames. */
export function differences(
  { accounting }: Case,
  index: number,
  { result, host }: { result: CallResult; host: MemoryHost },
  judgement: Judgement,
  version = '0.14.2',
): string[] {
  const reason = judgement.revert_reason ?? ''
  // An overrun bound is the protocol's business.
  if (reason.startsWith('Insufficient max')) return []
  if (result.outcome === FAULTED) {
    const stripped = accounting === 'gas' && versionedConstants(version).stripVmFramesInGasMode
    const text = stackText(index, stripped ? { ...result.error!, framed: false } : result.error!)
    return reason === text ? [] : [`expected ${reason || judgement.outcome}\ngot ${text}`]
  }
  if (result.outcome === FAILED) {
    if (reason.includes('Execution failed. Failure reason')) return []
    return [`expected ${reason || judgement.outcome}, got a panic`]
  }
  const call = judgement.trace?.function_invocation
  if (call === undefined) return [`expected ${reason || judgement.outcome}, got a result`]
  const found: [string, unknown, unknown][] = [
    ['gas', call.gas_consumed, gasOf(accounting) - result.gasLeft],
    ['result', felts(call.result), readCells(result.returned.cells, 0, result.returned.count)],
    ['syscalls', call.syscalls, syscallsOf(result)],
    ['events', call.events.map(eventLine), host.log.filter((line) => line.startsWith('event'))],
    ...ofPureCall(call, accounting, result),
  ]
  return found
    .filter(([, expected, got]) => canonical(expected) !== canonical(got))
    .map(
      ([name, expected, got]) => `${name}: expected ${canonical(expected)}, got ${canonical(got)}`,
    )
}

/** Figures to which Blockifier adds those of the system's own work on syscalls. */
function ofPureCall(
  call: JudgedCall,
  accounting: Case['accounting'],
  result: CallResult,
): [string, unknown, unknown][] {
  if (Object.keys(call.syscalls).length > 0) return []
  const { segment_arena: _, ...expected } = call.builtins
  const counts = builtinNames.map((name, i) => [name, result.builtins[i]!] as const)
  const used = Object.fromEntries(counts.filter(([name]) => name !== 'segment_arena'))
  const builtins = { ...used, blake_opcode: result.blakes }
  const figures: [string, unknown, unknown][] = [['builtins', expected, builtins]]
  if (accounting === 'steps') {
    figures.push(['steps', call.vm.steps, result.steps])
    figures.push(['holes', call.vm.memory_holes, result.memoryHoles])
  }
  return figures
}

/** The text of a receipt whose root call ended so. */
function stackText(index: number, { framed, pc, traceback, text }: VmError): string {
  const felt = (value: bigint) => `0x${formatFelt(value).slice(2).padStart(64, '0')}`
  const callers = traceback.map((caller) => `Unknown location (pc=${caller})\n`).join('')
  const lines = callers && `\nCairo traceback (most recent call last):\n${callers}`
  return (
    'Transaction execution has failed:\n' +
    `0: Error in the called contract (contract address: ${felt(addressOf(index))}, class hash: ${felt(classHashOf(index))}, selector: ${felt(1n)}):\n` +
    `${framed ? `Error at pc=${pc}:${lines}\n` : ''}${text}`
  )
}

function syscallsOf({ syscalls }: CallResult): Record<string, number> {
  const counts = Object.fromEntries(syscallNames.map((name, i) => [name, syscalls[i]!]))
  // Blockifier counts the rounds of Keccak in place of its calls.
  const { KeccakRound, ...others } = counts
  return { ...others, Keccak: KeccakRound! }
}

function eventLine({ keys, data }: { keys: string[]; data: string[] }): string {
  return `event [${felts(keys)}] [${felts(data)}]`
}

function felts(texts: string[]): bigint[] {
  return texts.map((text) => BigInt(text))
}

/** A text that is equal for equal figures; counters of 0 count as absent. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return String(value)
  const entries = Object.entries(value).filter(([, count]) => count !== 0)
  return entries
    .sort()
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}
