/**
 * Seam: cells with history over LMDB, for all state that is read by its key.
 *
 *     NAME.now      key                    ─▶ height of the write, checksum, value   the newest version
 *     NAME.then     key, ~height of write  ─▶ checksum, value                        versions that were replaced
 *     NAME.touched  height                 ─▶ checksum, the keys written in it       sorted, without shared beginnings
 *
 * A write moves the version it replaces to `then`, so a value is stored once; the complement of the height makes one
 * forward seek find the version of a height. Keys are 1 to 1,900 bytes and *free of prefixes*: none is the beginning of
 * another (one length does it, or a length in front), for the versions of a key must lie side by side. A removed cell is
 * a version without bytes.
 *
 * Writes happen inside a write transaction of the root, in height order; readers need nothing of the kind. After
 * `pruneBelow(n)` heights below n are not to be read, and n is the lowest that can be reverted to.
 */
import type { Database, RootDatabase } from 'lmdb'
import { CHECKSUM_BYTES, checksum, DamagedError } from './checksum.ts'
import { decodeKeys, encodeKeys } from './key-list.ts'

type Bytes = Uint8Array

/** Bytes of a height. */
const HEIGHT_BYTES = 4
/** Bytes in front of the value of a newest version. */
const NOW_HEAD = HEIGHT_BYTES + CHECKSUM_BYTES

/** A value and the block that wrote it. */
export interface Version {
  height: number
  /** Null: removed there. */
  value: Bytes | null
}

/** A cell and its new value; null removes the cell. */
export type CellWrite = readonly [key: Bytes, value: Bytes | null]

export class Versioned {
  readonly name: string
  readonly #now: Database<Buffer, Bytes>
  readonly #then: Database<Buffer, Bytes>
  readonly #touched: Database<Buffer, number>

  /** Opens the three tables, or makes them. */
  constructor(root: RootDatabase, name: string) {
    const binary = { encoding: 'binary', keyEncoding: 'binary' } as const
    this.name = name
    this.#now = root.openDB(`${name}.now`, binary)
    this.#then = root.openDB(`${name}.then`, binary)
    this.#touched = root.openDB(`${name}.touched`, { encoding: 'binary', keyEncoding: 'uint32' })
  }

  /** The newest value of a cell, in bytes of its own; null if it is absent. */
  newest(key: Bytes): Bytes | null {
    return this.newestVersion(key)?.value ?? null
  }

