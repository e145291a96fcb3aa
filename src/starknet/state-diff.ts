/**
 * State diffs of a block: made from the engine's changes, merged over its runs, completed by the block's own writes.
 *
 *     changes of a run ──▶ stateDiffOfChanges ─┐
 *     changes of a run ──▶ stateDiffOfChanges ─┴▶ mergeStateDiffs ──▶ aliasDiff ──▶ the block's diff
 *
 * Invariant: a diff says what differs from the state *before the block*, in maps ascending by key: a contract is deployed
 * if it had no class then, else replaced; a class is declared if it had no compiled class hash then, else migrated.
 */
import type { Change } from '../executor/block.ts'
import { readCellWords, writeCellWords } from '../felt/cell.ts'
import {
  CELL_WORDS,
  CLASS_HASH,
  COMPILED_CLASS_HASH,
  KEY_WORDS,
  kindOf,
  NONCE,
  STORAGE,
  writeLocation,
} from '../state/location.ts'
import type { ReadableState } from '../state/readable-state.ts'
import { ALIAS_CONTRACT } from './addresses.ts'
import type { StateDiff } from './execution.ts'

/** Keys of the alias contract count from here; smaller keys and addresses are short already. */
const FIRST_ALIAS = 0x80n
/** Storage keys of contracts up to this address have no aliases. */
const LAST_SYSTEM_CONTRACT = 0xfn
const ALIAS_COUNTER_KEY = 0n

/** A diff without changes. */
export function emptyStateDiff(): StateDiff {
  return {
    storage: new Map(),
    nonces: new Map(),
    deployedContracts: new Map(),
    replacedClasses: new Map(),
    declaredClasses: new Map(),
    migratedCompiledClasses: new Map(),
  }
}

/** The diff of one run of the engine, against the state before that run. */
export function stateDiffOfChanges(changes: readonly Change[]): StateDiff {
  const diff = emptyStateDiff()
  for (const { key, before, after } of changes) {
    const address = readCellWords(key, 0)
    const value = readCellWords(after, 0)
    switch (kindOf(key, 0)) {
      case STORAGE:
        cellsOf(diff.storage, address).set(readCellWords(key, CELL_WORDS), value)
        break
      case NONCE:
        diff.nonces.set(address, value)
        break
      case CLASS_HASH:
        putClass(diff, address, value, readCellWords(before, 0))
        break
      case COMPILED_CLASS_HASH:
        putCompiledClass(diff, address, value, readCellWords(before, 0))
        break
    }
  }
  return sorted(diff)
}

/** One diff for several in a row; `before` is the state before the first of them. */
export function mergeStateDiffs(diffs: readonly StateDiff[], before: ReadableState): StateDiff {
  const merged = emptyStateDiff()
  for (const diff of diffs) {
    for (const [address, cells] of diff.storage) {
      const target = cellsOf(merged.storage, address)
      for (const [key, value] of cells) target.set(key, value)
    }
    for (const [address, nonce] of diff.nonces) merged.nonces.set(address, nonce)
    for (const [address, classHash] of [...diff.deployedContracts, ...diff.replacedClasses]) {
      putClass(merged, address, classHash, before.classHashAt(address))
    }
    for (const [classHash, compiled] of [
      ...diff.declaredClasses,
      ...diff.migratedCompiledClasses,
    ]) {
      putCompiledClass(merged, classHash, compiled, before.compiledClassHashAt(classHash))
    }
  }
  dropUnchanged(merged, before)
  return sorted(merged)
}

/** The diff that writes cells of one contract. */
export function storageDiff(
  contractAddress: bigint,
  cells: readonly (readonly [key: bigint, value: bigint])[],
): StateDiff {
  const diff = emptyStateDiff()
  if (cells.length > 0) diff.storage.set(contractAddress, ascending(new Map(cells)))
  return diff
}

/** A diff as changes of locations, for the engine's base state. */
export function changesOfStateDiff(diff: StateDiff, before: ReadableState): Change[] {
  const changes: Change[] = []
  const push = (kind: number, address: bigint, key: bigint, old: bigint, value: bigint) => {
    if (old !== value) changes.push(changeOf(kind, address, key, old, value))
  }
  for (const [address, cells] of diff.storage) {
    for (const [key, value] of cells) {
      push(STORAGE, address, key, before.storageAt(address, key), value)
    }
  }
  for (const [address, nonce] of diff.nonces) {
    push(NONCE, address, 0n, before.nonceAt(address), nonce)
  }
  for (const [address, classHash] of [...diff.deployedContracts, ...diff.replacedClasses]) {
    push(CLASS_HASH, address, 0n, before.classHashAt(address), classHash)
  }
  for (const [classHash, compiled] of [...diff.declaredClasses, ...diff.migratedCompiledClasses]) {
    const old = before.compiledClassHashAt(classHash)
    push(COMPILED_CLASS_HASH, classHash, 0n, old, compiled)
  }
  return changes
}

