/**
 * Where a chain is kept: a data folder that this process holds, or memory.
 */
import { statSync } from 'node:fs'
import type { ChainStore } from './chain-store.ts'
import { DamagedError } from './checksum.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'
import { type ChainDatabase, openDatabase } from './database.ts'
import { checkDatabaseFile } from './database-check.ts'
import { FolderError } from './folder-error.ts'
import { LmdbStore } from './lmdb-store.ts'
import { createMemoryStore } from './memory-store.ts'

/** All pages of a file up to this size are looked at when it is opened: some tenths of a second. */
const SMALL_BYTES = 32 * 2 ** 20

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
  let database: ChainDatabase | null = null
  const close = async () => {
    try {
      await database?.close()
    } finally {
      folder.release()
    }
  }
  try {
    checkFile(folder)
    database = openDatabase(folder.database)
    const store = new LmdbStore(database)
    if (folder.isNew) {
      if (store.height() >= 0)
        throw new FolderError(`${dataDir} holds a chain, but no file 'format'`)
      folder.settle()
    }
    return { store, disk: { folder, database, store }, close }
  } catch (error) {
    await close()
    if (error instanceof DamagedError || error instanceof FolderError) throw error
    throw new FolderError(
      `the database in ${dataDir} cannot be opened: ${(error as Error).message}`,
    )
  }
}

/** Looks at the database's file before it is mapped. */
function checkFile({ path, database, isNew }: DataFolder): void {
  const size = statSync(database, { throwIfNoEntry: false })?.size ?? 0
  if (size > 0) checkDatabaseFile(database, { leaves: size <= SMALL_BYTES })
  else if (!isNew)
    throw new FolderError(`the database of ${path} is missing; restore it from a copy`)
}
