/**
 * The syscalls that kernels answer, secp and SHA, in programs made by hand: the fast machine, the reference machine and the
 * real Blockifier do the same with them, errors and their texts included.
 *
 * `FUGUE_RUNS` sets how many programs, `FUGUE_SEED` repeats a run.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { P } from '../../src/felt/felt.ts'
import { SECP256K1, SECP256R1, type SecpCurve } from '../../src/felt/secp-constants.ts'
import { machineConstants } from '../../src/starknet/versioned-constants.ts'
import type { SyscallName } from '../../src/vm/host.ts'
import { addPoints, multiplyPoint, type Point } from '../../src/vm/reference/curve.ts'
import { seed } from '../seed.ts'
import { oracleTest } from '../vectors.ts'
import { type Case, type CaseMachine, gasOf, runCase } from './_case.ts'
import { compare, createPair } from './_compare.ts'
import { judge } from './_judge.ts'
import { Random, runsOf } from './_random.ts'
import { type Field, SyscallProgram } from './_syscall-program.ts'
import { differences, isJudgeable } from './_verdict.ts'

/** SHA-512 costs nothing before 0.14.3, texts of gas mode lose their frames there, and prices change in 0.14.4. */
const versions = ['0.14.2', '0.14.3', '0.14.4']
const HALF = 2n ** 128n
const runs = runsOf(40)
const pair = createPair()

const curves: ['Secp256k1' | 'Secp256r1', SecpCurve][] = [
  ['Secp256k1', SECP256K1],
  ['Secp256r1', SECP256R1],
]

/** Multiples of each generator that are close to infinity, and infinity. */
const known: Point[][] = curves.map(([, curve]) => {
  const { x, y } = curve.generator
  const multiples: Point[] = [null]
  for (let m = 1n; m <= 17n; m++) multiples.push(multiplyPoint(curve, [x, y], m))
  for (let m = 1n; m <= 3n; m++) multiples.push(multiplyPoint(curve, [x, y], curve.order - m))
  multiples.push(addPoints(curve, multiples[3]!, multiples[2]!))
  return multiples
})

const halves = (value: bigint): Field[] => [value % HALF, value / HALF]

function coordinate(random: Random, { p }: SecpCurve): bigint {
  const any = () => random.bigBits(256)
  return random.pick([any, any, () => p, () => p - 1n, () => 0n, () => BigInt(random.below(40))])()
}

function scalar(random: Random, { order }: SecpCurve): bigint {
  switch (random.below(5)) {
    case 0:
      return BigInt(random.below(40))
    case 1:
      return order + BigInt(random.between(-20, 20))
    case 2:
      return 2n ** 256n - 1n - BigInt(random.below(3))
    case 3:
      return 1n << BigInt(random.below(256))
    default:
      return random.bigBits(256)
  }
}

