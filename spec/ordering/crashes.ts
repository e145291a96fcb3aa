/**
 * The journal after the worst: killed or without power at any write, cut at any byte, a bit flipped, no room, a sync that
 * fails. What was acknowledged is read back; what was not is there whole or not at all; damage is said.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Random } from '../../src/lab/random.ts'
import { EngineError, type OrderingEngine } from '../../src/ordering/engine.ts'
import { headOfFolder } from '../../src/ordering/folder-head.ts'
import { openLogEngine } from '../../src/ordering/log.ts'
import { seed } from '../seed.ts'
import { contentsOf, expectedOf, initOf, issue, Script, type Write } from './_script.ts'
import { SimulatedFolder } from './_simulated-folder.ts'

const runs = Number(process.env.FUGUE_RUNS ?? 150)
console.log(`journal crashes: seed ${seed}`)

const segmentBytes = 3000

interface Opened {
  engine: OrderingEngine
  said: string[]
}

async function reopen(folder: SimulatedFolder): Promise<Opened> {
  const said: string[] = []
  const say = (text: string) => said.push(text)
  return { engine: await openLogEngine(folder, { segmentBytes, retryMs: 1, say }), said }
}

/** The number of writes, from `least` to all, after which an engine would hold this; -1 for none. */
function prefixOf(writes: Write[], held: string[], least: number): number {
  for (let count = writes.length; count >= least; count--) {
    if (expectedOf(writes.slice(0, count), 0).join('\n') === held.join('\n')) return count
  }
  return -1
}

/** Some turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}

test(`${runs} crashes at any write: acknowledged writes survive, seed ${seed}`, async () => {
  for (let run = 0; run < runs; run++) {
    const random = new Random(seed + run)
    let folder = new SimulatedFolder()
    const script = new Script(random)
    const writes: Write[] = []
    // A chain of crashes in one journal: each restart goes on where the one before was read to.
    for (let life = 0; life < 4; life++) {
      const { engine } = await reopen(folder)
      const term = await engine.campaign(0)
      assert.is(term >= life + 1, true)
      folder.writesLeft = 1 + random.below(12)
      let acknowledged = writes.length
      for (let i = 0; i < 60 && !folder.isDead; i++) {
        const write = script.next()
        writes.push(write)
        const place = writes.length
        const keep = (answer: unknown) => {
          assert.is(answer, 'written')
          acknowledged = Math.max(acknowledged, place)
        }
        void issue(engine, term, write).then(keep, () => {})
        if (random.oneIn(3)) await turns(random.below(30))
      }
      await turns(2000)
      folder = random.oneIn(2) ? folder.kill() : folder.cutPower(random)
      const after = await reopen(folder)
      const held = await contentsOf(after.engine, 0)
      await after.engine.close()
      const count = prefixOf(writes, held, acknowledged)
      assert.ok(
        count >= 0,
        `seed ${seed + run}, life ${life}: expected at least ${acknowledged} of ${writes.length} writes, read\n${held.join('\n')}`,
      )
      // The script cannot go back, so what was lost is written by hand at the next life.
      const lost = writes.slice(count)
      const { engine: next } = await reopen(folder)
      const nextTerm = await next.campaign(0)
      for (const write of lost) await issue(next, nextTerm, write)
      await next.close()
    }
  }
})

/** A journal written one record at a time, and its writes. */
async function written(random: Random, count: number): Promise<[SimulatedFolder, Write[]]> {
  const folder = new SimulatedFolder()
  const { engine } = await reopen(folder)
  const script = new Script(random)
  const writes: Write[] = []
  const term = await engine.campaign(0)
  for (let i = 0; i < count; i++) {
    const write = script.next()
    writes.push(write)
    await issue(engine, term, write)
  }
  await engine.close()
  return [folder, writes]
}

function copyOf(folder: SimulatedFolder): SimulatedFolder {
  return new SimulatedFolder(
    [...folder.files].map(([name, { current }]) => [name, Buffer.from(current)]),
  )
}

