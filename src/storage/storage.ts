/**
 * Where a chain is kept: a data folder that this process holds, or memory.
 */
import type { ChainStore } from './chain-store.ts'
import { DamagedError } from './checksum.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'
import { type ChainDatabase, openDatabase } from './database.ts'
import { FolderError } from './folder-error.ts'
import { LmdbStore } from './lmdb-store.ts'
import { createMemoryStore } from './memory-store.ts'

export interface Storage {
  store: ChainStore
  /** Null in memory; all of them or none. */
  disk: { folder: DataFolder; database: ChainDatabase; store: LmdbStore } | null
  /** Closes the database and gives the folder back; after all other threads have closed theirs. */
  close(): Promise<void>
}

/** Opens the chain in a data folder, or makes it; null keeps a new one in memory. Refuses with `FolderError`. */
export async function openStorage(dataDir: string | null): Promise<Storage> {
  if (dataDir === null) {
    return { store: createMemoryStore(), disk: null, close: async () => {} }
  }
  const folder = await openDataFolder(dataDir)
  try {
    const database = openDatabase(folder.database)
    const store = new LmdbStore(database)
    const close = async () => {
      await database.close()
      folder.release()
    }
    return { store, disk: { folder, database, store }, close }
  } catch (error) {
    folder.release()
    if (error instanceof DamagedError) throw error
    throw new FolderError(
      `the database in ${dataDir} cannot be opened: ${(error as Error).message}`,
    )
  }
}
