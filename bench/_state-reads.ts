/**
 * One cell of the state: balances of 100,000 accounts, read in no order, each once.
 *
 *     cold             the first read of a database that was just opened and whose file is not in the system's memory: `dd`
 *                      asks the system to drop its pages while nobody has it open. What the system reads ahead makes the
 *                      next ones fast, so each starts anew; where pages cannot be dropped there is no such row
 *     warm             pages are in memory, nothing that was decoded is kept
 *     kept             once more, through what keeps decoded cells: main's cache of the tip, the table of the engine
 *     at an old height the version before the newest, by a seek among the replaced ones
 *
 * `worker` is the reader behind the executors' table, `main` the store that answers RPC.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { createEngineMemory } from '../src/mvmemory/memory.ts'
import { STRK_ADDRESS } from '../src/node/genesis.ts'
import { feeBalanceKey } from '../src/starknet/addresses.ts'
import { CELL_WORDS, KEY_WORDS, STORAGE, writeLocation } from '../src/state/location.ts'
import { openDatabase } from '../src/storage/database.ts'
import { LmdbStore } from '../src/storage/lmdb-store.ts'
import { stateKey } from '../src/storage/state-key.ts'
import { StoredBase } from '../src/storage/stored-base.ts'
import { inFolder } from './_block-maker.ts'
import { median } from './_figures.ts'
import { OpenAccounts } from './_open-accounts.ts'
import { row, type StateRow } from './_state-rows.ts'
import { quickHashes } from './_state-tries.ts'

const ACCOUNTS = 100_000
const READS = 2000
const COLD_READS = 25
/** Another prime than those of the accounts: neighbours in a list of reads are far apart in the file. */
const STEP = 48_611

export async function reads(folder: string): Promise<StateRow[]> {
  const dataDir = join(folder, 'chain')
  const accounts = new OpenAccounts(ACCOUNTS)
  const file = await inFolder(dataDir, quickHashes, (maker, databaseFile) => {
    maker.deploy(accounts)
    // Every balance gets a version that is replaced.
    maker.fund(accounts, 10n ** 25n)
    return databaseFile
  })
  const keys = Array.from({ length: READS }, (_, i) =>
    feeBalanceKey(accounts.address((i * STEP) % ACCOUNTS)),
  )
  return [
    ...(await cold(file, keys)),
    ...(await byWorker(file, keys)),
    ...(await byMain(file, keys)),
  ]
}

/** The first read of a database that was just opened; no row where pages cannot be dropped. */
async function cold(file: string, keys: bigint[]): Promise<StateRow[]> {
  const micros: number[] = []
  for (const key of keys.slice(0, COLD_READS)) {
    if (!dropPages(file)) return []
    const database = openDatabase(file, { readOnly: true })
    const cell = stateKey(STORAGE, STRK_ADDRESS, key)
    const startMs = performance.now()
    database.state.newest(cell)
    micros.push((performance.now() - startMs) * 1000)
    await database.close()
  }
  return [row('read of a cell, cold', median(micros), 'µs')]
}

async function byWorker(file: string, keys: bigint[]): Promise<StateRow[]> {
  const base = StoredBase.open(file)
  base.refresh()
  const locations = keys.map((key) => {
    const words = new Int32Array(KEY_WORDS)
    writeLocation(words, 0, STORAGE, STRK_ADDRESS, key)
    return words
  })
  const out = new Int32Array(CELL_WORDS)
  const memory = createEngineMemory({ base, shared: false })
  const rows = rowsOf('worker', [
    ['', (i) => base.read(locations[i]!, 0, out, 0)],
    ['warm', (i) => base.read(locations[i]!, 0, out, 0)],
    ['its first read in the engine', (i) => memory.table.intern(locations[i]!, 0)],
    ['kept by the engine', (i) => memory.read(locations[i]!, 0, out, 0)],
  ])
  base.done()
  await base.close()
  return rows
}

async function byMain(file: string, keys: bigint[]): Promise<StateRow[]> {
  const database = openDatabase(file, { readOnly: true })
  const store = new LmdbStore(database)
  const tip = store.stateAt(store.height())
  // Blocks of the second half wrote the newest versions.
  const old = store.stateAt(Math.floor(store.height() / 2))
  const cell = (i: number) => stateKey(STORAGE, STRK_ADDRESS, keys[i]!)
  const rows = rowsOf('main', [
    ['', (i) => database.state.at(cell(i), store.height())],
    ['warm', (i) => tip.storageAt(STRK_ADDRESS, keys[i]!)],
    ['kept by the tip', (i) => tip.storageAt(STRK_ADDRESS, keys[i]!)],
    ['', (i) => old.storageAt(STRK_ADDRESS, keys[i]!)],
    ['at an old height', (i) => old.storageAt(STRK_ADDRESS, keys[i]!)],
  ])
  await database.close()
  return rows
}

/** Times each kind of read over all keys, one kind after the other; one without a name only warms up. */
function rowsOf(reader: string, kinds: [name: string, read: (i: number) => unknown][]): StateRow[] {
  return kinds.flatMap(([kind, read]) => {
    const micros = Array.from({ length: READS }, (_, i) => {
      const startMs = performance.now()
      read(i)
      return (performance.now() - startMs) * 1000
    })
    if (kind === '') return []
    return [row(`read of a cell, ${reader}, ${kind}`, median(micros), 'µs')]
  })
}

/** Asks the system to forget the pages of a file; whether it could. */
function dropPages(file: string): boolean {
  try {
    execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
