/** The mempool: nonce chains, tips, replacement, capacity, and a random differential against a plain model. */
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Mempool, type PoolItem } from '../../src/starknet/mempool.ts'
import { seed } from '../seed.ts'

const limits = { capacityBytes: 10_000, timeToLiveMs: 1000, bumpPercent: 10n }

let serial = 0n
function item(sender: number, nonce: number, tip = 0, more: Partial<PoolItem> = {}): PoolItem {
  return {
    hash: ++serial,
    sender: BigInt(sender),
    nonce: BigInt(nonce),
    tip: BigInt(tip),
    maxL2Price: 100n,
    sizeBytes: 1000,
    arrivedMs: 0,
    ...more,
  }
}

function pool(...items: PoolItem[]): Mempool<PoolItem> {
  const mempool = new Mempool<PoolItem>(limits)
  for (const entry of items) assert.ok(mempool.add(entry, 0n).admitted)
  return mempool
}

const places = (items: PoolItem[]) => items.map((entry) => `${entry.sender}/${entry.nonce}`)

test('a nonce waits for its predecessors, and the highest tip goes first', () => {
  const mempool = pool(item(1, 1, 9), item(1, 0, 1), item(2, 0, 5), item(3, 1, 99))
  assert.is(mempool.ready, 2)
  assert.equal(places(mempool.take(10, 0)), ['2/0', '1/0', '1/1'])
  assert.is(mempool.ready, 0)
  assert.ok(mempool.add(item(3, 0), 0n).admitted)
  assert.equal(places(mempool.take(1, 0)), ['3/0'])
  assert.equal(places(mempool.take(10, 0)), ['3/1'])
})

test('a successor competes only in the next round', () => {
  const mempool = pool(item(1, 0, 9), item(1, 1, 9), item(2, 0, 1))
  assert.equal(places(mempool.take(3, 0)), ['1/0', '2/0', '1/1'])
})

test('ties of tips are broken by hash, descending', () => {
  const first = item(1, 0, 5)
  const second = item(2, 0, 5)
  assert.equal(pool(first, second).take(2, 0), [second, first])
})

test('the same hash, a used nonce and a cheap replacement are refused', () => {
  const original = item(1, 5, 10)
  const mempool = new Mempool<PoolItem>(limits)
  assert.ok(mempool.add(original, 5n).admitted)
  const refusalOf = (entry: PoolItem) => {
    const answer = mempool.add(entry, 5n)
    return answer.admitted ? null : answer.refusal
  }
  assert.is(refusalOf(original), 'duplicate')
  assert.is(refusalOf(item(1, 4)), 'nonce')
  assert.is(refusalOf(item(1, 5, 10, { maxL2Price: 200n })), 'underpriced')
  assert.is(refusalOf(item(1, 5, 11, { maxL2Price: 109n })), 'underpriced')
  const better = item(1, 5, 11, { maxL2Price: 110n })
  assert.equal(mempool.add(better, 5n), { admitted: true, replaced: original, evicted: [] })
  assert.equal(mempool.take(5, 0), [better])
  assert.is(refusalOf(item(1, 5, 99, { maxL2Price: 999n })), 'nonce')
})

test('a full pool refuses a gap and evicts behind a gap', () => {
  const gap = [item(1, 2), item(1, 1), item(2, 3)]
  const mempool = pool(...gap, ...Array.from({ length: 7 }, (_, place) => item(10 + place, 0)))
  assert.is(mempool.sizeBytes, limits.capacityBytes)
  const refused = mempool.add(item(50, 1), 0n)
  assert.is(refused.admitted === false && refused.refusal, 'full')
  assert.equal(mempool.add(item(51, 0), 0n), { admitted: true, replaced: null, evicted: [gap[0]] })
  assert.ok(mempool.add(item(52, 0), 0n).admitted)
  assert.ok(mempool.add(item(53, 0), 0n).admitted)
  assert.is(mempool.add(item(54, 0), 0n).admitted, false)
  assert.is(mempool.knows(1n), false)
  assert.is(mempool.size, 10)
})