/** A program of some operations on points of both curves; handles go astray now and then. */
function secpCase(random: Random): Case {
  const program = new SyscallProgram()
  /** Cells that hold handles, by curve. */
  const handles: number[][] = [[], []]
  const count = random.between(2, 9)
  let multiplications = 0
  for (let i = 0; i < count; i++) {
    const which = random.below(2)
    const [prefix, curve] = curves[which]!
    const handle = (): Field => {
      const list = handles[random.chance(0.03) ? 1 - which : which]!
      if (list.length === 0) return { calldata: 0 }
      const cell = random.pick(list)
      if (random.chance(0.04)) return { cell, plus: BigInt(random.pick([1, 6, 12, 3])) }
      return random.chance(0.01) ? { calldata: 1 } : { cell }
    }
    const call = (operation: string, fields: Field[], size: number) =>
      program.call(`${prefix}${operation}` as SyscallName, fields, size)
    const operation = handles[which]!.length === 0 ? random.below(3) : random.between(1, 8)
    if (operation <= 1) {
      const [x, y] = random.chance(0.85)
        ? (random.pick(known[which]!) ?? [0n, 0n])
        : [coordinate(random, curve), coordinate(random, curve)]
      handles[which]!.push(call('New', [...halves(x), ...halves(y)], 2) + 1)
    } else if (operation === 2) {
      const x = random.chance(0.6)
        ? (random.pick(known[which]!)?.[0] ?? 0n)
        : coordinate(random, curve)
      const parity = random.chance(0.98) ? BigInt(random.below(2)) : random.felt()
      handles[which]!.push(call('GetPointFromX', [...halves(x), parity], 2) + 1)
    } else if (operation <= 5) {
      handles[which]!.push(call('Add', [handle(), handle()], 1))
    } else if (operation <= 7 && multiplications++ < 4) {
      const factor = random.chance(0.98) ? halves(scalar(random, curve)) : [random.felt(), 0n]
      handles[which]!.push(call('Mul', [handle(), ...factor], 1))
    }
    const point = handles[which]!.at(-1)
    if (point === undefined) continue
    const x = call('GetXy', [random.chance(0.9) ? { cell: point } : handle()], 4)
    program.tell({ addressOf: x }, { addressOf: x + 4 })
  }
  const accounting = random.pick(['gas', 'steps'] as const)
  return { casm: program.casm(), calldata: [1n, 2n, 3n], accounting }
}

/** A program that compresses blocks of calldata, of both sizes in turn; states are those of calldata or of earlier calls. */
function shaCase(random: Random): Case {
  const program = new SyscallProgram()
  const long = random.chance(0.6)
  const word = () => {
    const bits = random.chance(long ? 0.8 : 0.02) ? 64 : 32
    if (random.chance(0.2)) return random.pick([0n, 1n, (1n << BigInt(bits)) - 1n])
    return random.bigBits(bits)
  }
  const calldata = [
    1n,
    ...Array.from({ length: 40 }, () => (random.chance(0.998) ? word() : P - 1n)),
  ]
  const states: Field[][] = [[], []]
  for (let i = random.between(1, 6); i > 0; i--) {
    const kind = long && random.chance(0.9) ? 1 : 0
    const name = kind === 0 ? 'Sha256ProcessBlock' : 'Sha512ProcessBlock'
    const block: Field = { calldata: random.chance(0.97) ? random.between(1, 25) : 30 }
    const state =
      states[kind]!.length > 0 && random.chance(0.7)
        ? random.pick(states[kind]!)
        : { calldata: random.between(1, 33) }
    const cell = program.call(name, [state, block], 1)
    states[kind]!.push({ cell })
    program.tell({ cell }, { cell, plus: 8n })
  }
  const accounting = random.pick(['gas', 'steps'] as const)
  return { casm: program.casm(), calldata, accounting }
}

console.log(`FUGUE_SEED=${seed} FUGUE_RUNS=${runs}`)

for (const [name, make] of [
  ['secp', secpCase],
  ['sha', shaCase],
] as const) {
  for (const version of versions) {
    const prices = machineConstants(version)
    const run = (machine: CaseMachine, entry: Case, index: number) =>
      runCase(machine, entry, index, gasOf(entry.accounting), prices)

    test(`${name}, ${version}: the fast machine does what the reference does`, () => {
      for (let i = 0; i < runs; i++) {
        const entry = make(new Random(seed + i))
        const found = compare(pair, (machine) => run(machine, entry, 0))
        assert.equal(found, [], `FUGUE_SEED=${seed + i} FUGUE_RUNS=1`)
      }
    })

    oracleTest(test, `${name}, ${version}: programs end as under Blockifier`, () => {
      const cases: Case[] = []
      for (let i = 0; i < runs; i++) {
        const entry = make(new Random(seed + i))
        if (isJudgeable(run(pair.fast, entry, cases.length).result)) cases.push(entry)
      }
      const judgements = judge(cases, version)
      const found = cases.flatMap((entry, i) =>
        differences(entry, i, run(pair.fast, entry, i), judgements[i]!, version).map(
          (difference) => `program ${i}: ${difference}`,
        ),
      )
      assert.equal(found, [])
    })
  }
}

test.run()
