/**
 * Submissions: transactions on their way from the border into the mempool.
 *
 *     submit ──▶ queue ──▶ check: hash ▸ nonce ▸ class ▸ run on the newest state ──▶ mempool, held
 *                                                                                      │ batch is in the journal
 *                                                                                      ▼
 *                                                                             answer, and free to be taken
 *
 * Rules that need no state were checked by the border (`src/starknet/admission.ts`).
 *
 * A promise is kept for each: it resolves to the hash when the journal has it, or rejects with the protocol's refusal.
 * While one batch is written the next is checked.
 *
 * Invariant: what an order names is in the journal before it, because only what was written can be taken.
 *
 * The queue is bounded; what finds it full is refused at once, so clients feel the load instead of the node.
 */
import type { OrderingEngine } from '../ordering/engine.ts'
import { OutOfRoomError } from '../ordering/engine.ts'
import { encodeSubmitted, type Submitted } from '../ordering/submission-codec.ts'
import { contractAddress } from '../starknet/addresses.ts'
import { blakeCompiledClassHash } from '../starknet/class-hash.ts'
import { encodeTransaction, type TransactionFacts } from '../starknet/encoded-transaction.ts'
import type { RejectionKind, TransactionExecution } from '../starknet/execution.ts'
import { codeSizeOf } from '../starknet/gas.ts'
import type { Mempool, PoolItem, PoolRefusal } from '../starknet/mempool.ts'
import type { SierraClass, Transaction } from '../starknet/transaction.ts'
import { transactionHash } from '../starknet/transaction-hash.ts'
import type { StateReader, StoredClass } from '../storage/chain-store.ts'
import type { Refusal } from './chain.ts'
import { refusal } from './errors.ts'

/** A transaction in the mempool: admitted, hashed, encoded for the executors. */
export interface PoolTransaction extends PoolItem {
  readonly transaction: Transaction
  readonly contractAddress: bigint | null
  readonly encoded: Int32Array
  /** What a DECLARE brings. */
  readonly declared: StoredClass | null
}

export interface Submission {
  transaction: Transaction
  contractClass: SierraClass | null
  resolve: (hash: bigint) => void
  reject: (reason: unknown) => void
}

/** What admission needs of the chain. */
export interface Admission {
  readonly chainId: bigint
  readonly mempool: Mempool<PoolTransaction>
  /** Keeps what is acknowledged. */
  readonly journal: Pick<OrderingEngine, 'submit'>
  /** Ends the node with one sentence: the journal cannot go on. */
  halt(reason: string): void
  /** State that includes everything executed so far. */
  newestState(): StateReader
  isIncluded(hash: bigint): boolean
  /** CASM whose compiled class hash (Blake2s) a declare states, or null. */
  casmOf(compiledClassHash: bigint): unknown
  /** Makes a class known to all executors, before its declare may run. */
  publishClass(declared: StoredClass, isFinal: boolean): void
  /** Runs one transaction on a state, as the gateway does: nonces may lie ahead, nothing is kept. */
  tryOut(encoded: Int32Array, state: StateReader): TransactionExecution
  nowMs(): number
}

/** An admitted transaction on its way into the journal, and who asks for it. */
interface Admitted {
  item: PoolTransaction
  /** What it replaced or evicted in the mempool. */
  displaced: PoolTransaction[]
  submission: Submission
}

/** What admission of a batch found. */
export interface Checked {
  /** Transactions that became free to be taken since the last call. */
  admitted: number
  /** Work that is left: submissions to check, and whether a batch is being written. */
  waiting: number
}

/** Submissions that may wait; more are refused, as the mempool would refuse them when full. */
export const queueLimit = 20_000
/** Batches that may be on their way into the journal: with a slow disk, checking waits. */
const mostBatches = 16
/** A nonce may be so far ahead of its account's. */
export const nonceGapLimit = 200n

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

