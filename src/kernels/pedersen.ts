/**
 * Pedersen: the x-coordinate of S + x_lo P1 + x_hi P2 + y_lo P3 + y_hi P4, lo = 248 bits, hi = 4 bits.
 *
 *     window i   14 bits of x (i < 18) or y; may span lo and hi, its generators are then of two points
 *     entry k    D_i + sum of the generators of the bits of k; D_i = 2^i S for i >= 1, sum of all D_i = S
 *
 * So no entry is infinity, no digit is skipped, and every hash is 36 table points added up. Two of them with
 * equal x would need a known relation between the points of the definition; then the sum is made by complete
 * additions.
 *
 * One hash is 35 mixed additions and an inversion. Many are added as trees in affine coordinates, level by
 * level over all hashes, so that a level of all of them costs one inversion. Two memos answer repetitions: a small
 * one of the thread, then the shared one.
 */
import { addPairs, setPair, setRight, touchPairs, unpackPoint } from './batch'
import { cellCopy, cellEquals, UNSET } from './cell'
import { AFFINE_BYTES, XYZZ_BYTES, xyzzAddAffine, xyzzAddComplete, xyzzFromAffine, ZZ } from './curve'
import { F29_BYTES, f29Mul } from './field29'
import { f29ToCell } from './field29-border'
import { f29Invert } from './field29-invert'
import { f29IsZero } from './field29-reduce'
import {
  batchPoints,
  MEMO_ENTRIES,
  memoScratch,
  missedHashes,
  MOST_MISSED,
  PEDERSEN_BITS,
  PEDERSEN_ENTRIES,
  PEDERSEN_WINDOWS,
  pedersenScratch,
  pedersenTable,
  POINT_BYTES,
} from './layout'
import { forgetShared, recallHash, rememberHash } from './pedersen-memo'
import { bitsOf } from './scalar'
import { INFINITY, OK } from './status'

/** Windows of one felt. */
const FELT_WINDOWS: i32 = PEDERSEN_WINDOWS / 2
/** Points of a hash after the first level of its tree. */
const TREE_POINTS: usize = <usize>FELT_WINDOWS
/** A tree of one hash has six inversions and gains nothing. */
const SMALLEST_BATCH: i32 = 2

/**
 * out = the hash of two cells, from a memo if it is there. Fails only if the sum is infinity.
 */
export function pedersen(x: usize, y: usize, out: usize): i32 {
  const entry = memoEntry(x, y)
  if (cellEquals(entry, x) && cellEquals(entry + 32, y)) {
    cellCopy(out, entry + 64)
    return OK
  }
  cellCopy(entry, x)
  cellCopy(entry + 32, y)
  noteMissed(entry)
  if (!recallHash(entry, entry + 32, entry + 64)) {
    const status = pedersenFresh(entry, entry + 32, entry + 64)
    if (status != OK) {
      store<i64>(entry, UNSET, 8)
      return status
    }
    rememberHash(entry, entry + 32, entry + 64)
  }
  cellCopy(out, entry + 64)
  return OK
}

/** Notes an entry for whoever wants to know which hashes a transaction asked for first; it has emptied the list before. */
function noteMissed(entry: usize): void {
  const missed = missedHashes()
  const count = load<u32>(missed)
  if (count == MOST_MISSED) return
  store<u32>(missed + 4 + <usize>count * 4, <u32>entry)
  store<u32>(missed, count + 1)
}

/** Empties this thread's memo. */
export function forgetOwnHashes(): void {
  memory.fill(memoScratch(), 0, MEMO_ENTRIES * 96)
}

/** Empties this thread's memo and the shared one; only while no other thread computes. */
export function forgetHashes(): void {
  forgetOwnHashes()
  forgetShared()
}

/**
 * Puts the hashes of `count` pairs of cells in a row, at most 64, into the shared memo: those that it lacks are computed
 * together. The pairs are overwritten, and `count` cells at `out`. Returns how many were computed.
 */
export function pedersenAhead(pairs: usize, count: i32, out: usize): i32 {
  let fresh = 0
  for (let i: usize = 0; i < <usize>count; i++) {
    const pair = pairs + i * 64
    if (recallHash(pair, pair + 32, out)) continue
    memory.copy(pairs + (<usize>fresh) * 64, pair, 64)
    fresh++
  }
  // Hashes that cannot be made are left to who asks for them.
  if (pedersenBatch(pairs, fresh, out) != OK) return 0
  for (let i: usize = 0; i < <usize>fresh; i++) {
    rememberHash(pairs + i * 64, pairs + i * 64 + 32, out + i * 32)
  }
  return fresh
}

/** The one place of the memo where this pair of cells may be; zeroed memory matches no cell. */
function memoEntry(x: usize, y: usize): usize {
  const mixed = (load<u64>(x) * 0x9e3779b97f4a7c15) ^ (load<u64>(y) * 0xc2b2ae3d27d4eb4f)
  return memoScratch() + <usize>((mixed >>> 40) & (MEMO_ENTRIES - 1)) * 96
}

