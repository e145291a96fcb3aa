/**
 * A record: compressed bytes with a form and a checksum, so that a damaged one is noticed before it is opened.
 *
 *     byte 0       form: 1
 *     bytes 1-4    CRC-32 of the place of the record and of what follows
 *     then         the body, deflated
 *
 * The place (table and key) is in the checksum: a record that stands elsewhere is as wrong as one that was changed.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { CHECKSUM_BYTES, checksum, DamagedError } from './checksum.ts'

const FORM = 1
const HEAD_BYTES = 1 + CHECKSUM_BYTES
/** Deflate's fastest level: level 6 takes three times as long for a tenth less. */
const LEVEL = 1

/** Packs a body for its place, as `block 7`. */
export function packRecord(body: Uint8Array, place: string): Buffer {
  const packed = deflateRawSync(body, { level: LEVEL })
  const record = Buffer.allocUnsafe(HEAD_BYTES + packed.length)
  record[0] = FORM
  record.set(packed, HEAD_BYTES)
  record.writeUInt32BE(checksum(packed, 0, checksumOf(place)), 1)
  return record
}

/** The body of a record; refuses one that is damaged or stands in the wrong place. */
export function openRecord(record: Buffer, place: string): Buffer {
  if (record.length < HEAD_BYTES || record[0] !== FORM) {
    throw new DamagedError(`the record of ${place} is damaged: it starts with ${record[0]}`)
  }
  if (checksum(record, HEAD_BYTES, checksumOf(place)) !== record.readUInt32BE(1)) {
    throw new DamagedError(`the record of ${place} does not match its checksum`)
  }
  return inflateRawSync(record.subarray(HEAD_BYTES))
}

function checksumOf(place: string): number {
  return checksum(Buffer.from(place))
}