test(`cut at any byte: the newest file loses its tail and says so, an older one is an error, seed ${seed}`, async () => {
  const random = new Random(seed)
  const [folder, writes] = await written(random, 40)
  const names = [...folder.files.keys()].sort()
  assert.ok(names.length > 1)
  for (let run = 0; run < runs; run++) {
    const damaged = copyOf(folder)
    const name = random.oneIn(3) ? random.pick(names) : names.at(-1)!
    const content = damaged.files.get(name)!
    const length = random.below(content.current.length)
    content.current = content.current.subarray(0, length)
    const opened = await reopen(damaged).catch((error: Error) => error)
    if (name !== names.at(-1)) {
      assert.instance(opened, EngineError)
      assert.match((opened as Error).message, name.slice(0, 10))
      continue
    }
    const { engine, said } = opened as Opened
    const held = await contentsOf(engine, 0)
    const count = prefixOf(writes, held, 0)
    assert.ok(count >= 0 && count < writes.length)
    const cut = length - (damaged.files.get(name)?.current.length ?? 0)
    if (cut > 0) assert.match(said.join(), new RegExp(`last ${cut} bytes.*${name}`))
    else assert.equal(said, [])
    await engine.close()
  }
})

test(`a flipped bit is an error that names its place, or in the last record a cut that is said, seed ${seed}`, async () => {
  const random = new Random(seed + 7)
  const [folder, writes] = await written(random, 40)
  for (let run = 0; run < runs; run++) {
    const damaged = copyOf(folder)
    const name = random.pick([...damaged.files.keys()])
    const bytes = damaged.files.get(name)!.current
    const place = random.below(bytes.length)
    bytes[place]! ^= 1 << random.below(8)
    const opened = await reopen(damaged).catch((error: Error) => error)
    if (opened instanceof Error) {
      assert.instance(opened, EngineError)
      const offset = Number(/byte (\d+)/.exec(opened.message)?.[1])
      assert.ok(opened.message.includes(name) && offset <= place, opened.message)
      continue
    }
    const held = await contentsOf(opened.engine, 0)
    assert.is(prefixOf(writes, held, 0), writes.length - 1, `seed ${seed}, run ${run}`)
    assert.is(opened.said.length, 1)
    await opened.engine.close()
  }
})

test('a rewind is known after a restart until the next block is begun, however many files begin meanwhile', async () => {
  const folder = new SimulatedFolder()
  const submission = (hash: bigint) => [{ hash, body: Buffer.alloc(1000) }]
  let { engine } = await reopen(folder)
  let term = await engine.campaign(0)
  for (let height = 1; height <= 12; height++) {
    await engine.submit(submission(BigInt(height)))
    await engine.begin(term, initOf(height))
    const included = [BigInt(height)]
    await engine.extend(term, { height, index: 0, included, dropped: [], digest: 0 })
    await engine.seal(term, { height, count: 1, reason: 'idle' })
    await engine.compact(height + 1)
  }
  await engine.rewind(term, 5)
  for (let hash = 101n; hash <= 120n; hash++) {
    await engine.submit(submission(hash))
    await engine.compact(13)
  }
  for (let life = 0; life < 2; life++) {
    await engine.close()
    engine = (await reopen(folder)).engine
    const { sealed, open, rewoundTo } = await engine.head()
    assert.equal({ sealed, open, rewoundTo }, { sealed: 5, open: null, rewoundTo: 5 })
    assert.is((await engine.waiting()).length, 20)
    term = await engine.campaign(5)
  }
  assert.is(await engine.begin(term, initOf(6)), 'written')
  await engine.close()
  engine = (await reopen(folder)).engine
  const { sealed, open, rewoundTo } = await engine.head()
  assert.equal({ sealed, open, rewoundTo }, { sealed: 5, open: 6, rewoundTo: null })
  await engine.close()
})

test('a torn write behind what an earlier crash left of its group is cut off like any other', async () => {
  const folder = new SimulatedFolder()
  const name = '0000000001.log'
  const { engine } = await reopen(folder)
  const term = await engine.campaign(0)
  const submission = (hash: bigint) => [{ hash, body: Buffer.alloc(100) }]
  await Promise.all([engine.submit(submission(1n)), engine.begin(term, initOf(1))])
  await engine.close()
  const first = folder.files.get(name)!
  first.current = first.current.subarray(0, first.current.length - 1)
  const again = await reopen(folder)
  assert.is(again.said.length, 1)
  const end = folder.files.get(name)!.current.length
  await Promise.all([again.engine.campaign(0), again.engine.submit(submission(2n))])
  await again.engine.close()
  // Of the two records of that write only the second came to the disk.
  folder.files.get(name)!.current[end + 21]! ^= 1
  const after = await reopen(folder)
  assert.is(after.said.length, 1)
  assert.equal(
    (await after.engine.waiting()).map(({ hash }) => hash),
    [1n],
  )
  await after.engine.close()
})

