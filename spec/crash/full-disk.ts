/**
 * A node under load whose files may grow no longer: it refuses with 63 or ends with one sentence, and when there is room
 * again everything that it acknowledged is there.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Random } from '../../src/lab/random.ts'
import { checkEnd, startNode } from './_crash-loop.ts'
import { Load } from './_load.ts'

const seed = Number(process.env.FUGUE_SEED ?? Date.now() & 0xffffff)

/** Declares fill the journal, whose records are as long as they are, before the database, whose records are compressed. */
const DECLARES = 1
const FILE_KIB = 1300

test(`files of at most ${FILE_KIB} KiB, seed ${seed}: clear words, nothing lost`, async () => {
  const random = new Random(seed)
  const folder = mkdtempSync(join(tmpdir(), 'fugue-full-'))
  const dataDir = join(folder, 'chain')
  // The first start makes the database, which needs some room.
  await (await startNode(dataDir, random)).stop()
  const load = new Load(random, DECLARES)
  const node = await startNode(dataDir, random, { fileKib: FILE_KIB })
  let code: number | null | undefined
  void node.ended.then((ended) => {
    code = ended
  })
  const running = load.run(node)
  while (code === undefined && load.noRoom === null) await sleep(10)
  const stopped = await node.stop()
  await running
  console.log(`full disk: code ${stopped}, refused with '${load.noRoom}'\n${node.errors()}`)
  if (load.noRoom !== null) assert.match(load.noRoom, /the journal cannot be written|has stopped/)
  if (code !== undefined && stopped !== 0) {
    assert.is(stopped, 2)
    assert.match(node.errors(), /(is not|was not|cannot be) written/)
  }
  const census = await checkEnd(dataDir, load, random)
  assert.ok(census.acknowledged > 0)
  rmSync(folder, { recursive: true })
})

test.run()
