/**
 * Versions against a naive list: who wrote what, below whom, with estimates, retractions and additions.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Random } from '../../src/lab/random.ts'
import { createEngineMemory } from '../../src/mvmemory/memory.ts'
import { DELTA, Versions } from '../../src/mvmemory/versions.ts'
import { Arena } from '../../src/shared/arena.ts'
import { seed } from '../seed.ts'

const MASK = (1n << 128n) - 1n

/** What one transaction left: a value or nothing at each half, or an addition to both. */
interface Left {
  low: bigint | null
  high: bigint | null
  amount: bigint | null
  isEstimate: boolean
}

function fixture() {
  const memory = createEngineMemory({ locations: 16, arenaWords: 2 ** 16, executors: 1 })
  const { words, layout, sizes } = memory
  const arena = new Arena(layout.arenas, layout.arenas + sizes.arenaWords)
  const versions = new Versions(words, layout, arena, layout.workers)
  const key = (index: number) =>
    Int32Array.from({ length: 16 }, (_, word) => (word === 0 ? index : 1))
  const low = memory.table.intern(key(1), 0)
  const high = memory.table.intern(key(2), 0)
  const cellOf = (value: bigint) => {
    const cell = arena.take(8)
    const word = (index: number) => Number(BigInt.asIntN(32, value >> BigInt(32 * index)))
    const isBig = value >> 64n !== 0n
    const tag = isBig ? [0, -0x80000000] : [1, 0]
    words.set([word(0), word(1), ...tag, isBig ? word(2) : 0, isBig ? word(3) : 0, 0, 0], cell)
    return cell
  }
  const numberOf = (value: bigint) => {
    const number = arena.take(8)
    for (let word = 0; word < 8; word++) {
      words[number + word] = Number(BigInt.asIntN(32, value >> BigInt(32 * word)))
    }
    return number
  }
  const numberAt = (cell: number) => {
    const word = (index: number) => BigInt(words[cell + index]! >>> 0)
    const small = word(0) | (word(1) << 32n)
    return words[cell + 3]! < 0 ? small | (word(4) << 64n) | (word(5) << 96n) : small
  }
  return { words, arena, versions, low, high, cellOf, numberOf, numberAt }
}

/** The pair below `txIndex`, or the estimate in the way (as -1 - writer) of one half. */
function below(left: Map<number, Left>, txIndex: number): { low: bigint; high: bigint } {
  let low = 0n
  let high = 0n
  for (const writer of [...left.keys()].sort((one, other) => one - other)) {
    if (writer >= txIndex) break
    const entry = left.get(writer)!
    if (entry.amount !== null) {
      const sum = low + (high << 128n) + entry.amount
      low = sum & MASK
      high = (sum >> 128n) & MASK
    }
    low = entry.low ?? low
    high = entry.high ?? high
  }
  return { low, high }
}

test('a random history reads as the naive one', () => {
  console.log(`versions: seed ${seed}`)
  const random = new Random(seed)
  const big = () => (BigInt(random.word() >>> 0) << 96n) | BigInt(random.word() >>> 0)
  for (let round = 0; round < 200; round++) {
    const { words, versions, low, high, cellOf, numberOf, numberAt } = fixture()
    assert.ok(versions.choosePair(low, high))
    assert.not(versions.choosePair(high, low), 'a block has one pair')
    const left = new Map<number, Left>()
    const records = new Map<number, number[]>()
    for (let change = 0; change < 30; change++) {
      const writer = random.below(12)
      const entry: Left = { low: null, high: null, amount: null, isEstimate: false }
      const put = (location: number, current: number) => {
        return Math.abs(versions.put(location, writer, current))
      }
      if (random.oneIn(2)) {
        entry.amount = random.oneIn(2) ? big() : MASK - BigInt(random.below(9))
        const current = numberOf(entry.amount) | DELTA
        records.set(writer, [put(low, current), put(high, current)])
      } else {
        const lowRecord = put(low, cellOf((entry.low = big())))
        const highRecord = put(high, cellOf((entry.high = big())))
        if (random.oneIn(3)) {
          assert.ok(versions.retract(lowRecord))
          entry.low = null
        }
        if (random.oneIn(3)) {
          assert.ok(versions.retract(highRecord))
          entry.high = null
        }
        records.set(writer, [lowRecord, highRecord])
      }
      left.set(writer, entry)
      for (let reader = 0; reader <= 12; reader++) {
        const expected = below(left, reader)
        assert.is(numberAt(versions.resolve(low, reader)), expected.low, `seed ${seed}`)
        assert.is(numberAt(versions.resolve(high, reader)), expected.high, `seed ${seed}`)
      }
    }
    // From the lowest up, additions become values and nobody sees a difference.
    const expected = below(left, 12)
    for (const writer of [...left.keys()].sort((one, other) => one - other)) {
      const amount = left.get(writer)!.amount
      if (amount === null) continue
      const before = below(left, writer)
      const [lowRecord, highRecord] = records.get(writer)!
      const delta = cellOf(0n)
      for (let cell = 1; cell < 4; cell++) cellOf(0n)
      versions.settle(writer, numberOf(amount), lowRecord!, highRecord!, delta)
      assert.is(numberAt(delta), before.low)
      assert.is(numberAt(delta + 8), before.high)
      assert.is(numberAt(versions.resolve(low, 12)), expected.low)
      assert.is(numberAt(versions.resolve(high, 12)), expected.high)
    }
    const writer = [...left.keys()].sort((one, other) => other - one)[0]!
    versions.markEstimate(records.get(writer)![1]!)
    const isGone = words[records.get(writer)![1]! + 2] === 0
    assert.is(versions.resolve(high, 12) === -1 - writer, !isGone)
  }
})

test('a version with the same bytes keeps its cell and loses the mark', () => {
  const { versions, low, cellOf } = fixture()
  const first = cellOf(7n)
  const record = versions.put(low, 3, first)
  assert.ok(record > 0)
  versions.markEstimate(record)
  assert.is(versions.resolve(low, 4), -1 - 3)
  assert.is(versions.put(low, 3, cellOf(7n)), -record)
  assert.is(versions.resolve(low, 4), first)
  assert.is(versions.put(low, 3, cellOf(8n)), record)
  assert.is(versions.resolve(low, 3), versions.resolve(low, 0), 'below itself it sees the base')
})

test.run()
