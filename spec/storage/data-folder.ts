/**
 * One process at a time has a data folder, killed ones do not stand in the way, and a folder of another form or of
 * something else is refused in one sentence and left as it is.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FORMAT, type FolderOptions, openDataFolder } from '../../src/storage/data-folder.ts'

const base = mkdtempSync(join(tmpdir(), 'fugue-folder-'))
const children: ChildProcess[] = []
let folders = 0
const newFolder = () => join(base, `${folders++}`, 'chain')

test.after(async () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(base, { recursive: true })
})

test('a folder is made, given back, and taken again', async () => {
  const path = newFolder()
  const folder = await openDataFolder(path)
  assert.ok(folder.isNew)
  folder.settle()
  assert.is(readFileSync(join(path, 'format'), 'utf8').trim(), `${FORMAT}`)
  assert.ok(existsSync(folder.journal))
  await refused(path, /is in use by this process; stop it first, or choose another folder/)
  folder.release()
  const again = await openDataFolder(path)
  assert.not.ok(again.isNew)
  again.release()
  assert.equal(readdirSync(path).sort(), ['format', 'journal'])
})

test('a living process is respected, a killed one is not', async () => {
  const path = newFolder()
  const child = await holder(path)
  await refused(path, new RegExp(`is in use by process ${child.pid};`))
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.ok(existsSync(join(path, 'lock')), 'the dead one left its lock')
  const folder = await openDataFolder(path)
  folder.release()
})

test('of many processes that find a dead holder, one gets the folder', async () => {
  for (let round = 0; round < 2; round++) {
    const path = newFolder()
    const dead = await holder(path)
    dead.kill('SIGKILL')
    await once(dead, 'exit')
    const answers = await Promise.all(Array.from({ length: 5 }, () => answerOf(start(path))))
    const got = answers.filter(({ text }) => text === 'taken')
    assert.is(got.length, 1, answers.map(({ text }) => text).join('\n'))
    for (const { text } of answers) assert.match(text, /taken|is in use by process/)
    for (const { child } of answers) child.kill('SIGKILL')
  }
})

test('a process that was killed while it took over is followed', async () => {
  const path = newFolder()
  const child = await holder(path)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const first = JSON.parse(readFileSync(join(path, 'lock'), 'utf8')) as { id: string }
  // Its successor linked its claim and died before it became the lock.
  const claim = { ...first, id: 'the successor' }
  writeFileSync(join(path, `lock.after.${first.id}`), JSON.stringify(claim))
  const folder = await openDataFolder(path)
  await refused(path, /is in use by this process/)
  folder.release()
  assert.equal(readdirSync(path).sort(), ['journal'])
})

test("what a power cut left of a draft stands in nobody's way", async () => {
  const path = newFolder()
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'lock.draft.1'), Buffer.alloc(150))
  const folder = await openDataFolder(path)
  assert.equal(readdirSync(path).sort(), ['journal', 'lock'])
  folder.release()
})

test('who lost a folder to another machine learns it, and leaves the lock alone', async () => {
  const path = newFolder()
  const folder = await openDataFolder(path)
  const lock = join(path, 'lock')
  const other = { id: 'the other', pid: 7, start: '', place: 'another machine' }
  writeFileSync(lock, JSON.stringify(other))
  // The folder keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  const text = await folder.lost
  clearInterval(alive)
  assert.match(text, `${path} was taken over by process 7 on another machine`)
  folder.release()
  assert.equal(JSON.parse(readFileSync(lock, 'utf8')), other)
})

test('who lost a folder to a machine that has given it back since learns it, too', async () => {
  const path = newFolder()
  const folder = await openDataFolder(path)
  rmSync(join(path, 'lock'))
  const alive = setInterval(() => {}, 1000)
  const text = await Promise.race([folder.lost, sleep(5000, 'it never did')])
  clearInterval(alive)
  assert.match(text, `the lock of ${path} is gone`)
  folder.release()
  assert.equal(readdirSync(path), ['journal'])
})

test('a process number that now belongs to another process is no holder', async () => {
  const path = newFolder()
  const folder = await openDataFolder(path)
  const lock = readFileSync(join(path, 'lock'), 'utf8')
  folder.release()
  const { start, ...rest } = JSON.parse(lock) as { start: string }
  if (start === '') return
  writeFileSync(join(path, 'lock'), JSON.stringify({ ...rest, start: '1' }))
  const again = await openDataFolder(path)
  again.release()
})

test('newer forms are refused, older ones are brought up step by step', async () => {
  const path = newFolder()
  const first = await openDataFolder(path)
  first.settle()
  first.release()
  const steps: number[] = []
  const step = (from: number) => (folder: string) => {
    assert.is(folder, path)
    steps.push(from)
    if (steps.length === 2) throw new Error('interrupted')
  }
  const options: FolderOptions = {
    format: FORMAT + 2,
    migrations: new Map([FORMAT, FORMAT + 1].map((from) => [from, step(from)])),
  }
  await refused(path, /interrupted/, options)
  // The first step is noted, so only the second is done again.
  ;(await openDataFolder(path, options)).release()
  assert.equal(steps, [FORMAT, FORMAT + 1, FORMAT + 1])
  await refused(path, /has format 3, this version of Fugue knows formats up to 1; use a newer/)
  await refused(path, /has format 3, which this .* cannot bring to format 4/, { format: 4 })
  writeFileSync(join(path, 'format'), 'x')
  await refused(path, /holds no number of a format; it is damaged/)
})

test('what is no folder of a chain, or cannot be written, is refused', async () => {
  const other = newFolder()
  mkdirSync(other, { recursive: true })
  writeFileSync(join(other, 'letter.txt'), 'dear')
  await refused(other, /is not empty and holds no chain \(there is 'letter.txt' in it\)/)
  assert.equal(readdirSync(other), ['letter.txt'])
  await refused(join(other, 'letter.txt'), /cannot hold the chain: it is a file, not a folder/)
  await refused(join(other, 'letter.txt', 'x'), /cannot hold the chain: a part of the path/)
  if (process.platform === 'linux') {
    await refused('/sys/fugue', /cannot hold the chain: (this user may not|the file system is)/)
  }
})

async function refused(path: string, text: RegExp, options?: FolderOptions): Promise<void> {
  try {
    const folder = await openDataFolder(path, options)
    folder.release()
  } catch (error) {
    assert.match((error as Error).message, text)
    return
  }
  assert.unreachable(`expected a refusal: ${text}`)
}

/** A process that tries to take the folder, says how it went, and stays. */
function start(path: string): ChildProcess {
  const entry = new URL('../../src/storage/data-folder.js', import.meta.url).href
  const script = `
    import { openDataFolder } from ${JSON.stringify(entry)}
    try {
      await openDataFolder(process.argv[1])
      console.log('taken')
    } catch (error) {
      console.log(error.message)
    }
    setInterval(() => {}, 1000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return child
}

async function answerOf(child: ChildProcess): Promise<{ child: ChildProcess; text: string }> {
  const [bytes] = (await once(child.stdout!, 'data')) as [Buffer]
  return { child, text: bytes.toString().trim() }
}

async function holder(path: string): Promise<ChildProcess> {
  const { child, text } = await answerOf(start(path))
  assert.is(text, 'taken')
  return child
}

test.run()
