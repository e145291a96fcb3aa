/**
 * What must end, ends: endless loops by steps or by the host's word, recursion and greed for memory by an error. The
 * machine runs the next call as if nothing had been, and no call reaches the cells of another.
 */

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readCells } from '../../src/felt/cell.ts'
import { attachCrypto, createCryptoMemory } from '../../src/felt/crypto.ts'
import { encodeShortString, P } from '../../src/felt/felt.ts'
import { type CallResult, FAILED, FAULTED, HALTED, RETURNED } from '../../src/vm/host.ts'
import { createMachine } from '../../src/vm/machine.ts'
import { attachProgram, buildProgramImage } from '../../src/vm/program.ts'
import { constants, MemoryHost } from './_memory-host.ts'
import { casmOf, encode, leafCasm, type Slot } from './_programs.ts'
import { tier } from './_tier.ts'

const OUT_OF_STEPS =
  'Could not reach the end of the program. RunResources has no remaining steps.\n'
const NO_MEMORY = 'Vector capacity exceeded\n'
const RET = 0x208b7fff7fff7ffen
const SELF = 0x1000n
const GAS_CELL = -6
const SYSCALLS = -5

const machine = createMachine(attachCrypto(createCryptoMemory(1), 0), tier)

interface Way {
  accounting?: 'gas' | 'steps'
  gas?: number
  stepLimit?: number
  stopAtPoll?: number
  calldata?: bigint[]
}

const dst = { register: 'FP', offset: 5 }

let programCount = 0

/** Runs a program of these words as the contract SELF. */
function run(slots: Slot[], way: Way = {}): CallResult {
  const key = `limits ${programCount++}`
  const program = attachProgram(key, buildProgramImage(casmOf(slots, [])))
  const host = new MemoryHost(machine, new Map([[key, program]]), {
    storage: new Map(),
    classes: new Map([[SELF, key]]),
    declared: new Map(),
    sender: 1n,
    chainId: 2n,
  })
  if (way.stopAtPoll !== undefined) host.stopAtPoll = way.stopAtPoll
  machine.begin(constants, host, 3n)
  return host.invoke({
    address: SELF,
    key,
    type: 'external',
    selector: 1n,
    calldata: way.calldata ?? [],
    caller: 0n,
    gas: way.gas ?? 1e9,
    accounting: way.accounting ?? 'gas',
    stepLimit: way.stepLimit ?? 1e7,
  }) as CallResult
}

const words = (...list: bigint[]): Slot => ({ words: list, hints: [] })
const idle = { dst: -1, dstFp: true, op0: -1, op0Fp: true }
/** jmp rel distance */
const jump = (distance: bigint) => words(encode({ ...idle, op1: 1, source: 1, pc: 2 }), distance)
/** call rel distance */
const call = (distance: bigint) =>
  words(encode({ dst: 0, op0: 1, op1: 1, source: 1, pc: 2, opcode: 1 }), distance)
/** ap += count, with hints before it */
const advance = (count: bigint, hints: unknown[] = []): Slot => ({
  words: [encode({ ...idle, op1: 1, source: 1, ap: 1 }), count],
  hints,
})
/** [ap] = value; ap++ */
const push = (value: bigint) =>
  words(encode({ dst: 0, op0: -1, op0Fp: true, op1: 1, source: 1, ap: 2, opcode: 4 }), value)
/** [ap] = [[fp + cell] + offset]; ap++ */
const load = (cell: number, offset: number) =>
  words(encode({ dst: 0, op0: cell, op0Fp: true, op1: offset, source: 0, ap: 2, opcode: 4 }))
/** [[fp + cell] + offset] = [ap - 1] */
const store = (cell: number, offset: number) =>
  words(encode({ dst: -1, op0: cell, op0Fp: true, op1: offset, source: 0, opcode: 4 }))
/** [[fp + cell] + offset] = [fp + from] */
const storeArgument = (cell: number, offset: number, from: number) =>
  words(
    encode({ dst: from, dstFp: true, op0: cell, op0Fp: true, op1: offset, source: 0, opcode: 4 }),
  )
/** [ap] = [fp + cell] + count; ap++ */
const pushSum = (cell: number, count: bigint) =>
  words(
    encode({ dst: 0, op0: cell, op0Fp: true, op1: 1, source: 1, res: 1, ap: 2, opcode: 4 }),
    count,
  )

/** A contract that calls itself with its calldata, and returns what came back. */
const callsItself: Slot[] = [
  push(encodeShortString('CallContract')),
  store(SYSCALLS, 0),
  storeArgument(SYSCALLS, 1, GAS_CELL),
  push(SELF),
  store(SYSCALLS, 2),
  push(1n),
  store(SYSCALLS, 3),
  storeArgument(SYSCALLS, 4, -4),
  storeArgument(SYSCALLS, 5, -3),
  advance(0n, [{ SystemCall: { system: { Deref: { register: 'FP', offset: SYSCALLS } } } }]),
  load(SYSCALLS, 6),
  pushSum(SYSCALLS, 10n),
  load(SYSCALLS, 7),
  load(SYSCALLS, 8),
  load(SYSCALLS, 9),
  words(RET),
]

