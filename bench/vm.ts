/**
 * `npm run bench -- vm [--json FILE] [--runs N]`: what the Cairo machine and whole transactions cost, median of at least 9.
 *
 *     erc20-transfer/gas, /steps       a transfer of `erc20-blockifier` (375 steps), state a table, Pedersen from the memo
 *     loop, loop-252                   steps of loops over small and over big numbers; `/steps` in step accounting
 *     …/compiled                       the same in gas accounting, the program compiled to WebAssembly
 *     …/image, …/first-use             a program image; the first call of an image in an executor, less a later one
 *     transfer/sequential              a transaction of a block, memos emptied before; `-warm` after the same block
 *     transfer/blockifier              the real Blockifier on the same block, between our runs
 *
 * A row of whole transactions gives microseconds of one transaction. Everything is warm: 0.1 s a call, ten rounds a
 * block. Rows that need vectors or the oracle are left out without them, and said so; blocks are then of our own contracts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { numberOf } from '../spec/named.ts'
import { vectorPath } from '../spec/vectors.ts'
import { cellsOf } from '../src/felt/cell.ts'
import { attachCrypto, type Crypto, createCryptoMemory } from '../src/felt/crypto.ts'
import { P } from '../src/felt/felt.ts'
import { selector, useCrypto } from '../src/felt/hash.ts'
import { packageRoot } from '../src/shared/package-root.ts'
import type { Call, Machine, ProgramImage } from '../src/vm/host.ts'
import { createMachine } from '../src/vm/machine.ts'
import { attachProgram, buildProgramImage } from '../src/vm/program.ts'
import { compileModule } from '../src/vm/tier/tier.ts'
import { median } from './_figures.ts'
import { medianNs, report } from './_rows.ts'
import { BenchHost, constants } from './_vm-host.ts'
import { blockifierMicros, WholeRun, wholeBlock, type wholeBlocks } from './_whole.ts'

const transfer = [P / 23n, 1000n, 0n]
const artifact = (name: string) => join(packageRoot, `src/contracts/artifacts/${name}.casm.json`)
const blockifierToken = vectorPath('classes/erc20-blockifier.casm.json')

type Accounting = Call['accounting']
type Names = Record<Accounting | 'compiled', string>

/** Rows: names by accounting, a class, one of its entry points, and calldata. */
const calls: [names: Names, file: string, entry: string, felts: bigint[]][] = [
  [of('erc20-transfer', 'erc20-transfer/gas'), blockifierToken, 'transfer', transfer],
  [of('own-transfer', 'own-transfer/gas'), artifact('erc20'), 'transfer', transfer],
  [of('loop', 'loop'), artifact('loop'), 'work', [20_000n]],
  [of('loop-252', 'loop-252'), artifact('loop'), 'work_wide', [20_000n]],
]

/** Rounds of a block before those that count, and first uses of an image that are timed. */
const WARM_ROUNDS = 10
const FIRST_USES = 25

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'string' }, runs: { type: 'string', default: '15' } },
  })
  const crypto = attachCrypto(createCryptoMemory(1), 0)
  useCrypto(crypto)
  const machine = createMachine(crypto)
  const compiling = createMachine(crypto, { hotSteps: 0, compile: compileModule })
  const rows: object[] = []
  for (const [names, file, entry, felts] of calls) {
    if (!isThere(file, names.gas)) continue
    const program = load(file)
    for (const accounting of ['gas', 'steps'] as const) {
      const call = callOf(file, program, entry, felts, accounting)
      rows.push({ name: names[accounting], ...(await timeCall(machine, call)) })
    }
    const call = callOf(file, program, entry, felts, 'gas')
    rows.push({ name: names.compiled, ...(await timeCall(compiling, call)) })
  }
  for (const file of [blockifierToken, artifact('erc20')]) {
    if (isThere(file, 'images')) rows.push(...(await timeImage(machine, file)))
  }
  for (const name of ['transfer', 'transfer-signed'] as const) {
    rows.push(...(await timeBlock(name, crypto, numberOf('runs', values.runs))))
  }
  report('vm', rows, args)
}

function of(name: string, gas: string): Names {
  return { gas, steps: `${name}/steps`, compiled: `${name}/compiled` }
}

