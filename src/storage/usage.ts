/**
 * What the chain takes on disk: pages by table, and records by block.
 *
 * Pages are what LMDB has taken for a table, with the room left in them; records are bytes of keys and values alone, so
 * the blocks' bytes add up to less than the tables'.
 */
import type { ChainDatabase } from './database.ts'

export interface TableUsage {
  name: string
  entries: number
  bytes: number
}

export interface BlockUsage {
  /** Header, transactions, diff and results. */
  block: number
  /** Cells that it wrote, newest or replaced since. */
  state: number
  /** Nodes of tries that it wrote and that are kept. */
  tries: number
}

/** What lmdb's declarations leave open. */
interface PageStatistics {
  pageSize: number
  treeBranchPageCount: number
  treeLeafPageCount: number
  overflowPages: number
  entryCount: number
}

/** Bytes of a height and a checksum, which a cell and the list of written cells carry. */
const CELL_HEAD = 8

/** All tables, the largest first. */
export function tableUsage({ root }: ChainDatabase): TableUsage[] {
  const tables = [...root.getKeys()].map((name) => {
    const table = root.openDB(`${String(name)}`, { encoding: 'binary', keyEncoding: 'binary' })
    const pages = table.getStats() as PageStatistics
    const count = pages.treeBranchPageCount + pages.treeLeafPageCount + pages.overflowPages
    return { name: String(name), entries: pages.entryCount, bytes: count * pages.pageSize }
  })
  return tables.sort((one, other) => other.bytes - one.bytes)
}

/** What a stored block takes. */
export function blockUsage(database: ChainDatabase, number: number): BlockUsage {
  const { blocks, results, state, tries } = database
  let block = blocks.getBinary(number)?.length ?? 0
  const range = { start: heightKey(number), end: heightKey(number + 1) }
  for (const { key, value } of results.getRange(range)) block += key.length + value.length
  let cells = 0
  for (const key of state.touchedIn(number)) {
    cells += 2 * key.length + CELL_HEAD + (state.at(key, number)?.length ?? 0)
  }
  return { block, state: cells, tries: tries.bytesOf(number) }
}

function heightKey(height: number): Buffer {
  const key = Buffer.alloc(8)
  key.writeUInt32BE(height, 0)
  return key
}
