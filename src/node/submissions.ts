/**
 * Submissions: transactions on their way from the border into the mempool.
 *
 *     submit ──▶ queue ──▶ prepare: hash ▸ nonce ▸ class ──▶ validate, on a thread ──▶ mempool, held
 *                                                                                        │ batch is in the journal
 *                                                                                        ▼
 *                                                                               answer, and free to be taken
 *
 * Rules that need no state were checked by the border (`src/starknet/admission.ts`).
 *
 * A promise is kept for each: it resolves to the hash when the journal has it, or rejects with the protocol's refusal.
 * Several batches are under way at a time, each at another stage.
 *
 * Invariants: transactions enter the mempool in the order in which they arrived. What an order names is in the journal
 * before it, because only what was written can be taken. What depends on an answer (the invoke after its own
 * deploy_account, a second declare of a class) is prepared after that answer.
 *
 * The queue is bounded; what finds it full is refused at once, so clients feel the load instead of the node.
 */
import type { OrderingEngine } from '../ordering/engine.ts'
import { OutOfRoomError } from '../ordering/engine.ts'
import { encodeSubmitted, type Submitted } from '../ordering/submission-codec.ts'
import type { Answers } from '../simulation/request.ts'
import type { SierraClass, Transaction } from '../starknet/transaction.ts'
import { addressOf, senderOf } from '../starknet/transaction-facts.ts'
import type { Refusal } from './chain.ts'
import { refusal } from './errors.ts'
import {
  bringsOf,
  Gateway,
  type GatewayParts,
  type PoolTransaction,
  type Prepared,
  refuseInvalid,
} from './gateway.ts'

/** What admission needs of the chain. */
export interface Admission extends GatewayParts {
  /** Keeps what is acknowledged. */
  readonly journal: Pick<OrderingEngine, 'submit'>
  /** Ends the node with one sentence: the journal cannot go on. */
  halt(reason: string): void
  /** Runs each on the newest state, as the gateway does: nonces may lie ahead, nothing is kept. */
  validate(transactions: Int32Array[]): Promise<Answers['validate']>
}

export interface Submission {
  transaction: Transaction
  contractClass: SierraClass | null
  resolve: (hash: bigint) => void
  reject: (reason: unknown) => void
}

/** A submission that is being validated. */
interface Waiting {
  submission: Submission
  prepared: Prepared
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
  /** Work that is left: submissions to prepare, and batches that are validated or written. */
  waiting: number
}

/** Submissions that may wait; more are refused, as the mempool would refuse them when full. */
const queueLimit = 20_000
/** Batches that may be validated at a time: what arrives meanwhile makes the next one larger. */
const mostValidating = 2
/** Batches that may be on their way into the journal: with a slow disk, checking waits. */
const mostWriting = 16
export class Submissions {
  readonly #admission: Admission
  readonly #gateway: Gateway
  readonly #queue: Submission[] = []
  /** Why nothing is taken any more, or null. */
  #closed: Refusal | null = null
  #validating = 0
  /** Settles when the newest batch was validated, and all before it. */
  #decided: Promise<void> = Promise.resolve()
  /** Batches on their way into the journal. */
  #writing = 0
  #written = 0
  /** Accounts and classes that batches under validation bring. */
  readonly #undecided = new Set<bigint>()
  /** Resolves, and is replaced, when a batch was validated or written. */
  #progress: Promise<void>
  #tellProgress: () => void = () => {}
  /** Transactions that the journal had no room for: they never come back into the mempool. */
  readonly #lost = new WeakSet<PoolTransaction>()
  constructor(admission: Admission) {
    this.#admission = admission
    this.#gateway = new Gateway(admission)
    this.#progress = this.#nextProgress()
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

  /** Prepares waiting submissions for about `budgetMs`, at least one; if it cannot, waits for batches under way. */
  async check(budgetMs: number): Promise<Checked> {
    if (!this.#mayPrepare() && this.#validating + this.#writing > 0) await this.#progress
    if (this.#mayPrepare()) this.#prepareBatch(budgetMs)
    const admitted = this.#written
    this.#written = 0
    return { admitted, waiting: this.#queue.length + this.#validating + this.#writing }
  }

  /** Refuses everything that waits and everything to come. */
  close(reason: Refusal): void {
    this.#closed = reason
    for (const { reject } of this.#queue.splice(0)) reject(reason)
  }

  /** A transaction of the journal as the mempool and the executors take it. */
  restore(hash: bigint, { transaction, declared }: Submitted): PoolTransaction {
    return this.#gateway.restore(hash, transaction, declared)
  }

  #mayPrepare(): boolean {
    const [first] = this.#queue
    if (first === undefined || this.#depends(first)) return false
    return this.#validating < mostValidating && this.#writing < mostWriting
  }

  #prepareBatch(budgetMs: number): void {
    const endMs = performance.now() + budgetMs
    const batch: Waiting[] = []
    let taken = 0
    while (taken < this.#queue.length && (taken === 0 || performance.now() < endMs)) {
      const submission = this.#queue[taken]!
      if (this.#depends(submission)) break
      taken++
      try {
        const { transaction, contractClass } = submission
        const prepared = this.#gateway.prepare(transaction, contractClass)
        for (const brought of bringsOf(prepared)) this.#undecided.add(brought)
        batch.push({ submission, prepared })
      } catch (error) {
        submission.reject(error)
      }
    }
    this.#queue.splice(0, taken)
    if (batch.length === 0) return
    this.#validating++
    const verdicts = this.#admission
      .validate(batch.map(({ prepared }) => prepared.probe))
      .catch((error: unknown) => batch.map(() => error))
    // One batch after the other, though a later one may have been validated sooner.
    this.#decided = this.#decided.then(async () => this.#decide(batch, await verdicts))
  }

  /** Whether what becomes of this follows from what becomes of a batch under validation. */
  #depends({ transaction }: Submission): boolean {
    if (this.#undecided.size === 0) return false
    if (this.#undecided.has(senderOf(transaction, addressOf(transaction)))) return true
    return transaction.type === 'DECLARE' && this.#undecided.has(transaction.classHash)
  }

  /** Puts what was found valid into the mempool and refuses the rest. */
  #decide(batch: Waiting[], verdicts: readonly unknown[]): void {
    this.#validating--
    const admitted: Admitted[] = []
    for (const [index, { submission, prepared }] of batch.entries()) {
      for (const brought of bringsOf(prepared)) this.#undecided.delete(brought)
      try {
        if (this.#closed !== null) throw this.#closed
        refuseInvalid(verdicts[index])
        admitted.push({ submission, ...this.#gateway.admit(prepared) })
      } catch (error) {
        submission.reject(error)
      }
    }
    if (admitted.length > 0) {
      this.#writing++
      void this.#write(admitted)
    }
    this.#tellProgress()
  }

  #nextProgress(): Promise<void> {
    return new Promise((resolve) => {
      this.#tellProgress = () => {
        this.#progress = this.#nextProgress()
        resolve()
      }
    })
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
    for (const item of items) this.#gateway.settle(item)
    this.#writing--
    this.#tellProgress()
  }
}
