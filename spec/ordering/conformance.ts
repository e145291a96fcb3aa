/** What every ordering engine promises: one set of rules over all of them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Random } from '../../src/lab/random.ts'
import type { BlockRecord, Chunk, OrderingEngine } from '../../src/ordering/engine.ts'
import { openJournalFolder } from '../../src/ordering/files.ts'
import { openLogEngine } from '../../src/ordering/log.ts'
import { MemoryEngine } from '../../src/ordering/memory.ts'
import { seed } from '../seed.ts'
import { contentsOf, expectedOf, initOf, issue, Script, type Write } from './_script.ts'
import { SimulatedFolder } from './_simulated-folder.ts'

console.log(`ordering conformance: seed ${seed}`)

const folders: string[] = []

const engines: Record<string, () => Promise<OrderingEngine>> = {
  memory: async () => new MemoryEngine(),
  'log, simulated folder': () => openLogEngine(new SimulatedFolder(), { segmentBytes: 4096 }),
  'log, folder on disk': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fugue-journal-'))
    folders.push(folder)
    return openLogEngine(await openJournalFolder(join(folder, 'journal')), { segmentBytes: 4096 })
  },
}

test.after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})

function chunk(height: number, index: number, included: bigint[] = []): Chunk {
  return { height, index, included, dropped: [], digest: 7 }
}

const one = (hash: bigint) => ({ hash, body: Buffer.from(`body of ${hash}`) })

for (const [name, open] of Object.entries(engines)) {
  test(`${name}: a block opens above the head, grows by the next index, and its seal moves the head`, async () => {
    const engine = await open()
    const term = await engine.campaign(4)
    assert.equal(await engine.head(), { term: 1, sealed: 4, open: null, rewoundTo: null })
    assert.is(await engine.submit([one(1n), one(2n)]), 'written')
    assert.is(await engine.begin(term, initOf(6)), 'fenced')
    assert.is(await engine.extend(term, chunk(5, 0)), 'fenced')
    assert.is(await engine.begin(term, initOf(5)), 'written')
    assert.equal(await engine.head(), { term: 1, sealed: 4, open: 5, rewoundTo: null })
    assert.is(await engine.extend(term, chunk(5, 1)), 'fenced')
    assert.is(await engine.extend(term, chunk(6, 0)), 'fenced')
    assert.is(await engine.extend(term, chunk(5, 0, [2n])), 'written')
    assert.is(await engine.extend(term, chunk(5, 0, [1n])), 'fenced')
    assert.is(await engine.begin(term, initOf(6)), 'fenced')
    assert.is(await engine.seal(term, { height: 6, count: 1, reason: 'idle' }), 'fenced')
    assert.is(await engine.seal(term, { height: 5, count: 1, reason: 'idle' }), 'written')
    assert.is(await engine.extend(term, chunk(5, 1)), 'fenced')
    assert.equal(await engine.head(), { term: 1, sealed: 5, open: null, rewoundTo: null })
    await engine.close()
  })

  test(`${name}: a repeated write is already there`, async () => {
    const engine = await open()
    const term = await engine.campaign(0)
    for (const write of [
      { type: 'begin', init: initOf(1) },
      { type: 'extend', chunk: chunk(1, 0) },
      { type: 'seal', seal: { height: 1, count: 0, reason: 'demand' } },
    ] satisfies Write[]) {
      const [first, second] = await Promise.all([
        issue(engine, term, write),
        issue(engine, term, write),
      ])
      assert.equal([first, second], ['written', 'already'])
    }
    await engine.close()
  })

  test(`${name}: who led before writes nothing more`, async () => {
    const engine = await open()
    const old = await engine.campaign(0)
    assert.is(await engine.begin(old, initOf(1)), 'written')
    const term = await engine.campaign(0)
    assert.is(term, old + 1)
    assert.is(await engine.extend(old, chunk(1, 0)), 'fenced')
    assert.is(await engine.seal(old, { height: 1, count: 0, reason: 'idle' }), 'fenced')
    assert.is(await engine.extend(term, chunk(1, 0)), 'written')
    await engine.close()
  })

  test(`${name}: what is stored already counts as sealed`, async () => {
    const engine = await open()
    const term = await engine.campaign(0)
    await engine.submit([one(1n)])
    await engine.begin(term, initOf(1))
    await engine.extend(term, chunk(1, 0, [1n]))
    await engine.campaign(1)
    assert.equal(await engine.head(), { term: 2, sealed: 1, open: null, rewoundTo: null })
    assert.equal(await contentsOf(engine, 2), ['waiting: '])
    await engine.close()
  })

  test(`${name}: a rewind voids what is above a height and keeps what waits`, async () => {
    const engine = await open()
    const term = await engine.campaign(0)
    await engine.submit([one(1n), one(2n), one(3n)])
    for (const [height, hash] of [
      [1, 1n],
      [2, 2n],
    ] as const) {
      await engine.begin(term, initOf(height))
      await engine.extend(term, chunk(height, 0, [hash]))
      await engine.seal(term, { height, count: 1, reason: 'idle' })
    }
    assert.is(await engine.rewind(term, 2), 'fenced')
    await engine.begin(term, initOf(3))
    assert.is(await engine.rewind(term, 3), 'fenced')
    assert.is(await engine.rewind(term - 1, 1), 'fenced')
    assert.is(await engine.rewind(term, 1), 'written')
    assert.is(await engine.rewind(term, 1), 'already')
    assert.equal(await engine.head(), { term, sealed: 1, open: null, rewoundTo: 1 })
    assert.is(await engine.extend(term, chunk(3, 0, [3n])), 'fenced')
    assert.is(await engine.begin(term, initOf(3)), 'fenced')
    const held = await contentsOf(engine, 0)
    assert.is(held.length, 2)
    assert.match(held[1]!, /^waiting: 3:/)
    // What was included there may come again.
    await engine.submit([one(2n)])
    assert.is(await engine.begin(term, initOf(2)), 'written')
    assert.is(await engine.extend(term, chunk(2, 0, [3n, 2n])), 'written')
    assert.equal(await engine.head(), { term, sealed: 1, open: 2, rewoundTo: null })
    // The open block alone.
    assert.is(await engine.rewind(term, 1), 'written')
    assert.equal(await engine.head(), { term, sealed: 1, open: null, rewoundTo: 1 })
    assert.is((await contentsOf(engine, 0)).length, 2)
    await engine.close()
  })

  test(`${name}: a rewind over what was forgotten is read back`, async () => {
    const engine = await open()
    const term = await engine.campaign(0)
    const body = Buffer.alloc(600)
    for (let height = 1; height <= 30; height++) {
      const hash = BigInt(height)
      await engine.submit([{ hash, body }])
      await engine.begin(term, initOf(height))
      await engine.extend(term, chunk(height, 0, [hash]))
      await engine.seal(term, { height, count: 1, reason: 'idle' })
      await engine.compact(height + 1)
    }
    await engine.rewind(term, 3)
    // A late call of before.
    await engine.compact(31)
    assert.equal(await contentsOf(engine, 4), ['waiting: '])
    for (let height = 4; height <= 20; height++) {
      assert.is((await engine.head()).rewoundTo, height === 4 ? 3 : null)
      const hash = BigInt(height)
      await engine.submit([{ hash, body }])
      await engine.begin(term, initOf(height))
      await engine.extend(term, chunk(height, 0, [hash]))
      await engine.seal(term, { height, count: 1, reason: 'idle' })
      assert.is((await contentsOf(engine, height)).length, 2)
      await engine.compact(height + 1)
    }
    await engine.close()
  })

  test(`${name}: random writes are read back in order, seed ${seed}`, async () => {
    const random = new Random(seed)
    for (let round = 0; round < 6; round++) {
      const engine = await open()
      const script = new Script(random)
      const writes: Write[] = []
      const answers: Promise<unknown>[] = []
      const term = await engine.campaign(0)
      for (let i = 0; i < 60; i++) {
        const write = script.next()
        writes.push(write)
        answers.push(issue(engine, term, write))
        if (random.oneIn(4)) await Promise.all(answers.splice(0))
      }
      const late = await Promise.all(answers)
      assert.ok(late.every((answer) => answer === 'written'))
      const from = random.below(script.sealed + 2)
      assert.equal(await contentsOf(engine, from), expectedOf(writes, from))
      await engine.close()
    }
  })

  test(`${name}: compaction forgets nothing that is needed, seed ${seed}`, async () => {
    const random = new Random(seed + 1)
    const engine = await open()
    const script = new Script(random)
    const writes: Write[] = []
    const term = await engine.campaign(0)
    for (let i = 0; i < 1500; i++) {
      const write = script.next()
      writes.push(write)
      await issue(engine, term, write)
      // What is below is stored.
      const from = Math.max(script.sealed - 2, script.rewoundTo + 1)
      if (write.type === 'seal') await engine.compact(from)
      if (i % 250 !== 249) continue
      assert.equal(await contentsOf(engine, from), expectedOf(writes, from))
    }
    await engine.close()
  })

  test(`${name}: it is read while it forgets`, async () => {
    const engine = await open()
    const term = await engine.campaign(0)
    for (let height = 1; height <= 30; height++) {
      const hash = BigInt(height) << 100n
      await engine.submit([{ hash, body: Buffer.alloc(600) }])
      if (height === 29) await engine.submit([one(1n)])
      await engine.begin(term, initOf(height))
      await engine.extend(term, chunk(height, 0, [hash]))
      await engine.seal(term, { height, count: 1, reason: 'idle' })
    }
    await engine.submit([one(2n)])
    const forgotten = engine.compact(31)
    assert.equal(
      (await engine.waiting()).map(({ hash }) => hash),
      [1n, 2n],
    )
    await forgotten
    await engine.close()
  })

  test(`${name}: nothing is written after it was closed`, async () => {
    const engine = await open()
    await engine.campaign(0)
    await engine.close()
    const refused = await engine.submit([one(1n)]).catch((error: Error) => error)
    assert.is((refused as Error).name, 'EngineError')
  })
}

test('the journal keeps few segments, also when a transaction waits for ever', async () => {
  const folder = new SimulatedFolder()
  const engine = await openLogEngine(folder, { segmentBytes: 4096 })
  const term = await engine.campaign(0)
  await engine.submit([one(1n)])
  let most = 0
  for (let height = 1; height <= 300; height++) {
    const hash = BigInt(height) << 100n
    await engine.submit([{ hash, body: Buffer.alloc(500) }])
    await engine.begin(term, initOf(height))
    await engine.extend(term, chunk(height, 0, [hash]))
    await engine.seal(term, { height, count: 1, reason: 'idle' })
    await engine.compact(height + 1)
    most = Math.max(most, folder.files.size)
  }
  assert.ok(most < 10, `${most} segments`)
  const blocks: BlockRecord[] = []
  for await (const block of engine.read(301)) blocks.push(block)
  assert.equal(blocks, [])
  const waiting = await engine.waiting()
  assert.equal(
    waiting.map(({ body }) => String(Buffer.from(body))),
    ['body of 1'],
  )
  await engine.close()
})

test.run()
