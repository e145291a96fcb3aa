/**
 * The encoded transaction: the words that intake writes once and every incarnation reads.
 *
 *     words 0-15      header   kind, form, lengths (offsets below)
 *     cells from 16   fields   eight words each, by index (FIELD_*); the first nine are laid out as get_execution_info
 *     then            lists    calldata, signature, paymaster data, account deployment data, proof facts
 *
 * Invariant: fields and lists are cells in exported form on eight-word boundaries, so they cross into a Cairo machine by
 * copying. What needs a hash to be known (hash, address, compiled class hash) is computed before, see `TransactionFacts`.
 */
import { CELL_LONGS, CELL_WORDS, writeCells, writeCellWords } from '../felt/cell.ts'
import { encodeShortString } from '../felt/felt.ts'
import type { L1HandlerTransaction } from './legacy-transaction-hash.ts'
import { QUERY_VERSION, type ResourceBound, type Transaction } from './transaction.ts'

/** What is to be run. A CALL is `starknet_call`: one entry point, no account, no fee; so is a message from L1. */
export const INVOKE = 0
export const DECLARE = 1
export const DEPLOY_ACCOUNT = 2
export const CALL = 3
export const L1_HANDLER = 4

/** Words of the header. */
export const KIND = 0
export const FORM = 1
export const CALLDATA_COUNT = 2
export const SIGNATURE_COUNT = 3
export const PAYMASTER_COUNT = 4
export const DEPLOYMENT_DATA_COUNT = 5
export const PROOF_FACTS_COUNT = 6
/** Of a declared class, in bytes: what archiving the code is charged by. */
export const CODE_SIZE = 7
const HEADER_WORDS = 16

/** Bits of the form. */
/** The bounds name L1 data gas; otherwise they are of the form before 0.13.4. */
export const ALL_RESOURCES = 1
/** Only pre-validation, `__validate__` and the check of its cost: what admission asks of an invoke. */
export const ONLY_VALIDATE = 2
/** Admission leaves `__validate__` out (the first invoke of an account that is about to be deployed). */
export const SKIP_VALIDATE = 4

/** Fields, in cells behind the header. */
export const FIELD_VERSION = 0
export const FIELD_SENDER = 1
/** 0 in version 3; of an L1_HANDLER what was paid on L1, which no contract sees. */
export const FIELD_MAX_FEE = 2
export const FIELD_HASH = 3
export const FIELD_CHAIN_ID = 4
export const FIELD_NONCE = 5
export const FIELD_TIP = 6
const FIELD_NONCE_MODE = 7
const FIELD_FEE_MODE = 8
/** Three bounds of three cells: name, amount, price. */
export const FIELD_L1_GAS = 9
export const FIELD_L2_GAS = 12
export const FIELD_L1_DATA_GAS = 15
export const FIELD_CLASS_HASH = 18
/** As stated by a declare. */
export const FIELD_COMPILED_CLASS_HASH = 19
/** As computed from the compiled class. */
export const FIELD_COMPUTED_CLASS_HASH = 20
export const FIELD_SALT = 21
/** Of a CALL or an L1_HANDLER. */
export const FIELD_SELECTOR = 22
const FIELD_COUNT = 23

/** Word offset of a field. */
export function fieldOffset(field: number): number {
  return HEADER_WORDS + field * CELL_WORDS
}

/** Word offset of the calldata, the first of the lists. */
export const LISTS = HEADER_WORDS + FIELD_COUNT * CELL_WORDS

/** What intake computed about a transaction. */
export interface TransactionFacts {
  /** Of a deploy_account: the new address. */
  contractAddress?: bigint
  /** Of a declare: compiled class hash of the compilation, in the form that the block's version asks for. */
  compiledClassHash?: bigint
  /** Of a declare: (CASM felts + Sierra felts) * 32 + bytes of the ABI. */
  codeSizeBytes?: number
  /** Admission: see ONLY_VALIDATE and SKIP_VALIDATE. */
  onlyValidate?: boolean
  skipValidate?: boolean
}

/** One `starknet_call`. */
export interface CallRequest {
  contractAddress: bigint
  entryPointSelector: bigint
  calldata: bigint[]
}

const KINDS = { INVOKE, DECLARE, DEPLOY_ACCOUNT }
const L1_GAS_NAME = encodeShortString('L1_GAS')
const L2_GAS_NAME = encodeShortString('L2_GAS')
const L1_DATA_NAME = encodeShortString('L1_DATA')
const NO_BOUND: ResourceBound = { maxAmount: 0n, maxPricePerUnit: 0n }

