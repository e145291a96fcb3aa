/**
 * Arithmetic of deltas: sums in 256 bits, eight words, least significant first.
 *
 * A number is stored as two cells, its low and its high 128 bits (a Cairo `u256`). A delta is an amount that was added
 * to it without reading; the sum wraps at 2^256. Of a cell only the low 128 bits count.
 *
 *     cell     words 0-1 limb 0, 2-3 tag, 4-5 limb 1, 6-7 limb 2; SMALL has limb 0 only, BIG the sign bit in word 3
 *     number   words 0-3 low half, 4-7 high half
 */

/** Sets the number at `target` to the one in two cells. */
export function numberOfCells(words: Int32Array, low: number, high: number, target: number): void {
  halfOfCell(words, low, words, target)
  halfOfCell(words, high, words, target + 4)
}

/** Sets the number at `target` to the low 128 bits of one cell of `source`. */
export function numberOfCell(
  source: Int32Array,
  cell: number,
  words: Int32Array,
  target: number,
): void {
  halfOfCell(source, cell, words, target)
  words.fill(0, target + 4, target + 8)
}

/** Adds the number at `amount` to the one at `target`. */
export function addNumber(words: Int32Array, amount: number, target: number): void {
  let carry = 0
  for (let word = 0; word < 8; word++) {
    const sum = (words[target + word]! >>> 0) + (words[amount + word]! >>> 0) + carry
    words[target + word] = sum | 0
    carry = sum > 0xffffffff ? 1 : 0
  }
}

/** Writes the low and the high half of a number as cells. */
export function cellsOfNumber(words: Int32Array, number: number, low: number, high: number): void {
  cellOfHalf(words, number, low)
  cellOfHalf(words, number + 4, high)
}

/** Words of a delta's four cells: low before, high before, low after, high after. */
export const DELTA_WORDS = 32

/** Completes the four cells at `delta`, of which the first two are known, by adding `amount`; `scratch` has 8 words. */
export function addToCells(
  words: Int32Array,
  delta: number,
  amount: number,
  scratch: number,
): void {
  numberOfCells(words, delta, delta + 8, scratch)
  addNumber(words, amount, scratch)
  cellsOfNumber(words, scratch, delta + 16, delta + 24)
}

/** A transaction adds to one number; more are not needed and would only slow down the one. */
export function assertSamePair(
  low: number,
  high: number,
  otherLow: number,
  otherHigh: number,
): void {
  if (low !== otherLow || high !== otherHigh) {
    throw new Error('a transaction adds to one pair of locations only')
  }
}

function halfOfCell(source: Int32Array, cell: number, words: Int32Array, target: number): void {
  const isBig = source[cell + 3]! < 0
  words[target] = source[cell]!
  words[target + 1] = source[cell + 1]!
  words[target + 2] = isBig ? source[cell + 4]! : 0
  words[target + 3] = isBig ? source[cell + 5]! : 0
}

function cellOfHalf(words: Int32Array, half: number, cell: number): void {
  const top = words[half + 2]! | words[half + 3]!
  words[cell + 4] = words[half + 2]!
  words[cell + 5] = words[half + 3]!
  words[cell + 6] = 0
  words[cell + 7] = 0
  words[cell] = words[half]!
  words[cell + 1] = words[half + 1]!
  words[cell + 2] = top === 0 ? 1 : 0
  words[cell + 3] = top === 0 ? 0 : 0x80000000 | 0
}
