/**
 * Constants of one protocol version: limits, prices, switches, and the measured work of the operating system. Values that
 * never changed from 0.13.4 to 0.14.4 are written here, the others in `constants-table.ts`.
 *
 *     versionedConstants('0.14.2').overheads.INVOKE.constant.steps      4348
 *     machineConstants('0.14.2').syscallCosts[StorageRead]              18070
 *
 * Invariant: the objects are made once per version and never change, so they may be compared by identity.
 */
import { builtinNames, type MachineConstants, syscallNames } from '../vm/host.ts'
import {
  type AnyWork,
  type TransactionKind,
  type VersionScalars,
  versionTables,
  type Work,
} from './constants-table.ts'

export type { TransactionKind } from './constants-table.ts'

/** Builtins of `VmResources.builtins`, in order: those of the machine, then what only the system or an opcode uses. */
export const resourceNames = [...builtinNames, 'keccak', 'blake'] as const

/** Position of segment_arena, whose instances count as steps, and of the blake opcode. */
export const SEGMENT_ARENA = resourceNames.indexOf('segment_arena')
export const BLAKE = resourceNames.indexOf('blake')
export const POSEIDON = resourceNames.indexOf('poseidon')

/** What a Cairo run used. `builtins` by index of `resourceNames`. */
export interface VmResources {
  steps: number
  memoryHoles: number
  builtins: Float64Array
}

/** Work with a fixed part, and a part for every `itemsPerUnit` items of a list, rounded up per component. */
export interface MeasuredWork {
  constant: VmResources
  perItem: VmResources | null
  itemsPerUnit: number
}

export interface VersionedConstants extends VersionScalars {
  /** The table's own version, at most the one asked for. */
  version: string
  maxEvents: number
  maxEventKeys: number
  maxEventData: number
  maxCalldataLength: number
  maxBytecodeFelts: number
  invokeMaxSteps: number
  validateMaxSteps: number
  validateMaxSierraGas: number
  maxRecursionDepth: number
  /** Gas of an entry point in step mode, and of every fee transfer. */
  defaultGas: number
  entryPointBudget: number
  syscallBase: number
  stepGas: number
  memoryHoleGas: number
  /** Sierra gas of one instance, by index of `resourceNames`. */
  builtinGas: Float64Array
  /** L1 gas of one instance in hundredths, by index of `resourceNames`. */
  builtinFeeHundredths: Float64Array
  /** From this Sierra version on a class runs in gas mode. */
  minSierraVersionForGas: readonly [number, number, number]
  /** L2 gas per felt of calldata, signature or event data; a felt of an event key counts `eventKeyFactor` times. */
  gasPerDataFelt: number
  eventKeyFactor: number
  gasPerCodeByte: number
  allocationL1GasCalldata: number
  allocationDataGasBlob: number
  /** By index of `syscallNames`. */
  syscalls: readonly MeasuredWork[]
  overheads: Readonly<Record<TransactionKind, MeasuredWork>>
  /** Per felt of state diff where the block uses blobs. */
  kzgPerFelt: VmResources
  blockNumberRounding: number
  timestampRounding: number
  /** A block can read hashes of blocks this far below it. */
  blockHashDistance: number
}

const unchanged = {
  maxEvents: 1000,
  maxEventKeys: 50,
  maxEventData: 300,
  maxCalldataLength: 5000,
  maxBytecodeFelts: 81_920,
  invokeMaxSteps: 10_000_000,
  validateMaxSteps: 1_000_000,
  validateMaxSierraGas: 100_000_000,
  maxRecursionDepth: 50,
  defaultGas: 10_000_000_000,
  entryPointBudget: 10_000,
  syscallBase: 10_000,
  stepGas: 100,
  memoryHoleGas: 10,
  minSierraVersionForGas: [1, 7, 0] as const,
  gasPerDataFelt: 5120,
  eventKeyFactor: 2,
  gasPerCodeByte: 1280,
  allocationL1GasCalldata: 551,
  allocationDataGasBlob: 32,
  blockNumberRounding: 100,
  timestampRounding: 3600,
  blockHashDistance: 10,
}

const builtinGas: Readonly<Record<string, number>> = {
  pedersen: 4050,
  range_check: 70,
  bitwise: 583,
  ec_op: 4085,
  poseidon: 491,
  range_check96: 56,
  add_mod: 230,
  mul_mod: 604,
  keccak: 136_189,
}

const builtinFeeHundredths: Readonly<Record<string, number>> = {
  pedersen: 8,
  range_check: 4,
  bitwise: 16,
  ec_op: 256,
  poseidon: 8,
  range_check96: 4,
  add_mod: 4,
  mul_mod: 4,
  keccak: 512,
}

const made = new Map<string, VersionedConstants>()
const machines = new Map<string, MachineConstants>()

/** Constants of a block's version, such as `0.14.2`. Refuses versions whose table is not known. */
export function versionedConstants(version: string): VersionedConstants {
  let constants = made.get(version)
  if (constants === undefined) made.set(version, (constants = build(version)))
  return constants
}

