/**
 * Compiled code where it is not one instruction after the other: loops and deep recursion on the machine's own stack, calls
 * that leave it and come back, computed and backward jumps, pauses, programs made to be hard to compile, and who compiles
 * when. Each call is compared with the reference machine.
 */
import { Worker } from 'node:worker_threads'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attachCrypto, createCryptoMemory } from '../../src/felt/crypto.ts'
import { P } from '../../src/felt/felt.ts'
import { HALT_RUN, NATIVE_ROOM, STEP_LIMIT } from '../../src/kernels/vm-layout.ts'
import type { ProgramImage } from '../../src/vm/host.ts'
import { createMachine } from '../../src/vm/machine.ts'
import { attachProgram, buildProgramImage } from '../../src/vm/program.ts'
import { createReferenceMachine } from '../../src/vm/reference/machine.ts'
import type { Interpreter, Segments } from '../../src/vm/segments.ts'
import { compileProgram } from '../../src/vm/tier/compile.ts'
import { type CompiledModule, compileModule, NATIVE_BYTES, Tier } from '../../src/vm/tier/tier.ts'
import { type Case, runCase } from './_case.ts'
import { compare } from './_compare.ts'
import {
  ASSERT,
  addToLast,
  CALLDATA,
  call,
  encode,
  GAS,
  jump,
  jumpBy,
  jumpIf,
  jumpIfAp,
  push,
  pushAp,
  pushFp,
  pushSum,
  ret,
  type Slot,
  SYSCALLS,
} from './_instructions.ts'
import { casmOf } from './_programs.ts'

const crypto = attachCrypto(createCryptoMemory(1), 0)
/** What an entry point returns: gas, syscalls, no panic, no data. */
const ending = [pushFp(GAS), pushFp(SYSCALLS), push(0n), pushFp(CALLDATA), pushFp(CALLDATA), ret]

const wordsOf = (slots: Slot[]) => slots.reduce((sum, { words }) => sum + words.length, 0)

/** A program that calls `callee`, which lies behind it, with this argument in [fp-3]. */
function calling(callee: Slot[], argument: bigint): object {
  return casmOf([push(argument), call(2 + wordsOf(ending)), ...ending, ...callee], [])
}

/** Both machines on a program, the fast one compiled; what the fast one came to. */
function check(casm: object, calldata: bigint[] = []) {
  const entry: Case = { casm, calldata, accounting: 'gas' }
  const fast = createMachine(crypto, { hotSteps: 0, compile: compileModule })
  const program = attachProgram('case', buildProgramImage(casm))
  const leaf = new Map<unknown, ReturnType<typeof attachProgram>>([[casm, program]])
  const addClass = (key: string, one: unknown) => {
    const known = leaf.get(one) ?? attachProgram(key, buildProgramImage(one))
    leaf.set(one, known)
    return known
  }
  const pair = { fast: Object.assign(fast, { addClass }), reference: createReferenceMachine() }
  const found = compare(pair, (machine) => runCase(machine, entry, 0))
  assert.equal(found, [])
  return runCase(pair.fast, entry, 0).result
}

// n rounds of a function that calls itself last: `n == 0` returns, else calls itself with n - 1.
const countDown = (behind: Slot[]): Slot[] => [
  jumpIf(-3, 3),
  ret,
  pushSum(-3, P - 1n),
  call(-5),
  ...behind,
]

test('a loop of calls in tail position counts its steps, also beyond many pauses', () => {
  for (const rounds of [0n, 1n, 2n, 1000n, 5000n]) {
    const { steps, error } = check(calling(countDown([ret]), rounds))
    assert.is(error, null)
    assert.is(steps, 2 + 6 + 4 * Number(rounds) + 2)
  }
})

test('recursion that is deeper than the native stack goes on in the interpreter', () => {
  // Something happens behind the call: each round needs its frame.
  for (const rounds of [10n, 700n, 4000n]) {
    const { error } = check(calling(countDown([push(1n), ret]), rounds))
    assert.is(error, null)
  }
})

test('endless recursion ends as it does in the interpreter', () => {
  const endless = (behind: Slot[]) => calling([push(1n), call(-2), ...behind], 0n)
  for (const behind of [[ret], [push(1n), ret]]) {
    assert.is(check(endless(behind)).outcome, 3)
  }
})

test('a computed jump goes to each of its targets, and elsewhere by the interpreter', () => {
  for (let distance = 0; distance < 9; distance++) {
    // Three choices: two jumps and what follows them. An even distance lands on an immediate.
    const choices = [jump(8), jump(8), push(7n), jump(4), push(8n), jump(2), push(9n)]
    check(casmOf([push(BigInt(distance)), jumpBy(-1), ...choices, ...ending], []))
  }
})

test('a backward jump is a loop, and a pause in it is seen', () => {
  const loop = (rounds: bigint) =>
    casmOf(
      [
        push(rounds),
        // [ap] = [ap - 1] - 1; then back as long as that is not 0.
        addToLast(P - 1n),
        jumpIfAp(-1, -2),
        ...ending,
      ],
      [],
    )
  for (const rounds of [1n, 2n, 3000n]) assert.is(check(loop(rounds)).error, null)
  // It never meets 0.
  assert.is.not(check(loop(P - 5n)).outcome, 0)
})