/** The words of a transaction whose hash and facts are known. */
export function encodeTransaction(
  transaction: Transaction,
  hash: bigint,
  facts: TransactionFacts = {},
): Int32Array {
  const lists = [
    calldataOf(transaction),
    transaction.signature,
    transaction.paymasterData,
    transaction.type === 'DEPLOY_ACCOUNT' ? [] : transaction.accountDeploymentData,
    transaction.type === 'INVOKE' ? transaction.proofFacts : [],
  ]
  const bounds = transaction.resourceBounds
  const words = withLists(lists)
  words[KIND] = KINDS[transaction.type]
  words[FORM] =
    (bounds.l1DataGas ? ALL_RESOURCES : 0) |
    (facts.onlyValidate ? ONLY_VALIDATE : 0) |
    (facts.skipValidate ? SKIP_VALIDATE : 0)
  words[CODE_SIZE] = facts.codeSizeBytes ?? 0
  setField(words, FIELD_VERSION, transaction.version)
  setField(words, FIELD_SENDER, senderOf(transaction, facts))
  setField(words, FIELD_HASH, hash)
  setField(words, FIELD_NONCE, transaction.nonce)
  setField(words, FIELD_TIP, transaction.tip)
  setField(words, FIELD_NONCE_MODE, transaction.nonceDataAvailabilityMode === 'L2' ? 1n : 0n)
  setField(words, FIELD_FEE_MODE, transaction.feeDataAvailabilityMode === 'L2' ? 1n : 0n)
  setBound(words, FIELD_L1_GAS, L1_GAS_NAME, bounds.l1Gas)
  setBound(words, FIELD_L2_GAS, L2_GAS_NAME, bounds.l2Gas)
  setBound(words, FIELD_L1_DATA_GAS, L1_DATA_NAME, bounds.l1DataGas ?? NO_BOUND)
  if (transaction.type !== 'INVOKE') setField(words, FIELD_CLASS_HASH, transaction.classHash)
  if (transaction.type === 'DEPLOY_ACCOUNT') {
    setField(words, FIELD_SALT, transaction.contractAddressSalt)
  }
  if (transaction.type === 'DECLARE') {
    setField(words, FIELD_COMPILED_CLASS_HASH, transaction.compiledClassHash)
    const computed = facts.compiledClassHash ?? transaction.compiledClassHash
    setField(words, FIELD_COMPUTED_CLASS_HASH, computed)
  }
  return words
}

/** The words of a message from L1. `paidFee` is what was paid for it there. */
export function encodeL1Handler(
  transaction: L1HandlerTransaction,
  hash: bigint,
  paidFee: bigint,
): Int32Array {
  const words = encodeCall(transaction)
  words[KIND] = L1_HANDLER
  setField(words, FIELD_VERSION, transaction.version)
  setField(words, FIELD_HASH, hash)
  setField(words, FIELD_NONCE, transaction.nonce)
  setField(words, FIELD_MAX_FEE, paidFee)
  return words
}

/** The words of a `starknet_call`. */
export function encodeCall(call: CallRequest): Int32Array {
  const words = withLists([call.calldata, [], [], [], []])
  words[KIND] = CALL
  words[FORM] = ALL_RESOURCES
  setField(words, FIELD_VERSION, 3n + QUERY_VERSION)
  setField(words, FIELD_SENDER, call.contractAddress)
  setField(words, FIELD_SELECTOR, call.entryPointSelector)
  setBound(words, FIELD_L1_GAS, L1_GAS_NAME, NO_BOUND)
  setBound(words, FIELD_L2_GAS, L2_GAS_NAME, NO_BOUND)
  setBound(words, FIELD_L1_DATA_GAS, L1_DATA_NAME, NO_BOUND)
  return words
}

function withLists(lists: bigint[][]): Int32Array {
  const count = lists.reduce((sum, list) => sum + list.length, 0)
  const words = new Int32Array(LISTS + count * CELL_WORDS)
  const longs = new BigUint64Array(words.buffer)
  // The felt 0 is a tag: SMALL.
  for (let field = 0; field < FIELD_COUNT; field++) words[fieldOffset(field) + 2] = 1
  let offset = LISTS >> 1
  lists.forEach((list, index) => {
    words[CALLDATA_COUNT + index] = list.length
    writeCells(longs, offset, list)
    offset += list.length * CELL_LONGS
  })
  return words
}

function setField(words: Int32Array, field: number, felt: bigint): void {
  writeCellWords(words, fieldOffset(field), felt)
}

function setBound(words: Int32Array, field: number, name: bigint, bound: ResourceBound): void {
  setField(words, field, name)
  setField(words, field + 1, bound.maxAmount)
  setField(words, field + 2, bound.maxPricePerUnit)
}

/** What the account's entry points are called with; a declare's is its class hash. */
function calldataOf(transaction: Transaction): bigint[] {
  if (transaction.type === 'INVOKE') return transaction.calldata
  if (transaction.type === 'DECLARE') return []
  return transaction.constructorCalldata
}

function senderOf(transaction: Transaction, facts: TransactionFacts): bigint {
  if (transaction.type !== 'DEPLOY_ACCOUNT') return transaction.senderAddress
  if (facts.contractAddress === undefined) {
    throw new Error('expected the address of a deploy_account among its facts')
  }
  return facts.contractAddress
}
