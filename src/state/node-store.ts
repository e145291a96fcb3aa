/**
 * Seam: where the nodes of the state's tries are kept, as records of bytes that are written once and never changed.
 *
 *     id        block * 2^24 + index       so records of a block stand together, after those of all blocks before
 *     index 0   the roots after that block; every other record is reached from some block's roots
 *
 * A block writes what it changed and names the records that it superseded: needed by older heights, no longer by it. So
 * every height is readable through its roots; to prune is to delete what was superseded up to a height, to revert is to
 * delete the records of the blocks above one.
 *
 * Invariant: a batch is written whole or not at all, in the order of blocks.
 */

/** Records of one block, at most. */
export const BLOCK_NODES = 2 ** 24

/** Name of a record; exact in a number up to block 2^29. */
export function nodeId(block: number, index: number): number {
  return block * BLOCK_NODES + index
}

/** The record of the roots after a block. */
export function rootsId(block: number): number {
  return nodeId(block, 0)
}

export interface NodeStore {
  /** Bytes of a record, valid until the next read; undefined if there is none. */
  read(id: number): Uint8Array | undefined
}

export interface StoredNode {
  id: number
  bytes: Uint8Array
}

/** What a block adds to the store. */
export interface NodeBatch {
  block: number
  /** By rising id; the first is the record of the roots. */
  nodes: StoredNode[]
  /** Ids of older records that the state after this block no longer uses. */
  superseded: number[]
}

export interface WritableNodeStore extends NodeStore {
  write(batch: NodeBatch): void
  /** Undoes all blocks above a height. */
  revertAbove(height: number): void
  /** Drops what no height from this one on needs. */
  pruneBelow(height: number): void
}

/** Nodes in memory. */
export class MemoryNodeStore implements WritableNodeStore {
  readonly #records = new Map<number, Uint8Array>()
  readonly #superseded = new Map<number, number[]>()

  /** Number of records. */
  get size(): number {
    return this.#records.size
  }

  read(id: number): Uint8Array | undefined {
    return this.#records.get(id)
  }

  write({ block, nodes, superseded }: NodeBatch): void {
    for (const { id, bytes } of nodes) this.#records.set(id, bytes)
    this.#superseded.set(block, superseded)
  }

  revertAbove(height: number): void {
    const first = rootsId(height + 1)
    for (const id of this.#records.keys()) if (id >= first) this.#records.delete(id)
    for (const block of this.#superseded.keys()) if (block > height) this.#superseded.delete(block)
  }

  pruneBelow(height: number): void {
    for (const [block, ids] of this.#superseded) {
      if (block > height) continue
      for (const id of ids) this.#records.delete(id)
      if (block > 0) this.#records.delete(rootsId(block - 1))
      this.#superseded.delete(block)
    }
  }
}