test('what waited too long is dropped, what is staged stays', () => {
  const mempool = pool(item(1, 0, 9), item(2, 0), item(3, 0, 0, { arrivedMs: 900 }))
  const [staged] = mempool.take(1, 0)
  assert.is(mempool.expire(1001).length, 1)
  assert.is(mempool.get(staged!.hash), staged)
  assert.is(mempool.take(5, 1001).length, 1)
  assert.is(mempool.ready, 0)
})

test('what waits behind a gap is dropped in time without being asked for', () => {
  const mempool = pool(item(1, 5))
  assert.ok(mempool.add(item(2, 0, 0, { arrivedMs: 1001 }), 0n).admitted)
  assert.is(mempool.size, 1)
  assert.not(mempool.knows(1n))
  mempool.take(1, 9000)
  assert.is(mempool.size, 0)
})

test('after a rejection the account goes back to the nonce of the state', () => {
  const mempool = pool(item(1, 0), item(1, 1), item(1, 2))
  const taken = mempool.take(2, 0)
  mempool.settle([], taken, () => 0n)
  assert.is(mempool.ready, 0)
  assert.ok(mempool.add(item(1, 0), 0n).admitted)
  assert.ok(mempool.add(item(1, 1), 0n).admitted)
  assert.equal(places(mempool.take(9, 0)), ['1/0', '1/1', '1/2'])
})

test('where nonces go back, what waits is behind a gap until its predecessors are there again', () => {
  const mempool = new Mempool<PoolItem>(limits)
  for (const entry of [item(1, 3), item(1, 4)]) assert.ok(mempool.add(entry, 3n).admitted)
  assert.ok(mempool.add(item(2, 3), 3n).admitted)
  assert.is(mempool.ready, 2)
  mempool.returnTo((sender) => (sender === 1n ? 1n : 3n))
  assert.is(mempool.ready, 1)
  assert.equal(places(mempool.take(10, 0)), ['2/3'])
  for (const entry of [item(1, 1), item(1, 2)]) assert.ok(mempool.add(entry, 1n).admitted)
  assert.equal(places(mempool.take(10, 0)), ['1/1', '1/2', '1/3', '1/4'])
})

test('random additions, takes and settlements keep every nonce chain whole', () => {
  console.log(`seed ${seed}`)
  const action = fc.oneof(
    fc.record({
      kind: fc.constant('add' as const),
      sender: fc.integer({ min: 1, max: 4 }),
      nonce: fc.integer({ min: 0, max: 12 }),
      tip: fc.integer({ min: 0, max: 3 }),
    }),
    fc.record({ kind: fc.constant('take' as const), limit: fc.integer({ min: 1, max: 5 }) }),
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      const mempool = new Mempool<PoolItem>({ ...limits, capacityBytes: 1e9 })
      const nonces = new Map<bigint, bigint>()
      const nonceOf = (sender: bigint) => nonces.get(sender) ?? 0n
      const waiting = new Map<string, PoolItem>()
      for (const step of actions) {
        if (step.kind === 'add') {
          const entry = item(step.sender, step.nonce, step.tip)
          const answer = mempool.add(entry, nonceOf(entry.sender))
          if (answer.admitted) waiting.set(places([entry])[0]!, entry)
          continue
        }
        const taken = mempool.take(step.limit, 0)
        for (const entry of taken) {
          assert.is(entry.nonce, nonceOf(entry.sender), 'nonces are taken in order, without gap')
          assert.is(waiting.get(places([entry])[0]!), entry, 'only what waits is taken')
          waiting.delete(places([entry])[0]!)
          nonces.set(entry.sender, entry.nonce + 1n)
        }
        mempool.settle(taken, [], nonceOf)
        const executable = [1n, 2n, 3n, 4n].filter((sender) =>
          waiting.has(`${sender}/${nonceOf(sender)}`),
        )
        assert.is(mempool.ready, executable.length, 'every account whose next nonce waits is ready')
        assert.is(taken.length < step.limit ? mempool.ready : 0, 0, 'a short run empties the queue')
      }
      assert.is(mempool.size, waiting.size)
    }),
    { seed, numRuns: 300 },
  )
})

test.run()
