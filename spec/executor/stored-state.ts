/**
 * Executors over a database: a chain of blocks with a table of locations so small that it is rebuilt all the time gives
 * what one with a large table gives, in parallel and one by one, while the database trails some blocks behind.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { LedgerMachine } from '../../src/lab/ledger.ts'
import { Random } from '../../src/lab/random.ts'
import { createEngineMemory, loadState, readState } from '../../src/mvmemory/memory.ts'
import { DamagedError } from '../../src/storage/checksum.ts'
import { keyOfLocation } from '../../src/storage/state-key.ts'
import { assertSame } from '../same-as-sequential.ts'
import { seed } from '../seed.ts'
import { randomBlock } from './_blocks.ts'
import { withPool } from './_pool.ts'
import { StoredState } from './_stored-state.ts'

const blocks = Number(process.env.FUGUE_BLOCKS ?? 120)
const binary = { encoding: 'binary', keyEncoding: 'binary' } as const
const tiny = { locations: 256, arenaWords: 2 ** 18 }

for (const workers of [0, 2]) {
  const how = workers === 0 ? 'one by one' : `on ${workers} workers`
  test(`${blocks} blocks ${how} with a tiny table over a database, seed ${seed}`, async () => {
    console.log(`stored state: seed ${seed}, ${blocks} blocks ${how}`)
    const stored = new StoredState()
    const { base, file } = stored
    const machine = new LedgerMachine()
    const options = { workers: Math.max(1, workers), machine: { kind: 'ledger' } as const }
    await withPool({ ...options, memory: { ...tiny, base }, database: file }, async (pool) => {
      const random = new Random(seed)
      const oracle = createEngineMemory({ executors: 1 })
      const { memory } = pool
      const firstWords = memory.words
      for (let number = 0; number < blocks; number++) {
        const { input, state, advice, text } = randomBlock(random, 40, 400)
        const fresh = random.oneIn(4) ? state.filter(() => random.oneIn(20)) : []
        memory.block = number
        for (const target of [memory, oracle]) loadState(target, fresh)
        const hint = `FUGUE_SEED=${seed}, block ${number}: ${text}`
        const expected = executeSequentially(input, machine, oracle)
        const actual =
          workers === 0
            ? executeSequentially(input, machine, memory)
            : await executeBlock(input, pool, advice)
        assert.ok(
          [null, 'memory full'].includes(actual.statistics.fallback),
          `${actual.statistics.fallback}, ${hint}`,
        )
        assertSame(actual, expected, hint)
        const loaded = fresh.map((change) => ({ ...change, before: change.after }))
        stored.waiting.push({ number, changes: [...loaded, ...actual.changes] })
        stored.store(random.below(4), [memory])
      }
      stored.store(0, [memory])
      console.log(
        `stored state: ${memory.generation} rebuilds, ${memory.sizes.locations} locations, floor ${memory.floor}`,
      )
      assert.ok(memory.generation > 2, `${memory.generation} rebuilds`)
      assert.ok(memory.floor > 0)
      if (memory.sizes.locations === tiny.locations) assert.is(memory.words, firstWords)
      const [actual, expected] = [new Int32Array(8), new Int32Array(8)]
      oracle.table.forEach((location) => {
        const at = oracle.table.keyOffset(location)
        const key = oracle.words.slice(at, at + 16)
        readState(memory, key, actual)
        readState(oracle, key, expected)
        assert.equal(actual, expected)
      })
    })
    await stored.close()
  })
}

test('a snapshot below the floor stops the block, which then runs on main', async () => {
  const stored = new StoredState()
  const options = { workers: 1, machine: { kind: 'ledger' } as const, database: stored.file }
  await withPool({ ...options, memory: { ...tiny, base: stored.base } }, async (pool) => {
    const { input, state } = randomBlock(new Random(seed), 20)
    loadState(pool.memory, state)
    const { floor } = pool.memory.layout
    pool.memory.words[floor] = 5
    const late = await executeBlock(input, pool)
    assert.is(late.statistics.fallback, 'old snapshot of the stored state')
    pool.memory.words[floor] = -1
    const again = await executeBlock(input, pool)
    assert.is(again.statistics.fallback, null)
  })
  await stored.close()
})

test('a cell that is damaged ends the run, on workers and on main, and nothing is written', async () => {
  const stored = new StoredState()
  const options = { workers: 1, machine: { kind: 'ledger' } as const, database: stored.file }
  await withPool({ ...options, memory: { ...tiny, base: stored.base } }, async (pool) => {
    const { input, state } = randomBlock(new Random(seed), 20)
    const cells = state.map(({ key }) => Buffer.from(keyOfLocation(key, 0)))
    stored.database.root.transactionSync(() => {
      const table = stored.database.root.openDB('state.now', binary)
      for (const key of cells) table.putSync(key, Buffer.alloc(9))
    })
    stored.base.refresh()
    let thrown: unknown = null
    await executeBlock(input, pool).catch((error: unknown) => {
      thrown = error
    })
    assert.instance(thrown, DamagedError)
    pool.memory.restart(-1)
    stored.database.root.transactionSync(() => {
      for (const key of cells) stored.database.root.openDB('state.now', binary).removeSync(key)
    })
    stored.base.refresh()
    const { statistics } = await executeBlock(input, pool)
    assert.is(statistics.fallback, null)
  })
  await stored.close()
})

test('workers hold no snapshot between blocks, and a dead one leaves none behind', async () => {
  const stored = new StoredState()
  const options = { workers: 2, machine: { kind: 'ledger' } as const, database: stored.file }
  await withPool({ ...options, memory: { ...tiny, base: stored.base } }, async (pool) => {
    const random = new Random(seed)
    for (let number = 0; number < 20; number++) {
      const { input, state } = randomBlock(random, 20)
      pool.memory.block = number
      loadState(pool.memory, state)
      const { changes } = await executeBlock(input, pool)
      if (number % 8 === 3) await pool.kill(1)
      stored.waiting.push({ number, changes })
      stored.store(0, [pool.memory])
      stored.base.done()
      // A reader that holds a snapshot is listed with its number, others with a dash.
      const holders = readersOf(stored).filter((line) => /\d$/.test(line))
      assert.equal(holders, [], `block ${number}`)
    }
  })
  await stored.close()
})

function readersOf({ database }: StoredState): string[] {
  const lines = (database.root as unknown as { readerList(): string }).readerList().split('\n')
  return lines.slice(1).map((line) => line.trim())
}

test.run()
