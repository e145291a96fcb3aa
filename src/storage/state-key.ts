/**
 * Keys and values of stored state: what `state/location.ts` and cells are in shared memory, as bytes, so that an executor
 * copies and converts nothing.
 *
 *     key      the 64 bytes of a location; its first 32 where the second cell is always 0 (all kinds but storage)
 *     value    of a felt below 2^64 its low bytes, at least one; else the 32 bytes of the cell
 *
 * The kind sits in the first 32 bytes, so no key is the beginning of another.
 */
import { CELL_BYTES } from '../felt/cell.ts'
import type { StateDiff } from '../starknet/execution.ts'
import {
  CELL_WORDS,
  CLASS_HASH,
  COMPILED_CLASS_HASH,
  KEY_WORDS,
  kindOf,
  NONCE,
  STORAGE,
  writeLocation,
} from '../state/location.ts'
import type { CellWrite } from './versioned.ts'

/** Bits 63 of a cell's tag, in the high half: the felt is not below 2^64. */
const BIG_BIT = 1 << 31
const LONG_BYTES = 8

/** Key of a location that is given by its words. */
export function keyOfLocation(words: Int32Array, offset: number): Uint8Array {
  const size = kindOf(words, offset) === STORAGE ? KEY_WORDS : CELL_WORDS
  return new Uint8Array(words.buffer, words.byteOffset + offset * 4, size * 4)
}

/** Key of a location that is given by its felts. */
export function stateKey(kind: number, address: bigint, key = 0n): Uint8Array {
  const words = new Int32Array(KEY_WORDS)
  writeLocation(words, 0, kind, address, key)
  return keyOfLocation(words, 0)
}

/** The stored form of a felt. */
export function encodeValue(felt: bigint): Uint8Array {
  const bytes = Buffer.alloc(felt <= 0xffff_ffff_ffff_ffffn ? LONG_BYTES : CELL_BYTES)
  bytes.writeBigUInt64LE(felt & 0xffff_ffff_ffff_ffffn, 0)
  if (bytes.length === CELL_BYTES) {
    bytes.writeBigUInt64LE((felt >> 192n) | (1n << 63n), 8)
    bytes.writeBigUInt64LE((felt >> 64n) & 0xffff_ffff_ffff_ffffn, 16)
    bytes.writeBigUInt64LE((felt >> 128n) & 0xffff_ffff_ffff_ffffn, 24)
    return bytes
  }
  let size = LONG_BYTES
  while (size > 1 && bytes[size - 1] === 0) size--
  return bytes.subarray(0, size)
}

/** The felt of a stored form; 0 for a cell that was never written. */
export function decodeValue(value: Uint8Array | null): bigint {
  if (value === null) return 0n
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  if (bytes.length === CELL_BYTES) {
    const limb3 = bytes.readBigUInt64LE(8) & ((1n << 60n) - 1n)
    const high = (limb3 << 64n) | bytes.readBigUInt64LE(24)
    return (((high << 64n) | bytes.readBigUInt64LE(16)) << 64n) | bytes.readBigUInt64LE(0)
  }
  let felt = 0n
  for (let at = bytes.length - 1; at >= 0; at--) felt = (felt << 8n) | BigInt(bytes[at]!)
  return felt
}

/** Writes the cell of a stored form into words; the felt 0 for a cell that was never written. */
export function writeValueWords(value: Uint8Array | null, out: Int32Array, offset: number): void {
  out.fill(0, offset, offset + CELL_WORDS)
  if (value === null || value.length <= LONG_BYTES) out[offset + 2] = 1
  if (value === null) return
  for (let at = 0; at < value.length; at++) {
    const word = offset + (at >> 2)
    out[word] = out[word]! | (value[at]! << ((at & 3) * 8))
  }
  if (value.length === CELL_BYTES) out[offset + 3] = out[offset + 3]! | BIG_BIT
}

/** What a block's diff writes. */
export function cellsOfDiff(diff: StateDiff): CellWrite[] {
  const cells: CellWrite[] = []
  const push = (kind: number, address: bigint, key: bigint, value: bigint) => {
    cells.push([stateKey(kind, address, key), encodeValue(value)])
  }
  for (const [address, slots] of diff.storage) {
    for (const [key, value] of slots) push(STORAGE, address, key, value)
  }
  for (const [address, nonce] of diff.nonces) push(NONCE, address, 0n, nonce)
  for (const [address, classHash] of [...diff.deployedContracts, ...diff.replacedClasses]) {
    push(CLASS_HASH, address, 0n, classHash)
  }
  for (const [classHash, compiled] of [...diff.declaredClasses, ...diff.migratedCompiledClasses]) {
    push(COMPILED_CLASS_HASH, classHash, 0n, compiled)
  }
  return cells
}
