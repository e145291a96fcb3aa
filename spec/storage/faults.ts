/**
 * Whatever happens to the file, the store says what was stored or that it is damaged: cut off anywhere, any page written
 * over, a disk that is full, a writer that is killed. Nothing that was acknowledged is lost without a word.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ChainStore } from '../../src/storage/chain-store.ts'
import { ChainWriter } from '../../src/storage/chain-writer.ts'
import { DamagedError } from '../../src/storage/checksum.ts'
import { openStorage } from '../../src/storage/storage.ts'
import { seed } from '../seed.ts'
import { addresses, blockOf, Choice, classes, keys, RandomChain } from './_random-chain.ts'

const rounds = Number(process.env.FUGUE_FAULTS ?? 45)
console.log(`seed ${seed}`)

const base = mkdtempSync(join(tmpdir(), 'fugue-faults-'))
test.after(() => rmSync(base, { recursive: true }))

const PAGE = 4096
const HEIGHT = 25
const whole = join(base, 'whole')
let file: Buffer
let expected: string
/** Everything stored that carries a checksum. */
const records: Buffer[] = []

test.before(async () => {
  const { store, disk, close } = await openStorage(whole)
  const writer = new ChainWriter(disk!.database)
  const chain = new RandomChain(seed)
  for (let number = 0, parentHash = 0n; number <= HEIGHT; number++) {
    const block = chain.next(number, parentHash)
    parentHash = block.header.blockHash
    writer.append(block)
    store.append(blockOf(block), [])
  }
  expected = contentOf(store)
  const { root } = disk!.database
  for (const name of ['blocks', 'results', 'classes', 'state.now', 'state.then', 'hashes']) {
    const keyEncoding = name === 'blocks' ? 'uint32' : 'binary'
    const table = root.openDB<Buffer, Uint8Array>(name, { encoding: 'binary', keyEncoding })
    for (const { value } of table.getRange({})) records.push(Buffer.from(value))
  }
  await close()
  file = readFileSync(join(whole, 'chain.mdb'))
})

test('a lowest kept height that was changed is damage', async () => {
  const { store, disk, close } = await openStorage(copyOf(() => {}))
  const { facts, root } = disk!.database
  const writer = new ChainWriter(disk!.database)
  while (!writer.pruneBelow(5));
  assert.is(store.lowestState(), 5)
  const name = 'lowest state'
  const fact = facts.get(name)!
  for (let place = 0; place < fact.length; place++) {
    const other = fact[place] === '4' ? '6' : '4'
    root.transactionSync(() => {
      facts.putSync(name, fact.slice(0, place) + other + fact.slice(place + 1))
    })
    root.resetReadTxn()
    assert.throws(
      () => store.stateAt(4),
      (error: Error) => error instanceof DamagedError,
    )
  }
  await close()
})