/** What the Cairo machine needs of them. */
export function machineConstants(version: string): MachineConstants {
  let machine = machines.get(version)
  if (machine === undefined) machines.set(version, (machine = buildMachine(version)))
  return machine
}

/** Negative, 0 or positive, as for numbers: `0.13.6` is below `0.14.0`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number))
  for (let i = 0; i < Math.max(left!.length, right!.length); i++) {
    const difference = (left![i] ?? 0) - (right![i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

export function noResources(): VmResources {
  return { steps: 0, memoryHoles: 0, builtins: new Float64Array(resourceNames.length) }
}

/** Sets resources to none: where they are needed for each transaction, a new object costs more than the sums in it. */
export function clearResources(resources: VmResources): VmResources {
  resources.steps = 0
  resources.memoryHoles = 0
  resources.builtins.fill(0)
  return resources
}

/** Adds `times` runs of `work` on lists of `items` items altogether to `sum`. */
export function addWork(sum: VmResources, work: MeasuredWork, times: number, items: number): void {
  addResources(sum, work.constant, times)
  if (work.perItem === null || items === 0) return
  const { perItem, itemsPerUnit } = work
  sum.steps += Math.ceil((perItem.steps * items) / itemsPerUnit)
  for (let i = 0; i < resourceNames.length; i++) {
    sum.builtins[i]! += Math.ceil((perItem.builtins[i]! * items) / itemsPerUnit)
  }
}

export function addResources(sum: VmResources, addend: VmResources, times = 1): void {
  sum.steps += times * addend.steps
  sum.memoryHoles += times * addend.memoryHoles
  for (let i = 0; i < resourceNames.length; i++) {
    sum.builtins[i]! += times * addend.builtins[i]!
  }
}

function build(version: string): VersionedConstants {
  const newest = versionTables[versionTables.length - 1]!.version
  const oldest = versionTables[0]!.version
  if (compareVersions(version, oldest) < 0 || compareVersions(version, newest) > 0) {
    throw new RangeError(`Starknet version ${version} is not known, only ${oldest} to ${newest}`)
  }
  const tables = versionTables.filter((table) => compareVersions(table.version, version) <= 0)
  const scalars = Object.assign({}, ...tables.map((table) => table.scalars)) as VersionScalars
  const syscalls = Object.assign({}, ...tables.map((table) => table.syscalls)) as Record<
    string,
    AnyWork
  >
  const overheads = Object.assign({}, ...tables.map((table) => table.overheads)) as Record<
    TransactionKind,
    AnyWork
  >
  const gas = byResource(builtinGas)
  gas[BLAKE] = scalars.blakePrice
  return {
    ...unchanged,
    ...scalars,
    version: tables[tables.length - 1]!.version,
    builtinGas: gas,
    builtinFeeHundredths: byResource(builtinFeeHundredths),
    syscalls: syscallNames.map((name) => measured(syscalls[name]!)),
    overheads: {
      INVOKE: measured(overheads.INVOKE),
      DECLARE: measured(overheads.DECLARE),
      DEPLOY_ACCOUNT: measured(overheads.DEPLOY_ACCOUNT),
      L1_HANDLER: measured(overheads.L1_HANDLER),
    },
    kzgPerFelt: resources([113, { range_check: 17 }]),
  }
}

function buildMachine(version: string): MachineConstants {
  const constants = versionedConstants(version)
  const gasOf = ({ steps, memoryHoles, builtins }: VmResources) =>
    steps * constants.stepGas +
    memoryHoles * constants.memoryHoleGas +
    builtins.reduce((sum, count, i) => sum + count * constants.builtinGas[i]!, 0)
  const price = (name: (typeof resourceNames)[number]) =>
    constants.builtinGas[resourceNames.indexOf(name)]!
  return {
    syscallCosts: Float64Array.from(constants.syscalls, ({ constant }) =>
      Math.max(constants.syscallBase, gasOf(constant)),
    ),
    syscallCostsPerItem: Float64Array.from(constants.syscalls, ({ perItem }) =>
      perItem === null ? 0 : gasOf(perItem),
    ),
    builtinPrices: Float64Array.of(
      price('pedersen'),
      price('bitwise'),
      price('ec_op'),
      price('poseidon'),
      price('add_mod'),
      price('mul_mod'),
      price('blake'),
    ),
    entryPointBudget: constants.entryPointBudget,
    syscallBase: constants.syscallBase,
  }
}

function measured(work: AnyWork): MeasuredWork {
  if (!('constant' in work)) return { constant: resources(work), perItem: null, itemsPerUnit: 1 }
  return {
    constant: resources(work.constant),
    perItem: resources(work.perItem),
    itemsPerUnit: work.itemsPerUnit ?? 1,
  }
}

function resources([steps, builtins = {}]: Work): VmResources {
  return { steps, memoryHoles: 0, builtins: byResource(builtins) }
}

function byResource(values: Readonly<Record<string, number>>): Float64Array {
  return Float64Array.from(resourceNames, (name) => values[name] ?? 0)
}
