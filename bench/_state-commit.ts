/**
 * What a block of 500 transfers costs from its seal to the disk, and whether the next blocks have to wait for it.
 *
 *     root and hash, write   one thread after another block; the write is one synced transaction
 *     sealed to durable      both in the committer's thread, with the way there and back
 *     waits                  a chain that is given transfers as fast as it takes them, then at half of that pace: how long
 *                            order stood still because commit was as far behind as it may be, as a part of the whole time
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { createCryptoMemory } from '../src/felt/crypto.ts'
import { createChain } from '../src/main.ts'
import { startCommitter } from '../workers/start-committer.ts'
import { benchOptions, inFolder } from './_block-maker.ts'
import { type Driven, drive } from './_drive-chain.ts'
import { median } from './_figures.ts'
import { OpenAccounts } from './_open-accounts.ts'
import { folderBytes, row, type StateRow } from './_state-rows.ts'

const ACCOUNTS = 10_000
const TRANSFERS = 500
const BLOCKS = 20
/** Blocks before the first that counts. */
const WARM = 5
/** A chain that is given less than it could take. */
const SLOWER = 2

export async function commit(folder: string): Promise<StateRow[]> {
  const dataDir = join(folder, 'chain')
  const accounts = new OpenAccounts(ACCOUNTS)
  return [
    ...(await inThisThread(dataDir, accounts)),
    ...(await inCommitter(dataDir, accounts)),
    ...(await inChain(dataDir, accounts)),
  ]
}

async function inThisThread(dataDir: string, accounts: OpenAccounts): Promise<StateRow[]> {
  const times = await inFolder(dataDir, {}, (maker) => {
    maker.deploy(accounts)
    return Array.from({ length: WARM + BLOCKS }, () =>
      maker.commit(maker.execute(accounts.transfers(TRANSFERS))),
    ).slice(WARM)
  })
  const hashMs = times.map((time) => time.hashMs)
  const writeMs = times.map((time) => time.writeMs)
  return [
    row(`block of ${TRANSFERS} transfers, root, commitments and hash`, median(hashMs), 'ms'),
    row(`block of ${TRANSFERS} transfers, synced write`, median(writeMs), 'ms'),
  ]
}

async function inCommitter(dataDir: string, accounts: OpenAccounts): Promise<StateRow[]> {
  const times = await inFolder(dataDir, {}, async (maker, databaseFile) => {
    const committer = startCommitter(createCryptoMemory(2), 1, databaseFile)
    const times: number[] = []
    for (let block = 0; block < WARM + BLOCKS; block++) {
      const sealed = maker.execute(accounts.transfers(TRANSFERS))
      const startMs = performance.now()
      const header = await committer.commit(sealed, [])
      times.push(performance.now() - startMs)
      maker.note(header, sealed, [])
    }
    await committer.stop()
    return times.slice(WARM)
  })
  return [row(`block of ${TRANSFERS} transfers, sealed to durable`, median(times), 'ms')]
}

async function inChain(dataDir: string, accounts: OpenAccounts): Promise<StateRow[]> {
  const database = join(dataDir, 'chain.mdb')
  const journal = join(dataDir, 'journal')
  const chain = await createChain(benchOptions(dataDir))
  // So few that they are in one file.
  const journalBefore = folderBytes(journal)
  await drive(chain, accounts, { blocks: WARM, transfers: TRANSFERS })
  const journalBytes = folderBytes(journal) - journalBefore
  const databaseBefore = statSync(database).size
  const full = await drive(chain, accounts, { blocks: BLOCKS, transfers: TRANSFERS })
  const databaseBytes = statSync(database).size - databaseBefore
  const everyMs = SLOWER * (full.totalMs / BLOCKS)
  const slow = await drive(chain, accounts, { blocks: BLOCKS, transfers: TRANSFERS, everyMs })
  await chain.stop()
  const count = BLOCKS * TRANSFERS
  const waits = ({ waitedMs, totalMs }: Driven) => (100 * waitedMs) / totalMs
  return [
    row('chain, as fast as it goes', (count * 1000) / full.totalMs, 'transfers/s'),
    row('chain, as fast as it goes, order waits for commit', waits(full), '% of the time'),
    row('chain, at half of that, order waits for commit', waits(slow), '% of the time'),
    row('database bytes of a transfer', databaseBytes / count, 'bytes'),
    row('journal bytes of a transfer', journalBytes / (WARM * TRANSFERS), 'bytes'),
  ]
}
