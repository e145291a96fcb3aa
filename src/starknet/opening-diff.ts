/**
 * What a block writes before its first transaction: the hash of the block ten before, to the contract that keeps them.
 */
import { BLOCK_HASH_CONTRACT } from './addresses.ts'
import type { StateDiff } from './execution.ts'
import { storageDiff } from './state-diff.ts'

/** Blocks whose hash is written by the block so many later. */
const HASH_LAG = 10

/** `hashOf` gives the hash of a block below, null if it has none yet. */
export function openingDiff(number: number, hashOf: (number: number) => bigint | null): StateDiff {
  const old = number - HASH_LAG
  if (old < 0) return storageDiff(BLOCK_HASH_CONTRACT, [])
  const hash = hashOf(old)
  if (hash === null) throw new Error(`block ${number} opens before ${old} is hashed`)
  return storageDiff(BLOCK_HASH_CONTRACT, [[BigInt(old), hash]])
}