test(`who only looks at a journal learns what whoever opens it does, its damage too, seed ${seed}`, async () => {
  const random = new Random(seed)
  const [folder] = await written(random, 80)
  for (let i = 0; i < 200; i++) {
    const copy = copyOf(folder)
    const { current } = random.pick([...copy.files.values()])
    if (i > 0) current[random.below(current.length)]! ^= 1 << random.below(8)
    const looked = await headOfFolder(copy).catch((error: Error) => error)
    const opened = await reopen(copy).then(
      ({ engine }) => engine.head(),
      (error: Error) => error,
    )
    assert.equal(String(looked), String(opened), `flip ${i}`)
    if (!(opened instanceof Error)) assert.equal(looked, opened, `flip ${i}`)
  }
})

test('a missing file is an error that names it', async () => {
  const [folder] = await written(new Random(3), 60)
  assert.ok(folder.files.size > 2)
  folder.files.delete('0000000002.log')
  const error = await reopen(folder).catch((reason: Error) => reason)
  assert.match((error as Error).message, '0000000002.log is missing')
})

test('without room submissions are refused and leave nothing; the rest waits until there is room', async () => {
  const folder = new SimulatedFolder()
  const { engine, said } = await reopen(folder)
  const term = await engine.campaign(0)
  const batch = (hash: bigint) => [{ hash, body: Buffer.alloc(400) }]
  assert.is(await engine.submit(batch(1n)), 'written')
  folder.roomBytes = [...folder.files.values()][0]!.current.length + 100
  const refused = await engine.submit(batch(2n)).catch((error: Error) => error)
  assert.is((refused as Error).name, 'OutOfRoomError')
  assert.match((refused as Error).message, 'no space left on device')
  let isBegun = false
  const begun = engine.begin(term, initOf(1)).then((answer) => {
    isBegun = true
    return answer
  })
  await engine.submit(batch(3n)).catch(() => {})
  assert.is(isBegun, false)
  folder.roomBytes = Number.POSITIVE_INFINITY
  assert.is(await begun, 'written')
  assert.is(await engine.submit(batch(4n)), 'written')
  assert.is(said.length, 2)
  assert.match(said[0]!, 'no space left on device; blocks wait until there is room')
  await engine.close()
  const after = await reopen(folder)
  const waiting = await after.engine.waiting()
  assert.equal(
    waiting.map(({ hash }) => hash),
    [1n, 4n],
  )
  assert.is((await after.engine.head()).open, 1)
  assert.equal(after.said, [])
  await after.engine.close()
})

test('a sync that fails ends the engine with one sentence; what was acknowledged stays', async () => {
  const folder = new SimulatedFolder()
  const { engine } = await reopen(folder)
  const term = await engine.campaign(0)
  await engine.submit([{ hash: 1n, body: Buffer.alloc(10) }])
  folder.failSync = 'EIO'
  const results = await Promise.allSettled([
    engine.submit([{ hash: 2n, body: Buffer.alloc(10) }]),
    engine.begin(term, initOf(1)),
  ])
  for (const result of results) {
    assert.is(result.status, 'rejected')
    const { reason } = result as PromiseRejectedResult
    assert.instance(reason, EngineError)
    assert.match(reason.message, 'the journal cannot be written: EIO')
  }
  // The same again is not there either.
  const repeated = await engine.begin(term, initOf(1)).catch((error: Error) => error)
  assert.instance(repeated, EngineError)
  folder.failSync = null
  const later = await engine.submit([]).catch((error: Error) => error)
  assert.instance(later, EngineError)
  const after = await reopen(folder.kill())
  assert.is((await after.engine.waiting())[0]!.hash, 1n)
  await after.engine.close()
})

test.run()
