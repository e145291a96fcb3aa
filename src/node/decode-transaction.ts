/**
 * Broadcasted transactions: what clients send to add, estimate and simulate.
 *
 * The version is looked at first: an older one is refused as such (61), not for the fields it lacks.
 */
import { admissionLimits, isClassTooLarge } from '../starknet/admission.ts'
import { sierraClassHash } from '../starknet/class-hash.ts'
import {
  type DeclareTransaction,
  type DeployAccountTransaction,
  type InvokeTransaction,
  QUERY_VERSION,
  type ResourceBound,
  type ResourceBounds,
  type SierraClass,
  type SierraEntryPoint,
  type Transaction,
} from '../starknet/transaction.ts'
import {
  decodeFelt,
  decodeFelts,
  decodeInteger,
  decodeList,
  decodeString,
  decodeUint,
  decodeWord,
  Members,
} from './decode.ts'
import { encodeClass } from './encode/class.ts'
import { CLASS_TOO_LARGE, refusal, UNSUPPORTED_TX_VERSION } from './errors.ts'

/** A transaction as it came; `classBytes` is the size of the class as JSON. */
export interface Broadcasted<T extends Transaction = Transaction> {
  transaction: T
  contractClass: SierraClass | null
  classBytes: number
  /** Length of the proof's text, 0 without one. */
  proofLength: number
}

const decodeType = decodeWord('INVOKE', 'DECLARE', 'DEPLOY_ACCOUNT')
const decodeMode = decodeWord('L1', 'L2')
const decodeU64 = decodeUint(64)
const decodeU128 = decodeUint(128)

/** A transaction of any type. */
export function decodeBroadcasted(value: unknown, path: string): Broadcasted {
  switch (new Members(value, path).get('type', decodeType)) {
    case 'INVOKE':
      return decodeInvoke(value, path)
    case 'DECLARE':
      return decodeDeclare(value, path)
    case 'DEPLOY_ACCOUNT':
      return decodeDeployAccount(value, path)
  }
}

export function decodeInvoke(value: unknown, path: string): Broadcasted<InvokeTransaction> {
  const members = new Members(value, path)
  const transaction: InvokeTransaction = {
    type: members.get('type', decodeWord('INVOKE')),
    ...decodeCommon(members),
    senderAddress: members.get('sender_address', decodeFelt),
    calldata: members.get('calldata', decodeFelts),
    accountDeploymentData: members.get('account_deployment_data', decodeFelts),
    proofFacts: members.optional('proof_facts', decodeFelts, []),
  }
  const proofLength = members.optional('proof', decodeString, '').length
  return { transaction, contractClass: null, classBytes: 0, proofLength }
}

export function decodeDeclare(value: unknown, path: string): Broadcasted<DeclareTransaction> {
  const members = new Members(value, path)
  const type = members.get('type', decodeWord('DECLARE'))
  const common = decodeCommon(members)
  const { contractClass, classBytes } = members.get('contract_class', decodeContractClass)
  const transaction: DeclareTransaction = {
    type,
    ...common,
    senderAddress: members.get('sender_address', decodeFelt),
    classHash: sierraClassHash(contractClass),
    compiledClassHash: members.get('compiled_class_hash', decodeFelt),
    accountDeploymentData: members.get('account_deployment_data', decodeFelts),
  }
  return { transaction, contractClass, classBytes, proofLength: 0 }
}

export function decodeDeployAccount(
  value: unknown,
  path: string,
): Broadcasted<DeployAccountTransaction> {
  const members = new Members(value, path)
  const transaction: DeployAccountTransaction = {
    type: members.get('type', decodeWord('DEPLOY_ACCOUNT')),
    ...decodeCommon(members),
    classHash: members.get('class_hash', decodeFelt),
    contractAddressSalt: members.get('contract_address_salt', decodeFelt),
    constructorCalldata: members.get('constructor_calldata', decodeFelts),
  }
  return { transaction, contractClass: null, classBytes: 0, proofLength: 0 }
}

function decodeCommon(members: Members) {
  return {
    version: members.get('version', decodeVersion),
    nonce: members.get('nonce', decodeFelt),
    signature: members.get('signature', decodeFelts),
    resourceBounds: members.get('resource_bounds', decodeBounds),
    tip: members.get('tip', decodeU64),
    paymasterData: members.get('paymaster_data', decodeFelts),
    nonceDataAvailabilityMode: members.get('nonce_data_availability_mode', decodeMode),
    feeDataAvailabilityMode: members.get('fee_data_availability_mode', decodeMode),
  }
}

function decodeVersion(value: unknown, path: string): bigint {
  const version = decodeFelt(value, path)
  if (version !== 3n && version !== QUERY_VERSION + 3n) throw refusal(UNSUPPORTED_TX_VERSION)
  return version
}

function decodeBounds(value: unknown, path: string): ResourceBounds {
  const members = new Members(value, path)
  return {
    l1Gas: members.get('l1_gas', decodeBound),
    l1DataGas: members.get('l1_data_gas', decodeBound),
    l2Gas: members.get('l2_gas', decodeBound),
  }
}

function decodeBound(value: unknown, path: string): ResourceBound {
  const members = new Members(value, path)
  return {
    maxAmount: members.get('max_amount', decodeU64),
    maxPricePerUnit: members.get('max_price_per_unit', decodeU128),
  }
}

/** The class and its size as JSON. Of one that is too large the program is not read. */
function decodeContractClass(
  value: unknown,
  path: string,
): { contractClass: SierraClass; classBytes: number } {
  const members = new Members(value, path)
  refuseTooLarge(
    members.get(
      'sierra_program',
      decodeList((felt) => felt),
    ).length,
    0,
  )
  const contractClass = {
    sierraProgram: members.get('sierra_program', decodeFelts),
    contractClassVersion: members.get('contract_class_version', decodeString),
    entryPointsByType: members.get('entry_points_by_type', decodeEntryPoints),
    abi: members.optional('abi', decodeString, ''),
  }
  const classBytes = Buffer.byteLength(JSON.stringify(encodeClass(contractClass)))
  refuseTooLarge(contractClass.sierraProgram.length, classBytes)
  return { contractClass, classBytes }
}

/** Hashing a class that is too large would take minutes, so it is refused before that. */
function refuseTooLarge(sierraFelts: number, classBytes: number): void {
  if (isClassTooLarge(sierraFelts, classBytes, admissionLimits)) throw refusal(CLASS_TOO_LARGE)
}

function decodeEntryPoints(value: unknown, path: string): SierraClass['entryPointsByType'] {
  const members = new Members(value, path)
  const decodeAll = decodeList(decodeEntryPoint)
  return {
    external: members.get('EXTERNAL', decodeAll),
    l1Handler: members.get('L1_HANDLER', decodeAll),
    constructor: members.get('CONSTRUCTOR', decodeAll),
  }
}

function decodeEntryPoint(value: unknown, path: string): SierraEntryPoint {
  const members = new Members(value, path)
  return {
    selector: members.get('selector', decodeFelt),
    functionIdx: members.get('function_idx', decodeInteger(0)),
  }
}
