/**
 * Seam: the chain as the JSON-RPC border sees it. `main.ts` implements it with the five actors; the border decodes
 * requests, asks the chain, encodes answers. A refusal is thrown as `Refusal` with the protocol's code.
 */
import type { Block, IncludedTransaction } from '../starknet/block.ts'
import type { BlockContext } from '../starknet/block-context.ts'
import type { CallExecution, GasVector, TransactionExecution } from '../starknet/execution.ts'
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

/** The block being filled: what was executed in order so far. */
export interface PreConfirmedBlock {
  context: BlockContext
  transactions: IncludedTransaction[]
  /** State after the last of them. */
  state: StateReader
}

/** State to read from: after a stored block, or of the open block. */
export type StateId = number | 'pre_confirmed'

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

export interface Chain {
  readonly store: ChainStore
  readonly chainId: bigint
  preConfirmed(): PreConfirmedBlock
  stateOf(id: StateId): StateReader
  classByHash(classHash: bigint): StoredClass | null

  /** Why no transaction is taken now, or null. */
  notReady(): string | null
  /** Admits a transaction; `contractClass` comes with a DECLARE. Returns its hash; throws `Refusal`. */
  submit(transaction: Transaction, contractClass: SierraClass | null): Promise<bigint>
  /** Null: unknown. */
  stageOf(hash: bigint): TransactionStage | null
  /** Closes the open block, empty or not; returns its hash. */
  createBlock(): Promise<bigint>
  /** Takes back that block and all above it, the open one too; hashes of those that had one, newest first. */
  abortBlocks(start: BlockId): Promise<bigint[]>

  call(contractAddress: bigint, selector: bigint, calldata: bigint[], at: StateId): CallExecution
  /**
   * Runs the transactions in order on the state, each on what its predecessors left; nothing is kept. Ends with the
   * first that is rejected.
   */
  simulate(
    transactions: { transaction: Transaction; contractClass: SierraClass | null }[],
    at: StateId,
    flags: SimulationFlags,
  ): Promise<TransactionExecution[]>
  /**
   * As `simulate`, for each the L2 gas *limit* with which it succeeds, and the fee at the block's prices. Ends with the
   * first that does not succeed.
   */
  estimate(
    transactions: { transaction: Transaction; contractClass: SierraClass | null }[],
    at: StateId,
    flags: SimulationFlags,
  ): Promise<
    { execution: TransactionExecution; gas: GasVector; fee: bigint; context: BlockContext }[]
  >
  /** Adds CASM for declares to come; returns both compiled class hashes. */
  addCompiledClass(casm: unknown): { blake: bigint; poseidon: bigint }

  /** Development only: credits an account by an invoke of the minter; returns that transaction's hash. */
  mint(address: bigint, amount: bigint, unit: 'FRI' | 'WEI'): Promise<bigint>
}
