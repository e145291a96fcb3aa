/**
 * The newest stored state as a thread of executors reads it: what lies behind the engine's table.
 *
 * lmdb renews the read transaction of a thread on a turn of its event loop. An executor takes none, so it would read the
 * snapshot of its first read for ever: `refresh` before each block takes a new one, and says how high it is. `done` after
 * it gives the snapshot back, for pages that a parked reader could still see are never used again.
 *
 * Invariant: between `refresh` and `done` a thread that does not return to its event loop reads one snapshot.
 */
import type { BaseReader } from '../mvmemory/memory.ts'
import { storedHeight } from './chain-records.ts'
import { type ChainDatabase, openDatabase } from './database.ts'
import { keyOfLocation, writeValueWords } from './state-key.ts'

export class StoredBase implements BaseReader {
  readonly #database: ChainDatabase

  constructor(database: ChainDatabase) {
    this.#database = database
  }

  /** The database in a file, opened for reading only. */
  static open(file: string): StoredBase {
    return new StoredBase(openDatabase(file, { readOnly: true }))
  }

  read(key: Int32Array, keyOffset: number, out: Int32Array, outOffset: number): void {
    const value = this.#database.state.newest(keyOfLocation(key, keyOffset))
    writeValueWords(value, out, outOffset)
  }

  /** Takes a new snapshot; its height. */
  refresh(): number {
    this.#database.root.resetReadTxn()
    return storedHeight(this.#database)
  }

  /** Gives the snapshot back. */
  done(): void {
    this.#database.root.resetReadTxn()
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}
