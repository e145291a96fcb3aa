/**
 * Where blocks and transactions are, by hash.
 *
 *     what (1 byte) │ hash (32 bytes)  ─▶  height (4 bytes), index in the block (4 bytes), checksum (4 bytes)
 */
import type { Database } from 'lmdb'
import { checksum, DamagedError } from './checksum.ts'

export const BLOCK = 0
export const TRANSACTION = 1

const PLACE_BYTES = 12
const CHECKSUM_AT = 8

type Table = Database<Buffer, Uint8Array>
type What = typeof BLOCK | typeof TRANSACTION

export interface Place {
  height: number
  /** 0 for a block. */
  index: number
}

/** The place of a hash, or null. */
export function findHash(table: Table, what: What, hash: bigint): Place | null {
  const key = keyOf(what, hash)
  const place = table.getBinary(key)
  if (place === undefined) return null
  const isWhole =
    place.length === PLACE_BYTES && place.readUInt32BE(CHECKSUM_AT) === sumOf(key, place)
  if (!isWhole) throw new DamagedError(`the place of 0x${hash.toString(16)} is damaged`)
  return { height: place.readUInt32BE(0), index: place.readUInt32BE(4) }
}

/** Enters a hash. Inside a write transaction. */
export function enterHash(table: Table, what: What, hash: bigint, { height, index }: Place): void {
  const key = keyOf(what, hash)
  const place = Buffer.allocUnsafe(PLACE_BYTES)
  place.writeUInt32BE(height, 0)
  place.writeUInt32BE(index, 4)
  place.writeUInt32BE(sumOf(key, place), CHECKSUM_AT)
  table.putSync(key, place)
}

/** Takes out a hash. Inside a write transaction. */
export function removeHash(table: Table, what: What, hash: bigint): void {
  table.removeSync(keyOf(what, hash))
}

/** The bytes of a hash as a key of a table. */
export function hashBytes(hash: bigint): Buffer {
  return Buffer.from(hash.toString(16).padStart(64, '0'), 'hex')
}

function keyOf(what: What, hash: bigint): Buffer {
  return Buffer.concat([Buffer.from([what]), hashBytes(hash)])
}

function sumOf(key: Buffer, place: Buffer): number {
  return checksum(place.subarray(0, CHECKSUM_AT), 0, checksum(key))
}
