/**
 * Events of a chain, page by page: where they stand in their blocks, and which of them a filter lets through.
 */
import type { IncludedTransaction } from '../starknet/block.ts'
import type { EmittedEvent, EventFilter, EventPage, EventPosition } from './chain-store.ts'
import { matchesFilter } from './event-filter.ts'

/** An event of a block; one that is not stored has no hash. */
export type PlacedEvent<Hash> = Omit<EmittedEvent, 'blockHash'> & { blockHash: Hash }

/** What a transaction emitted. */
type Emitted = Pick<EmittedEvent, 'fromAddress' | 'keys' | 'data'>

/** All events of a block in order; `emitted` gives those of each transaction. */
export function eventsOfBlock<Hash>(
  { number, blockHash }: { number: number; blockHash: Hash },
  transactions: readonly Pick<IncludedTransaction, 'hash'>[],
  emitted: Iterable<readonly Emitted[]>,
): PlacedEvent<Hash>[] {
  const list: PlacedEvent<Hash>[] = []
  let transactionIndex = 0
  for (const events of emitted) {
    const transactionHash = transactions[transactionIndex]!.hash
    for (const [indexInTransaction, { fromAddress, keys, data }] of events.entries()) {
      list.push({
        fromAddress,
        keys,
        data,
        blockNumber: number,
        blockHash,
        transactionHash,
        transactionIndex,
        eventIndex: list.length,
        indexInTransaction,
      })
    }
    transactionIndex++
  }
  return list
}

/** Up to `limit` events that a filter lets through, of blocks in their order, from `start` (inclusive) on. */
export function pageOf<Event extends PlacedEvent<unknown>>(
  blocks: Iterable<readonly Event[]>,
  filter: Pick<EventFilter, 'addresses' | 'keys'>,
  start: EventPosition | null,
  limit: number,
): EventPage<Event> {
  const page: Event[] = []
  for (const events of blocks) {
    for (const event of events) {
      const { blockNumber, eventIndex } = event
      const isBefore = blockNumber === start?.blockNumber && eventIndex < start.eventIndex
      if (isBefore || !matchesFilter(event, filter)) continue
      if (page.length === limit) return { events: page, next: { blockNumber, eventIndex } }
      page.push(event)
    }
  }
  return { events: page, next: null }
}
