/**
 * A database that holds the state of a chain of blocks, for a while behind what was executed, as the committer's is.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Change } from '../../src/executor/block.ts'
import { readCellWords } from '../../src/felt/cell.ts'
import type { EngineMemory } from '../../src/mvmemory/memory.ts'
import { type ChainDatabase, openDatabase } from '../../src/storage/database.ts'
import { encodeValue, keyOfLocation } from '../../src/storage/state-key.ts'
import { StoredBase } from '../../src/storage/stored-base.ts'

export class StoredState {
  readonly file: string
  readonly database: ChainDatabase
  readonly base: StoredBase
  /** Changes of the blocks that are not stored yet, by number. */
  readonly waiting: { number: number; changes: Change[] }[] = []
  readonly #folder: string

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'fugue-stored-state-'))
    this.file = join(this.#folder, 'chain.mdb')
    this.database = openDatabase(this.file)
    this.base = new StoredBase(this.database)
  }

  /** Stores waiting blocks until only some are left; memories hear of it. */
  store(left: number, memories: EngineMemory[]): void {
    while (this.waiting.length > left) {
      const { number, changes } = this.waiting.shift()!
      const cells = changes.map(
        ({ key, after }) => [keyOfLocation(key, 0), encodeValue(readCellWords(after, 0))] as const,
      )
      this.database.root.transactionSync(() => {
        this.database.blocks.putSync(number, Buffer.alloc(1))
        this.database.state.write(number, cells)
      })
      for (const memory of memories) memory.durable = number
    }
    this.base.refresh()
  }

  async close(): Promise<void> {
    await this.database.close()
    rmSync(this.#folder, { recursive: true })
  }
}
