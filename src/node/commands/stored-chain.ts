/**
 * A chain in a data folder, opened by a command that works on it while no node does; commands that only look may do so
 * beside a node, through snapshots of its database.
 *
 * Who ended in the midst of taking blocks back left a chain that is stored and void above a height. Commands that read do
 * not see that part, as if it was gone; those that write take it out first.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError, type OrderingEngine } from '../../ordering/engine.ts'
import { openJournalFolder } from '../../ordering/files.ts'
import { headOfFolder } from '../../ordering/folder-head.ts'
import { openLogEngine } from '../../ordering/log.ts'
import { ChainWriter } from '../../storage/chain-writer.ts'
import { type FolderPlaces, lookIntoFolder } from '../../storage/data-folder.ts'
import { type ChainDatabase, openDatabase } from '../../storage/database.ts'
import { FolderError, InUseError } from '../../storage/folder-error.ts'
import { LmdbStore } from '../../storage/lmdb-store.ts'
import { openStorage } from '../../storage/storage.ts'
import { finishRewind } from '../recovery.ts'
import { UsageError } from '../usage-error.ts'

export interface StoredChain {
  folder: FolderPlaces
  database: ChainDatabase
  store: LmdbStore
}

/** A chain that a command changes. */
export interface ChangedChain extends StoredChain {
  writer: ChainWriter
  engine: OrderingEngine
}

type Say = (line: string) => void

/** Opens what is stored, void or not, for the time of an action; refuses a folder without a chain. */
export async function withStoredChain<Result>(
  dataDir: string,
  action: (chain: StoredChain) => Result | Promise<Result>,
): Promise<Result> {
  if (!existsSync(join(dataDir, 'format'))) throw new UsageError(`${dataDir} holds no chain`)
  const { disk, close } = await openStorage(dataDir)
  if (disk === null) throw new Error('a data folder is on disk')
  try {
    return await action(disk)
  } finally {
    await close()
  }
}

/** Opens a chain to read it. `say` is told what is not shown. */
export async function readStoredChain<Result>(
  dataDir: string,
  say: Say,
  action: (chain: StoredChain) => Result | Promise<Result>,
): Promise<Result> {
  return await withStoredChain(dataDir, async (chain) => {
    const { folder, store } = chain
    const height = store.height()
    const end = await decidedEnd(folder.journal, say)
    if (end !== null && end < height) {
      say(
        `blocks ${end + 1} to ${height} are still stored and no longer part of the chain: they were being taken ` +
          'back when this ended, and the next start finishes that',
      )
      store.returnTo(end)
    }
    return await action(chain)
  })
}

/**
 * Opens a chain to look at it, also beside the node that has it: then what the action reads without giving way is one moment
 * of the node's chain. The node has looked at the file before it mapped it.
 */
export async function lookAtStoredChain<Result>(
  dataDir: string,
  say: Say,
  action: (chain: StoredChain) => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await readStoredChain(dataDir, say, action)
  } catch (error) {
    if (!(error instanceof InUseError)) throw error
  }
  const folder = lookIntoFolder(dataDir)
  const database = openBeside(folder)
  try {
    return await action({ folder, database, store: new LmdbStore(database) })
  } finally {
    await database.close()
  }
}

function openBeside({ path, database }: FolderPlaces): ChainDatabase {
  try {
    return openDatabase(database, { readOnly: true })
  } catch (error) {
    const { message } = error as Error
    throw new FolderError(`the database in ${path} cannot be read beside its node: ${message}`)
  }
}

/** Opens a chain and its journal to change them. `say` is told what had to be finished. */
export async function changeStoredChain<Result>(
  dataDir: string,
  say: Say,
  action: (chain: ChangedChain) => Result | Promise<Result>,
): Promise<Result> {
  return await withStoredChain(dataDir, async (chain) => {
    const writer = new ChainWriter(chain.database)
    const engine = await openLogEngine(await openJournalFolder(chain.folder.journal), { say })
    try {
      await finishRewind(engine, chain.store, async (height) => writer.abortAbove(height), say)
      return await action({ ...chain, writer, engine })
    } finally {
      await engine.close()
    }
  })
}

/** Height at which the journal made the chain end, if nothing was begun since. What it cannot tell is told to `say`. */
async function decidedEnd(journal: string, say: Say): Promise<number | null> {
  try {
    return (await headOfFolder(await openJournalFolder(journal))).rewoundTo
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    say(error.message)
    return null
  }
}
