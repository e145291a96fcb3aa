/**
 * The committer's thread: turns sealed blocks into headers and stores them, in height order.
 *
 *     sealed block ──▶ tries, commitments, hash ──▶ one synced write transaction ──▶ header
 *
 * It works off the executors' path: while block N is committed, block N + 1 is executed. It alone writes to the database;
 * an answer means that the block survives whatever happens next. Without a file it keeps the tries in memory, of all
 * heights, and whoever asked keeps the block.
 *
 * Invariant: after a call that failed, tries and database are as before it.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { attachCrypto } from '../src/felt/crypto.ts'
import { useCrypto } from '../src/felt/hash.ts'
import type { BlockHeader } from '../src/starknet/block.ts'
import { headerOf, type SealedBlock } from '../src/starknet/sealed-block.ts'
import { MemoryNodeStore, type NodeBatch } from '../src/state/node-store.ts'
import { StateCommitter } from '../src/state/state-root.ts'
import { storedHeight } from '../src/storage/chain-records.ts'
import type { StoredClass } from '../src/storage/chain-store.ts'
import { ChainWriter } from '../src/storage/chain-writer.ts'
import { openDatabase } from '../src/storage/database.ts'

/** What a committer is born with: the kernels' memory, shared by all threads, its thread in it, and the database. */
export interface CommitterBirth {
  crypto: WebAssembly.Memory
  index: number
  /** Null: nothing is stored. */
  file: string | null
}

const { crypto, index, file } = workerData as CommitterBirth
useCrypto(attachCrypto(crypto, index))
const database = file === null ? null : openDatabase(file)
const writer = database === null ? null : new ChainWriter(database)
const nodes = database?.tries ?? new MemoryNodeStore()
const tries = new StateCommitter(nodes, database === null ? -1 : storedHeight(database))

const committer = {
  /** Stores the next block; its header. The parent's state is the one of the call before. */
  commit: (sealed: SealedBlock, classes: StoredClass[]): BlockHeader => {
    const update = tries.prepare(sealed.stateDiff)
    const header = headerOf(sealed, update.root)
    store(header, sealed, classes, update.batch)
    tries.accept(update)
    return header
  },

  /** Takes back all blocks above a height. */
  abortAbove: (height: number): void => {
    if (writer === null) nodes.revertAbove(height)
    else writer.abortAbove(height)
    tries.returnTo(height)
  },

  close: async (): Promise<void> => {
    await database?.close()
  },
}

function store(
  header: BlockHeader,
  { transactions, results, stateDiff }: SealedBlock,
  classes: StoredClass[],
  batch: NodeBatch,
): void {
  if (writer === null) nodes.write(batch)
  else writer.append({ header, transactions, results, stateDiff, classes, nodes: batch })
}

export type Committer = typeof committer

expose(committer, nodeEndpoint(parentPort!))
