/**
 * Writes blocks: each in one synced transaction of LMDB, whole or not at all. Takes back blocks above a height, and drops
 * what heights below one needed.
 *
 * It works in the committer's thread; one writer at a time has a data folder.
 */
import type { BlockHeader } from '../starknet/block.ts'
import { decodeEvents } from '../starknet/decode-outcome.ts'
import type { StateDiff } from '../starknet/execution.ts'
import type { SealedTransaction } from '../starknet/sealed-block.ts'
import type { NodeBatch } from '../state/node-store.ts'
import {
  lowestState,
  readBlock,
  storedHeight,
  writeBlock,
  writeClass,
  writeLowestState,
} from './chain-records.ts'
import type { StoredClass } from './chain-store.ts'
import type { ChainDatabase } from './database.ts'
import { enterEvents, removeEvents } from './event-index.ts'
import { BLOCK, enterHash, findHash, hashBytes, removeHash, TRANSACTION } from './hash-table.ts'
import { allResults, removeResults, writeResults } from './result-table.ts'
import { cellsOfDiff } from './state-key.ts'
import { WriteError } from './write-error.ts'

/** Everything about a block that is stored. */
export interface NewBlock {
  header: BlockHeader
  transactions: SealedTransaction[]
  /** Words of the executions, one for each transaction. */
  results: readonly Int32Array[]
  stateDiff: StateDiff
  classes: readonly StoredClass[]
  /** What the block does to the tries; null leaves them alone. */
  nodes: NodeBatch | null
}

/** Blocks whose history is dropped in one write transaction. */
const PRUNE_STEP = 16
/** Newest heights that are never dropped: the open block and readers of the tip look at them for a while. */
export const KEPT_HEIGHTS = 16

export class ChainWriter {
  readonly #database: ChainDatabase

  constructor(database: ChainDatabase) {
    this.#database = database
  }

  /** Appends the next block; returns after the sync. */
  append(block: NewBlock): void {
    // A process that looked at the chain and was killed would hold the pages of its snapshot for ever: the file would grow.
    this.#database.root.readerCheck()
    this.#write(`block ${block.header.number}`, () => this.#append(block))
  }

  /** Takes back all blocks above a height: state, tries, indices, classes. */
  abortAbove(height: number): void {
    if (height < lowestState(this.#database)) {
      throw new RangeError(`the state of block ${height} is no longer kept`)
    }
    this.#write(`the end of the chain at block ${height}`, () => {
      for (let number = storedHeight(this.#database); number > height; number--)
        this.#remove(number)
      this.#database.state.revertAbove(height)
      this.#database.tries.revertAbove(height)
    })
  }

  /**
   * Drops state and proofs of heights below one, but for the newest; blocks, receipts and events stay. Does a part of it,
   * and answers whether none is left to do.
   */
  pruneBelow(height: number): boolean {
    const lowest = lowestState(this.#database)
    const target = Math.max(lowest, Math.min(height, storedHeight(this.#database) - KEPT_HEIGHTS))
    if (target === 0) return true
    // First what readers go by, then the work, in parts that a kill may separate: what it left is done now.
    if (target > lowest) {
      this.#write('the lowest state', () => {
        writeLowestState(this.#database, target)
      })
    }
    let isDone = false
    this.#write('less history', () => {
      const { state, tries } = this.#database
      isDone = [state, tries].map((table) => table.pruneBelow(target, PRUNE_STEP)).every(Boolean)
    })
    return isDone
  }

  #append({ header, transactions, results, stateDiff, classes, nodes }: NewBlock): void {
    const { hashes, events, state, tries } = this.#database
    const { number } = header
    this.#check(header, transactions)
    const fresh = classes.filter((stored) => this.#addClass({ ...stored, declaredAt: number }))
    const classHashes = fresh.map(({ classHash }) => classHash)
    writeBlock(this.#database, { header, transactions, stateDiff, classHashes })
    enterHash(hashes, BLOCK, header.blockHash, { height: number, index: 0 })
    transactions.forEach(({ hash }, index) => {
      enterHash(hashes, TRANSACTION, hash, { height: number, index })
    })
    writeResults(this.#database.results, number, results)
    enterEvents(events, number, results.flatMap(decodeEvents))
    state.write(number, cellsOfDiff(stateDiff))
    if (nodes !== null) tries.write(nodes)
  }

  #check({ number, parentHash }: BlockHeader, transactions: readonly SealedTransaction[]): void {
    const height = storedHeight(this.#database)
    if (number !== height + 1) throw new Error(`expected block ${height + 1}, got ${number}`)
    const parent = number === 0 ? null : readBlock(this.#database, height)
    if (parent !== null && parent.header.blockHash !== parentHash) {
      throw new Error(`block ${number} does not follow the block below it`)
    }
    const own = new Set<bigint>()
    for (const { hash } of transactions) {
      if (own.has(hash) || findHash(this.#database.hashes, TRANSACTION, hash) !== null) {
        throw new Error(`transaction 0x${hash.toString(16)} is in the chain already`)
      }
      own.add(hash)
    }
  }

  /** Stores a class unless it is there: the first declaration counts. */
  #addClass(stored: StoredClass): boolean {
    if (this.#database.classes.doesExist(hashBytes(stored.classHash))) return false
    writeClass(this.#database, stored)
    return true
  }

  #remove(number: number): void {
    const { blocks, results, hashes, events, classes } = this.#database
    const { header, transactions, classHashes } = readBlock(this.#database, number)!
    const count = transactions.length
    removeEvents(events, number, [...allResults(results, number, count)].flatMap(decodeEvents))
    removeResults(results, number, count)
    removeHash(hashes, BLOCK, header.blockHash)
    for (const { hash } of transactions) removeHash(hashes, TRANSACTION, hash)
    for (const classHash of classHashes) classes.removeSync(hashBytes(classHash))
    blocks.removeSync(number)
  }

  #write(what: string, action: () => void): void {
    const { root } = this.#database
    try {
      root.transactionSync(action)
    } catch (error) {
      throw WriteError.of(what, error)
    } finally {
      // What this thread reads next is what it wrote, though it takes no turn of its event loop.
      root.resetReadTxn()
    }
  }
}