test('a process that looked at the chain and was killed holds no pages after the next block', async () => {
  const { disk, close } = await openStorage(join(base, 'looked at'))
  const { database, folder } = disk!
  const writer = new ChainWriter(database)
  const chain = new RandomChain(seed)
  const first = chain.next(0, 0n)
  writer.append(first)
  const entry = new URL('../../src/storage/database.js', import.meta.url).href
  const script = `
    import { openDatabase } from ${JSON.stringify(entry)}
    openDatabase(process.argv[1], { readOnly: true }).blocks.getBinary(0)
    console.log('reading')
    for (;;);
  `
  const reader = spawn(process.execPath, ['--input-type=module', '-e', script, folder.database], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(reader.stdout, 'data')
  const isListed = () => new RegExp(`\\b${reader.pid}\\b`).test(database.root.readerList())
  assert.ok(isListed())
  reader.kill('SIGKILL')
  await once(reader, 'exit')
  assert.ok(isListed(), 'it left its place behind')
  writer.append(chain.next(1, first.header.blockHash))
  assert.not.ok(isListed())
  await close()
})

test('a file that was cut off is refused, or nothing of it was in use', async () => {
  const choice = new Choice(seed)
  let refusals = 0
  for (let round = 0; round < rounds / 3; round++) {
    const size = choice.below(file.length)
    const folder = copyOf((path) => truncateSync(path, size))
    if (!(await isRight(folder, `cut off at ${size}`))) refusals++
  }
  console.log(`${refusals} of ${Math.ceil(rounds / 3)} refused`)
  assert.ok(refusals > 0)
  const empty = copyOf((path) => truncateSync(path, 0))
  await refused(empty, /the database of .* is missing; restore it from a copy/)
})

test('a page that was written over is noticed, or was not in use', async () => {
  const choice = new Choice(seed + 1)
  let refusals = 0
  for (let round = 0; round < rounds; round++) {
    // The first two pages hold all together, so they are always among the tried.
    const page = round < 2 ? round : choice.below(file.length / PAGE)
    const bytes = Buffer.alloc(PAGE)
    if (choice.below(3) > 0) for (let i = 0; i < PAGE; i++) bytes[i] = choice.below(256)
    const folder = copyOf((path) => {
      const damaged = Buffer.from(file)
      damaged.set(bytes, page * PAGE)
      writeFileSync(path, damaged)
    })
    if (!(await isRight(folder, `page ${page}`))) refusals++
  }
  console.log(`${refusals} of ${rounds} refused`)
  assert.ok(refusals > rounds / 10)
})

test('a changed record is never answered with', async () => {
  const choice = new Choice(seed + 2)
  let refusals = 0
  for (let round = 0; round < rounds; round++) {
    const record = choice.of(records)
    const [place, bit] = [choice.below(record.length), 1 << choice.below(8)]
    const folder = copyOf((path) => {
      const damaged = Buffer.from(file)
      // Pages that are no longer in use may hold copies of it: all of them are changed.
      for (let at = file.indexOf(record); at >= 0; at = file.indexOf(record, at + record.length)) {
        damaged[at + place]! ^= bit
      }
      writeFileSync(path, damaged)
    })
    if (!(await isRight(folder, `byte ${place} of ${record.toString('hex')}`))) refusals++
  }
  console.log(`${refusals} of ${rounds} refused`)
  assert.is(refusals, rounds)
})

test('a full disk is said, and what was acknowledged is there', async () => {
  const folder = join(base, 'full')
  mkdirSync(folder)
  const script = fileURLToPath(new URL('./_writer-process.js', import.meta.url))
  const command = `ulimit -f 900; exec "${process.execPath}" "${script}" "${folder}/chain.mdb" ${seed}`
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  child.stdout.on('data', (bytes: Buffer) => {
    text += bytes
  })
  await once(child, 'close')
  const lines = text.trim().split('\n')
  assert.match(lines.at(-1)!, /WriteError: block \d+ was not written, nothing of it is kept: /)
  assert.match(lines.at(-1)!, /free some space|raise the limit/)
  await holds(folder, Number(lines.at(-2)))
})

test('a writer that is killed leaves whole blocks, all that it acknowledged', async () => {
  const choice = new Choice(seed + 3)
  for (let round = 0; round < 5; round++) {
    const folder = join(base, `killed ${round}`)
    mkdirSync(folder)
    const script = fileURLToPath(new URL('./_writer-process.js', import.meta.url))
    const child = spawn(process.execPath, [script, join(folder, 'chain.mdb'), `${seed + round}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const enough = choice.below(20)
    let text = ''
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes
      if (text.split('\n').length > enough) setTimeout(() => child.kill('SIGKILL'), round)
    })
    await once(child, 'close')
    const acknowledged = Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1))
    await holds(folder, acknowledged, seed + round)
  }
})

/** Whether the store of a folder answers; what it answers is right. Refusals say what is wrong. */
async function isRight(folder: string, fault: string): Promise<boolean> {
  try {
    const { store, close } = await openStorage(folder)
    try {
      assert.ok(contentOf(store) === expected, `${fault}: another answer than before`)
    } finally {
      await close()
    }
    return true
  } catch (error) {
    if (!(error instanceof DamagedError)) throw new Error(`${fault}: ${error}`, { cause: error })
    return false
  }
}

/** Whether a folder holds the blocks of a seed, whole, up to a height at least. */
async function holds(folder: string, height: number, chainSeed = seed): Promise<void> {
  writeFileSync(join(folder, 'format'), '1\n')
  const { store, disk, close } = await openStorage(folder)
  assert.ok(store.height() >= height && store.height() <= height + 1)
  const chain = new RandomChain(chainSeed)
  const memory = (await openStorage(null)).store
  for (let number = 0, parentHash = 0n; number <= store.height(); number++) {
    const block = chain.next(number, parentHash)
    parentHash = block.header.blockHash
    memory.append(blockOf(block), [...block.classes])
  }
  assert.ok(contentOf(store) === contentOf(memory))
  // The next block fits on top.
  const parentHash = memory.blockByNumber(memory.height())?.header.blockHash ?? 0n
  new ChainWriter(disk!.database).append(chain.next(memory.height() + 1, parentHash))
  await close()
}

async function refused(folder: string, text: RegExp): Promise<void> {
  try {
    const { close } = await openStorage(folder)
    await close()
  } catch (error) {
    assert.match((error as Error).message, text)
    return
  }
  assert.unreachable('expected a refusal')
}

let copies = 0

/** A copy of the folder whose database was changed. */
function copyOf(change: (path: string) => void): string {
  const folder = join(base, `copy ${copies++}`)
  mkdirSync(folder)
  copyFileSync(join(whole, 'format'), join(folder, 'format'))
  copyFileSync(join(whole, 'chain.mdb'), join(folder, 'chain.mdb'))
  change(join(folder, 'chain.mdb'))
  return folder
}

/** Everything that a store says, as text. */
function contentOf(store: ChainStore): string {
  const parts: unknown[] = []
  for (let number = 0; number <= store.height(); number++) {
    const { header, transactions, stateDiff } = store.blockByNumber(number)!
    parts.push(header, [...stateDiff.storage].length, store.blockByHash(header.blockHash)?.header)
    for (const { hash, transaction, contractAddress, execution } of transactions) {
      parts.push([hash, transaction, contractAddress, execution().events])
      parts.push(store.findTransaction(hash)?.index)
    }
    const state = store.stateAt(number)
    for (const address of addresses) {
      parts.push(state.nonceAt(address), state.classHashAt(address))
      for (const key of keys) {
        parts.push(state.storageAt(address, key), state.lastUpdateOf(address, key))
      }
    }
    for (const classHash of classes) parts.push(state.compiledClassHashAt(classHash))
  }
  for (const classHash of classes) parts.push(store.classByHash(classHash)?.sierra)
  const everything = { fromBlock: 0, toBlock: store.height(), addresses: [], keys: [] }
  parts.push(store.events(everything, null, 1e6).events)
  parts.push(store.events({ ...everything, addresses: [1n], keys: [keys] }, null, 1e6).events)
  return JSON.stringify(parts, (_, part) => (typeof part === 'bigint' ? `${part}n` : part))
}

test.run()
