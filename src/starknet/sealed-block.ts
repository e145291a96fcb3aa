/**
 * A sealed block is complete but for what hashing gives: commitments, root, hash. `headerOf` computes them.
 *
 * It is plain data and crosses to the committer's thread: executions travel as the words that the executors wrote.
 */
import type { BlockHeader, IncludedTransaction } from './block.ts'
import type { BlockContext } from './block-context.ts'
import { blockHash } from './block-hash.ts'
import { blockCommitments } from './commitments.ts'
import { decodeOutcome } from './decode-outcome.ts'
import type { StateDiff } from './execution.ts'

/** An included transaction without what it did. */
export type SealedTransaction = Pick<
  IncludedTransaction,
  'hash' | 'transaction' | 'contractAddress'
>

export interface SealedBlock {
  context: BlockContext
  parentHash: bigint
  transactions: SealedTransaction[]
  /** Words of the executions, one for each transaction. */
  results: Int32Array[]
  stateDiff: StateDiff
}

/** What is sealed of executed transactions. */
export function withoutExecutions(
  transactions: readonly IncludedTransaction[],
): SealedTransaction[] {
  return transactions.map(({ hash, transaction, contractAddress }) => ({
    hash,
    transaction,
    contractAddress,
  }))
}

/** The header of a sealed block, given the root of the state after it. */
export function headerOf(sealed: SealedBlock, newRoot: bigint): BlockHeader {
  const { context, parentHash, transactions, results, stateDiff } = sealed
  const included = transactions.map((sealed, index): IncludedTransaction => {
    const execution = decodeOutcome(results[index]!)
    return { ...sealed, execution: () => execution }
  })
  const header = {
    ...context,
    ...blockCommitments(included, stateDiff),
    parentHash,
    newRoot,
    transactionCount: transactions.length,
  }
  return { ...header, blockHash: blockHash(header) }
}