/** out = the hash of two cells, computed. */
export function pedersenFresh(x: usize, y: usize, out: usize): i32 {
  const points = pedersenScratch()
  // Every entry is touched before the first is used: 36 loads that wait for nothing miss the caches together.
  const entries = points + <usize>PEDERSEN_WINDOWS * AFFINE_BYTES
  for (let i = 0; i < PEDERSEN_WINDOWS; i++) store<u32>(entries + 4 * i, <u32>entryOf(x, y, i))
  let touched: u64 = 0
  for (let i = 0; i < PEDERSEN_WINDOWS; i += 2) {
    touched ^= load<u64>(load<u32>(entries + 4 * i)) ^ load<u64>(load<u32>(entries + 4 * i + 4))
  }
  store<u64>(points, touched)
  let point = points
  for (let i = 0; i < PEDERSEN_WINDOWS; i++) {
    unpackPoint(point, load<u32>(entries + 4 * i))
    point += AFFINE_BYTES
  }
  const sum = point
  const rest = sum + XYZZ_BYTES
  point = points
  xyzzFromAffine(sum, point)
  for (let i = 1; i < PEDERSEN_WINDOWS; i++) {
    point += AFFINE_BYTES
    xyzzAddAffine(sum, point, rest)
  }
  if (f29IsZero(sum + ZZ)) {
    addCompletely(sum, points)
    if (f29IsZero(sum + ZZ)) return INFINITY
  }
  f29Invert(rest, sum + ZZ, rest + F29_BYTES)
  f29Mul(sum, sum, rest)
  f29ToCell(out, sum)
  return OK
}

/** The same sum where two points on the way have equal x: no input is known that needs it. */
function addCompletely(sum: usize, points: usize): void {
  const next = sum + XYZZ_BYTES
  const rest = next + XYZZ_BYTES
  xyzzFromAffine(sum, points)
  for (let i = 1; i < PEDERSEN_WINDOWS; i++) {
    xyzzFromAffine(next, points + (<usize>i) * AFFINE_BYTES)
    xyzzAddComplete(sum, next, rest)
  }
}

/** The entry of the hash's window `index`. */
// @ts-ignore: decorator
@inline
function entryOf(x: usize, y: usize, index: i32): usize {
  const felt = index < FELT_WINDOWS ? x : y
  const entry = <usize>index * PEDERSEN_ENTRIES + digit(felt, index % FELT_WINDOWS)
  return pedersenTable() + entry * POINT_BYTES
}

/** Window `index` of a felt. */
function digit(felt: usize, index: i32): usize {
  return <usize>bitsOf(felt, index * PEDERSEN_BITS, PEDERSEN_BITS)
}

/**
 * Hashes `count` pairs of cells in a row, at most 64; out = `count` cells in a row. Without the memo.
 */
export function pedersenBatch(pairs: usize, count: i32, out: usize): i32 {
  if (count < SMALLEST_BATCH || !addTrees(pairs, count)) return singles(pairs, count, out)
  const points = batchPoints()
  for (let i = 0; i < count; i++) {
    f29ToCell(out + (<usize>i) * 32, points + (<usize>i) * TREE_POINTS * AFFINE_BYTES)
  }
  return OK
}

function singles(pairs: usize, count: i32, out: usize): i32 {
  for (let i: usize = 0; i < <usize>count; i++) {
    const status = pedersenFresh(pairs + i * 64, pairs + i * 64 + 32, out + i * 32)
    if (status != OK) return status
  }
  return OK
}

/** Leaves the sum of hash i in its first point. False if some pair of points had equal x. */
function addTrees(pairs: usize, count: i32): bool {
  const points = batchPoints()
  let pair: usize = 0
  for (let i: usize = 0; i < <usize>count; i++) {
    const row = points + i * TREE_POINTS * AFFINE_BYTES
    let table = pedersenTable()
    for (let felt: usize = 0; felt < 2; felt++) {
      const cell = pairs + i * 64 + felt * 32
      for (let window = 0; window < FELT_WINDOWS; window++) {
        const entry = table + digit(cell, window) * POINT_BYTES
        // Windows pair up across the two felts; left addresses wait in the pair for their right ones.
        const slot = pair + <usize>window
        if (felt == 0) setPair(slot, entry, 0, row + <usize>window * AFFINE_BYTES)
        else setRight(slot, entry)
        table += PEDERSEN_ENTRIES * POINT_BYTES
      }
    }
    pair += TREE_POINTS
  }
  // As in a single hash: entries are on their way before the first is needed.
  store<u64>(points, touchPairs(pair))
  if (!addPairs(pair, true, false)) return false
  for (let width: usize = TREE_POINTS; width > 1; width = (width + 1) >> 1) {
    const half = width >> 1
    pair = 0
    for (let i: usize = 0; i < <usize>count; i++) {
      const row = points + i * TREE_POINTS * AFFINE_BYTES
      for (let k: usize = 0; k < half; k++) {
        const left = row + k * AFFINE_BYTES
        setPair(pair++, left, row + (width - half + k) * AFFINE_BYTES, left)
      }
    }
    if (!addPairs(pair, false, false)) return false
  }
  return true
}