function isThere(file: string, what: string): boolean {
  if (existsSync(file)) return true
  console.error(`left out: ${what} (looked for ${file})`)
  return false
}

function load(file: string): ProgramImage {
  return buildProgramImage(JSON.parse(readFileSync(file, 'utf8')))
}

function callOf(
  key: string,
  image: ProgramImage,
  entry: string,
  calldata: bigint[],
  accounting: Accounting,
): Call {
  const program = attachProgram(key, image)
  const entryPoint = program.entryPoints.external.get(selector(entry))
  if (entryPoint === undefined) throw new Error(`expected an entry point ${entry} in ${key}`)
  return {
    program,
    entryPoint,
    calldata: cellsOf(calldata),
    calldataStart: 0,
    calldataCount: calldata.length,
    gas: 1e10,
    accounting,
    stepLimit: 1e7,
  }
}

async function timeCall(machine: Machine, call: Call): Promise<object> {
  const host = new BenchHost()
  const runCall = () => {
    machine.begin(constants, host, 1n)
    return machine.run(call)
  }
  const { outcome, error, steps, syscalls } = runCall()
  if (outcome !== 0) throw new Error(`expected the call to return, got ${error?.text ?? 'a panic'}`)
  const ns = await medianNs(() => void runCall())
  const syscallCount = syscalls.reduce((sum, count) => sum + count, 0)
  return {
    microsPerCall: round(ns / 1000),
    nsPerStep: round(ns / steps),
    steps,
    syscalls: syscallCount,
  }
}

/** Making an image, and what the first call of one costs more than the next: copying it into the machine's memory. */
async function timeImage(machine: Machine, file: string): Promise<object[]> {
  const casm = JSON.parse(readFileSync(file, 'utf8'))
  const name = file.slice(file.lastIndexOf('/') + 1).replace('.casm.json', '')
  const felts = casm.bytecode.length
  const imageNs = await medianNs(() => void buildProgramImage(casm))
  const image = buildProgramImage(casm)
  const host = new BenchHost()
  const uses = Array.from({ length: FIRST_USES }, (_, use) => {
    const call = callOf(`${file}/${use}`, image, 'transfer', transfer, 'gas')
    const [first, next] = [0, 0].map(() => {
      const startMs = performance.now()
      machine.begin(constants, host, 1n)
      machine.run(call)
      return (performance.now() - startMs) * 1000
    })
    return first! - next!
  })
  return [
    { name: `${name}/image`, milliseconds: round(imageNs / 1e6), felts },
    { name: `${name}/first-use`, milliseconds: round(median(uses) / 1000), felts },
  ]
}

/** Rows of a block, memos cold and warm in turn, and the Blockifier's on the same block before and after. */
async function timeBlock(
  shape: keyof typeof wholeBlocks,
  crypto: Crypto,
  runs: number,
): Promise<object[]> {
  const { name, bundle, file } = wholeBlock(shape)
  const block = new WholeRun(bundle, crypto)
  const cold: { wall: number; processor: number }[] = []
  const warm: typeof cold = []
  const before = file === null ? null : await blockifierMicros(file, 3)
  for (let round = -WARM_ROUNDS; round < runs; round++) {
    const times = [block.run('cold'), block.run('warm')] as const
    if (round < 0) continue
    cold.push(times[0])
    warm.push(times[1])
  }
  const after = file === null ? null : await blockifierMicros(file, 3)
  const row = (what: string, micros: number) => ({
    name: `${name}/${what}`,
    microsPerCall: round(micros),
    txs: block.transactions,
  })
  const own = (what: string, times: typeof cold, memos: string) => ({
    ...row(what, median(times.map(({ wall }) => wall))),
    // Of use where others are at work on the same cores.
    processorMicros: round(median(times.map(({ processor }) => processor))),
    memos,
    runs,
  })
  const rows: object[] = [own('sequential', cold, 'cold'), own('sequential-warm', warm, 'warm')]
  if (before === null || after === null) console.error(`left out: ${name}/blockifier`)
  else rows.push({ ...row('blockifier', (before + after) / 2), memos: 'its own', runs: 6 })
  return rows
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
