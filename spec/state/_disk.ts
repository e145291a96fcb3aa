/**
 * A trie store on disk for specs, in a folder of its own, and a hash that is quick.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { oneByOne } from '../../src/state/patricia.ts'
import { type ChainDatabase, openDatabase } from '../../src/storage/database.ts'

export interface Disk {
  database: ChainDatabase
  /** Closes the environment and opens it again. */
  reopen(): Promise<void>
  /** Closes it and removes the folder. */
  remove(): Promise<void>
}

export function openDisk(): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'fugue-tries-'))
  const path = join(folder, 'chain.mdb')
  const disk: Disk = {
    database: openDatabase(path),
    reopen: async () => {
      await disk.database.close()
      disk.database = openDatabase(path)
    },
    remove: async () => {
      await disk.database.close()
      rmSync(folder, { recursive: true })
    },
  }
  return disk
}

const FIRST = 0x3a6b1c9d84e2f7051b2c3d4e5f60718293a4b5c6d7e8f9011223344556677889n
const SECOND = 0x5bd1e9955bd1e9955bd1e9955bd1e9951b873593cc9e2d511b873593cc9e2d51n

/** Depends on both felts and their order, like the real hashes, in a microsecond. */
export function quickHash(left: bigint, right: bigint): bigint {
  const mixed = BigInt.asUintN(256, (left + 1n) * FIRST + (right + 1n) * SECOND)
  return BigInt.asUintN(250, (mixed ^ (mixed >> 128n)) * FIRST) >> 1n
}

export const quickPairs = oneByOne(quickHash)
