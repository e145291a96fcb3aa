/**
 * The chain on disk as main reads it. The committer's thread writes blocks; `append` then only notes the new tip.
 *
 * Blocks are decoded as far as somebody looks; recent ones, executions and classes stay decoded.
 *
 * Invariant: a block above the noted tip is never shown, though the writer may have stored it already.
 */
import { LRUCache } from 'lru-cache'
import type { Block, IncludedTransaction } from '../starknet/block.ts'
import { decodeEvents, decodeOutcome } from '../starknet/decode-outcome.ts'
import type { StateDiff, TransactionExecution } from '../starknet/execution.ts'
import type { Transaction } from '../starknet/transaction.ts'
import { NodeCache } from '../state/node-cache.ts'
import { type ProofRequest, proveState, type StateProof } from '../state/proof.ts'
import { decodeStateDiff, type EncodedBlock } from './block-codec.ts'
import { lowestState, readBlock, readClass, storedHeight } from './chain-records.ts'
import type {
  ChainStore,
  EmittedEvent,
  EventFilter,
  EventPage,
  EventPosition,
  StateReader,
  StoredClass,
} from './chain-store.ts'
import { DamagedError } from './checksum.ts'
import type { ChainDatabase } from './database.ts'
import { nextCandidate } from './event-index.ts'
import { eventsOfBlock, pageOf } from './event-page.ts'
import { BLOCK, findHash, TRANSACTION } from './hash-table.ts'
import { allResults, groupOf, readResults } from './result-table.ts'
import { StoredStates } from './stored-states.ts'
import { decodeTransaction } from './transaction-codec.ts'

/** Transactions of decoded blocks that are kept, with what new ones did: about 10 kB each. */
const KEPT_TRANSACTIONS = 4000
/** Decoded executions that are kept, some tens of kilobytes each. */
const KEPT_EXECUTIONS = 1024
/** Groups of results that are kept as words, for neighbours are asked for next. */
const KEPT_GROUPS = 64
/** Decoded events that are kept, by block: clients page through a few blocks at a time. */
const KEPT_EVENTS = 20_000
/** Classes that are kept: each may have a megabyte of code. */
const KEPT_CLASSES = 32
/** Most transactions of a block, to number executions. */
const MOST_TRANSACTIONS = 2 ** 20

