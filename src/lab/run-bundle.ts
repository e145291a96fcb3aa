/**
 * Runs a bundle's block with any executor and any Cairo machine.
 */
import type { BlockInput, BlockResult, Change } from '../executor/block.ts'
import { BLOCK_HASH_CONTRACT } from '../starknet/addresses.ts'
import { decodeOutcome } from '../starknet/decode-outcome.ts'
import { encodeBlockContext } from '../starknet/encoded-block-context.ts'
import { encodeL1Handler, encodeTransaction } from '../starknet/encoded-transaction.ts'
import type { StateDiff } from '../starknet/execution.ts'
import type { ClassMessage } from '../starknet/machine.ts'
import {
  aliasDiff,
  changesOfStateDiff,
  mergeStateDiffs,
  stateDiffOfChanges,
  storageDiff,
} from '../starknet/state-diff.ts'
import { nothingWritten, type ReadableState } from '../state/readable-state.ts'
import type { Bundle } from './bundle.ts'
import { stateDiff, transactionOutput } from './bundle-output.ts'

/** What the engine's base state must hold before the block runs: the opening of the block included. */
export function bundleState(bundle: Bundle): Change[] {
  return changesOfStateDiff(openedState(bundle), nothingWritten)
}

/** The block for the engine. */
export function bundleInput(bundle: Bundle): BlockInput {
  return {
    constants: encodeBlockContext(bundle.context, bundle.flags),
    transactions: bundle.transactions.map(({ transaction, hash, facts, message }) =>
      message !== undefined
        ? encodeL1Handler(message.transaction, hash, message.paidFee)
        : encodeTransaction(transaction!, hash, facts),
    ),
  }
}

/** What to publish to the virtual machine before the block. */
export function bundleClasses(bundle: Bundle): ClassMessage[] {
  return bundle.classes.map(({ classHash, casm, sierraVersion }) => ({
    kind: 'class',
    classHash,
    sierraVersion,
    program: casm,
  }))
}

/** The result of the block in the judge's format, without what its own closing adds for versions that migrate classes. */
export function bundleOutput(bundle: Bundle, result: BlockResult): Record<string, unknown> {
  const before = readable(bundle.state)
  const opening = storageDiff(
    BLOCK_HASH_CONTRACT,
    bundle.oldBlockHash === null ? [] : [[bundle.oldBlockHash.number, bundle.oldBlockHash.hash]],
  )
  const executed = mergeStateDiffs([opening, stateDiffOfChanges(result.changes)], before)
  const closed = mergeStateDiffs([executed, aliasDiff(executed, before)], before)
  return {
    executed: { mode: result.statistics.executor, workers: result.statistics.workers },
    transactions: result.results.map((words, index) =>
      transactionOutput(bundle, index, decodeOutcome(words)),
    ),
    state_diff: stateDiff(closed),
  }
}

function openedState({ state, oldBlockHash }: Bundle): StateDiff {
  if (oldBlockHash === null) return state
  const hashes = new Map(state.storage.get(BLOCK_HASH_CONTRACT))
  hashes.set(oldBlockHash.number, oldBlockHash.hash)
  const storage = new Map(state.storage)
  storage.set(BLOCK_HASH_CONTRACT, hashes)
  return { ...state, storage }
}

function readable(state: StateDiff): ReadableState {
  return {
    storageAt: (address, key) => state.storage.get(address)?.get(key) ?? 0n,
    nonceAt: (address) => state.nonces.get(address) ?? 0n,
    classHashAt: (address) => state.deployedContracts.get(address) ?? 0n,
    compiledClassHashAt: (classHash) => state.declaredClasses.get(classHash) ?? 0n,
  }
}