test('what a callee leaves behind is found by its caller', () => {
  // The callee rises ap by a number of cells that depends on its argument.
  const callee = [push(5n), jumpIf(-3, 4), push(6n), push(7n), ret]
  for (const argument of [0n, 1n]) {
    const body = [
      push(argument),
      call(2 + 2 + wordsOf(ending)),
      pushAp(-1),
      pushAp(-2),
      ...ending,
      ...callee,
    ]
    check(casmOf(body, []))
  }
})

test('a fault in a deep frame has the traceback of all frames', () => {
  // [fp-3] * 1 == [fp-3] + 1 holds for nothing.
  const wrong: Slot = {
    words: [
      encode({
        dst: -3,
        op0: -3,
        op1: 1,
        dstFp: true,
        op0Fp: true,
        source: 1,
        res: 1,
        opcode: ASSERT,
      }),
      1n,
    ],
    hints: [],
  }
  for (const behind of [[ret], [push(1n), ret]]) {
    const body = [jumpIf(-3, 4), wrong, pushSum(-3, P - 1n), call(-6), ...behind]
    const { error } = check(calling(body, 30n))
    assert.is(error!.traceback.length, 20)
  }
})

test('programs that are hard to compile take no long time', () => {
  const entry = [{ selector: '0x1', offset: 0, builtins: [] }]
  const imageOf = (bytecode: bigint[]): ProgramImage =>
    buildProgramImage({
      bytecode: bytecode.map((word) => `0x${word.toString(16)}`),
      hints: [],
      entry_points_by_type: { EXTERNAL: entry, L1_HANDLER: [], CONSTRUCTOR: [] },
    })
  const many = (slots: Slot[], count: number) => {
    const words = slots.flatMap((slot) => slot.words)
    return imageOf(Array.from({ length: count }, () => words).flat())
  }
  const programs = {
    'calls of what comes next': many([call(2)], 20_000),
    'jumps over the next': many([jumpIf(-3, 4)], 20_000),
    'jumps back': many([jumpIf(-3, -2), jumpIf(-3, 4)], 10_000),
    'computed jumps among jumps': many([jumpBy(-1), jump(2)], 13_000),
    'a long line': many([push(1n)], 20_000),
    'a chain of functions': many([call(3), ret], 13_000),
  }
  for (const [name, image] of Object.entries(programs)) {
    const startMs = process.cpuUsage()
    const { bytes } = compileProgram(image)
    new WebAssembly.Module(bytes)
    const { user } = process.cpuUsage(startMs)
    assert.ok(user < 10_000_000, `${name}: ${user / 1000} ms`)
    assert.ok(bytes.length < 64 << 20, `${name}: ${bytes.length} bytes`)
  }
})

test('a program is wanted once, when it is hot, and compiled code takes over when it comes', () => {
  const wanted: string[] = []
  let made: CompiledModule | null = null
  const fast = createMachine(crypto, {
    hotSteps: 10_000,
    compile: (image, hash) => {
      wanted.push(hash)
      made = compileModule(image, hash)
      return null
    },
  })
  const casm = calling(countDown([ret]), 1000n)
  const image = buildProgramImage(casm)
  const addClass = (key: string, one: unknown) =>
    one === casm ? attachProgram('one', image) : attachProgram(key, buildProgramImage(one))
  const machine = Object.assign(fast, { addClass })
  const entry: Case = { casm, calldata: [], accounting: 'gas' }
  const results = Array.from({ length: 6 }, (_, i) => {
    if (i === 4) fast.accept(made!)
    return runCase(machine, entry, 0).result.steps
  })
  assert.is(wanted.length, 1)
  assert.is(new Set(results).size, 1)
})

test('compiled code has its native stack below an interpreted call, and after a call that ended deep', () => {
  const tier = new Tier({ hotSteps: 0, compile: compileModule })
  const words = new Int32Array(NATIVE_ROOM / 4 + 1)
  tier.attach({ words } as Segments, {} as Interpreter)
  words[STEP_LIMIT >> 2] = 2 ** 25
  const rooms: number[] = []
  const enter = () => {
    rooms.push(words[NATIVE_ROOM >> 2]!)
    words[NATIVE_ROOM >> 2] = 100
    return HALT_RUN
  }
  for (let i = 0; i < 2; i++) tier.run({ enter, starts: new Int32Array(1) })
  assert.equal(rooms, [NATIVE_BYTES, NATIVE_BYTES])
})

test('a module crosses threads', async () => {
  const image = buildProgramImage(calling(countDown([ret]), 10n))
  const source = `
    const { parentPort } = require('node:worker_threads')
    parentPort.on('message', ({ module, starts, image }) => {
      const imports = WebAssembly.Module.imports(module).length
      parentPort.postMessage({ imports, starts: starts.length, image })
    })`
  const worker = new Worker(source, { eval: true })
  const answer = await new Promise<{ imports: number; image: string }>((resolve) => {
    worker.once('message', resolve)
    worker.postMessage(compileModule(image, 'name'))
  })
  await worker.terminate()
  assert.ok(answer.imports > 1)
  assert.is(answer.image, 'name')
})

test.run()