  /** The newest version of a cell; null if it was never written. */
  newestVersion(key: Bytes): Version | null {
    const found = this.#now.getBinaryFast(key)
    if (found === undefined) return null
    // What was found is the start of a large buffer that the next read fills; only its `length` is that of the record.
    const record = Buffer.from(found.subarray(0, found.length))
    if (record.length < NOW_HEAD) throw this.#damaged(key)
    const height = record.readUInt32BE(0)
    return { height, value: this.#checked(key, height, record, HEIGHT_BYTES) }
  }

  /** The value of a cell after block `height`; null if it was absent. */
  at(key: Bytes, height: number): Bytes | null {
    return this.versionAt(key, height)?.value ?? null
  }

  /** The version of a cell after block `height`: `height` of the answer is the last block up to it that wrote the cell. */
  versionAt(key: Bytes, height: number): Version | null {
    const newest = this.newestVersion(key)
    if (newest === null || newest.height <= height) return newest
    return this.#replacedAt(key, height)
  }

  /** Writes cells in block `height`, at least the newest written so far. Inside a write transaction. */
  write(height: number, cells: Iterable<CellWrite>): void {
    const sorted = [...cells].sort(([a], [b]) => Buffer.compare(a, b))
    const fresh: Bytes[] = []
    for (const [key, value] of sorted) {
      const record = this.#now.getBinary(key)
      const written = record?.readUInt32BE(0)
      if (written !== height) fresh.push(key)
      if (record !== undefined && written !== undefined && written !== height) {
        if (written > height) throw this.#disordered(height, written)
        this.#then.putSync(thenKey(key, written), record.subarray(HEIGHT_BYTES))
      }
      this.#now.putSync(key, this.#record(key, height, value))
    }
    const before = this.touchedIn(height)
    const touched = before.length === 0 ? fresh : [...before, ...fresh].sort(Buffer.compare)
    if (touched.length > 0) this.#touched.putSync(height, encodeKeys(touched))
  }

  /** The keys that block `height` wrote, ascending; empty once its height is pruned. */
  touchedIn(height: number): Bytes[] {
    const list = this.#touched.getBinary(height)
    if (list === undefined) return []
    return decodeKeys(list, `the keys of ${this.name} in block ${height}`)
  }

  /** Undoes all writes above block `height`. Inside a write transaction. */
  revertAbove(height: number): void {
    for (const block of this.#touchedHeights(height + 1, Number.POSITIVE_INFINITY)) {
      for (const key of this.touchedIn(block)) {
        this.#then.removeSync(thenKey(key, block))
        const newest = this.newestVersion(key)
        if (newest === null || newest.height <= height) continue
        const older = this.#replacedAt(key, height)
        if (older === null) {
          this.#now.removeSync(key)
        } else {
          this.#then.removeSync(thenKey(key, older.height))
          this.#now.putSync(key, this.#record(key, older.height, older.value))
        }
      }
      this.#touched.removeSync(block)
    }
  }

  /**
   * Drops what no height from `height` on needs. Takes up to `limit` blocks, answers whether none is left to do: so the
   * work can be spread over many write transactions. Inside one.
   */
  pruneBelow(height: number, limit = Number.POSITIVE_INFINITY): boolean {
    const blocks = this.#touchedHeights(0, height, limit)
    for (const block of blocks) {
      for (const key of this.touchedIn(block)) this.#dropReplacedIn(key, block)
      this.#touched.removeSync(block)
    }
    return blocks.length < limit
  }

  /** All newest versions whose key is at least `from`, ascending: for checks and dumps. */
  *newestFrom(from: Bytes): Generator<{ key: Bytes; version: Version }> {
    for (const key of this.#now.getKeys({ start: from })) {
      const version = this.newestVersion(key)
      if (version !== null) yield { key, version }
    }
  }

  /** The newest of the replaced versions that was written at or below a height. */
  #replacedAt(key: Bytes, height: number): Version | null {
    const start = thenKey(key, height)
    for (const found of this.#then.getRange({ start, limit: 1 })) {
      const at = found.key as Buffer
      if (!isVersionOf(key, at)) return null
      const written = ~at.readUInt32BE(key.length) >>> 0
      return { height: written, value: this.#checked(key, written, found.value, 0) }
    }
    return null
  }

  /**
   * Drops the version of a cell that block `block` replaced, and what it left if that is nothing. Older versions went with
   * the blocks that replaced them.
   */
  #dropReplacedIn(key: Bytes, block: number): void {
    if (block > 0) {
      const [old] = this.#then.getKeys({ start: thenKey(key, block - 1), limit: 1 })
      if (old !== undefined && isVersionOf(key, old as Buffer)) this.#then.removeSync(old)
    }
    // Lengths say most: the next read fills the same large buffer anew, and only empty versions are read to the end.
    const newest = this.#now.getBinaryFast(key)
    if (newest === undefined) return
    if (newest.readUInt32BE(0) === block) {
      const isEmpty = newest.length === NOW_HEAD && this.newest(key) === null
      if (isEmpty) this.#now.removeSync(key)
    } else {
      const then = thenKey(key, block)
      const isEmpty = this.#then.getBinaryFast(then)?.length === CHECKSUM_BYTES
      if (isEmpty && this.#replacedAt(key, block)?.value === null) this.#then.removeSync(then)
    }
  }

  /** Blocks from `first` to `last` that wrote something, ascending. */
  #touchedHeights(first: number, last: number, limit = Number.POSITIVE_INFINITY): number[] {
    const heights: number[] = []
    for (const height of this.#touched.getKeys({ start: first })) {
      if (height > last || heights.length >= limit) break
      heights.push(height)
    }
    return heights
  }

  #record(key: Bytes, height: number, value: Bytes | null): Buffer {
    const bytes = value ?? new Uint8Array(0)
    const record = Buffer.allocUnsafe(NOW_HEAD + bytes.length)
    record.writeUInt32BE(height, 0)
    record.set(bytes, NOW_HEAD)
    record.writeUInt32BE(checksum(record, NOW_HEAD, checksum(key, 0, height)), HEIGHT_BYTES)
    return record
  }

  /** The value behind the checksum at `offset`. */
  #checked(key: Bytes, height: number, record: Buffer, offset: number): Bytes | null {
    const start = offset + CHECKSUM_BYTES
    if (record.length < start) throw this.#damaged(key)
    const found = record.readUInt32BE(offset)
    if (checksum(record, start, checksum(key, 0, height)) !== found) throw this.#damaged(key)
    return record.length === start ? null : record.subarray(start)
  }

  #damaged(key: Bytes): DamagedError {
    const hex = Buffer.from(key).toString('hex')
    return new DamagedError(`cell ${hex} of ${this.name} does not match its checksum`)
  }

  #disordered(height: number, written: number): Error {
    return new Error(`expected a write of ${this.name} above block ${written}, got ${height}`)
  }
}

/** Whether a key of a replaced version is one of that cell's. */
function isVersionOf(key: Bytes, then: Buffer): boolean {
  return (
    then.length === key.length + HEIGHT_BYTES &&
    then.compare(key, 0, key.length, 0, key.length) === 0
  )
}

/** Key of a replaced version: newer versions come first. */
function thenKey(key: Bytes, height: number): Buffer {
  const bytes = Buffer.allocUnsafe(key.length + HEIGHT_BYTES)
  bytes.set(key, 0)
  bytes.writeUInt32BE(~height >>> 0, key.length)
  return bytes
}
