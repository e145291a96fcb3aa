/**
 * The chain in memory: blocks by height, the history of every cell, classes, indices of hashes. Events are listed per
 * block when asked for.
 *
 * Invariant: everything about a block is checked before any of it is stored.
 */
import { LRUCache } from 'lru-cache'
import type { Block } from '../starknet/block.ts'
import type { ProofRequest, StateProof } from '../state/proof.ts'
import type {
  ChainStore,
  EmittedEvent,
  EventFilter,
  EventPage,
  EventPosition,
  StateReader,
  StoredClass,
} from './chain-store.ts'
import { eventsOfBlock, pageOf } from './event-page.ts'
import { ProvableTries } from './provable-tries.ts'
import { StateHistory } from './state-history.ts'

/** Blocks whose events are kept decoded: clients page through a few blocks at a time. */
const LISTED_BLOCKS = 256

/** A chain without blocks. */
export function createMemoryStore(): ChainStore {
  return new MemoryStore()
}

class MemoryStore implements ChainStore {
  readonly #blocks: Block[] = []
  readonly #numbers = new Map<bigint, number>()
  readonly #transactions = new Map<bigint, { number: number; index: number }>()
  readonly #classes = new Map<bigint, StoredClass>()
  readonly #events = new LRUCache<number, EmittedEvent[]>({ max: LISTED_BLOCKS })
  readonly #state = new StateHistory()
  /** Built when somebody asks for a proof. */
  #tries: ProvableTries | null = null

  height(): number {
    return this.#blocks.length - 1
  }

  lowestState(): number {
    return 0
  }

  returnTo(height: number): void {
    for (const { header, transactions } of this.#blocks.splice(height + 1)) {
      this.#numbers.delete(header.blockHash)
      for (const { hash } of transactions) this.#transactions.delete(hash)
    }
    for (const [classHash, { declaredAt }] of this.#classes) {
      if (declaredAt > height) this.#classes.delete(classHash)
    }
    this.#state.returnTo(height)
    this.#events.clear()
    this.#tries = null
  }

  append(block: Block, classes: StoredClass[]): void {
    this.#check(block)
    const { number, blockHash } = block.header
    this.#blocks.push(block)
    this.#numbers.set(blockHash, number)
    block.transactions.forEach(({ hash }, index) => {
      this.#transactions.set(hash, { number, index })
    })
    for (const stored of classes) {
      if (!this.#classes.has(stored.classHash)) this.#classes.set(stored.classHash, stored)
    }
    this.#state.record(number, block.stateDiff)
  }

  blockByNumber(number: number): Block | null {
    return this.#blocks[number] ?? null
  }

  blockByHash(hash: bigint): Block | null {
    const number = this.#numbers.get(hash)
    return number === undefined ? null : this.#blocks[number]!
  }

  findTransaction(hash: bigint): { block: Block; index: number } | null {
    const place = this.#transactions.get(hash)
    return place === undefined ? null : { block: this.#blocks[place.number]!, index: place.index }
  }

  classByHash(classHash: bigint): StoredClass | null {
    return this.#classes.get(classHash) ?? null
  }

  stateAt(number: number): StateReader {
    if (this.#blocks[number] === undefined) throw new RangeError(`there is no block ${number}`)
    return this.#state.at(number)
  }

  prove(number: number, request: ProofRequest): StateProof | null {
    this.#tries ??= new ProvableTries()
    while (this.#tries.height < number) {
      this.#tries.apply(this.#blocks[this.#tries.height + 1]!.stateDiff)
    }
    return this.#tries.prove(number, request)
  }

  events(filter: EventFilter, start: EventPosition | null, limit: number): EventPage {
    return pageOf(this.#eventsFrom(filter, start?.blockNumber ?? 0), filter, start, limit)
  }

  /** Events of the blocks of a filter, from a height on. */
  *#eventsFrom({ fromBlock, toBlock }: EventFilter, height: number): Generator<EmittedEvent[]> {
    const last = Math.min(toBlock, this.height())
    for (let number = Math.max(fromBlock, height); number <= last; number++) {
      yield this.#eventsOf(number)
    }
  }

  #check({ header, transactions }: Block): void {
    const height = this.height()
    if (header.number !== height + 1) {
      throw new Error(`expected block ${height + 1}, got ${header.number}`)
    }
    const parent = this.#blocks[height]
    if (parent !== undefined && parent.header.blockHash !== header.parentHash) {
      throw new Error(`block ${header.number} does not follow the block below it`)
    }
    const hashes = new Set<bigint>()
    for (const { hash } of transactions) {
      if (hashes.has(hash) || this.#transactions.has(hash)) {
        throw new Error(`transaction 0x${hash.toString(16)} is in the chain already`)
      }
      hashes.add(hash)
    }
  }

  #eventsOf(number: number): EmittedEvent[] {
    let events = this.#events.get(number)
    if (events === undefined) {
      const { header, transactions } = this.#blocks[number]!
      const emitted = transactions.map((included) => included.execution().events)
      events = eventsOfBlock(header, transactions, emitted)
      this.#events.set(number, events)
    }
    return events
  }
}
