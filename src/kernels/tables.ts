/**
 * Builds the tables of points from the points of the definition, once, before other threads attach.
 *
 * A table has windows of entries; entry k of a window is its base plus the generators of the bits of k:
 *
 *     entry[0] = base;  entry[k + 2^b] = entry[k] + generator[b]   for k < 2^b, b = 0, 1, …
 *
 * All windows grow together, in batches that share an inversion.
 */
import { addPairs, doubleAll, packPoint, setPair } from './batch'
import { AFFINE_BYTES, Y } from './curve'
import { F29_BYTES, f29Copy, f29Negate } from './field29'
import { f29FromCell } from './field29-border'
import {
  BATCH_PAIRS,
  batchPoints,
  curveConstants,
  GENERATOR_BITS,
  GENERATOR_ENTRIES,
  GENERATOR_WINDOWS,
  generatorCells,
  generatorTable,
  PEDERSEN_BITS,
  PEDERSEN_ENTRIES,
  PEDERSEN_WINDOWS,
  pedersenTable,
  POINT_BYTES,
} from './layout'

const FELT_BITS: usize = 252
const LOW_BITS: usize = 248
/** Points of the definition: S, P1, P2, P3, P4, G. */
const POINTS: usize = 6

/** Builds both tables from S, P1, P2, P3, P4 and the generator G, given as 12 cells, and beta, one more. */
export function pointsBuild(cells: usize): void {
  const pedersenBits = batchPoints()
  const generatorBits = pedersenBits + 2 * FELT_BITS * POINT_BYTES
  const doubles = generatorBits + <usize>(GENERATOR_WINDOWS * GENERATOR_BITS) * POINT_BYTES
  const points = doubles + 4 * POINT_BYTES
  for (let i: usize = 0; i < 2 * POINTS; i++) f29FromCell(points + i * F29_BYTES, cells + i * 32)
  const s = points
  f29FromCell(curveConstants(), cells + 2 * POINTS * 32)
  memory.copy(generatorCells(), cells + (2 * POINTS - 2) * 32, 64)
  for (let bit: usize = 0; bit < 256; bit++) {
    for (let felt: usize = 0; felt < 2; felt++) {
      const low = s + (1 + 2 * felt) * AFFINE_BYTES
      const row = pedersenBits + felt * FELT_BITS * POINT_BYTES
      if (bit < LOW_BITS) packPoint(row + bit * POINT_BYTES, low)
      if (bit < FELT_BITS - LOW_BITS) {
        packPoint(row + (LOW_BITS + bit) * POINT_BYTES, low + AFFINE_BYTES)
      }
    }
    packPoint(generatorBits + bit * POINT_BYTES, s + 5 * AFFINE_BYTES)
    setBase(pedersenTable(), bit, PEDERSEN_WINDOWS, PEDERSEN_ENTRIES, s, doubles + POINT_BYTES)
    setBase(generatorTable(), bit, GENERATOR_WINDOWS, GENERATOR_ENTRIES, s, doubles + 2 * POINT_BYTES)
    if (bit == 1) packPoint(doubles, s)
    doubleAll(points, POINTS)
  }
  // The bases of windows 1, 2, … sum to 2^windows S - 2S. Base 0 makes that S for hashes, 0 for multiples.
  const hashes = pedersenTable()
  setPair(0, doubles, doubles + POINT_BYTES, doubles + 3 * POINT_BYTES)
  setPair(1, doubles, doubles + 2 * POINT_BYTES, generatorTable())
  addPairs(2, true, true)
  setPair(0, hashes, doubles + 3 * POINT_BYTES, hashes)
  addPairs(1, true, true)
  grow(hashes, PEDERSEN_WINDOWS, PEDERSEN_BITS, pedersenBits)
  grow(generatorTable(), GENERATOR_WINDOWS, GENERATOR_BITS, generatorBits)
}

/** Given s = 2^bit S: makes it the base of that window; past the last one, keeps its negative. */
function setBase(
  table: usize,
  bit: usize,
  windows: i32,
  entries: usize,
  s: usize,
  negative: usize,
): void {
  if (bit < <usize>windows) {
    packPoint(table + bit * entries * POINT_BYTES, s)
  } else if (bit == <usize>windows) {
    const point = s + 2 * POINTS * AFFINE_BYTES
    f29Copy(point, s)
    f29Negate(point + Y, s + Y)
    packPoint(negative, point)
  }
}

/** Fills the windows of a table from their bases and the generators of their bits. */
function grow(table: usize, windows: i32, bits: i32, generators: usize): void {
  const entries: usize = 1 << bits
  for (let bit = 0; bit < bits; bit++) {
    const filled: usize = 1 << bit
    let count: usize = 0
    for (let window: usize = 0; window < <usize>windows; window++) {
      const row = table + window * entries * POINT_BYTES
      const generator = generators + (window * <usize>bits + <usize>bit) * POINT_BYTES
      for (let k: usize = 0; k < filled; k++) {
        setPair(count++, row + k * POINT_BYTES, generator, row + (k + filled) * POINT_BYTES)
        if (count == BATCH_PAIRS) {
          addPairs(count, true, true)
          count = 0
        }
      }
    }
    if (count > 0) addPairs(count, true, true)
  }
}
