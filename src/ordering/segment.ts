/**
 * A segment of the journal: a file of records that is only appended to.
 *
 *     offset  size   header of the file
 *     0       8      magic
 *     8       4      checksum of the rest of the header
 *     12      4      number of the segment
 *     16      8      bytes of the segment before it, 0 for none
 *     24      8      number of the group that it begins with
 *
 *     offset  size   record
 *     0       4      mark, by which records behind a damaged one are found
 *     4       4      checksum of the rest, seeded with the place: segment and offset
 *     8       4      length of the body
 *     12      6      group: records written together carry the same number, the next group one more; after a crash that left
 *                    only a beginning of a group, the next one goes on with its number
 *     18      1      type
 *     19      1      1 for the last record of its group
 *     20      n      body
 *
 * Groups are written one at a time, each after the one before is durable. So what is damaged behind the last complete
 * group was never acknowledged (a torn tail), and what is damaged before it was: that is corruption and never passed over.
 */
import { checksum } from '../storage/checksum.ts'
import type { EngineRecord } from './record.ts'

export const HEADER_BYTES = 32
const RECORD_BYTES = 20
const MAGIC = Buffer.from('FUGUEJL1')
const MARK = Buffer.from([0xf6, 0x75, 0x67, 0xa5])
const MARK_WORD = MARK.readUInt32LE(0)

export interface SegmentHeader {
  number: number
  /** Size of the segment before it. */
  previousBytes: number
  firstGroup: number
}

export interface PlacedRecord extends EngineRecord {
  offset: number
  group: number
  isLast: boolean
}

export interface ScannedSegment {
  /** Null: the header itself is damaged. */
  header: SegmentHeader | null
  records: PlacedRecord[]
  /** Where the readable part ends. */
  end: number
  /** Whether records behind `end` prove that what is damaged there was durable once. */
  isCorrupt: boolean
}

/** File name of a segment: they sort as their numbers. */
export function segmentName(number: number): string {
  return `${String(number).padStart(10, '0')}.log`
}

/** Number of the segment in a file of that name, or null. */
export function segmentNumber(name: string): number | null {
  return /^\d{10}\.log$/.test(name) ? Number(name.slice(0, 10)) : null
}

export function headerBytes({ number, previousBytes, firstGroup }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES)
  MAGIC.copy(bytes)
  bytes.writeUInt32LE(number, 12)
  bytes.writeUIntLE(previousBytes, 16, 6)
  bytes.writeUIntLE(firstGroup, 24, 6)
  bytes.writeUInt32LE(checksum(bytes, 12), 8)
  return bytes
}

/** The bytes of a group of records, for `offset` of segment `number`; `before` comes first. */
export function groupBytes(
  records: readonly EngineRecord[],
  group: number,
  number: number,
  offset: number,
): Buffer {
  const size = records.reduce((sum, { body }) => sum + RECORD_BYTES + body.length, 0)
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  records.forEach(({ type, body }, index) => {
    const end = at + RECORD_BYTES + body.length
    MARK.copy(bytes, at)
    bytes.writeUInt32LE(body.length, at + 8)
    bytes.writeUIntLE(group, at + 12, 6)
    bytes[at + 18] = type
    bytes[at + 19] = index === records.length - 1 ? 1 : 0
    bytes.set(body, at + RECORD_BYTES)
    bytes.writeUInt32LE(sum(bytes, at, end, number, offset + at), at + 4)
    at = end
  })
  return bytes
}

/** Reads a segment as far as it is whole, and judges what is behind. */
export function scanSegment(bytes: Uint8Array, number: number): ScannedSegment {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const header = readHeader(buffer, number)
  const records: PlacedRecord[] = []
  let end = HEADER_BYTES
  while (header !== null) {
    const record = readRecord(buffer, end, number)
    if (record === null) break
    records.push(record)
    end += RECORD_BYTES + record.body.length
  }
  const last = records.at(-1)
  const begun = header?.firstGroup ?? 0
  // The group that the damaged record belongs to; a later one was only begun when it was durable.
  const damaged = last === undefined ? begun : last.isLast ? last.group + 1 : last.group
  const later = laterRecords(buffer, header === null ? 0 : end, number)
  // A torn header comes with the first group only.
  const isCorrupt = later.some(({ group }) => group > (header === null ? later[0]!.group : damaged))
  return { header, records, end: header === null ? 0 : end, isCorrupt }
}

function readHeader(bytes: Buffer, number: number): SegmentHeader | null {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return null
  if (bytes.readUInt32LE(8) !== checksum(bytes.subarray(12, HEADER_BYTES))) return null
  if (bytes.readUInt32LE(12) !== number) return null
  return { number, previousBytes: bytes.readUIntLE(16, 6), firstGroup: bytes.readUIntLE(24, 6) }
}

function readRecord(bytes: Buffer, offset: number, number: number): PlacedRecord | null {
  if (offset + RECORD_BYTES > bytes.length) return null
  if (bytes.readUInt32LE(offset) !== MARK_WORD) return null
  const start = offset + RECORD_BYTES
  const end = start + bytes.readUInt32LE(offset + 8)
  if (end > bytes.length) return null
  if (bytes.readUInt32LE(offset + 4) !== sum(bytes, offset, end, number, offset)) return null
  return {
    offset,
    type: bytes[offset + 18]!,
    group: bytes.readUIntLE(offset + 12, 6),
    isLast: bytes[offset + 19] === 1,
    body: bytes.subarray(start, end),
  }
}

/** Whole records behind an offset, found by their marks. */
function laterRecords(bytes: Buffer, from: number, number: number): PlacedRecord[] {
  const found: PlacedRecord[] = []
  let at = bytes.indexOf(MARK, from)
  while (at >= 0) {
    const record = readRecord(bytes, at, number)
    if (record !== null) found.push(record)
    at = bytes.indexOf(MARK, record === null ? at + 1 : at + RECORD_BYTES + record.body.length)
  }
  return found
}

/** Where a record stands, as its checksum takes it: segment, offset (6 bytes), 2 bytes of 0. */
const place = Buffer.alloc(12)

/** The checksum of the record whose bytes are from `at` to `end`, standing at `offset` of segment `number`. */
function sum(bytes: Buffer, at: number, end: number, number: number, offset: number): number {
  place.writeUInt32LE(number, 0)
  place.writeUIntLE(offset, 4, 6)
  return checksum(bytes.subarray(at + 8, end), 0, checksum(place))
}
