/**
 * One program run as one call, on any machine, against a host in memory of its own. A second contract, the leaf, returns
 * its calldata to whoever calls it.
 */
import type { Call, CallResult, Machine, MachineConstants, Program } from '../../src/vm/host.ts'
import type { ReferenceMachine } from '../../src/vm/reference/machine.ts'
import { constants, MemoryHost, type World } from './_memory-host.ts'
import { growProgram, instructionProgram, leafCasm } from './_programs.ts'
import { Random } from './_random.ts'

export interface Case {
  casm: object
  calldata: bigint[]
  accounting: Call['accounting']
}

/** A machine that can learn classes. */
export type CaseMachine = Machine & { addClass(key: string, casm: unknown): Program }

/** Address of the contract, and hash of the class, of case `index`. */
export const addressOf = (index: number) => BigInt(0x1000 + index)
export const classHashOf = (index: number) => BigInt(0x8000 + index)
export const LEAF_ADDRESS = 0x63n
export const LEAF_CLASS = 0x3e7n

/** Loops end by this many polls of the host, in gas mode too. */
const MAX_POLLS = 8

/** What a call gets at the start: an L1 handler's share, and that of any call in step mode. */
export const gasOf = (accounting: Call['accounting']) =>
  accounting === 'gas' ? 100_000_000 : 10_000_000_000

/** A random case; the same seed gives the same one. */
export function randomCase(machine: ReferenceMachine, seed: number, index: number): Case {
  const random = new Random(seed)
  const calldata = Array.from({ length: random.between(1, 20) }, () =>
    random.chance(0.6) ? random.bigBits(64) : random.felt(),
  )
  const accounting = random.pick(['gas', 'steps'] as const)
  const attempt = (casm: object) => runCase(machine, { casm, calldata, accounting }, index).result
  return { casm: growProgram(random, machine, attempt), calldata, accounting }
}

/** A random case of one instruction. */
export function instructionCase(seed: number): Case {
  const random = new Random(seed)
  const calldata = Array.from({ length: 8 }, () => random.felt())
  const accounting = random.pick(['gas', 'steps'] as const)
  return { casm: instructionProgram(random), calldata, accounting }
}

/** Runs a case from fresh state. */
export function runCase(
  machine: CaseMachine,
  { casm, calldata, accounting }: Case,
  index: number,
  gas = gasOf(accounting),
  prices: MachineConstants = constants,
  polls = MAX_POLLS,
): { result: CallResult; host: MemoryHost } {
  const programs = new Map([
    ['leaf', machine.addClass('leaf', leafCasm())],
    ['case', machine.addClass('case', casm)],
  ])
  const world: World = {
    storage: new Map(),
    classes: new Map([
      [LEAF_ADDRESS, 'leaf'],
      [addressOf(index), 'case'],
    ]),
    declared: new Map([
      [LEAF_CLASS, 'leaf'],
      [classHashOf(index), 'case'],
    ]),
    sender: 0n,
    chainId: 1n,
  }
  const host = new MemoryHost(machine, programs, world)
  host.stopAtPoll = polls
  machine.begin(prices, host, 7n)
  const result = host.invoke({
    address: addressOf(index),
    key: 'case',
    type: 'l1Handler',
    selector: 1n,
    calldata,
    caller: 0n,
    gas,
    accounting,
    stepLimit: 20_000,
  })
  if (typeof result === 'string') throw new Error(result)
  return { result, host }
}
