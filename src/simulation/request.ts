/**
 * What a simulation thread is asked and what it answers. Plain data: it crosses threads.
 *
 *     kind       transactions                                   answer
 *     sequence   run in order, each on what those before left   outcomes, up to the first that was rejected
 *     estimate   the same, limits searched for                  outcomes and limits, up to the first that failed
 *     validate   run each on the same state                     for each why it was rejected, or null
 */
import type { TransactionFacts } from '../starknet/encoded-transaction.ts'
import type { GasVector, RejectionKind } from '../starknet/execution.ts'
import type { Transaction } from '../starknet/transaction.ts'

/** State to read from: after a stored block, or of the open block. */
export type StateId = number | 'pre_confirmed'

/** A transaction that is still to be encoded, with other limits than its own. */
export interface Unencoded {
  transaction: Transaction
  hash: bigint
  facts: TransactionFacts
}

/** An outcome as words, and the gas that bounds must hold. */
export interface Measured {
  outcome: Int32Array
  gas: GasVector
}

/** Why a transaction cannot be admitted. */
export interface Rejection {
  kind: RejectionKind
  reason: string
}

/** Questions by kind; `constants` are block context and flags, encoded. */
export interface Questions {
  sequence: { constants: Int32Array; transactions: Int32Array[] }
  estimate: { constants: Int32Array; transactions: Unencoded[] }
  validate: { constants: Int32Array; transactions: Int32Array[] }
}

export interface Answers {
  sequence: Int32Array[]
  estimate: Measured[]
  /** A text: the machine failed on that transaction, a bug of ours. */
  validate: (Rejection | string | null)[]
}

export type Kind = keyof Questions

export type Request<K extends Kind = Kind> = {
  [Each in K]: { kind: Each; at: StateId } & Questions[Each]
}[K]

/**
 * Asks a thread. `make` is called when one is free, and what it throws is the answer. Rejects with `SimulationError` when
 * there is none; when `signal` says so, the request is given up.
 */
export type Ask = <K extends Kind>(
  kind: K,
  make: () => Omit<Request<K>, 'kind'>,
  signal?: AbortSignal,
) => Promise<Answers[K]>

/** Why a request has no answer. */
export type SimulationFailure =
  /** Too many wait. */
  | 'full'
  /** Nobody waits for the answer any more, or not so long. */
  | 'stopped'
  /** Its block is no longer there. */
  | 'gone'
  /** A bug of ours, or the thread ended. */
  | 'fault'

export class SimulationError extends Error {
  override readonly name = 'SimulationError'
  readonly failure: SimulationFailure

  constructor(failure: SimulationFailure, message: string) {
    super(message)
    this.failure = failure
  }
}
