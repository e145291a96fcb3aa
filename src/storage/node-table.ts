/**
 * The nodes of the tries over LMDB: a `NodeStore` (`src/state/node-store.ts`).
 *
 *     NAME.nodes        id (7 bytes)   ─▶ checksum, record
 *     NAME.superseded   block          ─▶ checksum, ids that it superseded, ascending, each as a difference
 *
 * Ids rise from block to block, so writing appends: pages are filled one after the other, and none is copied to put a
 * node between others, as versions of keys by path would need it for nearly every node.
 *
 * Writes happen inside a write transaction of the root, in height order; readers need nothing of the kind.
 */
import type { Database, RootDatabase } from 'lmdb'
import { type NodeBatch, rootsId, type WritableNodeStore } from '../state/node-store.ts'
import { CHECKSUM_BYTES, checksum, DamagedError } from './checksum.ts'
import { decodeIds, encodeIds } from './id-list.ts'

const ID_BYTES = 7

export class NodeTable implements WritableNodeStore {
  readonly #name: string
  readonly #nodes: Database<Buffer, Uint8Array>
  readonly #superseded: Database<Buffer, number>

  /** Opens the two tables, or makes them. */
  constructor(root: RootDatabase, name: string) {
    this.#name = name
    this.#nodes = root.openDB(`${name}.nodes`, { encoding: 'binary', keyEncoding: 'binary' })
    const byBlock = { encoding: 'binary', keyEncoding: 'uint32' } as const
    this.#superseded = root.openDB(`${name}.superseded`, byBlock)
  }

  read(id: number): Uint8Array | undefined {
    const found = this.#nodes.getBinaryFast(keyOf(id))
    if (found === undefined) return undefined
    // It is the start of a large buffer; only its `length` is that of the record.
    const record = found.subarray(0, found.length)
    const isWhole = record.length > CHECKSUM_BYTES && record.readUInt32BE(0) === sumOf(id, record)
    if (!isWhole) throw new DamagedError(`node ${id} of ${this.#name} does not match its checksum`)
    return record.subarray(CHECKSUM_BYTES)
  }

  write({ block, nodes, superseded }: NodeBatch): void {
    this.#checkNewer(block)
    for (const { id, bytes } of nodes) {
      const record = Buffer.allocUnsafe(CHECKSUM_BYTES + bytes.length)
      record.set(bytes, CHECKSUM_BYTES)
      record.writeUInt32BE(sumOf(id, record), 0)
      this.#nodes.putSync(keyOf(id), record, { append: true })
    }
    this.#superseded.putSync(block, encodeIds(superseded))
  }

  revertAbove(height: number): void {
    for (const key of [...this.#nodes.getKeys({ start: keyOf(rootsId(height + 1)) })]) {
      this.#nodes.removeSync(key)
    }
    for (const block of [...this.#superseded.getKeys({ start: height + 1 })]) {
      this.#superseded.removeSync(block)
    }
  }

  /** Takes up to `limit` blocks, answers whether none is left to do. */
  pruneBelow(height: number, limit: number = Number.POSITIVE_INFINITY): boolean {
    const blocks: number[] = []
    for (const block of this.#superseded.getKeys({ start: 0 })) {
      if (block > height || blocks.length >= limit) break
      blocks.push(block)
    }
    for (const block of blocks) {
      for (const id of this.supersededBy(block)) this.#nodes.removeSync(keyOf(id))
      if (block > 0) this.#nodes.removeSync(keyOf(rootsId(block - 1)))
      this.#superseded.removeSync(block)
    }
    return blocks.length < limit
  }

  /** LMDB would pass over a record that is appended below others without a word. */
  #checkNewer(block: number): void {
    const first = keyOf(rootsId(block))
    for (const newest of this.#nodes.getKeys({ reverse: true, limit: 1 })) {
      if (Buffer.compare(newest, first) < 0) return
      throw new Error(`expected a block above ${Buffer.from(newest).readUInt32BE(0)}, got ${block}`)
    }
    // Going down from the end, lmdb may stop before a key of zeros.
    if (this.#nodes.doesExist(first)) throw new Error(`block ${block} is in ${this.#name} already`)
  }

  /** Bytes of the kept records that a block wrote, with their keys. */
  bytesOf(block: number): number {
    let bytes = 0
    const range = { start: keyOf(rootsId(block)), end: keyOf(rootsId(block + 1)) }
    for (const { key, value } of this.#nodes.getRange(range)) bytes += key.length + value.length
    return bytes
  }

  /** The records that a block superseded, ascending; empty once they are pruned. */
  supersededBy(block: number): number[] {
    const list = this.#superseded.getBinary(block)
    if (list === undefined) return []
    return decodeIds(list, `the nodes of ${this.#name} that block ${block} superseded`)
  }
}

/** The key of a record; its bytes sort as ids do. */
function keyOf(id: number): Buffer {
  const key = Buffer.allocUnsafe(ID_BYTES)
  key.writeUInt32BE(Math.floor(id / 2 ** 24), 0)
  key.writeUIntBE(id % 2 ** 24, 4, 3)
  return key
}

/** Checksum of a record and of which it is. */
function sumOf(id: number, record: Buffer): number {
  return checksum(record, CHECKSUM_BYTES, id % 2 ** 32)
}
