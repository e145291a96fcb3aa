/**
 * Seam: the chain as the JSON-RPC border sees it. `main.ts` implements it with the five actors; the border decodes
 * requests, asks the chain, encodes answers. A refusal is thrown as `Refusal` with the protocol's code.
 */

import type { StateId } from '../simulation/request.ts'
import type { Block, IncludedTransaction } from '../starknet/block.ts'
import type { BlockContext } from '../starknet/block-context.ts'
import type { CallRequest } from '../starknet/encoded-transaction.ts'
import type {
  CallExecution,
  GasVector,
  StateDiff,
  TransactionExecution,
} from '../starknet/execution.ts'
import type { SierraClass, Transaction } from '../starknet/transaction.ts'
import type { ChainStore, StateReader, StoredClass } from '../storage/chain-store.ts'
import type { BlockId } from './decode.ts'

/** A request that the protocol refuses: JSON-RPC error code, and data in the shape that the code has. */
export class Refusal extends Error {
  readonly code: number
  readonly data: unknown
  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** A block that has no hash yet: sealed and on its way into the store, or being filled. */
export interface PendingBlock {
  context: BlockContext
  /** What was executed in order so far. */
  transactions: readonly IncludedTransaction[]
  /** What they and the block itself changed. */
  diff: StateDiff
}

/** A transaction that was executed in a block that is not stored yet, open or closed. */
export interface ExecutedTransaction {
  included: IncludedTransaction
  index: number
  blockNumber: number
}

export type TransactionStage =
  | { stage: 'received'; transaction: Transaction }
  | { stage: 'candidate'; transaction: Transaction }
  | ({ stage: 'preConfirmed' } & ExecutedTransaction)
  | { stage: 'accepted'; block: Block; included: IncludedTransaction; index: number }

export interface SimulationFlags {
  skipValidate: boolean
  skipFeeCharge: boolean
}

/** A transaction as clients send it to be run. */
export interface BroadcastTransaction {
  transaction: Transaction
  contractClass: SierraClass | null
}

/** What something was run on. */
export interface Moment {
  context: BlockContext
  state: StateReader
}

export interface Chain {
  readonly store: ChainStore
  readonly chainId: bigint
  /** Context and state that the next transaction would be executed on. */
  preConfirmed(): Moment
  /** Blocks above the stored ones, in height order, at least one. The first is the pre-confirmed block of the protocol. */
  pending(): readonly PendingBlock[]
  stateOf(id: StateId): StateReader
  classByHash(classHash: bigint): StoredClass | null

  /** Why no transaction is taken now, or null. */
  notReady(): string | null
  /** Admits a transaction; `contractClass` comes with a DECLARE. Returns its hash; throws `Refusal`. */
  submit(transaction: Transaction, contractClass: SierraClass | null): Promise<bigint>
  /** Why a transaction was left out of a block lately, or null. */
  rejectionOf(hash: bigint): string | null
  /** Null: unknown. */
  stageOf(hash: bigint): TransactionStage | null
  /** Closes the open block, empty or not; returns its hash. */
  createBlock(): Promise<bigint>
  /** Takes back that block and all above it, the open one too; hashes of those that had one, newest first. */
  abortBlocks(start: BlockId): Promise<bigint[]>

  /** Runs one entry point, as all below until `signal` says that nobody waits any more. */
  call(request: CallRequest, at: StateId, signal?: AbortSignal): Promise<CallExecution>
  /**
   * Runs the transactions in order on the state, each on what its predecessors left; nothing is kept. Ends with the
   * first that is rejected.
   */
  simulate(
    transactions: BroadcastTransaction[],
    at: StateId,
    flags: SimulationFlags,
    signal?: AbortSignal,
  ): Promise<{ executions: TransactionExecution[]; before: Moment }>
  /**
   * As `simulate`, for each the L2 gas *limit* with which it succeeds. Ends with the first that does not succeed.
   */
  estimate(
    transactions: BroadcastTransaction[],
    at: StateId,
    flags: SimulationFlags,
    signal?: AbortSignal,
  ): Promise<{
    estimates: { execution: TransactionExecution; gas: GasVector }[]
    before: Moment
  }>
  /** Adds CASM for declares to come; returns both compiled class hashes. */
  addCompiledClass(casm: unknown): Promise<{ blake: bigint; poseidon: bigint }>

  /** Development only: credits an account by an invoke of the minter; returns that transaction's hash. */
  mint(address: bigint, amount: bigint, unit: 'FRI' | 'WEI'): Promise<bigint>
}
