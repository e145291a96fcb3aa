/**
 * Tables of points that are multiplied again and again: the public keys of accounts.
 *
 *     slot    x, y of the point (2 cells), votes u32, whether the table is built u32; 96 bytes
 *     table   51 windows of 16 entries: entry d-1 of window i is d 32^i Q, for signed digits of 5 bits
 *
 * One slot per class of points. A point that comes again gains a vote, another point of the class takes one away
 * and, when none is left, the place. Four votes earn a table, which costs three multiplications and saves four
 * fifths of each further one. Points used once, as of signatures, pass by without harm.
 *
 * Tables belong to a thread and never change an answer.
 */
import { addPairs, doubleAll, packPoint, setPair, unpackPoint } from './batch'
import { cellCopy, cellEquals } from './cell'
import {
  AFFINE_BYTES,
  JACOBIAN_BYTES,
  jacobianDouble,
  jacobianFromAffine,
  jacobianSettle,
  xyzzAddAffine,
  xyzzFromAffine,
  xyzzToAffine,
  Y,
  ZZ,
} from './curve'
import { f29Negate, f29Zero } from './field29'
import { BASE_SLOTS, baseSlots, baseTables, batchPoints, POINT_BYTES } from './layout'
import { bitsOf } from './scalar'

/** Bits of a window. */
const WIDTH: i32 = 5
const WINDOWS: usize = 51
const ENTRIES: usize = 16
const SLOT_BYTES: usize = 96
const TABLE_BYTES: usize = WINDOWS * ENTRIES * POINT_BYTES
const VOTES: usize = 64
const BUILT: usize = 68
/** Votes that earn a table. */
const ENOUGH: u32 = 4
/** Votes a point can save up: so many strangers must pass before it loses its place. */
const MOST: u32 = 64

/** The table of a point given as two cells and as f29, or 0 if it has none (yet). */
export function baseTable(cells: usize, affine: usize): usize {
  const index = <usize>((load<u64>(cells) * 0x9e3779b97f4a7c15) >>> 40) & (BASE_SLOTS - 1)
  const slot = baseSlots() + index * SLOT_BYTES
  const table = baseTables() + index * TABLE_BYTES
  const votes = load<u32>(slot, VOTES)
  if (!cellEquals(slot, cells) || !cellEquals(slot + 32, cells + 32)) {
    if (votes > 1) {
      store<u32>(slot, votes - 1, VOTES)
    } else {
      cellCopy(slot, cells)
      cellCopy(slot + 32, cells + 32)
      store<u32>(slot, 1, VOTES)
      store<u32>(slot, 0, BUILT)
    }
    return 0
  }
  if (votes < MOST) store<u32>(slot, votes + 1, VOTES)
  if (load<u32>(slot, BUILT) != 0) return table
  if (votes + 1 < ENOUGH) return 0
  build(table, affine)
  store<u32>(slot, 1, BUILT)
  return table
}

/** sum = m times the point of a table. ZZ = 0 if that is infinity, or if an m above the order made points meet. */
export function baseSum(sum: usize, table: usize, m: usize, scratch: usize): void {
  const point = scratch
  const step = scratch + AFFINE_BYTES
  let carry = 0
  let empty = true
  f29Zero(sum + ZZ)
  for (let i: usize = 0; i < WINDOWS; i++) {
    const window = bitsOf(m, <i32>i * WIDTH, WIDTH) + carry
    carry = window > <i32>ENTRIES ? 1 : 0
    const digit = carry ? (1 << WIDTH) - window : window
    if (digit != 0) {
      unpackPoint(point, table + (i * ENTRIES + <usize>digit - 1) * POINT_BYTES)
      if (carry) f29Negate(point + Y, point + Y)
      if (empty) xyzzFromAffine(sum, point)
      else xyzzAddAffine(sum, point, step)
      empty = false
    }
  }
}

/** Forgets all points of this thread. */
export function forgetBases(): void {
  memory.fill(baseSlots(), 0, BASE_SLOTS * SLOT_BYTES)
}

function build(table: usize, affine: usize): void {
  const points = batchPoints()
  const power = points + WINDOWS * AFFINE_BYTES
  const step = power + JACOBIAN_BYTES
  jacobianFromAffine(power, affine)
  for (let i: usize = 0; i < WINDOWS; i++) {
    const point = points + i * AFFINE_BYTES
    xyzzToAffine(point, power, step)
    packPoint(table + i * ENTRIES * POINT_BYTES, point)
    for (let bit = 0; bit < WIDTH; bit++) jacobianDouble(power, step)
    jacobianSettle(power)
  }
  doubleAll(points, WINDOWS)
  for (let i: usize = 0; i < WINDOWS; i++) {
    packPoint(table + (i * ENTRIES + 1) * POINT_BYTES, points + i * AFFINE_BYTES)
  }
  for (let digit: usize = 2; digit < ENTRIES; digit++) {
    for (let i: usize = 0; i < WINDOWS; i++) {
      const row = table + i * ENTRIES * POINT_BYTES
      const entry = row + digit * POINT_BYTES
      setPair(i, entry - POINT_BYTES, row, entry)
    }
    addPairs(WINDOWS, true, true)
  }
}
