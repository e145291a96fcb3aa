/**
 * Compiled class hashes that a block moves from Poseidon to Blake2s: those of all classes that its transactions ran, in
 * versions that migrate. What a reverted execution ran does not count, what a caught failure ran does.
 */
import type { ReadableState } from '../state/readable-state.ts'
import type { CallTrace, StateDiff, TransactionExecution } from './execution.ts'
import { emptyStateDiff } from './state-diff.ts'

/** The migrations of a block as a diff. `blakeHashOf` knows the new hash of every class that can run. */
export function classMigration(
  executions: readonly TransactionExecution[],
  before: ReadableState,
  blakeHashOf: (classHash: bigint) => bigint,
): StateDiff {
  const diff = emptyStateDiff()
  const migrated: [bigint, bigint][] = []
  for (const classHash of classesRun(executions)) {
    const stored = before.compiledClassHashAt(classHash)
    if (stored === 0n) continue
    const hash = blakeHashOf(classHash)
    if (stored !== hash) migrated.push([classHash, hash])
  }
  migrated.sort(([a], [b]) => (a < b ? -1 : 1))
  diff.migratedCompiledClasses = new Map(migrated)
  return diff
}

/** Every class in the call trees of transactions that are in the block. */
function classesRun(executions: readonly TransactionExecution[]): Set<bigint> {
  const classes = new Set<bigint>()
  const visit = (call: CallTrace) => {
    classes.add(call.classHash)
    call.calls.forEach(visit)
  }
  for (const { outcome, trace } of executions) {
    if (outcome === 'REJECTED') continue
    for (const root of [trace.validate, trace.execute, trace.feeTransfer]) {
      if (root !== null) visit(root)
    }
  }
  return classes
}
