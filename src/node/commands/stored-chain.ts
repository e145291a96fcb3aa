/**
 * A chain in a data folder, opened by a command that works on it while no node does.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DataFolder } from '../../storage/data-folder.ts'
import type { ChainDatabase } from '../../storage/database.ts'
import type { LmdbStore } from '../../storage/lmdb-store.ts'
import { openStorage } from '../../storage/storage.ts'
import { UsageError } from '../usage-error.ts'

export interface StoredChain {
  folder: DataFolder
  database: ChainDatabase
  store: LmdbStore
  close(): Promise<void>
}

/** Opens a chain that is there; refuses a folder without one. */
export async function openStoredChain(dataDir: string): Promise<StoredChain> {
  if (!existsSync(join(dataDir, 'format'))) throw new UsageError(`${dataDir} holds no chain`)
  const { disk, close } = await openStorage(dataDir)
  if (disk === null) throw new Error('a data folder is on disk')
  return { ...disk, close }
}

/** Opens a chain for the time of an action. */
export async function withStoredChain<Result>(
  dataDir: string,
  action: (chain: StoredChain) => Result | Promise<Result>,
): Promise<Result> {
  const chain = await openStoredChain(dataDir)
  try {
    return await action(chain)
  } finally {
    await chain.close()
  }
}