export class Submissions {
  readonly #admission: Admission
  readonly #queue: Submission[] = []
  /** Why nothing is taken any more, or null. */
  #closed: Refusal | null = null
  /** Batches on their way into the journal. */
  #writing = 0
  /** Settles with the newest of them. */
  #newestWrite: Promise<void> = Promise.resolve()
  #written = 0
  /** Transactions that the journal had no room for: they never come back into the mempool. */
  readonly #lost = new WeakSet<PoolTransaction>()
  /** Compiled class hashes that declares on their way into the journal have, by class. */
  readonly #promised = new Map<bigint, bigint>()

  constructor(admission: Admission) {
    this.#admission = admission
  }

  get waiting(): number {
    return this.#queue.length
  }

  /** Why nothing can be submitted, or null. */
  get refusing(): Refusal | null {
    if (this.#closed !== null) return this.#closed
    if (this.#queue.length < queueLimit) return null
    return refusal(63, `${queueLimit} submissions wait already`)
  }

  /** Queues a transaction; the promise settles when it was checked. */
  submit(transaction: Transaction, contractClass: SierraClass | null): Promise<bigint> {
    const refused = this.refusing
    if (refused !== null) return Promise.reject(refused)
    return new Promise((resolve, reject) => {
      this.#queue.push({ transaction, contractClass, resolve, reject })
    })
  }

  /** Checks waiting submissions for about `budgetMs`, at least one; without any, waits for the journal. */
  async check(budgetMs: number): Promise<Checked> {
    if (this.#queue.length === 0 || this.#writing >= mostBatches) await this.#newestWrite
    this.#checkBatch(budgetMs)
    const admitted = this.#written
    this.#written = 0
    return { admitted, waiting: this.#queue.length + this.#writing }
  }

  /** Refuses everything that waits and everything to come. */
  close(reason: Refusal): void {
    this.#closed = reason
    for (const { reject } of this.#queue.splice(0)) reject(reason)
  }

  /** A transaction of the journal as the mempool and the executors take it; its class is made known to all. */
  restore(hash: bigint, { transaction, declared }: Submitted): PoolTransaction {
    if (declared !== null) this.#admission.publishClass(declared, true)
    const address = addressOf(transaction)
    const facts = factsOf(transaction, address, declared)
    return this.#itemOf(hash, transaction, address, facts, declared)
  }

  #checkBatch(budgetMs: number): void {
    const endMs = performance.now() + budgetMs
    const batch: Admitted[] = []
    let taken = 0
    while (taken < this.#queue.length && (taken === 0 || performance.now() < endMs)) {
      const submission = this.#queue[taken++]!
      try {
        batch.push(this.#admit(submission))
      } catch (error) {
        submission.reject(error)
      }
    }
    this.#queue.splice(0, taken)
    if (batch.length === 0) return
    this.#writing++
    this.#newestWrite = this.#write(batch)
  }

  /** Brings a batch into the journal, then answers. */
  async #write(batch: Admitted[]): Promise<void> {
    const { mempool, journal, publishClass, halt } = this.#admission
    const items = batch.map(({ item }) => item)
    const displaced = batch.flatMap((admitted) => admitted.displaced)
    try {
      await journal.submit(items.map((item) => ({ hash: item.hash, body: encodeSubmitted(item) })))
      for (const { declared } of items) if (declared !== null) publishClass(declared, true)
      mempool.release(items, displaced)
      this.#written += items.length
      for (const { item, submission } of batch) submission.resolve(item.hash)
    } catch (error) {
      for (const item of items) this.#lost.add(item)
      const state = this.#admission.newestState()
      mempool.withdraw(
        items,
        displaced.filter((item) => !this.#lost.has(item)),
        (sender) => state.nonceAt(sender),
      )
      const { message } = error as Error
      for (const { submission } of batch) {
        submission.reject(refusal(63, `the transaction was not taken: ${message}`))
      }
      if (!(error instanceof OutOfRoomError)) halt(message)
    }
    for (const { declared } of items) {
      if (declared !== null) this.#promised.delete(declared.classHash)
    }
    this.#writing--
  }

  #admit(submission: Submission): Admitted {
    const { transaction, contractClass } = submission
    const { mempool, chainId } = this.#admission
    const hash = transactionHash(transaction, chainId)
    if (mempool.get(hash) || this.#admission.isIncluded(hash)) throw refusal(59)
    const state = this.#admission.newestState()
    const address = addressOf(transaction)
    const sender = senderOf(transaction, address)
    this.#checkNonce(transaction, sender, state)
    const declared = this.#classOf(transaction, contractClass, state)
    const facts = factsOf(transaction, address, declared)
    this.#validate(transaction, hash, sender, facts, state)
    const item = this.#itemOf(hash, transaction, address, facts, declared)
    const answer = mempool.add(item, state.nonceAt(sender), true)
    if (!answer.admitted) throw refuse(POOL_CODES[answer.refusal], answer.text)
    const { replaced, evicted } = answer
    if (declared !== null) this.#promised.set(declared.classHash, declared.compiledClassHash)
    return { item, submission, displaced: replaced === null ? evicted : [replaced, ...evicted] }
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
      arrivedMs: this.#admission.nowMs(),
      transaction,
      contractAddress: address,
      encoded,
      declared,
    }
  }

  #checkNonce(transaction: Transaction, sender: bigint, state: StateReader): void {
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
    const casm = this.#admission.casmOf(compiledClassHash)
    if (casm === null || casm === undefined) {
      throw refuse(
        56,
        `no compiled class with hash ${hex64(compiledClassHash)} is known: expected it in a ` +
          'directory of --casm-dir or added by fugue_addCompiledClass',
      )
    }
    const declared = { classHash, compiledClassHash, sierra: contractClass, casm, declaredAt: -1 }
    this.#admission.publishClass(declared, false)
    return declared
  }

  /** What the gateway runs: `__validate__` of an invoke, all of the other types. */
  #validate(
    transaction: Transaction,
    hash: bigint,
    sender: bigint,
    facts: TransactionFacts,
    state: StateReader,
  ): void {
    const isInvoke = transaction.type === 'INVOKE'
    // The first invoke may follow its own deploy_account: there is no contract yet that could validate it.
    const skipValidate =
      isInvoke &&
      transaction.nonce === 1n &&
      state.nonceAt(sender) === 0n &&
      state.classHashAt(sender) === 0n &&
      this.#admission.mempool.knows(sender)
    const encoded = encodeTransaction(transaction, hash, {
      ...facts,
      onlyValidate: isInvoke,
      skipValidate,
    })
    const execution = this.#admission.tryOut(encoded, state)
    if (execution.outcome !== 'REJECTED') return
    const kind = execution.rejection ?? 'validation'
    throw refuse(REJECTION_CODES[kind], execution.reason ?? '')
  }
}

function refuse(code: number, text: string): Error {
  return TEXT_CODES.has(code) ? refusal(code, text) : refusal(code)
}

/** The account of a transaction, whose address is given where a deploy_account makes it. */
export function senderOf(transaction: Transaction, address: bigint | null): bigint {
  return transaction.type === 'DEPLOY_ACCOUNT' ? address! : transaction.senderAddress
}

/** Address of the account that a deploy_account makes. */
export function addressOf(transaction: Transaction): bigint | null {
  if (transaction.type !== 'DEPLOY_ACCOUNT') return null
  const { contractAddressSalt, classHash, constructorCalldata } = transaction
  return contractAddress(0n, contractAddressSalt, classHash, constructorCalldata)
}

/** What the executors have to know of a transaction besides its fields. */
export function factsOf(
  transaction: Transaction,
  address: bigint | null,
  declared: StoredClass | null,
): TransactionFacts {
  const facts: TransactionFacts = {}
  if (address !== null) facts.contractAddress = address
  if (transaction.type === 'DECLARE' && declared) {
    const { bytecode } = declared.casm as { bytecode: unknown[] }
    const sierraFelts = declared.sierra?.sierraProgram.length ?? 0
    const abiBytes = declared.sierra ? Buffer.byteLength(declared.sierra.abi) : 0
    facts.compiledClassHash = blakeCompiledClassHash(declared.casm)
    facts.codeSizeBytes = codeSizeOf(bytecode.length, sierraFelts, abiBytes)
  }
  return facts
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
