/**
 * The two hashes of the tries over many pairs at once, by this thread's kernels: Pedersen in batches that share their
 * inversions, Poseidon pair by pair.
 */
import { CELL_BYTES, CELL_LONGS, readCell, writeCell } from '../felt/cell.ts'
import { batchHashes, OK } from '../felt/crypto.ts'
import { defaultCrypto, pedersen, poseidon } from '../felt/hash.ts'
import { type HashPairs, oneByOne } from './patricia.ts'

/** Below this many pairs a batch is slower than as many single hashes. */
const LEAST_BATCH = 2

/** Pedersen over pairs. */
export const pedersenPairs: HashPairs = (left, right) => {
  const hashes: bigint[] = new Array(left.length)
  for (let start = 0; start < left.length; start += batchHashes) {
    const count = Math.min(batchHashes, left.length - start)
    if (count < LEAST_BATCH || !hashBatch(left, right, start, count, hashes)) {
      for (let i = start; i < start + count; i++) hashes[i] = pedersen(left[i]!, right[i]!)
    }
  }
  return hashes
}

/** Poseidon over pairs. */
export const poseidonPairs: HashPairs = oneByOne(poseidon)

/** False if the kernel met a degenerate addition, which single hashes treat in full. */
function hashBatch(
  left: readonly bigint[],
  right: readonly bigint[],
  start: number,
  count: number,
  hashes: bigint[],
): boolean {
  const crypto = defaultCrypto()
  const { cells, scratch } = crypto
  const pairs = scratch >> 3
  for (let i = 0; i < count; i++) {
    writeCell(cells, pairs + 2 * i * CELL_LONGS, left[start + i]!)
    writeCell(cells, pairs + (2 * i + 1) * CELL_LONGS, right[start + i]!)
  }
  const out = scratch + 2 * count * CELL_BYTES
  if (crypto.pedersenBatch(scratch, count, out) !== OK) return false
  for (let i = 0; i < count; i++) hashes[start + i] = readCell(cells, (out >> 3) + i * CELL_LONGS)
  return true
}