/**
 * What a block writes to the alias contract at its end: a number for every changed contract and storage key that has
 * none, in ascending order. `diff` is all that the block changed so far.
 */
export function aliasDiff(diff: StateDiff, before: ReadableState): StateDiff {
  const stored = before.storageAt(ALIAS_CONTRACT, ALIAS_COUNTER_KEY)
  let next = stored === 0n ? FIRST_ALIAS : stored
  const aliases = new Map<bigint, bigint>()
  const allocate = (key: bigint) => {
    if (key < FIRST_ALIAS || aliases.has(key)) return
    if (before.storageAt(ALIAS_CONTRACT, key) === 0n) aliases.set(key, next++)
  }
  for (const address of changedContracts(diff)) {
    const cells = diff.storage.get(address)
    if (address > LAST_SYSTEM_CONTRACT && cells !== undefined) {
      for (const key of [...cells.keys()].sort(compare)) allocate(key)
    }
    allocate(address)
  }
  if (next !== stored) aliases.set(ALIAS_COUNTER_KEY, next)
  return storageDiff(ALIAS_CONTRACT, [...aliases])
}

function changedContracts(diff: StateDiff): bigint[] {
  const { storage, nonces, deployedContracts, replacedClasses } = diff
  const addresses = [storage, nonces, deployedContracts, replacedClasses].flatMap((map) => [
    ...map.keys(),
  ])
  return [...new Set(addresses)].sort(compare)
}

function putClass(diff: StateDiff, address: bigint, classHash: bigint, before: bigint): void {
  const map = before === 0n ? diff.deployedContracts : diff.replacedClasses
  map.set(address, classHash)
}

function putCompiledClass(
  diff: StateDiff,
  classHash: bigint,
  compiled: bigint,
  before: bigint,
): void {
  const map = before === 0n ? diff.declaredClasses : diff.migratedCompiledClasses
  map.set(classHash, compiled)
}

function cellsOf(storage: StateDiff['storage'], address: bigint): Map<bigint, bigint> {
  let cells = storage.get(address)
  if (cells === undefined) storage.set(address, (cells = new Map()))
  return cells
}

/** Takes out what one run changed and a later one put back. */
function dropUnchanged(diff: StateDiff, before: ReadableState): void {
  for (const [address, cells] of diff.storage) {
    for (const [key, value] of cells) {
      if (before.storageAt(address, key) === value) cells.delete(key)
    }
    if (cells.size === 0) diff.storage.delete(address)
  }
  const drop = (map: Map<bigint, bigint>, read: (key: bigint) => bigint) => {
    for (const [key, value] of map) if (read(key) === value) map.delete(key)
  }
  drop(diff.nonces, (address) => before.nonceAt(address))
  drop(diff.replacedClasses, (address) => before.classHashAt(address))
  drop(diff.migratedCompiledClasses, (classHash) => before.compiledClassHashAt(classHash))
}

function sorted(diff: StateDiff): StateDiff {
  const storage = new Map<bigint, Map<bigint, bigint>>()
  for (const [address, cells] of ascending(diff.storage)) storage.set(address, ascending(cells))
  return {
    storage,
    nonces: ascending(diff.nonces),
    deployedContracts: ascending(diff.deployedContracts),
    replacedClasses: ascending(diff.replacedClasses),
    declaredClasses: ascending(diff.declaredClasses),
    migratedCompiledClasses: ascending(diff.migratedCompiledClasses),
  }
}

function changeOf(
  kind: number,
  address: bigint,
  key: bigint,
  before: bigint,
  after: bigint,
): Change {
  const words = new Int32Array(KEY_WORDS + 2 * CELL_WORDS)
  writeLocation(words, 0, kind, address, key)
  writeCellWords(words, KEY_WORDS, before)
  writeCellWords(words, KEY_WORDS + CELL_WORDS, after)
  return {
    key: words.subarray(0, KEY_WORDS),
    before: words.subarray(KEY_WORDS, KEY_WORDS + CELL_WORDS),
    after: words.subarray(KEY_WORDS + CELL_WORDS),
  }
}

function ascending<Value>(map: ReadonlyMap<bigint, Value>): Map<bigint, Value> {
  return new Map([...map].sort(([a], [b]) => compare(a, b)))
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
