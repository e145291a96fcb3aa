/**
 * What an engine keeps, as bytes: one record for each write.
 *
 *     type       body
 *     1 START    term, height of the newest stored block
 *     2 SUBMIT   place, hash and body of each transaction
 *     3 BEGIN    context: `block-codec.ts`; the height is its first number
 *     4 EXTEND   height, index, hashes included, hashes dropped, digest
 *     5 SEAL     height, count, reason
 *     6 REWIND   height at which the chain ends again
 *
 * Numbers are written as `byte-writer.ts` writes them.
 */
import { readContext, writeContext } from '../storage/block-codec.ts'
import { ByteReader } from '../storage/byte-reader.ts'
import { ByteWriter } from '../storage/byte-writer.ts'
import type { BlockInit, Chunk, Seal, Submission, Term } from './engine.ts'

export const START = 1
export const SUBMIT = 2
export const BEGIN = 3
export const EXTEND = 4
export const SEAL = 5
export const REWIND = 6

/** One write: its type and its bytes. */
export interface EngineRecord {
  type: number
  body: Uint8Array
}

/** A submission and its place among all: a copy of it that is written later keeps the place. */
export interface Placed extends Submission {
  place: number
}

export interface Start {
  term: Term
  height: number
}

export function startRecord({ term, height }: Start): EngineRecord {
  const writer = new ByteWriter(16)
  writer.count(term)
  writer.count(height + 1)
  return { type: START, body: writer.written }
}

export function readStart(body: Uint8Array): Start {
  const reader = new ByteReader(body)
  return { term: reader.count(), height: reader.count() - 1 }
}

export function submitRecord(batch: readonly Placed[]): EngineRecord {
  const sizeBytes = batch.reduce((sum, { body }) => sum + body.length + 48, 16)
  const writer = new ByteWriter(sizeBytes)
  writer.list(batch, ({ place, hash, body }) => {
    writer.count(place)
    writer.number(hash)
    writer.bytes(body)
  })
  return { type: SUBMIT, body: writer.written }
}

export function readSubmit(body: Uint8Array): Placed[] {
  const reader = new ByteReader(body)
  return reader.list(() => ({
    place: reader.count(),
    hash: reader.number(),
    body: reader.bytes(),
  }))
}

export function beginRecord({ context }: BlockInit): EngineRecord {
  const writer = new ByteWriter(256)
  writeContext(writer, context)
  return { type: BEGIN, body: writer.written }
}

export function readBegin(body: Uint8Array): BlockInit {
  return { context: readContext(new ByteReader(body)) }
}

export function extendRecord(chunk: Chunk): EngineRecord {
  const writer = new ByteWriter(64 + 33 * (chunk.included.length + chunk.dropped.length))
  writer.count(chunk.height)
  writer.count(chunk.index)
  writer.numbers(chunk.included)
  writer.numbers(chunk.dropped)
  writer.count(chunk.digest)
  return { type: EXTEND, body: writer.written }
}

export function readExtend(body: Uint8Array): Chunk {
  const reader = new ByteReader(body)
  return {
    height: reader.count(),
    index: reader.count(),
    included: reader.numbers(),
    dropped: reader.numbers(),
    digest: reader.count(),
  }
}

export function sealRecord({ height, count, reason }: Seal): EngineRecord {
  const writer = new ByteWriter(64)
  writer.count(height)
  writer.count(count)
  writer.text(reason)
  return { type: SEAL, body: writer.written }
}

export function readSeal(body: Uint8Array): Seal {
  const reader = new ByteReader(body)
  return { height: reader.count(), count: reader.count(), reason: reader.text() }
}

export function rewindRecord(height: number): EngineRecord {
  const writer = new ByteWriter(8)
  writer.count(height)
  return { type: REWIND, body: writer.written }
}

export function readRewind(body: Uint8Array): number {
  return new ByteReader(body).count()
}

/** Height of the block that a record is about, or null. */
export function heightOf({ type, body }: EngineRecord): number | null {
  return type === BEGIN || type === EXTEND || type === SEAL ? new ByteReader(body).count() : null
}

/** Height and index that a record of type EXTEND begins with. */
export function placeOf(body: Uint8Array): { height: number; index: number } {
  const reader = new ByteReader(body)
  return { height: reader.count(), index: reader.count() }
}
