/**
 * Seam: the one LMDB environment of a data folder and its tables. Every thread opens it for itself; the process shares one
 * map. Main and executors read, only the committer's thread writes.
 *
 *     table        key                         value
 *     state.*      location (`state-key.ts`)   cell: `versioned.ts`
 *     tries.*      block, index                node: `node-table.ts`
 *     blocks       height                      header, transactions, diff: `block-codec.ts`
 *     results      height, transaction index   words of an execution
 *     hashes       block or transaction hash   height, transaction index
 *     classes      class hash                  Sierra and CASM
 *     events       what, block                 which blocks may hold an event: `event-index.ts`
 *     facts        name                        pruned height and the like
 *
 * A commit returns after the sync: `overlappingSync`, which would sync later, is off.
 */
import { type Database, open, type RootDatabase } from 'lmdb'
import { NodeTable } from './node-table.ts'
import { Versioned } from './versioned.ts'

/** Tables of an environment at most. */
const MOST_TABLES = 24
/** Read transactions at a time at most, over all threads: some per executor. */
const MOST_READERS = 512

/**
 * Keys are hashes, so a page says nothing about the next: what a system reads ahead (megabytes, on some) is in vain, and
 * takes the place of pages that are needed. lmdb's declarations leave this option out.
 */
const readsAtRandom = { noReadAhead: true }

export interface ChainDatabase {
  readonly root: RootDatabase
  /** State cells, by location. */
  readonly state: Versioned
  /** Trie nodes. */
  readonly tries: NodeTable
  readonly blocks: Database<Buffer, number>
  readonly results: Database<Buffer, Uint8Array>
  readonly hashes: Database<Buffer, Uint8Array>
  readonly classes: Database<Buffer, Uint8Array>
  readonly events: Database<Buffer, Uint8Array>
  readonly facts: Database<string, string>
  close(): Promise<void>
}

/** Opens the environment in file `path`, or makes it. */
export function openDatabase(path: string, { readOnly = false } = {}): ChainDatabase {
  const root = open({
    path,
    noSubdir: true,
    overlappingSync: false,
    ...readsAtRandom,
    maxDbs: MOST_TABLES,
    maxReaders: MOST_READERS,
    readOnly,
  })
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const
  return {
    root,
    state: new Versioned(root, 'state'),
    tries: new NodeTable(root, 'tries'),
    blocks: root.openDB('blocks', { encoding: 'binary', keyEncoding: 'uint32' }),
    results: root.openDB('results', binary),
    hashes: root.openDB('hashes', binary),
    classes: root.openDB('classes', binary),
    events: root.openDB('events', binary),
    facts: root.openDB('facts', { encoding: 'string' }),
    close: () => root.close(),
  }
}
