/**
 * What a transaction uses, turned into the three gases of its receipt.
 *
 *     work ──▶ computation (VM + operating system)  +  archival (calldata, code, events)
 *              +  state (data availability, new cells)  +  messages to L1   =   (l1, l1 data, l2)
 *
 * The gas mode follows from the bounds of the transaction: `all` pays computation and archival in L2 gas, `noL2Gas`
 * (no bound for data gas, the form before 0.13.4) in L1 gas. Amounts are whole numbers far below 2^53.
 */
import {
  addResources,
  addWork,
  BLAKE,
  clearResources,
  noResources,
  POSEIDON,
  SEGMENT_ARENA,
  type TransactionKind,
  type VersionedConstants,
  type VmResources,
} from './versioned-constants.ts'

export type GasMode = 'all' | 'noL2Gas'

export interface Gas {
  l1Gas: number
  l1DataGas: number
  l2Gas: number
}

/** Cells that a transaction changed, before its fee transfer; no-op writes are not counted. */
export interface StateChanges {
  /** Changed cells, and the sender's fee balance if it is not among them (account transactions only). */
  storage: number
  /** Addresses with changed storage, nonce or class, without the fee token. */
  contracts: number
  /** Contracts deployed or replaced. */
  classHashes: number
  /** Declared classes. */
  compiledClassHashes: number
  /** Cells that were 0 and are not any more. */
  allocated: number
}

/** Everything that a transaction is charged for. */
export interface Work {
  kind: TransactionKind
  /** What the OS overhead grows with: calldata and proof facts, constructor calldata, or the payload from L1. */
  calldataLength: number
  signatureLength: number
  hasProof: boolean
  /** Bytes, see `codeSizeOf`. */
  codeSize: number
  /** Step-mode calls of validate and execute, with their syscalls; without OS overhead. */
  vm: VmResources
  sierraGas: number
  revertedSteps: number
  revertedSierraGas: number
  /** Felts of all events charged. */
  eventKeys: number
  eventData: number
  /** Messages to L1 and the felts of their payloads altogether. */
  messages: number
  messagePayload: number
  changes: StateChanges
}

/** L2 gas of one unit of L1 gas that computation costs: a step is 100 gas and 25/10000 L1 gas. */
export const L2_GAS_PER_L1_GAS = 40_000

/** Sums that nobody keeps. */
const scratch = noResources()

const DATA_GAS_PER_FELT = 32
const L1_GAS_PER_FELT = 551
const L1_GAS_DISCOUNT_PER_CONTRACT = 312
const L1_GAS_DISCOUNT = 240

/** The gas of a receipt, and its part for data availability (without what new cells cost). */
export function gasOf(
  work: Work,
  constants: VersionedConstants,
  mode: GasMode,
  useKzgDa: boolean,
): { gas: Gas; daGas: Gas } {
  const overhead = addOverhead(clearResources(scratch), work, constants, useKzgDa)
  addResources(overhead, work.vm)
  overhead.steps += work.revertedSteps
  const gas = computationGas(overhead, work.sierraGas + work.revertedSierraGas, constants, mode)
  addArchivalGas(gas, work, constants, mode)
  gas.l1Gas += messageGas(work)
  const daGas = dataGas(work.changes, useKzgDa)
  gas.l1Gas += daGas.l1Gas
  gas.l1DataGas += daGas.l1DataGas
  const { allocated } = work.changes
  if (useKzgDa) gas.l1DataGas += allocated * constants.allocationDataGasBlob
  else gas.l1Gas += allocated * constants.allocationL1GasCalldata
  gas.l2Gas += allocated * constants.allocationL2Gas
  return { gas, daGas }
}

/** VM resources that the operating system spends on the transaction: the same in both modes. */
export function overheadOf(
  work: Pick<Work, 'kind' | 'calldataLength' | 'changes'>,
  constants: VersionedConstants,
  useKzgDa: boolean,
): VmResources {
  return addOverhead(noResources(), work, constants, useKzgDa)
}

function addOverhead(
  sum: VmResources,
  work: Pick<Work, 'kind' | 'calldataLength' | 'changes'>,
  constants: VersionedConstants,
  useKzgDa: boolean,
): VmResources {
  addWork(sum, constants.overheads[work.kind], 1, work.calldataLength)
  if (useKzgDa) addKzgWork(sum, feltsOf(work.changes), constants)
  return sum
}

/** Steps of the operating system without the blob's part: what the step limit of execute is cut by. */
export function overheadSteps(
  kind: TransactionKind,
  calldataLength: number,
  constants: VersionedConstants,
): number {
  const sum = clearResources(scratch)
  addWork(sum, constants.overheads[kind], 1, calldataLength)
  return sum.steps
}

/** Felts of a state diff as data availability counts them. */
function feltsOf(changes: StateChanges): number {
  return (
    2 * (changes.contracts + changes.storage + changes.compiledClassHashes) + changes.classHashes
  )
}

/**
 * The least that a transaction can cost, which its bounds must cover before anything runs: the steps of the overhead,
 * and one changed cell of one contract. The blob's steps count even where no blob is used.
 */
