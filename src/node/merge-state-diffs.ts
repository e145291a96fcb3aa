/**
 * The changes of a sequence of transactions as one diff, for the block that is still open.
 *
 * Invariant: a cell is in the result iff its last value differs from the state before; every map ascends by key.
 */
import type { StateDiff } from '../starknet/execution.ts'
import type { StateReader } from '../storage/chain-store.ts'

/** Merges diffs in order, on top of the state `before` the first. */
export function mergeStateDiffs(diffs: readonly StateDiff[], before: StateReader): StateDiff {
  const storage = new Map<bigint, Map<bigint, bigint>>()
  for (const diff of diffs) {
    for (const [address, cells] of diff.storage) {
      let merged = storage.get(address)
      if (merged === undefined) storage.set(address, (merged = new Map()))
      for (const [key, value] of cells) merged.set(key, value)
    }
  }
  const changed = [...storage].map(([address, cells]): [bigint, Map<bigint, bigint>] => [
    address,
    ascending([...cells].filter(([key, value]) => before.storageAt(address, key) !== value)),
  ])
  return {
    storage: ascending(changed.filter(([, cells]) => cells.size > 0)),
    nonces: last(diffs.map((diff) => diff.nonces)),
    deployedContracts: last(diffs.map((diff) => diff.deployedContracts)),
    replacedClasses: last(diffs.map((diff) => diff.replacedClasses)),
    declaredClasses: last(diffs.map((diff) => diff.declaredClasses)),
    migratedCompiledClasses: last(diffs.map((diff) => diff.migratedCompiledClasses)),
  }
}

/** For each key the value of the last map that has it. */
function last(maps: readonly Map<bigint, bigint>[]): Map<bigint, bigint> {
  return ascending(new Map(maps.flatMap((map) => [...map])))
}

function ascending<T>(entries: Iterable<[bigint, T]>): Map<bigint, T> {
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}
