/**
 * Runs a bundle's block with any executor and any Cairo machine.
 */
import type { BlockInput, BlockResult, Change } from '../executor/block.ts'
import { BLOCK_HASH_CONTRACT } from '../starknet/addresses.ts'
import { classMigration } from '../starknet/class-migration.ts'
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
import { versionedConstants } from '../starknet/versioned-constants.ts'
import { nothingWritten, type ReadableState } from '../state/readable-state.ts'
import { buildProgramImage } from '../vm/program.ts'
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

/** What to publish to the virtual machine before the block; the plain Cairo machine takes CASM, the fast one images. */
export function bundleClasses(bundle: Bundle, form: 'image' | 'casm' = 'image'): ClassMessage[] {
  return bundle.classes.map(({ classHash, casm, sierraVersion }) => ({
    kind: 'class',
    classHash,
    sierraVersion,
    program: form === 'image' ? buildProgramImage(casm) : casm,
  }))
}

/** The result of the block in the judge's format. */
export function bundleOutput(bundle: Bundle, result: BlockResult): Record<string, unknown> {
  const before = readable(bundle.state)
  const opening = storageDiff(
    BLOCK_HASH_CONTRACT,
    bundle.oldBlockHash === null ? [] : [[bundle.oldBlockHash.number, bundle.oldBlockHash.hash]],
  )
  const executed = mergeStateDiffs([opening, stateDiffOfChanges(result.changes)], before)
  const executions = result.results.map(decodeOutcome)
  const closing = [executed, aliasDiff(executed, before)]
  if (versionedConstants(bundle.context.starknetVersion).migrateCompiledClasses) {
    const hashes = new Map(bundle.classes.map(({ classHash, blake }) => [classHash, blake]))
    closing.push(classMigration(executions, before, (classHash) => hashes.get(classHash)!))
  }
  return {
    executed: { mode: result.statistics.executor, workers: result.statistics.workers },
    transactions: executions.map((execution, index) => transactionOutput(bundle, index, execution)),
    state_diff: stateDiff(mergeStateDiffs(closing, before)),
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
