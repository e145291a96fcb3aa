/**
 * Runs a call on the fast machine and on the reference and tells what differs: the outcome with its text, data, gas,
 * counters, everything the host was asked, and every cell of every segment of every frame.
 */
import { readCells } from '../../src/felt/cell.ts'
import { attachCrypto, createCryptoMemory } from '../../src/felt/crypto.ts'
import { type CallResult, FAULTED, HALTED, type Program, RETURNED } from '../../src/vm/host.ts'
import { createMachine, type FastMachine } from '../../src/vm/machine.ts'
import { attachProgram, buildProgramImage } from '../../src/vm/program.ts'
import { createReferenceMachine, type ReferenceMachine } from '../../src/vm/reference/machine.ts'
import type { CaseMachine } from './_case.ts'
import type { MemoryHost } from './_memory-host.ts'
import { tier } from './_tier.ts'

type Cell = bigint | { segment: number; offset: number } | undefined

/** What a run left: its result (or why there was none), the host, the segments of every frame that ended, in order. */
interface Trace {
  result: CallResult | string
  log: string[]
  frames: Cell[][][]
}

export interface Pair {
  fast: CaseMachine & FastMachine
  reference: ReferenceMachine
}

/** Both machines, the fast one taught to learn classes. */
export function createPair(): Pair {
  const fast = createMachine(attachCrypto(createCryptoMemory(1, 0n), 0), tier)
  const programs = new WeakMap<object, Program>()
  const addClass = (key: string, casm: unknown): Program => {
    const known = programs.get(casm as object)
    if (known !== undefined) return known
    // Keys of cases repeat, those of programs must not.
    const program = attachProgram(`${key} ${count++}`, buildProgramImage(casm))
    programs.set(casm as object, program)
    return program
  }
  let count = 0
  return { fast: Object.assign(fast, { addClass }), reference: createReferenceMachine() }
}

/** Runs `invoke` on each machine; what differs, empty when nothing does. */
export function compare(
  { fast, reference }: Pair,
  invoke: (machine: CaseMachine) => { result: CallResult | string; host: MemoryHost },
): string[] {
  const frames: Cell[][][] = []
  fast.onEnd = (segments) => void frames.push(segments)
  const got = traceOf(invoke(fast), frames)
  const expectedFrames: Cell[][][] = []
  // The program is what it was, and what a run wrote behind it is an error of its own.
  reference.onEnd = ({ memory }) =>
    void expectedFrames.push(memory.segments.map(({ cells }, i) => (i === 0 ? [] : cells)))
  const expected = traceOf(invoke(reference), expectedFrames)
  fast.onEnd = null
  reference.onEnd = null
  return differences(expected, got)
}

function traceOf(
  { result, host }: { result: CallResult | string; host: MemoryHost },
  frames: Cell[][][],
): Trace {
  // Counters and return data are lent until the next call.
  return { result: typeof result === 'string' ? result : copy(result), log: host.log, frames }
}

function copy(result: CallResult): CallResult {
  const { cells, count } = result.returned
  return {
    ...result,
    returned: { cells: cells.slice(0, 4 * count), count },
    builtins: result.builtins.slice(),
    syscalls: result.syscalls.slice(),
    syscallItems: result.syscallItems.slice(),
  }
}

function differences(expected: Trace, got: Trace): string[] {
  const found: string[] = []
  const check = (name: string, a: unknown, b: unknown) => {
    if (String(a) !== String(b)) found.push(`${name}: expected ${a}, got ${b}`)
  }
  const [a, b] = [expected.result, got.result]
  if (typeof a === 'string' || typeof b === 'string') {
    check('refusal', a, b)
    return found
  }
  check('outcome', a.outcome, b.outcome)
  // When the host stops a loop, each machine notices at a step of its own.
  if (a.outcome === HALTED || found.length > 0) return found
  // Where Rust panics there is no right text, only an end.
  if (a.error?.text.includes('is impossible')) return found
  // Room for cells is a limit of each machine's own, out of reach for what gas can buy.
  const isFull = b.error?.text.startsWith('Vector capacity') ?? false
  if (isFull && expected.frames.some((frame) => frame.some(isHuge))) return []
  check('text', a.error?.text, b.error?.text)
  check('pc', a.error?.pc, b.error?.pc)
  check('traceback', a.error?.traceback, b.error?.traceback)
  check('framed', a.error?.framed, b.error?.framed)
  check('host error', a.error?.host?.text, b.error?.host?.text)
  if (a.outcome !== FAULTED) {
    check('gas', a.gasLeft, b.gasLeft)
    check('data', felts(a), felts(b))
  }
  check('steps', a.steps, b.steps)
  check('syscalls', a.syscalls, b.syscalls)
  check('syscall items', a.syscallItems, b.syscallItems)
  if (a.outcome <= RETURNED + 1) {
    check('holes', a.memoryHoles, b.memoryHoles)
    check('builtins', a.builtins, b.builtins)
    check('blakes', a.blakes, b.blakes)
  }
  check('host log', expected.log.join('\n'), got.log.join('\n'))
  check('frames', expected.frames.length, got.frames.length)
  // A response of a syscall that meets another value is left half written, by each machine in its order.
  if (a.error?.text.startsWith('Inconsistent memory') && !a.error.text.endsWith('\n')) return found
  for (const [i, frame] of expected.frames.entries()) {
    if (found.length > 0) break
    found.push(...cellDifferences(i, frame, got.frames[i]!))
  }
  return found
}

const isHuge = (cells: Cell[]) => cells.length > 1 << 20

function felts({ returned: { cells, count } }: CallResult): bigint[] {
  return readCells(cells, 0, count)
}

function cellDifferences(frame: number, expected: Cell[][], got: Cell[][]): string[] {
  const found: string[] = []
  if (expected.length !== got.length) {
    found.push(`frame ${frame}: expected ${expected.length} segments, got ${got.length}`)
  }
  for (let segment = 0; segment < Math.min(expected.length, got.length); segment++) {
    const [a, b] = [expected[segment]!, got[segment]!]
    for (let offset = 0; offset < Math.max(a.length, b.length); offset++) {
      if (isSame(a[offset], b[offset])) continue
      found.push(
        `frame ${frame}, ${segment}:${offset}: expected ${show(a[offset])}, got ${show(b[offset])}`,
      )
      if (found.length > 5) return found
    }
  }
  return found
}

function isSame(a: Cell, b: Cell): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b
  return a.segment === b.segment && a.offset === b.offset
}

function show(cell: Cell): string {
  if (cell === undefined) return 'unset'
  return typeof cell === 'bigint' ? cell.toString() : `${cell.segment}:${cell.offset}`
}
