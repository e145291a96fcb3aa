/**
 * What a transaction changed, counted the way that it is charged for.
 */
import { CELL_WORDS } from '../felt/cell.ts'
import {
  CLASS_HASH,
  COMPILED_CLASS_HASH,
  KEY_WORDS,
  KIND_SHIFT,
  KIND_WORD,
  kindOf,
  STORAGE,
} from '../state/location.ts'
import type { CachedState } from './cached-state.ts'
import type { StateChanges } from './gas.ts'

/** Key offsets of distinct contracts, reused from call to call. */
const contracts: number[] = []

/**
 * Counts the changes of a transaction before its fee transfer. `feeToken` is the offset of its address in `words`;
 * `balance` is the slot of the sender's balance, which the fee is going to change in any case, or -1.
 */
export function countChanges(
  state: CachedState,
  words: Int32Array,
  feeToken: number,
  balance: number,
): StateChanges {
  const changes = { storage: 0, contracts: 0, classHashes: 0, compiledClassHashes: 0, allocated: 0 }
  const { keys } = state
  contracts.length = 0
  let paysAnyway = balance >= 0
  for (let slot = 0; slot < state.count; slot++) {
    if (!state.isChanged(slot)) continue
    const key = slot * KEY_WORDS
    const kind = kindOf(keys, key)
    if (kind === COMPILED_CLASS_HASH) {
      changes.compiledClassHashes++
      continue
    }
    if (kind === CLASS_HASH) changes.classHashes++
    if (kind === STORAGE) {
      changes.storage++
      if (slot === balance) paysAnyway = false
      if (isZero(state.before, slot) && !isZero(state.values, slot)) changes.allocated++
    }
    if (sameAddress(keys, key, words, feeToken)) continue
    if (!contracts.some((other) => sameAddress(keys, key, keys, other))) contracts.push(key)
  }
  if (paysAnyway) changes.storage++
  changes.contracts = contracts.length
  return changes
}

function isZero(values: Int32Array, slot: number): boolean {
  const at = slot * CELL_WORDS
  return values[at + 2] === 1 && values[at + 3] === 0 && (values[at]! | values[at + 1]!) === 0
}

/** Whether two address cells are equal, whatever kind of location they belong to. */
function sameAddress(a: Int32Array, aOffset: number, b: Int32Array, bOffset: number): boolean {
  for (let i = 0; i < CELL_WORDS; i++) {
    const mask = i === KIND_WORD ? ~(7 << KIND_SHIFT) : -1
    if ((a[aOffset + i]! & mask) !== (b[bOffset + i]! & mask)) return false
  }
  return true
}
