/**
 * Random calls of real classes, and of mutants of them: any entry point, calldata from the places where code changes its
 * mind, storage that is often set, little or plenty of gas, contracts of other classes to call.
 */
import type { CallResult } from '../../src/vm/host.ts'
import type { CaseMachine } from './_case.ts'
import type { Casm, NamedClass } from './_classes.ts'
import { constants, type Invocation, MemoryHost, type World } from './_memory-host.ts'
import type { Random } from './_random.ts'

export interface RandomCall {
  /** The class that is called, and one that it may find at other addresses. */
  classes: NamedClass[]
  world: World
  invocation: Invocation
  seed: bigint
  /** The poll at which the host says stop. */
  stopAtPoll: number
}

const ADDRESS = 0x100n

/** A random call; a mutated class when asked for. */
export function randomCall(random: Random, all: NamedClass[], isMutant: boolean): RandomCall {
  const chosen = random.pick(all)
  const main = isMutant ? { name: `${chosen.name} mutant`, casm: mutate(random, chosen) } : chosen
  const other = random.pick(all)
  const { EXTERNAL, L1_HANDLER, CONSTRUCTOR } = main.casm.entry_points_by_type
  const types = [
    ...EXTERNAL.map(({ selector }) => ['external', selector] as const),
    ...L1_HANDLER.map(({ selector }) => ['l1Handler', selector] as const),
    ...CONSTRUCTOR.map(({ selector }) => ['constructor', selector] as const),
  ]
  const [type, selector] = random.pick(types)
  const accounting = random.pick(['gas', 'steps'] as const)
  const value = storageValues(random)
  return {
    classes: [main, other],
    world: {
      storage: new Map(),
      anyStorage: (address, key) => value(address ^ key),
      classes: new Map([
        [ADDRESS, 'main'],
        [0n, 'other'],
        [1n, 'other'],
        [2n, 'main'],
      ]),
      declared: new Map([
        [1n, 'main'],
        [2n, 'other'],
      ]),
      sender: random.chance(0.5) ? ADDRESS : random.felt(),
      chainId: 0x534e5f4d41494en,
    },
    invocation: {
      address: ADDRESS,
      key: 'main',
      type,
      selector: BigInt(selector),
      calldata: randomCalldata(random, [...EXTERNAL, ...other.casm.entry_points_by_type.EXTERNAL]),
      caller: random.chance(0.5) ? 0n : random.felt(),
      gas: randomGas(random, accounting),
      accounting,
      stepLimit: random.pick([100, 1000, 20_000, 20_000, 20_000]),
    },
    seed: random.bigBits(250),
    stopAtPoll: 8,
  }
}

/** Of several random calls of one entry point the one that gets farthest, by a measure such as steps. */
export function deepCall(call: RandomCall, random: Random, measure: (call: RandomCall) => number) {
  const { EXTERNAL } = call.classes[0]!.casm.entry_points_by_type
  const withCalldata = (calldata: bigint[]) => ({
    ...call,
    invocation: { ...call.invocation, calldata },
  })
  const calls = Array.from({ length: 11 }, (_, length) =>
    withCalldata(randomCalldata(random, EXTERNAL, length)),
  )
  return [call, ...calls]
    .map((one) => ({ one, steps: measure(one) }))
    .reduce((best, next) => (next.steps > best.steps ? next : best)).one
}

/** Runs it on one machine. */
export function runRandomCall(
  machine: CaseMachine,
  { classes: [main, other], world, invocation, seed, stopAtPoll }: RandomCall,
): { result: CallResult | string; host: MemoryHost } {
  const programs = new Map([
    ['main', machine.addClass(main!.name, main!.casm)],
    ['other', machine.addClass(other!.name, other!.casm)],
  ])
  const host = new MemoryHost(machine, programs, world)
  host.stopAtPoll = stopAtPoll
  machine.begin(constants, host, seed)
  return { result: host.invoke(invocation), host }
}

/** Lengths of arrays, flags, addresses and selectors that exist, and any felts. */
function randomCalldata(
  random: Random,
  entries: { selector: string }[],
  length = random.chance(0.9) ? random.below(12) : random.below(120),
): bigint[] {
  const style = random.below(3)
  return Array.from({ length }, () => {
    if (style === 0 || random.chance(0.5)) return BigInt(random.below(style === 1 ? 3 : 6))
    if (random.chance(0.1)) return BigInt(random.pick(entries)?.selector ?? 0)
    if (random.chance(0.1)) return ADDRESS
    return style === 1 ? random.bigBits(random.pick([8, 32, 64, 128])) : random.felt()
  })
}

function randomGas(random: Random, accounting: 'gas' | 'steps'): number {
  if (accounting === 'steps') return 10_000_000_000
  return random.chance(0.8) ? 200_000_000 : random.below(random.pick([20_000, 500_000]))
}

/** Cells by a hash of where they are: 0, small, or anything, in shares that differ from call to call. */
function storageValues(random: Random): (place: bigint) => bigint {
  const pool = [
    0n,
    0n,
    1n,
    2n,
    100n,
    ADDRESS,
    random.bigBits(64),
    random.bigBits(128),
    random.felt(),
  ]
  const isEmpty = random.chance(0.3)
  return (place) => (isEmpty ? 0n : pool[Number(place % 1009n) % pool.length]!)
}

/** Flips bits of words, changes immediates, drops or moves hints. */
function mutate(random: Random, { casm }: NamedClass): Casm {
  const bytecode = [...casm.bytecode]
  const hints = [...casm.hints]
  for (let i = random.between(1, 12); i > 0; i--) {
    const at = random.below(bytecode.length)
    if (random.chance(0.7)) {
      const bit = random.chance(0.9) ? random.below(64) : random.below(252)
      bytecode[at] =
        `0x${((BigInt(bytecode[at]!) ^ (1n << BigInt(bit))) % (1n << 251n)).toString(16)}`
    } else if (random.chance(0.5)) bytecode[at] = bytecode[random.below(bytecode.length)]!
    else bytecode[at] = `0x${random.felt().toString(16)}`
    if (hints.length === 0) continue
    const hint = random.below(hints.length)
    const fate = random.below(5)
    if (fate === 0) hints.splice(hint, 1)
    if (fate === 1) hints[hint] = [random.below(bytecode.length), hints[hint]![1]]
  }
  const byPc = new Map(hints)
  return { ...casm, bytecode, hints: [...byPc].sort(([a], [b]) => a - b) }
}
