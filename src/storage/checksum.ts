/**
 * Checksums of what is stored. LMDB notices few damaged pages, so every record that says more than its key carries the CRC-32
 * of what it is and of its bytes, and whoever reads it looks. A record that does not match is never answered with.
 */
import { crc32 } from 'node:zlib'

/** Bytes of a checksum. */
export const CHECKSUM_BYTES = 4

/** The stored chain says something that cannot be true: a damaged file, or one that others wrote to. */
export class DamagedError extends Error {
  override name = 'DamagedError'
}

/** Puts the checksum of the rest of a record into its first bytes. */
export function seal(record: Buffer): Buffer {
  record.writeUInt32BE(checksum(record, CHECKSUM_BYTES), 0)
  return record
}

/** Refuses a record that `seal` did not leave so; `what` names it, in the plural. */
export function requireSealed(record: Buffer, what: string): void {
  const isWhole =
    record.length >= CHECKSUM_BYTES && checksum(record, CHECKSUM_BYTES) === record.readUInt32BE(0)
  if (!isWhole) throw new DamagedError(`${what} do not match their checksum`)
}

/** CRC-32 of `bytes` from `start`, continued from `before`, which says what the bytes belong to. */
export function checksum(bytes: Uint8Array, start = 0, before = 0): number {
  return crc32(start === 0 ? bytes : bytes.subarray(start), before)
}
