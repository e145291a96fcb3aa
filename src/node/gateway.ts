/**
 * The gateway: what is looked at before a transaction comes into the mempool, beside running it.
 *
 *     prepare: hash ▸ nonce ▸ class ──▶ a probe, to be validated on a thread ──▶ verdict ──▶ admit
 *
 * It makes refusals in the words of the protocol.
 *
 * Invariant: of two compilations of a class only the one that was admitted first is ever published as final.
 */

import { SimulationError } from '../simulation/request.ts'
import { encodeTransaction, type TransactionFacts } from '../starknet/encoded-transaction.ts'
import type { RejectionKind } from '../starknet/execution.ts'
import type { Mempool, PoolItem, PoolRefusal } from '../starknet/mempool.ts'
import type { SierraClass, Transaction } from '../starknet/transaction.ts'
import { addressOf, factsOf, senderOf } from '../starknet/transaction-facts.ts'
import { transactionHash } from '../starknet/transaction-hash.ts'
import type { StateReader, StoredClass } from '../storage/chain-store.ts'
import { INTERNAL_ERROR, refusal } from './errors.ts'

/** A transaction in the mempool: admitted, hashed, encoded for the executors. */
export interface PoolTransaction extends PoolItem {
  readonly transaction: Transaction
  readonly contractAddress: bigint | null
  readonly encoded: Int32Array
  /** What a DECLARE brings. */
  readonly declared: StoredClass | null
}

/** What the gateway needs of the chain. */
export interface GatewayParts {
  readonly chainId: bigint
  readonly mempool: Mempool<PoolTransaction>
  /** State that includes everything executed so far. */
  newestState(): StateReader
  isIncluded(hash: bigint): boolean
  /** CASM whose compiled class hash (Blake2s) a declare states, or null. */
  casmOf(compiledClassHash: bigint): unknown
  /** Makes a class known to all executors, before its declare may run. */
  publishClass(declared: StoredClass, isFinal: boolean): void
  nowMs(): number
}

/** A transaction that may be validated. */
export interface Prepared {
  transaction: Transaction
  hash: bigint
  address: bigint | null
  sender: bigint
  declared: StoredClass | null
  facts: TransactionFacts
  /** What validation runs. */
  probe: Int32Array
}

/** A nonce may be so far ahead of its account's. */
const nonceGapLimit = 200n

const REJECTION_CODES: Record<RejectionKind, number> = {
  version: 61,
  nonce: 52,
  bounds: 53,
  balance: 54,
  validation: 55,
  classHash: 60,
  alreadyDeclared: 51,
  execution: 55,
  fee: 53,
}

const POOL_CODES: Record<PoolRefusal, number> = {
  duplicate: 59,
  nonce: 52,
  underpriced: 64,
  full: 63,
}

/** Codes whose answer carries a text. */
const TEXT_CODES = new Set([52, 55, 56, 63])

export class Gateway {
  readonly #parts: GatewayParts
  /** Compiled class hashes that declares on their way into the journal have, by class. */
  readonly #promised = new Map<bigint, bigint>()

  constructor(parts: GatewayParts) {
    this.#parts = parts
  }

  /** Looks at all that need not be run; throws the refusal. A class that it brings is known to all threads then. */
  prepare(transaction: Transaction, contractClass: SierraClass | null): Prepared {
    const hash = transactionHash(transaction, this.#parts.chainId)
    this.#refuseKnown(hash)
    const state = this.#parts.newestState()
    const address = addressOf(transaction)
    const sender = senderOf(transaction, address)
    checkNonce(transaction, sender, state)
    const declared = this.#classOf(transaction, contractClass, state)
    const facts = factsOf(transaction, address, declared)
    const probe = this.#probe(transaction, hash, sender, facts, state)
    return { transaction, hash, address, sender, declared, facts, probe }
  }

  /** Brings what was found valid into the mempool, held; throws the refusal. Also what it replaced or evicted. */
  admit({ transaction, hash, address, sender, declared, facts }: Prepared): {
    item: PoolTransaction
    displaced: PoolTransaction[]
  } {
    // It may have come twice, and the first one may be in a block by now.
    this.#refuseKnown(hash)
    const { mempool, newestState } = this.#parts
    const item = this.#itemOf(hash, transaction, address, facts, declared)
    const answer = mempool.add(item, newestState().nonceAt(sender), true)
    if (!answer.admitted) throw refuse(POOL_CODES[answer.refusal], answer.text)
    const { replaced, evicted } = answer
    if (declared !== null) this.#promised.set(declared.classHash, declared.compiledClassHash)
    return { item, displaced: replaced === null ? evicted : [replaced, ...evicted] }
  }

  /** A declare is in the journal, or will never be. */
  settle({ declared }: PoolTransaction): void {
    if (declared !== null) this.#promised.delete(declared.classHash)
  }

  /** A transaction of the journal as the mempool and the executors take it; its class is made known to all. */
  restore(hash: bigint, transaction: Transaction, declared: StoredClass | null): PoolTransaction {
    if (declared !== null) this.#parts.publishClass(declared, true)
    const address = addressOf(transaction)
    return this.#itemOf(
      hash,
      transaction,
      address,
      factsOf(transaction, address, declared),
      declared,
    )
  }