export function minimalGas(
  kind: TransactionKind,
  calldataLength: number,
  constants: VersionedConstants,
  mode: GasMode,
  useKzgDa: boolean,
): Gas {
  const changes: StateChanges = {
    storage: 1,
    contracts: 1,
    classHashes: kind === 'DEPLOY_ACCOUNT' ? 1 : 0,
    compiledClassHashes: 0,
    allocated: 0,
  }
  const steps = noResources()
  steps.steps = overheadOf({ kind, calldataLength, changes }, constants, true).steps
  const gas = computationGas(steps, 0, constants, mode)
  const daGas = dataGas(changes, useKzgDa)
  gas.l1Gas += daGas.l1Gas
  gas.l1DataGas += daGas.l1DataGas
  return gas
}

/** Bytes that a declared class is charged for. */
export function codeSizeOf(bytecodeFelts: number, sierraFelts: number, abiBytes: number): number {
  return (bytecodeFelts + sierraFelts) * 32 + abiBytes
}

/** L1 gas of VM resources: the costliest of its components, each rounded up. */
function vmL1Gas(resources: VmResources, constants: VersionedConstants): number {
  const { builtins } = resources
  const steps = resources.steps + 10 * builtins[SEGMENT_ARENA]! + resources.memoryHoles
  let most = Math.ceil(steps / 400)
  for (let i = 0; i < builtins.length; i++) {
    most = Math.max(most, Math.ceil((builtins[i]! * constants.builtinFeeHundredths[i]!) / 100))
  }
  const perBlake = Math.ceil(constants.builtinGas[BLAKE]! / L2_GAS_PER_L1_GAS)
  return Math.max(most, perBlake * builtins[BLAKE]!)
}

function computationGas(
  resources: VmResources,
  sierraGas: number,
  constants: VersionedConstants,
  mode: GasMode,
): Gas {
  const vm = vmL1Gas(resources, constants)
  return mode === 'all'
    ? { l1Gas: 0, l1DataGas: 0, l2Gas: vm * L2_GAS_PER_L1_GAS + sierraGas }
    : { l1Gas: vm + Math.ceil(sierraGas / L2_GAS_PER_L1_GAS), l1DataGas: 0, l2Gas: 0 }
}

function addArchivalGas(gas: Gas, work: Work, constants: VersionedConstants, mode: GasMode): void {
  const calldata = work.calldataLength + work.signatureLength
  const events = constants.eventKeyFactor * work.eventKeys + work.eventData
  if (mode === 'all') {
    gas.l2Gas += (calldata + events) * constants.gasPerDataFelt
    gas.l2Gas += work.codeSize * constants.gasPerCodeByte
    if (work.hasProof) gas.l2Gas += constants.proofGas
  } else {
    gas.l1Gas += perThousand(calldata, 128) + perThousand(events, 128)
    gas.l1Gas += perThousand(work.codeSize, 32)
  }
}

function perThousand(count: number, rate: number): number {
  return Math.floor((count * rate) / 1000)
}

/** Data availability of the state diff. */
function dataGas(changes: StateChanges, useKzgDa: boolean): Gas {
  const felts = feltsOf(changes)
  if (useKzgDa) return { l1Gas: 0, l1DataGas: DATA_GAS_PER_FELT * felts, l2Gas: 0 }
  const discount = L1_GAS_DISCOUNT_PER_CONTRACT * changes.contracts + L1_GAS_DISCOUNT
  return { l1Gas: Math.max(0, L1_GAS_PER_FELT * felts - discount), l1DataGas: 0, l2Gas: 0 }
}

/** Felts that the transaction adds to the messages of the block's proof. */
export function messageSegmentLength(
  work: Pick<Work, 'kind' | 'calldataLength' | 'messages' | 'messagePayload'>,
): number {
  const sent = 3 * work.messages + work.messagePayload
  return work.kind === 'L1_HANDLER' ? sent + 5 + work.calldataLength : sent
}

/** L1 gas of messages on Starknet's own contract: storing what was sent, clearing what was consumed, and the logs. */
function starknetMessageGas(
  work: Pick<Work, 'kind' | 'calldataLength' | 'messages' | 'messagePayload'>,
): number {
  const logOf = (topics: number, words: number) => 375 + 375 * topics + 256 * words
  let gas = 512 * messageSegmentLength(work) + 20_000 * work.messages
  gas += work.messages * logOf(3, 2) + 256 * work.messagePayload
  if (work.kind === 'L1_HANDLER') gas += 5000 + logOf(4, 3 + work.calldataLength)
  return gas
}

function messageGas(work: Work): number {
  return starknetMessageGas(work) + 612 * messageSegmentLength(work)
}

/** The blob's commitment, and Poseidon over what goes into it. */
function addKzgWork(sum: VmResources, felts: number, constants: VersionedConstants): void {
  addResources(sum, constants.kzgPerFelt, felts)
  sum.steps +=
    Math.floor(felts / 10) * 55 + Math.floor((felts % 10) / 2) * 18 + (felts % 2) * 3 + 21
  sum.builtins[POSEIDON]! += Math.floor(felts / 2) + 1
}
