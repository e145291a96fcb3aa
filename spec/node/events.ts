/**
 * Searching many blocks for events: nothing is missed between two slices of them, and others have their turn.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Caller } from '../../src/node/caller.ts'
import type { Chain } from '../../src/node/chain.ts'
import { defaultRequestLimits } from '../../src/node/context.ts'
import { Members } from '../../src/node/decode.ts'
import { eventMethods } from '../../src/node/methods/events.ts'
import type { ChainStore } from '../../src/storage/chain-store.ts'
import { fakeChain } from './_fake-chain.ts'

const HEIGHT = 100

/** A chain with one event per block, which takes `blockMs` to search. */
function chainOfEvents(blockMs: number): Chain {
  const chain = fakeChain()
  const events: ChainStore['events'] = (filter, start, limit) => {
    const found = []
    const first = Math.max(filter.fromBlock, start?.blockNumber ?? 0)
    for (let blockNumber = first; blockNumber <= filter.toBlock; blockNumber++) {
      const endMs = performance.now() + blockMs
      while (performance.now() < endMs);
      if (found.length === limit) return { events: found, next: { blockNumber, eventIndex: 0 } }
      found.push({
        blockNumber,
        blockHash: 1n,
        transactionHash: 2n,
        transactionIndex: 0,
        eventIndex: 0,
        indexInTransaction: 0,
        fromAddress: 3n,
        keys: [],
        data: [],
      })
    }
    return { events: found, next: null }
  }
  const blockByNumber = () => chain.store.blockByHash(0xb10c1n)
  const store = { ...chain.store, height: () => HEIGHT, events, blockByNumber }
  return { ...chain, store }
}

interface Page {
  events: { block_number: number }[]
  continuation_token?: string
}

async function pageOf(chain: Chain, filter: object): Promise<Page> {
  const limits = defaultRequestLimits
  const rest = { accounts: [], initialBalance: 0n, isDevelopment: true }
  const methods = eventMethods({ chain, limits, ...rest })
  return (await methods.starknet_getEvents!.answer(
    new Members({ filter }, ''),
    new Caller(),
  )) as Page
}

test('pages of any size hold every event once, in order', async () => {
  const chain = chainOfEvents(0)
  for (const size of [1, 15, 16, 17, 32, 100, 101, 102]) {
    const seen: number[] = []
    let token: string | undefined
    do {
      const page = await pageOf(chain, { chunk_size: size, continuation_token: token })
      assert.ok(page.events.length <= size)
      seen.push(...page.events.map(({ block_number: number }) => number))
      token = page.continuation_token
    } while (token !== undefined)
    assert.equal(
      seen,
      Array.from({ length: HEIGHT + 1 }, (_, number) => number),
    )
  }
})

test('a search through many blocks lets others through', async () => {
  let turns = 0
  const count = () => {
    turns++
    immediate = setImmediate(count)
  }
  let immediate = setImmediate(count)
  await pageOf(chainOfEvents(1), { chunk_size: 1024 })
  clearImmediate(immediate)
  assert.ok(turns >= 5, `${turns} turns`)
})

test.run()
