/** What a mirror of the state is told when blocks are stored, taken back and made again. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type PendingBlock, StateFeed } from '../../src/simulation/state-feed.ts'
import { storageDiff } from '../../src/starknet/state-diff.ts'
import type { ChainStore } from '../../src/storage/chain-store.ts'

/** A chain of hashes, and what is pending above it. */
function world() {
  const hashes = [100n]
  const state = { pending: [] as PendingBlock[], aborts: 0 }
  const store = {
    height: () => hashes.length - 1,
    blockByNumber: (number: number) => {
      const blockHash = hashes[number]
      return blockHash === undefined ? null : { header: { blockHash } }
    },
  } as unknown as ChainStore
  const feed = new StateFeed(
    { store, pending: () => state.pending, aborts: () => state.aborts },
    false,
  )
  const block = (): PendingBlock => ({ parts: [storageDiff(1n, [[2n, 3n]])] })
  return { hashes, state, feed, block }
}

test('a block that was told whole and is stored is named, not told again', () => {
  const { hashes, state, feed, block } = world()
  state.pending = [block()]
  const first = feed.news()!
  assert.is(feed.news(), null)
  state.pending = []
  hashes.push(101n)
  assert.equal(feed.news(), {
    height: 1,
    stored: [first.pending[0]!.id],
    pending: [],
    history: null,
  })
})

test('another block of the same number is not taken for the one that was taken back', () => {
  const { hashes, state, feed, block } = world()
  state.pending = [block()]
  feed.news()
  // Stored, taken back, and another one stored, before anybody asked.
  state.pending = []
  state.aborts++
  hashes.push(111n)
  assert.is(feed.news()!.stored, null)
  // From then on blocks are named again.
  state.pending = [block()]
  const { pending } = feed.news()!
  state.pending = []
  hashes.push(112n)
  assert.equal(feed.news()!.stored, [pending[0]!.id])
})

test('a shorter chain is told', () => {
  const { hashes, state, feed } = world()
  hashes.push(101n, 102n)
  feed.news()
  hashes.length = 2
  state.aborts++
  const news = feed.news()!
  assert.is(news.height, 1)
  assert.is(news.stored, null)
  assert.is(feed.news(), null)
})

test.run()