export class LmdbStore implements ChainStore {
  readonly #database: ChainDatabase
  readonly #blocks = new LRUCache<number, Block>({
    maxSize: KEPT_TRANSACTIONS,
    sizeCalculation: ({ transactions }) => 1 + transactions.length,
  })
  readonly #executions = new LRUCache<number, TransactionExecution>({ max: KEPT_EXECUTIONS })
  readonly #groups = new LRUCache<number, Int32Array[]>({ max: KEPT_GROUPS })
  readonly #events = new LRUCache<number, EmittedEvent[]>({
    maxSize: KEPT_EVENTS,
    sizeCalculation: ({ length }) => 1 + length,
  })
  readonly #classes = new LRUCache<bigint, StoredClass>({ max: KEPT_CLASSES })
  readonly #states: StoredStates
  readonly #nodes: NodeCache
  #height: number

  /** Reads what the database has now. */
  constructor(database: ChainDatabase) {
    this.#database = database
    this.#nodes = new NodeCache(database.tries)
    this.#height = storedHeight(database)
    this.#states = new StoredStates(database, this.#height)
  }

  height(): number {
    return this.#height
  }

  /** Read each time: through the same snapshot as the cells, so that no read falls between a prune and the news of it. */
  lowestState(): number {
    return lowestState(this.#database)
  }

  /** Notes a block that the writer has stored. */
  append(block: Block, _classes: StoredClass[]): void {
    this.#database.root.resetReadTxn()
    const { number, blockHash } = block.header
    if (number !== this.#height + 1) {
      throw new Error(`expected block ${this.#height + 1}, got ${number}`)
    }
    if (findHash(this.#database.hashes, BLOCK, blockHash)?.height !== number) {
      throw new Error(`block ${number} is not stored`)
    }
    this.#blocks.set(number, block)
    this.#states.advance(block.stateDiff)
    this.#height = number
  }

  /** Notes that the writer has taken back all blocks above a height. */
  returnTo(height: number): void {
    this.#database.root.resetReadTxn()
    for (const cache of [this.#blocks, this.#executions, this.#groups, this.#events]) cache.clear()
    this.#classes.clear()
    this.#nodes.clear()
    this.#height = Math.min(height, this.#height)
    this.#states.jump(this.#height)
  }

  blockByNumber(number: number): Block | null {
    if (number < 0 || number > this.#height) return null
    const known = this.#blocks.get(number)
    if (known !== undefined) return known
    const encoded = readBlock(this.#database, number)
    if (encoded === null) throw new DamagedError(`block ${number} is missing`)
    const block = this.#lazily(encoded)
    this.#blocks.set(number, block)
    return block
  }

  blockByHash(hash: bigint): Block | null {
    const place = findHash(this.#database.hashes, BLOCK, hash)
    return place === null ? null : this.blockByNumber(place.height)
  }

  findTransaction(hash: bigint): { block: Block; index: number } | null {
    const place = findHash(this.#database.hashes, TRANSACTION, hash)
    const block = place === null ? null : this.blockByNumber(place.height)
    return place === null || block === null ? null : { block, index: place.index }
  }

  classByHash(classHash: bigint): StoredClass | null {
    const known = this.#classes.get(classHash)
    if (known !== undefined) return known
    const stored = readClass(this.#database, classHash)
    if (stored === null || stored.declaredAt > this.#height) return null
    this.#classes.set(classHash, stored)
    return stored
  }

  /** All classes of the chain, by ascending hash. */
  *classes(): Generator<StoredClass> {
    for (const key of this.#database.classes.getKeys({ start: Buffer.alloc(0) })) {
      const stored = this.classByHash(BigInt(`0x${Buffer.from(key).toString('hex')}`))
      if (stored !== null) yield stored
    }
  }

  stateAt(number: number): StateReader {
    if (number < 0 || number > this.#height) throw new RangeError(`there is no block ${number}`)
    if (number < this.lowestState()) {
      throw new RangeError(`the state of block ${number} is no longer kept`)
    }
    return this.#states.at(number)
  }

  prove(number: number, request: ProofRequest): StateProof | null {
    return number < this.lowestState() ? null : proveState(this.#nodes, number, request)
  }

  events(filter: EventFilter, start: EventPosition | null, limit: number): EventPage {
    return pageOf(this.#eventsFrom(filter, start?.blockNumber ?? 0), filter, start, limit)
  }

  /** Events of the blocks that may match, from a height on. */
  *#eventsFrom(filter: EventFilter, height: number): Generator<EmittedEvent[]> {
    const last = Math.min(filter.toBlock, this.#height)
    const next = (from: number) => nextCandidate(this.#database.events, filter, from, last)
    let number = next(Math.max(filter.fromBlock, height))
    for (; number !== null; number = next(number + 1)) yield this.#eventsOf(number)
  }

  /** A block whose parts are decoded when somebody looks at them. */
  #lazily({ header, transactions, stateDiff }: EncodedBlock): Block {
    let diff: StateDiff | undefined
    return {
      header,
      transactions: transactions.map(({ hash, contractAddress, body }, index) => {
        let transaction: Transaction | undefined
        const included: IncludedTransaction = {
          hash,
          contractAddress,
          get transaction() {
            return (transaction ??= decodeTransaction(body))
          },
          execution: () => this.#execution(header.number, index),
        }
        return included
      }),
      get stateDiff() {
        return (diff ??= decodeStateDiff(stateDiff))
      },
    }
  }

  #execution(height: number, index: number): TransactionExecution {
    const place = height * MOST_TRANSACTIONS + index
    const known = this.#executions.get(place)
    if (known !== undefined) return known
    const first = groupOf(index)
    const groupPlace = height * MOST_TRANSACTIONS + first
    let group = this.#groups.get(groupPlace)
    if (group === undefined) {
      group = readResults(this.#database.results, height, first)
      this.#groups.set(groupPlace, group)
    }
    const words = group[index - first]
    if (words === undefined) throw new DamagedError(`block ${height} has no result ${index}`)
    const execution = decodeOutcome(words)
    this.#executions.set(place, execution)
    return execution
  }

  #eventsOf(number: number): EmittedEvent[] {
    let events = this.#events.get(number)
    if (events === undefined) {
      const { header, transactions } = this.blockByNumber(number)!
      const results = allResults(this.#database.results, number, transactions.length)
      events = eventsOfBlock(header, transactions, Array.from(results, decodeEvents))
      this.#events.set(number, events)
    }
    return events
  }
}
