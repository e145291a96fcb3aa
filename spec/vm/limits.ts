/**
 * What must end, ends: endless loops by steps or by the host's word, recursion and greed for memory by an error. The
 * machine runs the next call as if nothing had been, and no call reaches the cells of another.
 */

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readCells } from '../../src/felt/cell.ts'
import { attachCrypto, createCryptoMemory } from '../../src/felt/crypto.ts'
import { encodeShortString } from '../../src/felt/felt.ts'
import { type CallResult, FAILED, FAULTED, HALTED, RETURNED } from '../../src/vm/host.ts'
import { createMachine } from '../../src/vm/machine.ts'
import { attachProgram, buildProgramImage } from '../../src/vm/program.ts'
import {
  addToLast,
  advance,
  CALLDATA,
  CALLDATA_END,
  call,
  encode,
  GAS,
  jump,
  jumpBy,
  jumpIf,
  load,
  push,
  pushFp,
  pushSum,
  ret,
  type Slot,
  SYSCALLS,
  store,
  storeFp,
  words,
} from './_instructions.ts'
import { constants, MemoryHost } from './_memory-host.ts'
import { casmOf, leafCasm } from './_programs.ts'
import { tier } from './_tier.ts'

const OUT_OF_STEPS =
  'Could not reach the end of the program. RunResources has no remaining steps.\n'
const NO_MEMORY = 'Vector capacity exceeded\n'
const SELF = 0x1000n

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

/** A contract that calls itself with its calldata, and returns what came back. */
const callsItself: Slot[] = [
  push(encodeShortString('CallContract')),
  store(SYSCALLS, 0),
  storeFp(SYSCALLS, 1, GAS),
  push(SELF),
  store(SYSCALLS, 2),
  push(1n),
  store(SYSCALLS, 3),
  storeFp(SYSCALLS, 4, CALLDATA),
  storeFp(SYSCALLS, 5, CALLDATA_END),
  advance(0, [{ SystemCall: { system: { Deref: { register: 'FP', offset: SYSCALLS } } } }]),
  load(SYSCALLS, 6),
  pushSum(SYSCALLS, 10n),
  load(SYSCALLS, 7),
  load(SYSCALLS, 8),
  load(SYSCALLS, 9),
  ret,
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
  const result = run([jump(0)])
  assert.is(result.outcome, FAULTED)
  assert.is(result.error!.text, OUT_OF_STEPS)
  assert.is(result.steps, 2 ** 25)
  isWhole()
})

test('every other way backwards is seen by the limit as well', () => {
  const back = jumpIf(-3, 0)
  const less = { TestLessThan: { lhs: { Immediate: '0x0' }, rhs: { Immediate: '0x1' }, dst } }
  const ways: Record<string, Slot[]> = {
    'jnz back': [back],
    'jnz back with a comparison before it': [{ ...back, hints: [less] }],
    'jump by a cell': [push(0n), jumpBy(-1)],
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
    const result = run([jump(0)], { accounting: 'steps', stepLimit })
    assert.is(result.outcome, FAULTED)
    assert.is(result.steps, stepLimit)
    assert.is(result.error!.text, OUT_OF_STEPS)
  }
  isWhole()
})

test('a call that needs exactly its limit ends well', () => {
  const leaf = [push(0n), ret]
  assert.is(run(leaf, { accounting: 'steps', stepLimit: 1 }).error!.text, OUT_OF_STEPS)
  assert.is.not(run(leaf, { accounting: 'steps', stepLimit: 2 }).error!.text, OUT_OF_STEPS)
})

test('the host stops a loop without a result', () => {
  const result = run([jump(0)], { stopAtPoll: 5 })
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
  const result = run([call(0)], { accounting: 'steps', stepLimit: 300_000 })
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
  for (const count of [2 ** 23, 2 ** 26 - 1, 2 ** 26, 2 ** 31, 2 ** 32 - 100]) {
    const result = run([advance(count), jump(-2)])
    assert.is(result.outcome, FAULTED)
    assert.is(result.error!.text, NO_MEMORY, `ap += ${count}`)
  }
  isWhole()
})

test('a pointer far behind a segment does not take its memory', () => {
  const alloc = { AllocSegment: { dst: { register: 'AP', offset: 0 } } }
  const deref = encode({ dst: -3, op0: -1, op1: 0, source: 0, opcode: 4 })
  const slots = [push(7n), advance(1, [alloc]), addToLast(1n << 27n), words(deref)]
  const result = run(slots)
  assert.is(result.outcome, FAULTED)
  assert.ok(result.error!.text.startsWith('Vector capacity exceeded'))
  isWhole()
})

test('what a hint set above an ap that then went down is cleared', () => {
  const alloc = { AllocSegment: { dst: { register: 'AP', offset: 0 } } }
  assert.is(run([advance(50), advance(-50, [alloc]), words(0n)]).outcome, FAULTED)
  assert.is(
    run([pushFp(50)]).error!.text,
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
