/**
 * Checks of a transaction that need no state: what no sequencer takes, whatever the chain holds.
 *
 * Pure: it returns why a transaction is refused, as the code and data of the JSON-RPC answer, or null. The order of the
 * checks is the protocol's, for the first that fails is what the client sees.
 */
import { ADDRESS_BOUND } from './addresses.ts'
import { maximalFee } from './fee.ts'
import type { SierraClass, Transaction } from './transaction.ts'

export interface AdmissionRefusal {
  code: number
  data: string | undefined
}

export interface AdmissionLimits {
  /** Price in fri that a bound on L2 gas must reach. */
  minL2GasPrice: bigint
  maxL2GasAmount: bigint
  calldataFelts: number
  signatureFelts: number
  classBytes: number
  sierraFelts: number
}

/** Limits of protocol 0.14.2, but for the price: that is the chain's. */
export const admissionLimits: Omit<AdmissionLimits, 'minL2GasPrice'> = {
  maxL2GasAmount: 1_200_000_000n,
  calldataFelts: 5000,
  signatureFelts: 4000,
  classBytes: 4_089_446,
  sierraFelts: 81_920,
}

/** What a transaction brings besides its own fields. */
export interface Attachments {
  contractClass: SierraClass | null
  /** Size of the class as JSON. */
  classBytes: number
  /** Length of the proof's text, 0 without one. */
  proofLength: number
}

const VERSION = 3n
/** Sierra versions that are taken: 1.1 to 1.9, any patch. */
const MIN_SIERRA_MINOR = 1n
const MAX_SIERRA_MINOR = 9n

/** Why the transaction is refused, or null. */
export function refuseAdmission(
  transaction: Transaction,
  attachments: Attachments,
  limits: AdmissionLimits,
): AdmissionRefusal | null {
  if (transaction.version !== VERSION) return { code: 61, data: undefined }
  return (
    refuseSender(transaction) ??
    refuseReservedFields(transaction) ??
    refuseBounds(transaction, limits) ??
    refuseLengths(transaction, limits) ??
    refuseModes(transaction) ??
    refuseProof(transaction, attachments) ??
    (attachments.contractClass === null
      ? null
      : refuseClass(attachments.contractClass, attachments.classBytes, limits))
  )
}

function refuseSender(transaction: Transaction): AdmissionRefusal | null {
  if (transaction.type === 'DEPLOY_ACCOUNT') return null
  const { senderAddress } = transaction
  if (senderAddress >= 2n && senderAddress < ADDRESS_BOUND) return null
  return unexpected(`sender address 0x${senderAddress.toString(16)} is reserved`)
}

function refuseReservedFields(transaction: Transaction): AdmissionRefusal | null {
  if (transaction.type !== 'DEPLOY_ACCOUNT' && transaction.accountDeploymentData.length > 0) {
    return unexpected('account_deployment_data must be empty')
  }
  return transaction.paymasterData.length > 0 ? unexpected('paymaster_data must be empty') : null
}

function refuseBounds(
  { type, resourceBounds }: Transaction,
  limits: AdmissionLimits,
): AdmissionRefusal | null {
  const { maxAmount, maxPricePerUnit } = resourceBounds.l2Gas
  const tooCheap = maximalFee(resourceBounds, 0n) === 0n || maxPricePerUnit < limits.minL2GasPrice
  if (tooCheap) return { code: 65, data: undefined }
  if (type === 'DECLARE') return null
  return tooMany('L2 gas', maxAmount, limits.maxL2GasAmount)
}

/** Why the transaction is too long, or null: what holds for simulations as well, for length is work. */
export function refuseLengths(
  transaction: Transaction,
  limits: Pick<AdmissionLimits, 'calldataFelts' | 'signatureFelts'>,
): AdmissionRefusal | null {
  return (
    tooMany('calldata felts', calldataLength(transaction), limits.calldataFelts) ??
    tooMany('signature felts', transaction.signature.length, limits.signatureFelts)
  )
}

function calldataLength(transaction: Transaction): number {
  if (transaction.type === 'INVOKE') {
    return transaction.calldata.length + transaction.proofFacts.length
  }
  return transaction.type === 'DECLARE' ? 0 : transaction.constructorCalldata.length
}

function refuseModes(transaction: Transaction): AdmissionRefusal | null {
  for (const name of ['nonceDataAvailabilityMode', 'feeDataAvailabilityMode'] as const) {
    if (transaction[name] !== 'L1') return unexpected(`${name}: only L1 is supported`)
  }
  return null
}

/** No proof can be checked here, so a transaction that leans on one is refused. */
function refuseProof(
  transaction: Transaction,
  { proofLength }: Attachments,
): AdmissionRefusal | null {
  const factCount = transaction.type === 'INVOKE' ? transaction.proofFacts.length : 0
  return factCount > 0 || proofLength > 0 ? { code: 69, data: undefined } : null
}

function refuseClass(
  { sierraProgram, entryPointsByType }: SierraClass,
  classBytes: number,
  limits: AdmissionLimits,
): AdmissionRefusal | null {
  const [major, minor] = sierraProgram
  const isKnown =
    major === 1n && minor !== undefined && minor >= MIN_SIERRA_MINOR && minor <= MAX_SIERRA_MINOR
  if (!isKnown) return { code: 62, data: undefined }
  if (isClassTooLarge(sierraProgram.length, classBytes, limits)) {
    return { code: 57, data: undefined }
  }
  for (const [kind, list] of Object.entries(entryPointsByType)) {
    const isAscending = list.every(
      ({ selector }, index) => index === 0 || list[index - 1]!.selector < selector,
    )
    if (!isAscending) return unexpected(`${kind} entry points must ascend by selector`)
  }
  return null
}

/** Whether a class has too many felts or bytes to be looked at any further. */
export function isClassTooLarge(
  sierraFelts: number,
  classBytes: number,
  limits: Pick<AdmissionLimits, 'sierraFelts' | 'classBytes'>,
): boolean {
  return sierraFelts > limits.sierraFelts || classBytes > limits.classBytes
}

function tooMany(
  what: string,
  actual: bigint | number,
  limit: bigint | number,
): AdmissionRefusal | null {
  return actual > limit ? unexpected(`${actual} ${what}, the limit is ${limit}`) : null
}

function unexpected(text: string): AdmissionRefusal {
  return { code: 63, data: text }
}
