/**
 * Seam: what the chain keeps: blocks, state with history, classes, indices. One implementation lives in memory
 * (`memory-store.ts`); a durable one can replace it without a change elsewhere.
 *
 * Invariant: blocks are appended in height order, whole or not at all; a state reader of a height never changes.
 */
import type { Block } from '../starknet/block.ts'
import type { SierraClass } from '../starknet/transaction.ts'
import type { ProofRequest, StateProof } from '../state/proof.ts'
import type { ReadableState } from '../state/readable-state.ts'

/** State after one block. */
export interface StateReader extends ReadableState {
  /** Height of the last block that wrote the cell, or null. */
  lastUpdateOf(contractAddress: bigint, key: bigint): number | null
}

export interface StoredClass {
  classHash: bigint
  compiledClassHash: bigint
  /** Null for a class that genesis brought as CASM only. */
  sierra: SierraClass | null
  /** CASM as parsed JSON. */
  casm: unknown
  /** Height of the block that declared it. */
  declaredAt: number
}

export interface EmittedEvent {
  fromAddress: bigint
  keys: bigint[]
  data: bigint[]
  blockNumber: number
  blockHash: bigint
  transactionHash: bigint
  transactionIndex: number
  /** Position in the block, which `EventPosition` counts. */
  eventIndex: number
  /** Position among the events of its transaction: the `event_index` of JSON-RPC. */
  indexInTransaction: number
}

export interface EventFilter {
  fromBlock: number
  toBlock: number
  /** Empty: any contract. */
  addresses: bigint[]
  /** By position; an empty list at a position matches anything. */
  keys: bigint[][]
}

/** Where the next page starts: events are numbered within a block. */
export interface EventPosition {
  blockNumber: number
  eventIndex: number
}

/** Events in chain order, and where the next page starts; null: there is none. */
export interface EventPage<Event = EmittedEvent> {
  events: Event[]
  next: EventPosition | null
}

export interface ChainStore {
  /** Height of the newest block, -1 before genesis. */
  height(): number
  /** The lowest height whose state is kept; blocks, receipts and events are kept from the first on. */
  lowestState(): number
  append(block: Block, classes: StoredClass[]): void
  /** Forgets all blocks above a height, down to the lowest state. */
  returnTo(height: number): void
  blockByNumber(number: number): Block | null
  blockByHash(hash: bigint): Block | null
  /** Where a transaction was included. */
  findTransaction(hash: bigint): { block: Block; index: number } | null
  classByHash(classHash: bigint): StoredClass | null
  /** State after block `number`, which must exist. */
  stateAt(number: number): StateReader
  /** Proves keys of the state after block `number`, which must exist; null if its tries are no longer kept. */
  prove(number: number, request: ProofRequest): StateProof | null
  /** A page of events from `start` (inclusive) on. */
  events(filter: EventFilter, start: EventPosition | null, limit: number): EventPage
}
