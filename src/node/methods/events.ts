/**
 * Events by filter, page by page. Stored blocks are read from the store; those above, sealed or being filled, where the
 * filter reaches them, are read after them in the same order.
 *
 * The continuation token names the next event to look at, block and position in it, so it means the same after a restart.
 */

import { Turns } from '../../shared/turn.ts'
import type { EventFilter, EventPage, EventPosition } from '../../storage/chain-store.ts'
import { eventsOfBlock, type PlacedEvent, pageOf } from '../../storage/event-page.ts'
import { findBlock, preConfirmedBlock } from '../block-id.ts'
import type { Chain, PendingBlock } from '../chain.ts'
import type { NodeContext } from '../context.ts'
import {
  type BlockId,
  decodeBlockId,
  decodeFelt,
  decodeFelts,
  decodeInteger,
  decodeList,
  decodeString,
  Members,
} from '../decode.ts'
import { hex, hexes } from '../encode/felts.ts'
import {
  INVALID_CONTINUATION_TOKEN,
  PAGE_SIZE_TOO_BIG,
  refusal,
  TOO_MANY_KEYS_IN_FILTER,
} from '../errors.ts'
import type { Method } from '../json-rpc.ts'

/** Blocks that are searched without looking at the clock. */
const SLICE = 16

type FoundEvent = PlacedEvent<bigint | null>

export function eventMethods({ chain, limits }: NodeContext): Record<string, Method> {
  return {
    starknet_getEvents: {
      parameters: ['filter'],
      answer: async (parameters) => {
        const request = parameters.get('filter', decodeFilter)
        if (request.chunkSize > limits.eventPage) throw refusal(PAGE_SIZE_TOO_BIG)
        if (request.keys.length > limits.keyPositions) throw refusal(TOO_MANY_KEYS_IN_FILTER)
        const filter: EventFilter = {
          fromBlock: request.from === null ? 0 : firstBlockOf(chain, request.from),
          toBlock: lastBlockOf(chain, request.to),
          addresses: request.addresses,
          keys: request.keys,
        }
        const start = request.token === null ? null : decodeToken(request.token, filter)
        const { events, next } = await findEvents(chain, filter, start, request.chunkSize)
        const token = next === null ? {} : { continuation_token: encodeToken(next) }
        return { events: events.map(encodeEvent), ...token }
      },
    },
  }
}

function decodeFilter(value: unknown, path: string) {
  const members = new Members(value, path)
  return {
    from: members.optional('from_block', decodeBlockId, null),
    to: members.optional('to_block', decodeBlockId, null),
    addresses: members.optional('address', decodeAddresses, []),
    keys: members.optional('keys', decodeList(decodeFelts), []),
    token: members.optional('continuation_token', decodeString, null),
    chunkSize: members.get('chunk_size', decodeInteger(1)),
  }
}

/** One address or a list of them. */
function decodeAddresses(value: unknown, path: string): bigint[] {
  return Array.isArray(value) ? decodeFelts(value, path) : [decodeFelt(value, path)]
}

function firstBlockOf(chain: Chain, id: BlockId): number {
  return findBlock(chain, id)?.header.number ?? preConfirmedBlock(chain).context.number
}

/** A block beyond the tip means the tip. */
function lastBlockOf(chain: Chain, id: BlockId | null): number {
  const tip = chain.store.height()
  if (id === null) return tip
  if (typeof id === 'object' && 'number' in id) return Math.min(id.number, tip)
  return findBlock(chain, id)?.header.number ?? chain.pending().at(-1)!.context.number
}

/** Matching events. There may be many stored blocks, so others have their turn between some and the next. */
async function findEvents(
  chain: Chain,
  filter: EventFilter,
  start: EventPosition | null,
  limit: number,
): Promise<EventPage<FoundEvent>> {
  const events: FoundEvent[] = []
  const turns = new Turns()
  let fromBlock = Math.max(filter.fromBlock, start?.blockNumber ?? 0)
  for (;;) {
    // Blocks that are stored meanwhile are read too.
    const last = Math.min(filter.toBlock, chain.store.height())
    if (fromBlock > last) break
    const toBlock = Math.min(fromBlock + SLICE - 1, last)
    const slice = { ...filter, fromBlock, toBlock }
    const page = chain.store.events(slice, start, limit - events.length)
    for (const event of page.events) events.push(event)
    if (page.next !== null) return { events, next: page.next }
    fromBlock = toBlock + 1
    await turns.give()
  }
  // In the same turn as the last look at the store, so that no block is in neither.
  const pending = chain
    .pending()
    .filter(({ context: { number } }) => number >= fromBlock && number <= filter.toBlock)
  const above = pageOf(pending.map(eventsOf), filter, start, limit - events.length)
  return { events: [...events, ...above.events], next: above.next }
}

function eventsOf({ context: { number }, transactions }: PendingBlock): FoundEvent[] {
  const emitted = transactions.map((included) => included.execution().events)
  return eventsOfBlock({ number, blockHash: null }, transactions, emitted)
}

function encodeToken({ blockNumber, eventIndex }: EventPosition): string {
  return `${blockNumber}-${eventIndex}`
}

/** A token is good when it points into the blocks of the filter. */
function decodeToken(token: string, { fromBlock, toBlock }: EventFilter): EventPosition {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(token)
  if (match === null) throw refusal(INVALID_CONTINUATION_TOKEN)
  const position = { blockNumber: Number(match[1]), eventIndex: Number(match[2]) }
  if (position.blockNumber < fromBlock || position.blockNumber > toBlock) {
    throw refusal(INVALID_CONTINUATION_TOKEN)
  }
  return position
}

function encodeEvent(event: FoundEvent): object {
  return {
    from_address: hex(event.fromAddress),
    keys: hexes(event.keys),
    data: hexes(event.data),
    ...(event.blockHash === null ? {} : { block_hash: hex(event.blockHash) }),
    block_number: event.blockNumber,
    transaction_hash: hex(event.transactionHash),
    transaction_index: event.transactionIndex,
    event_index: event.indexInTransaction,
  }
}
