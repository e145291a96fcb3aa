/**
 * The table of locations, and the memory around it: full keys, growth, what lies behind.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Random } from '../../src/lab/random.ts'
import { Locations } from '../../src/mvmemory/locations.ts'
import {
  attachEngineMemory,
  createEngineMemory,
  loadState,
  readState,
  zeroBase,
} from '../../src/mvmemory/memory.ts'
import { MemoryFull } from '../../src/shared/arena.ts'

function randomKey(random: Random): Int32Array {
  return Int32Array.from({ length: 16 }, () => (random.oneIn(2) ? 0 : random.below(3)))
}

test('one key is one location, for every thread', () => {
  const random = new Random(1)
  const memory = createEngineMemory({ locations: 4096, executors: 1, arenaWords: 64 })
  const other = attachEngineMemory(memory.words)
  const seen = new Map<string, number>()
  for (let step = 0; step < 4000; step++) {
    const key = randomKey(random)
    const { table } = random.oneIn(2) ? memory : other
    const known = seen.get(key.join())
    if (known === undefined) assert.is(memory.table.find(key, 0), -1)
    const location = table.intern(key, 0)
    assert.is(location, known ?? location)
    seen.set(key.join(), location)
  }
  assert.is(new Set(seen.values()).size, seen.size)
})

test('the loser of a race takes the location of the winner and keeps its own place', () => {
  const { words, layout } = createEngineMemory({ locations: 8, executors: 1, arenaWords: 64 })
  const key = new Int32Array(16).fill(1)
  const winner = new Locations(words, layout, 8, zeroBase)
  // The winner comes while the loser fills its place.
  let raced = -1
  const loser = new Locations(words, layout, 8, {
    read: (source, offset, out, outOffset) => {
      if (raced < 0) raced = winner.intern(source, offset)
      zeroBase.read(source, offset, out, outOffset)
    },
  })
  assert.is(loser.intern(key, 0), raced)
  assert.is(loser.count, 2)
  assert.is.not(loser.intern(new Int32Array(16).fill(2), 0), raced)
  assert.is(loser.count, 2, 'the place that was lost is used')
})

test('a full table says so, and can be grown', () => {
  const memory = createEngineMemory({ locations: 8, executors: 1, arenaWords: 64 })
  const keys = Array.from({ length: 9 }, (_, index) => new Int32Array(16).fill(index + 1))
  const fill = () => {
    for (const key of keys) memory.table.intern(key, 0)
  }
  assert.throws(fill, (error: Error) => error instanceof MemoryFull)
  assert.ok(memory.table.isFull)
  memory.grow({ locations: 16 })
  fill()
  assert.not(memory.table.isFull)
})

test('state survives growth; what was never loaded comes from behind', () => {
  const memory = createEngineMemory({
    locations: 4,
    executors: 1,
    arenaWords: 64,
    base: {
      read: (key, keyOffset, out, outOffset) =>
        out.fill(-key[keyOffset]!, outOffset, outOffset + 8),
    },
  })
  const change = (index: number) => ({
    key: new Int32Array(16).fill(index),
    after: new Int32Array(8).fill(index * 3),
  })
  loadState(
    memory,
    Array.from({ length: 1000 }, (_, index) => change(index + 1)),
  )
  assert.ok(memory.generation > 5)
  const out = new Int32Array(8)
  for (let index = 1; index <= 1000; index++) {
    readState(memory, change(index).key, out)
    assert.equal(out, change(index).after)
  }
  readState(memory, new Int32Array(16).fill(5000), out)
  assert.equal(out, new Int32Array(8).fill(-5000))
  const location = memory.table.intern(new Int32Array(16).fill(5000), 0)
  assert.is(memory.words[memory.layout.base + location * 8], -5000)
})

test('sizes that cannot be are refused', () => {
  assert.throws(() => createEngineMemory({ locations: 5 }), /power of two/)
  assert.throws(() => createEngineMemory({ arenaWords: 2 ** 29 }), /at most/)
  assert.throws(() => attachEngineMemory(new Int32Array(16)), /engine memory/)
})

test.run()
