/**
 * What transactions did, as the words that the executors wrote. Some in a row make one record, for neighbours look alike
 * and compress together; decoding waits until somebody asks.
 *
 *     height (4 bytes) │ first index / 16 (4 bytes)  ─▶  record: a list of words
 */
import type { Database } from 'lmdb'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { DamagedError } from './checksum.ts'
import { openRecord, packRecord } from './record.ts'

/** Results in a record: more compress better, and cost more to look at one. */
const GROUP = 16

type Table = Database<Buffer, Uint8Array>

/** Writes the results of a block. Inside a write transaction. */
export function writeResults(table: Table, height: number, results: readonly Int32Array[]): void {
  for (let first = 0; first < results.length; first += GROUP) {
    const group = results.slice(first, first + GROUP)
    const writer = new ByteWriter(4 * group.reduce((sum, { length }) => sum + length + 1, 8))
    writer.list(group, ({ buffer, byteOffset, byteLength }) => {
      writer.bytes(new Uint8Array(buffer, byteOffset, byteLength))
    })
    table.putSync(keyOf(height, first), packRecord(writer.written, placeOf(height, first)))
  }
}

/** Index of the first result that is stored together with the one at `index`. */
export function groupOf(index: number): number {
  return index - (index % GROUP)
}

/** The results that start at a group's first index, which must be stored. */
export function readResults(table: Table, height: number, first: number): Int32Array[] {
  const record = table.getBinary(keyOf(height, first))
  if (record === undefined) throw new DamagedError(`the ${placeOf(height, first)} are missing`)
  const reader = new ByteReader(openRecord(record, placeOf(height, first)))
  return reader.list(() => {
    const bytes = reader.bytes()
    const words = new Int32Array(bytes.length / 4)
    new Uint8Array(words.buffer).set(bytes)
    return words
  })
}

/** All results of a block. */
export function* allResults(table: Table, height: number, count: number): Generator<Int32Array> {
  for (let first = 0; first < count; first += GROUP) yield* readResults(table, height, first)
}

/** Takes out the results of a block. Inside a write transaction. */
export function removeResults(table: Table, height: number, count: number): void {
  for (let first = 0; first < count; first += GROUP) table.removeSync(keyOf(height, first))
}

function keyOf(height: number, first: number): Buffer {
  const key = Buffer.allocUnsafe(8)
  key.writeUInt32BE(height, 0)
  key.writeUInt32BE(first / GROUP, 4)
  return key
}

function placeOf(height: number, first: number): string {
  return `results of block ${height} from transaction ${first} on`
}
