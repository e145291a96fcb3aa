/**
 * Where a call ends that would pass a limit: at the same step, pc and frames whether it is compiled or interpreted, for no
 * limit is seen at pauses only. Two limits are far: 2^25 steps, and the gigabyte of the stack.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attachCrypto, createCryptoMemory } from '../../src/felt/crypto.ts'
import {
  PAUSE_STEPS,
  STACK_EDGE,
  STACK_END,
  STACK_RESERVE,
  STACK_TOP,
  TIER_SLACK,
  TIER_TOP,
} from '../../src/kernels/vm-layout.ts'
import { createMachine } from '../../src/vm/machine.ts'
import { attachProgram, buildProgramImage, MAX_BYTECODE_LENGTH } from '../../src/vm/program.ts'
import { MOST_STEPS } from '../../src/vm/tier/flow.ts'
import { STEPS_PER_BYTE } from '../../src/vm/tier/function.ts'
import { compileModule, NATIVE_BYTES } from '../../src/vm/tier/tier.ts'
import { assemble, returns } from './_assembler.ts'
import { runCase } from './_case.ts'
import { casmOf } from './_programs.ts'

const crypto = attachCrypto(createCryptoMemory(1), 0)
const NO_MEMORY = 'Vector capacity exceeded'
const OUT_OF_STEPS = 'Could not reach the end of the program. RunResources has no remaining steps.'
const IDLE = '[fp - 1] = [fp - 1]'
const PUSH = '[ap] = 1, ap++'

const compiling = { hotSteps: 0, compile: compileModule }
const interpreted = [undefined, 'gas'] as const
const compiled = [compiling, 'gas'] as const
const inSteps = [undefined, 'steps'] as const
type Way = typeof interpreted | typeof compiled | typeof inSteps

/** How a program ends, and where, each of these ways. */
function endings(program: string[], ways: Way[]) {
  const casm = casmOf(assemble(program), [])
  return ways.map(([tier, accounting]) => {
    const fast = createMachine(crypto, tier)
    const addClass = (key: string, one: unknown) => attachProgram(key, buildProgramImage(one))
    const machine = Object.assign(fast, { addClass })
    const entry = { casm, calldata: [], accounting }
    const polls = Number.POSITIVE_INFINITY
    const { error, steps } = runCase(machine, entry, 0, undefined, undefined, polls).result
    const { text, pc, traceback } = error!
    return { text: text.trim(), steps, pc, traceback }
  })
}

const times = (count: number, line: string) => Array.from({ length: count }, () => line)
const wordsOf = (lines: string[]) =>
  assemble(lines).reduce((sum, { words }) => sum + words.length, 0)

/** Lines that call what follows them with this argument in [fp - 3], and return. */
const calling = (argument: number) => {
  const behind = [returns()]
  return [`[ap] = ${argument}, ap++`, `call rel ${2 + wordsOf(behind)}`, ...behind]
}

/** A function of n: 0 does `base` and returns, another number calls for n - 1 and then does `behind`. */
function descending(base: string[], behind: string[]): string[] {
  const bottom = [...base, 'ret']
  const head = [
    `jmp rel ${2 + wordsOf(bottom)} if [fp - 3] != 0`,
    ...bottom,
    '[ap] = [fp - 3] + -1, ap++',
  ]
  return [...head, `call rel -${wordsOf(head)}`, ...behind, 'ret']
}

test('frames that end one after the other do not pass the step limit', () => {
  const loop = [...times(100, IDLE), '[ap] = [ap - 1] + -1, ap++']
  // All but half a million steps in a loop, then 700,000 on the way out of a hundred frames.
  const rounds = Math.floor((2 ** 25 - 500_000) / 102)
  const program = [
    `[ap] = ${rounds}, ap++`,
    ...loop,
    `jmp rel -${wordsOf(loop)} if [ap - 1] != 0`,
    ...calling(100),
    ...descending([], times(7000, IDLE)),
  ]
  const [first, second] = endings(program, [interpreted, compiled])
  assert.is(first!.text, OUT_OF_STEPS)
  assert.is(first!.steps, 2 ** 25)
  assert.equal(second, first)
})

test('frames that end one after the other do not pass the end of the stack', () => {
  for (const behind of [`${IDLE}, ap++`, PUSH]) {
    const base = times(2, 'ap += 16701680')
    const program = [...calling(120), ...descending(base, times(7000, behind))]
    const [first, second] = endings(program, [interpreted, compiled])
    assert.is(first!.text, NO_MEMORY)
    assert.equal(second, first)
  }
})

test('a stack that is full ends a call at one cell, compiled or not, whatever is counted', () => {
  const rounds: Record<string, [lines: string[], cells: number]> = {
    pushes: [[PUSH, 'jmp rel -2'], 1],
    'calls and pushes': [[PUSH, PUSH, 'call rel -4'], 4],
    'jumps of ap': [[PUSH, 'ap += 100', 'jmp rel -4'], 101],
  }
  for (const [name, [round, cells]] of Object.entries(rounds)) {
    const filling = (rest: number) => [
      ...calling(0),
      ...times(2, 'ap += 16600000'),
      `ap += ${rest}`,
      ...round,
    ]
    const [first, ...others] = endings(filling(220_000), [interpreted, compiled, inSteps])
    const [later] = endings(filling(220_000 + cells), [interpreted])
    assert.is(first!.text, NO_MEMORY, name)
    for (const other of others) assert.equal(other, first, name)
    // Room for one round less: as many steps less, wherever a pause may fall.
    assert.is(first!.steps - later!.steps, round.length, name)
  }
})

test('the reserves of steps and of the stack hold what their comments say', () => {
  const CELL = 32
  const REACH = 2 ** 15
  // Each step until a pause is due may be a call; then one straight line of pushes.
  assert.ok(2 * PAUSE_STEPS + MAX_BYTECODE_LENGTH + REACH < STACK_RESERVE)
  assert.ok(STACK_END - STACK_TOP >= REACH * CELL)
  assert.ok(STACK_TOP - STACK_EDGE >= STACK_RESERVE * CELL)
  assert.ok(TIER_TOP + 2 * TIER_SLACK * CELL <= STACK_EDGE)
  // A pause passed by all frames that the native stack holds, and by the function at work.
  assert.ok(PAUSE_STEPS + NATIVE_BYTES * STEPS_PER_BYTE + MOST_STEPS <= TIER_SLACK)
})

test.run()