  #refuseKnown(hash: bigint): void {
    const { mempool, isIncluded } = this.#parts
    if (mempool.get(hash) || isIncluded(hash)) throw refusal(59)
  }

  #itemOf(
    hash: bigint,
    transaction: Transaction,
    address: bigint | null,
    facts: TransactionFacts,
    declared: StoredClass | null,
  ): PoolTransaction {
    const encoded = encodeTransaction(transaction, hash, facts)
    const sierra = declared?.sierra ?? null
    return {
      hash,
      sender: senderOf(transaction, address),
      nonce: transaction.nonce,
      tip: transaction.tip,
      maxL2Price: transaction.resourceBounds.l2Gas.maxPricePerUnit,
      sizeBytes: encoded.byteLength + (sierra ? classSize(sierra) : 0),
      arrivedMs: this.#parts.nowMs(),
      transaction,
      contractAddress: address,
      encoded,
      declared,
    }
  }

  /** The class that a DECLARE brings, published to all executors; null for other types. */
  #classOf(
    transaction: Transaction,
    contractClass: SierraClass | null,
    state: StateReader,
  ): StoredClass | null {
    if (transaction.type !== 'DECLARE') return null
    const { classHash, compiledClassHash } = transaction
    if (state.compiledClassHashAt(classHash) !== 0n) throw refusal(51)
    const promised = this.#promised.get(classHash) ?? compiledClassHash
    if (promised !== compiledClassHash) throw refusal(60)
    const casm = this.#parts.casmOf(compiledClassHash)
    if (casm === null || casm === undefined) {
      throw refuse(
        56,
        `no compiled class with hash ${hex64(compiledClassHash)} is known: expected it in a ` +
          'directory of --casm-dir or added by fugue_addCompiledClass',
      )
    }
    const declared = { classHash, compiledClassHash, sierra: contractClass, casm, declaredAt: -1 }
    this.#parts.publishClass(declared, false)
    return declared
  }

  /** What the gateway runs: `__validate__` of an invoke, all of the other types. */
  #probe(
    transaction: Transaction,
    hash: bigint,
    sender: bigint,
    facts: TransactionFacts,
    state: StateReader,
  ): Int32Array {
    const isInvoke = transaction.type === 'INVOKE'
    // The first invoke may follow its own deploy_account: there is no contract yet that could validate it.
    const skipValidate =
      isInvoke &&
      transaction.nonce === 1n &&
      state.nonceAt(sender) === 0n &&
      state.classHashAt(sender) === 0n &&
      this.#parts.mempool.knows(sender)
    return encodeTransaction(transaction, hash, { ...facts, onlyValidate: isInvoke, skipValidate })
  }
}

function checkNonce(transaction: Transaction, sender: bigint, state: StateReader): void {
  const expected = state.nonceAt(sender)
  const { nonce } = transaction
  const isPermitted =
    transaction.type === 'INVOKE'
      ? nonce >= expected && nonce <= expected + nonceGapLimit
      : nonce === expected
  if (isPermitted) return
  throw refuse(
    52,
    `Invalid transaction nonce of contract at address ${hex64(sender)}. ` +
      `Account nonce: ${hex64(expected)}; got: ${hex64(nonce)}.`,
  )
}

/** The account or class that a transaction brings, if it does. */
export function bringsOf({ address, declared }: Prepared): bigint[] {
  return [address, declared?.classHash].filter((brought) => typeof brought === 'bigint')
}

/** Throws what validation found: null for nothing, a rejection, or why there is no answer. */
export function refuseInvalid(verdict: unknown): void {
  if (verdict === null) return
  if (typeof verdict === 'string') throw new Error(verdict)
  if (verdict instanceof SimulationError) {
    // Its block was taken back meanwhile, or the node stops.
    const isOurs = verdict.failure === 'fault'
    throw isOurs
      ? refusal(INTERNAL_ERROR, { reason: verdict.message })
      : refusal(63, verdict.message)
  }
  if (verdict instanceof Error) throw verdict
  const { kind, reason } = verdict as { kind: RejectionKind; reason: string }
  throw refuse(REJECTION_CODES[kind], reason)
}

function refuse(code: number, text: string): Error {
  return TEXT_CODES.has(code) ? refusal(code, text) : refusal(code)
}

/** About the size of a class as JSON: its program as hex, and its ABI. */
function classSize(contractClass: SierraClass): number {
  const felts = contractClass.sierraProgram.reduce(
    (sum, felt) => sum + felt.toString(16).length + 5,
    0,
  )
  return felts + Buffer.byteLength(contractClass.abi)
}

function hex64(felt: bigint): string {
  return `0x${felt.toString(16).padStart(64, '0')}`
}
