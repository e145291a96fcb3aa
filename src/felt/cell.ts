/**
 * A cell: a felt in 32 tagged bytes, little endian, the one form it has in state, keys, transactions and kernels.
 *
 *     long 0   l0    limb 0
 *     long 1   tag   1 SMALL (the felt is below 2^64), or the top bit and limb 3 in the low 60 bits: BIG
 *     long 2   l1    limb 1, 0 when SMALL
 *     long 3   l2    limb 2, 0 when SMALL
 *
 * Invariant: two felts are equal iff their 32 bytes are. A zeroed cell is *unset*, which is not the felt 0.
 * Offsets count elements of the given array: 4 longs or 8 words a cell.
 */
import { formatFelt, parseFelt } from './felt.ts'

export const CELL_BYTES = 32
/** 64-bit elements of a cell in a BigUint64Array. */
export const CELL_LONGS = 4
/** 32-bit elements of a cell in an Int32Array. */
export const CELL_WORDS = 8

/** The tag of a felt below 2^64. */
const SMALL = 1n
/** The tag bit of a felt of at least 2^64. */
const BIG = 1n << 63n

const LIMB_MASK = (1n << 64n) - 1n
const LIMB3_MASK = (1n << 60n) - 1n

/** Writes a felt. The caller guarantees that it is in [0, P). */
export function writeCell(cells: BigUint64Array, offset: number, felt: bigint): void {
  if (felt <= LIMB_MASK) {
    cells[offset] = felt
    cells[offset + 1] = SMALL
    cells[offset + 2] = 0n
    cells[offset + 3] = 0n
    return
  }
  // A store keeps the low 64 bits.
  cells[offset] = felt
  cells[offset + 1] = (felt >> 192n) | BIG
  cells[offset + 2] = felt >> 64n
  cells[offset + 3] = felt >> 128n
}

/** Reads a felt. An unset cell reads as 0. */
export function readCell(cells: BigUint64Array, offset: number): bigint {
  const tag = cells[offset + 1]!
  if (tag <= SMALL) return cells[offset]!
  return (
    cells[offset]! |
    (cells[offset + 2]! << 64n) |
    (cells[offset + 3]! << 128n) |
    ((tag & LIMB3_MASK) << 192n)
  )
}

/** Writes a felt into words. The caller guarantees that it is in [0, P). */
export function writeCellWords(words: Int32Array, offset: number, felt: bigint): void {
  writeLong(words, offset, felt)
  if (felt <= LIMB_MASK) {
    words[offset + 2] = 1
    words.fill(0, offset + 3, offset + CELL_WORDS)
    return
  }
  writeLong(words, offset + 2, (felt >> 192n) | BIG)
  writeLong(words, offset + 4, felt >> 64n)
  writeLong(words, offset + 6, felt >> 128n)
}

/** Reads a felt from words. An unset cell reads as 0. */
export function readCellWords(words: Int32Array, offset: number): bigint {
  if (words[offset + 3]! >= 0) return readLong(words, offset)
  return (
    readLong(words, offset) |
    (readLong(words, offset + 4) << 64n) |
    (readLong(words, offset + 6) << 128n) |
    ((readLong(words, offset + 2) & LIMB3_MASK) << 192n)
  )
}

/** The felts of `count` cells in a row. */
export function readCells(cells: BigUint64Array, offset: number, count: number): bigint[] {
  const felts: bigint[] = new Array(count)
  for (let i = 0; i < count; i++) felts[i] = readCell(cells, offset + i * CELL_LONGS)
  return felts
}

/** Writes felts into cells in a row. */
export function writeCells(cells: BigUint64Array, offset: number, felts: readonly bigint[]): void {
  for (let i = 0; i < felts.length; i++) writeCell(cells, offset + i * CELL_LONGS, felts[i]!)
}

/** The cells of felts, in a buffer of their own. */
export function cellsOf(felts: readonly bigint[]): BigUint64Array {
  const cells = new BigUint64Array(felts.length * CELL_LONGS)
  writeCells(cells, 0, felts)
  return cells
}

