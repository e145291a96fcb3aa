/**
 * Seam: a location is one cell of state, named by a key of 16 words (64 bytes): two tagged 32-byte cells.
 *
 *     words 0-7    address cell   contract address, or class hash; the kind sits in bits 60-62 of its tag
 *     words 8-15   key cell       storage key; the felt 0 for the other kinds
 *
 * The tag is the second 64-bit word of a cell (`src/felt/cell.ts`): SMALL is 1, BIG has the top bit and limb 3 in bits
 * 0-59, limb 3 of a felt is below 2^60, so bits 60-62 are free. Executor and mvmemory treat the 64 bytes as opaque.
 */

import { writeCellWords } from '../felt/cell.ts'

/** Kinds of location. Unwritten locations hold the felt 0. */
export const STORAGE = 0
export const NONCE = 1
/** Class hash of a contract, 0 if nothing is deployed. */
export const CLASS_HASH = 2
/** Compiled class hash of a class, by class hash; 0 if the class is not declared. */
export const COMPILED_CLASS_HASH = 3

/** Words of a location key, words of a cell. */
export const KEY_WORDS = 16
export const CELL_WORDS = 8

/** The word of a key that holds the kind, in bits 28-30 (high half of the first cell's tag). */
export const KIND_WORD = 3
export const KIND_SHIFT = 28

/** Kind of the location whose key starts at word `offset`. */
export function kindOf(words: Int32Array, offset: number): number {
  return (words[offset + KIND_WORD]! >>> KIND_SHIFT) & 7
}

/**
 * Writes the key of a location, for cold paths: `address` is a contract's or a class hash, `key` 0 unless it is storage.
 * `readCellWords` reads both cells back, kind or not.
 */
export function writeLocation(
  words: Int32Array,
  offset: number,
  kind: number,
  address: bigint,
  key: bigint,
): void {
  writeCellWords(words, offset, address)
  words[offset + KIND_WORD] = words[offset + KIND_WORD]! | (kind << KIND_SHIFT)
  writeCellWords(words, offset + CELL_WORDS, key)
}
