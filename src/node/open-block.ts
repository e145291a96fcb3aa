/**
 * The open block: what is fixed before its first transaction, and what its runs have done so far.
 *
 * Invariant: `transactions` are final and in order; `diff` is what they and the block's own writes changed since the
 * parent, cell by cell, and only grows or changes by whole runs.
 */
import type { BlockResult, Change } from '../executor/block.ts'
import type { IncludedTransaction } from '../starknet/block.ts'
import type { BlockContext } from '../starknet/block-context.ts'
import type { StateDiff } from '../starknet/execution.ts'
import { emptyStateDiff, mergeStateDiffs, stateDiffOfChanges } from '../starknet/state-diff.ts'
import type { StateReader, StoredClass } from '../storage/chain-store.ts'

export class OpenBlock {
  /** State after the parent block. */
  readonly before: StateReader
  readonly transactions: IncludedTransaction[] = []
  /** Classes that its transactions declared. */
  readonly classes: StoredClass[] = []
  /** Its changes in the order in which they came: the block's own, of each run, the block's own. */
  readonly parts: StateDiff[] = []
  /** The writes of the block itself, before its first transaction. */
  readonly openingChanges: Change[]
  #context: BlockContext
  #diff: StateDiff

  constructor(context: BlockContext, before: StateReader, openingChanges: Change[]) {
    this.#context = context
    this.before = before
    this.openingChanges = openingChanges
    this.#diff = openingChanges.length > 0 ? stateDiffOfChanges(openingChanges) : emptyStateDiff()
    this.parts.push(this.#diff)
  }

  get context(): BlockContext {
    return this.#context
  }

  /** Gives a block in which nothing was executed yet the time of now: it may have been opened long ago. */
  restamp(context: BlockContext): void {
    if (this.transactions.length === 0) this.#context = context
  }

  /** All changes so far. */
  get diff(): StateDiff {
    return this.#diff
  }

  /** Takes what a run did: the transactions that it included, and its changes. */
  add(included: IncludedTransaction[], classes: StoredClass[], result: BlockResult): void {
    this.transactions.push(...included)
    this.classes.push(...classes)
    this.addDiff(stateDiffOfChanges(result.changes))
  }

  /** Adds writes that belong to the block as a whole. */
  addDiff(diff: StateDiff): void {
    this.parts.push(diff)
    this.#diff = mergeStateDiffs([this.#diff, diff], this.before)
  }
}
