/**
 * Seam: a finished block: header with root, commitments and hash, its transactions and what became of them.
 */
import type { BlockContext } from './block-context.ts'
import type { StateDiff, TransactionExecution } from './execution.ts'
import type { Transaction } from './transaction.ts'

export interface BlockHeader extends BlockContext {
  blockHash: bigint
  parentHash: bigint
  newRoot: bigint
  transactionCommitment: bigint
  eventCommitment: bigint
  receiptCommitment: bigint
  stateDiffCommitment: bigint
  transactionCount: number
  eventCount: number
  stateDiffLength: number
}

/** A transaction with its hash and what it did. `execution` decodes on first use. */
export interface IncludedTransaction {
  hash: bigint
  transaction: Transaction
  /** Of a deploy_account: the new address. */
  contractAddress: bigint | null
  execution(): TransactionExecution
}

export interface Block {
  header: BlockHeader
  transactions: IncludedTransaction[]
  stateDiff: StateDiff
}
