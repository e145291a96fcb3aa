/**
 * Pedersen hashes that some thread computed, for all of them: storage addresses are asked again by other calls, other
 * transactions and other threads.
 *
 *     entry   0 x, 32 y, 64 hash: cells; 96 sequence u32
 *
 * A pair has two places, side by side; of these the one that was written less often is given up. The rules of an entry
 * are those of memo.ts.
 */
import { cellCopy, cellEquals } from './cell'
import { hashMemo, HASH_MEMO_ENTRIES } from './layout'
import { claim, isUnchanged, release, sequenceAt } from './memo'

const HASH: usize = 64
const SEQUENCE: usize = 96
const ENTRY_BYTES: usize = 128

/** out = the hash of two cells, if it is known. */
export function recallHash(x: usize, y: usize, out: usize): bool {
  const entry = firstOf(x, y)
  return recallFrom(entry, x, y, out) || recallFrom(entry + ENTRY_BYTES, x, y, out)
}

function recallFrom(entry: usize, x: usize, y: usize, out: usize): bool {
  const before = sequenceAt(entry + SEQUENCE)
  if (before & 1) return false
  if (!cellEquals(entry, x) || !cellEquals(entry + 32, y)) return false
  const h0 = load<u64>(entry, HASH)
  const h1 = load<u64>(entry, HASH + 8)
  const h2 = load<u64>(entry, HASH + 16)
  const h3 = load<u64>(entry, HASH + 24)
  if (!isUnchanged(entry + SEQUENCE, before)) return false
  store<u64>(out, h0)
  store<u64>(out, h1, 8)
  store<u64>(out, h2, 16)
  store<u64>(out, h3, 24)
  return true
}

/** Keeps a hash, unless another thread is at the same entry. */
export function rememberHash(x: usize, y: usize, hash: usize): void {
  let entry = firstOf(x, y)
  if (load<u32>(entry, SEQUENCE) > load<u32>(entry + ENTRY_BYTES, SEQUENCE)) entry += ENTRY_BYTES
  const before = sequenceAt(entry + SEQUENCE)
  if (!claim(entry + SEQUENCE, before)) return
  cellCopy(entry, x)
  cellCopy(entry + 32, y)
  cellCopy(entry + HASH, hash)
  release(entry + SEQUENCE, before)
}

/** Forgets everything; only while no other thread computes. */
export function forgetShared(): void {
  memory.fill(hashMemo(), 0, HASH_MEMO_ENTRIES * ENTRY_BYTES)
}

/** The first of the two places where this pair may be. A zeroed entry matches no cell. */
function firstOf(x: usize, y: usize): usize {
  const mixed = (load<u64>(x) * 0x9e3779b97f4a7c15) ^ (load<u64>(y) * 0xc2b2ae3d27d4eb4f)
  return hashMemo() + <usize>((mixed >>> 40) & (HASH_MEMO_ENTRIES - 2)) * ENTRY_BYTES
}