/** The machine still runs an innocent call, and gives back what it was given. */
function isWhole(): void {
  const key = `leaf ${programCount++}`
  const program = attachProgram(key, buildProgramImage(leafCasm()))
  const host = new MemoryHost(machine, new Map([[key, program]]), {
    storage: new Map(),
    classes: new Map(),
    declared: new Map(),
    sender: 1n,
    chainId: 2n,
  })
  machine.begin(constants, host, 3n)
  const invocation = {
    address: 9n,
    key,
    type: 'external' as const,
    selector: 1n,
    calldata: [5n, 2n ** 200n],
    caller: 0n,
    gas: 1e6,
    accounting: 'steps' as const,
    stepLimit: 100,
  }
  const result = host.invoke(invocation) as CallResult
  assert.is(result.outcome, RETURNED)
  assert.equal(readCells(result.returned.cells, 0, result.returned.count), [5n, 2n ** 200n])
  assert.is(result.steps, 6)
  assert.is(result.memoryHoles, 0)
}

test('an endless loop in gas mode ends at 2^25 steps', () => {
  const result = run([jump(0n)])
  assert.is(result.outcome, FAULTED)
  assert.is(result.error!.text, OUT_OF_STEPS)
  assert.is(result.steps, 2 ** 25)
  isWhole()
})

test('every other way backwards is seen by the limit as well', () => {
  const back = encode({ dst: -3, dstFp: true, op0: -1, op0Fp: true, op1: 1, source: 1, pc: 4 })
  const less = { TestLessThan: { lhs: { Immediate: '0x0' }, rhs: { Immediate: '0x1' }, dst } }
  const ways: Record<string, Slot[]> = {
    'jnz back': [words(back, 0n)],
    'jnz back with a comparison before it': [{ words: [back, 0n], hints: [less] }],
    'jump by a cell': [push(0n), words(encode({ ...idle, op1: -1, source: 4, pc: 2 }))],
  }
  for (const [name, slots] of Object.entries(ways)) {
    const result = run(slots)
    assert.is(result.error?.text, OUT_OF_STEPS, name)
    assert.is(result.steps, 2 ** 25, name)
    const stopped = run(slots, { stopAtPoll: 3 })
    assert.is(stopped.outcome, HALTED, name)
  }
  isWhole()
})

test('an endless loop in step mode ends exactly at its limit', () => {
  for (const stepLimit of [0, 1, 4095, 4096, 4097, 100_000]) {
    const result = run([jump(0n)], { accounting: 'steps', stepLimit })
    assert.is(result.outcome, FAULTED)
    assert.is(result.steps, stepLimit)
    assert.is(result.error!.text, OUT_OF_STEPS)
  }
  isWhole()
})

test('a call that needs exactly its limit ends well', () => {
  const leaf = [push(0n), words(RET)]
  assert.is(run(leaf, { accounting: 'steps', stepLimit: 1 }).error!.text, OUT_OF_STEPS)
  assert.is.not(run(leaf, { accounting: 'steps', stepLimit: 2 }).error!.text, OUT_OF_STEPS)
})

test('the host stops a loop without a result', () => {
  const result = run([jump(0n)], { stopAtPoll: 5 })
  assert.is(result.outcome, HALTED)
  assert.is(result.error, null)
  isWhole()
})

test('the host stops a loop in a nested call, and every frame ends', () => {
  // The first 50 frames poll once each, as they start.
  const result = run(callsItself, { stopAtPoll: 20 })
  assert.is(result.outcome, HALTED)
  isWhole()
})

test('Cairo recursion uses no native stack', () => {
  const result = run([call(0n)], { accounting: 'steps', stepLimit: 300_000 })
  assert.is(result.error!.text, OUT_OF_STEPS)
  assert.is(result.steps, 300_000)
  assert.is(result.error!.traceback.length, 20)
  isWhole()
})

test('contracts that call themselves end at the protocol depth', () => {
  const result = run(callsItself)
  assert.is(result.outcome, FAULTED)
  assert.is(result.error!.host!.text, 'Execution failed due to recursion depth exceeded.')
  isWhole()
})

test('ap cannot leave the stack', () => {
  for (const count of [1n << 23n, (1n << 26n) - 1n, 1n << 26n, 1n << 31n, (1n << 32n) - 100n]) {
    const result = run([advance(count), jump(P - 2n)])
    assert.is(result.outcome, FAULTED)
    assert.is(result.error!.text, NO_MEMORY, `ap += ${count}`)
  }
  isWhole()
})

test('a pointer far behind a segment does not take its memory', () => {
  const alloc = { AllocSegment: { dst: { register: 'AP', offset: 0 } } }
  const far = encode({ dst: 0, op0: -1, op1: 1, source: 1, res: 1, ap: 2, opcode: 4 })
  const deref = encode({ dst: -3, op0: -1, op1: 0, source: 0, opcode: 4 })
  const slots = [push(7n), advance(1n, [alloc]), words(far, 1n << 27n), words(deref)]
  const result = run(slots)
  assert.is(result.outcome, FAULTED)
  assert.ok(result.error!.text.startsWith('Vector capacity exceeded'))
  isWhole()
})

test('what a hint set above an ap that then went down is cleared', () => {
  const alloc = { AllocSegment: { dst: { register: 'AP', offset: 0 } } }
  assert.is(run([advance(50n), advance(P - 50n, [alloc]), words(0n)]).outcome, FAULTED)
  const read = encode({ dst: 0, op0: -1, op0Fp: true, op1: 50, source: 2, ap: 2, opcode: 4 })
  assert.is(
    run([words(read)]).error!.text,
    "Couldn't compute operand op1. Unknown value for memory cell 1:56\n",
  )
  isWhole()
})

test('a syscall without the gas for it answers so, and takes none', () => {
  const result = run(callsItself, { gas: 50_000 })
  assert.is(result.outcome, FAILED)
  assert.is(result.gasLeft, 40_000)
  assert.equal(readCells(result.returned.cells, 0, result.returned.count), [
    encodeShortString('Out of gas'),
  ])
})

test.run()
