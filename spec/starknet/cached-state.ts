/**
 * The private state of a transaction against a plain map: random reads, writes and undone frames over many locations, and
 * no location is read from the view twice.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UNREADABLE, type View } from '../../src/executor/machine.ts'
import { readCellWords, writeCellWords } from '../../src/felt/cell.ts'
import { Random } from '../../src/lab/random.ts'
import { CachedState } from '../../src/starknet/cached-state.ts'
import { CELL_WORDS, KEY_WORDS, STORAGE } from '../../src/state/location.ts'
import { seed } from '../seed.ts'

/** A view over a map of keys, counting reads; every value is the location's number + 7. */
function viewOf(reads: Map<number, number>, published: Map<number, bigint>): View {
  const locations = new Map<string, number>()
  const words = new Int32Array(CELL_WORDS)
  return {
    words,
    transaction: 0,
    transactionWords: 0,
    constants: 0,
    intern(source, offset) {
      const key = source.subarray(offset, offset + KEY_WORDS).join()
      if (!locations.has(key)) locations.set(key, locations.size)
      return locations.get(key)!
    },
    read(location) {
      reads.set(location, (reads.get(location) ?? 0) + 1)
      if (location === 999) return UNREADABLE
      writeCellWords(words, 0, BigInt(location + 7))
      return 0
    },
    write: (location, source, offset) => published.set(location, readCellWords(source, offset)),
    add: () => {},
    stopped: () => false,
    result: () => 0,
  }
}

test('it agrees with a map, whatever is undone', () => {
  const random = new Random(seed)
  for (let round = 0; round < 20; round++) {
    const reads = new Map<number, number>()
    const published = new Map<number, bigint>()
    const state = new CachedState(4)
    state.begin(viewOf(reads, published))
    const model = new Map<number, bigint>()
    const frames: { mark: number; model: Map<number, bigint> }[] = []
    const cells = new Int32Array(2 * CELL_WORDS)
    for (let step = 0; step < 400; step++) {
      // Keys that differ in few bits, some SMALL with garbage above.
      writeCellWords(cells, 0, BigInt(random.below(4)) << 128n)
      writeCellWords(cells, CELL_WORDS, BigInt(random.below(60)) << BigInt(64 * random.below(2)))
      if (cells[CELL_WORDS + 3] === 0) cells[CELL_WORDS + 5] = random.word()
      const slot = state.slot(cells, 0, STORAGE, cells, CELL_WORDS)
      assert.ok(state.load(slot))
      if (!model.has(slot)) model.set(slot, state.felt(slot))
      assert.is(state.felt(slot), model.get(slot), `FUGUE_SEED=${seed}`)
      if (random.oneIn(2)) {
        const value = BigInt(random.below(1000)) << BigInt(random.below(200))
        writeCellWords(cells, 0, value)
        state.write(slot, cells, 0)
        model.set(slot, value)
      }
      if (random.oneIn(8)) frames.push({ mark: state.mark(), model: new Map(model) })
      if (frames.length > 0 && random.oneIn(8)) {
        const frame = frames.pop()!
        state.undo(frame.mark)
        // What was read since stays read, as it was before the transaction.
        for (const known of model.keys()) {
          if (!frame.model.has(known)) model.delete(known)
          else model.set(known, frame.model.get(known)!)
        }
      }
    }
    for (const [slot, value] of model) assert.is(state.felt(slot), value, `FUGUE_SEED=${seed}`)
    for (const [location, count] of reads) assert.is(count, 1, `location ${location}`)
    state.publish()
    for (let slot = 0; slot < state.count; slot++) {
      const location = state.location(slot)
      const value = state.felt(slot)
      const expected = value === BigInt(location + 7) ? undefined : value
      assert.is(published.get(location), expected)
    }
  }
})

test('a preset slot is neither read nor published', () => {
  const reads = new Map<number, number>()
  const published = new Map<number, bigint>()
  const state = new CachedState()
  state.begin(viewOf(reads, published))
  const cells = new Int32Array(CELL_WORDS)
  writeCellWords(cells, 0, 5n)
  const slot = state.slot(cells, 0, STORAGE, cells, 0)
  state.preset(slot)
  assert.ok(state.load(slot))
  assert.is(state.felt(slot), 0n)
  state.write(slot, cells, 0)
  assert.not(state.isChanged(slot))
  state.publish()
  assert.is(reads.size + published.size, 0)
})

test.run()