/** The canonical text of a cell: `0x…`. */
export function cellToHex(cells: BigUint64Array, offset: number): string {
  return formatFelt(readCell(cells, offset))
}

/** Writes the felt of a text; refuses what `parseFelt` refuses. */
export function hexToCell(cells: BigUint64Array, offset: number, text: string): void {
  writeCell(cells, offset, parseFelt(text))
}

/**
 * Writes the felt of a text, `0x` and 1-64 digits, into words without a bigint on the way: programs are tens of thousands
 * of felts. False, with nothing that counts written, if the text is none.
 */
export function hexToCellWords(words: Int32Array, offset: number, text: string): boolean {
  const { length } = text
  if (length < 3 || length > 66 || text.charCodeAt(0) !== 0x30 || text.charCodeAt(1) !== 0x78) {
    return false
  }
  let end = length
  for (let word = 0; word < CELL_WORDS; word++) {
    const start = Math.max(2, end - 8)
    let value = 0
    for (let i = start; i < end; i++) {
      const digit = digits[text.charCodeAt(i) & 0x7f]!
      if (digit < 0 || text.charCodeAt(i) > 0x7f) return false
      value = (value << 4) | digit
    }
    parts[word] = value
    end = start
  }
  if ((parts[2]! | parts[3]! | parts[4]! | parts[5]! | parts[6]! | parts[7]!) === 0) {
    words[offset] = parts[0]!
    words[offset + 1] = parts[1]!
    words[offset + 2] = 1
    words.fill(0, offset + 3, offset + CELL_WORDS)
    return true
  }
  if (!isBelowPrime()) return false
  words[offset] = parts[0]!
  words[offset + 1] = parts[1]!
  words[offset + 2] = parts[6]!
  words[offset + 3] = parts[7]! | BIG_WORD
  for (let i = 2; i < 6; i++) words[offset + 2 + i] = parts[i]!
  return true
}

/** The top bit of a tag, as a word. */
const BIG_WORD = 1 << 31
/** The highest words of P = 2^251 + 17 * 2^192 + 1. */
const P_WORD_7 = 0x08000000
const P_WORD_6 = 0x11

/** Words of the felt that is being read, lowest first. */
const parts = new Int32Array(CELL_WORDS)
/** Values of hexadecimal digits by their code, -1 for other characters. */
const digits = Int8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(digit) ? -1 : digit
})

function isBelowPrime(): boolean {
  const high = parts[7]! >>> 0
  if (high !== P_WORD_7) return high < P_WORD_7
  const next = parts[6]! >>> 0
  if (next !== P_WORD_6) return next < P_WORD_6
  return (parts[0]! | parts[1]! | parts[2]! | parts[3]! | parts[4]! | parts[5]!) === 0
}

/** Copies a cell between word arrays. */
export function copyCellWords(
  from: Int32Array,
  fromOffset: number,
  to: Int32Array,
  toOffset: number,
): void {
  for (let i = 0; i < CELL_WORDS; i++) to[toOffset + i] = from[fromOffset + i]!
}

/** Whether two cells in words hold the same felt. */
export function equalCellWords(
  a: Int32Array,
  aOffset: number,
  b: Int32Array,
  bOffset: number,
): boolean {
  for (let i = 0; i < CELL_WORDS; i++) if (a[aOffset + i] !== b[bOffset + i]) return false
  return true
}

/** Whether a cell in words holds the felt 0. */
export function isZeroCellWords(words: Int32Array, offset: number): boolean {
  const isSmall = words[offset + 2] === 1 && words[offset + 3] === 0
  return isSmall && words[offset] === 0 && words[offset + 1] === 0
}

/** Whether a cell holds the felt 0. */
export function isZeroCell(cells: BigUint64Array, offset: number): boolean {
  return cells[offset] === 0n && cells[offset + 1] === SMALL
}

function writeLong(words: Int32Array, offset: number, value: bigint): void {
  words[offset] = Number(value & 0xffffffffn)
  words[offset + 1] = Number((value >> 32n) & 0xffffffffn)
}

function readLong(words: Int32Array, offset: number): bigint {
  return BigInt(words[offset]! >>> 0) | (BigInt(words[offset + 1]! >>> 0) << 32n)
}
