/**
 * `fugue inspect`: what a data folder holds, a block, a transaction, as text for people.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Block } from '../../starknet/block.ts'
import { storedHeight } from '../../storage/chain-records.ts'
import { FORMAT } from '../../storage/data-folder.ts'
import { blockUsage, tableUsage } from '../../storage/usage.ts'
import { chainName } from '../config.ts'
import { encodeHeader, encodeStateDiff } from '../encode/block.ts'
import { hex } from '../encode/felts.ts'
import { encodeReceipt, encodeTransaction } from '../encode/transaction.ts'
import { UsageError } from '../usage-error.ts'
import type { StoredChain } from './stored-chain.ts'

/** Newest blocks whose usage is listed. */
const LISTED = 10

/** Heights, sizes by table, sizes of the newest blocks. */
export function inspectDatabase(chain: StoredChain): string[] {
  const { folder, database, store } = chain
  const height = store.height()
  const stored = storedHeight(database) + 1
  const newest = store.blockByNumber(height)
  if (newest === null) return [`${folder.path} holds a database without blocks`]
  const tables = tableUsage(database)
  const used = tables.reduce((sum, { bytes }) => sum + bytes, 0)
  const fileBytes = statSync(folder.database).size
  const transactions = transactionCount(tables, stored)
  const journal = journalFiles(folder.journal)
  const { blockHash, timestamp, chainId } = newest.header
  return [
    `folder        ${folder.path}, format ${FORMAT}`,
    `chain         ${chainName(chainId)}`,
    `blocks        0 to ${height}; state, tries and proofs from ${store.lowestState()} on`,
    `newest        ${hex(blockHash)}, ${new Date(timestamp * 1000).toISOString()}`,
    `transactions  ${transactions}`,
    `database      ${size(fileBytes)}, ${size(used)} in use`,
    `journal       ${size(journal.bytes)} in ${journal.count} files`,
    `on average    ${size(used / stored)} a block, ${size(used / Math.max(1, transactions))} a transaction`,
    '',
    row('table', ['entries', 'bytes', 'share']),
    ...tables.map(({ name, entries, bytes }) =>
      row(name, [`${entries}`, `${bytes}`, `${Math.round((100 * bytes) / Math.max(1, used))} %`]),
    ),
    '',
    row('block', ['tx', 'block', 'state', 'tries', 'bytes']),
    ...newestBlocks(height).map((number) => usageRow(chain, number)),
  ]
}

/** Header, transactions and sizes of a block: `latest`, a number or a hash. */
export function inspectBlock(chain: StoredChain, id: string): string[] {
  const block = findBlock(chain, id)
  const { number } = block.header
  const usage = blockUsage(chain.database, number)
  return [
    json(encodeHeader(block)),
    ...block.transactions.map(({ hash, transaction, execution }, index) => {
      const { outcome, actualFee, events } = execution()
      const { length } = events
      return `#${index}  ${hex(hash)}  ${transaction.type}  ${outcome}  fee ${actualFee}  ${length} events`
    }),
    `on disk: block ${usage.block}, state ${usage.state}, tries ${usage.tries} bytes`,
    `state diff: ${json(encodeStateDiff(block.stateDiff))}`,
  ]
}

/** A transaction, where it is, and its receipt. */
export function inspectTransaction({ store }: StoredChain, id: string): string[] {
  const found = store.findTransaction(readHash(id))
  if (found === null) throw new UsageError(`no stored block has transaction ${id}`)
  const { block, index } = found
  const included = block.transactions[index]!
  return [
    `block ${block.header.number}, transaction ${index}`,
    json({
      transaction_hash: hex(included.hash),
      ...encodeTransaction(included.transaction, included.transaction.type === 'INVOKE'),
    }),
    json(encodeReceipt(included, 'ACCEPTED_ON_L2')),
  ]
}

function findBlock({ store }: StoredChain, id: string): Block {
  const height = store.height()
  const block =
    id === 'latest'
      ? store.blockByNumber(height)
      : /^\d{1,9}$/.test(id)
        ? store.blockByNumber(Number(id))
        : store.blockByHash(readHash(id))
  if (block === null) throw new UsageError(`there is no block ${id}, the newest is ${height}`)
  return block
}

function readHash(text: string): bigint {
  if (/^0x[0-9a-fA-F]{1,64}$/.test(text)) return BigInt(text)
  throw new UsageError(`expected a hash as 0x…, got '${text}'`)
}

/** Hashes are of blocks and of transactions. */
function transactionCount(tables: { name: string; entries: number }[], blocks: number): number {
  const hashes = tables.find(({ name }) => name === 'hashes')
  return (hashes?.entries ?? 0) - blocks
}

function journalFiles(folder: string): { count: number; bytes: number } {
  const names = existsSync(folder) ? readdirSync(folder) : []
  // A node may have dropped one since.
  const bytes = names.reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
  return { count: names.length, bytes }
}

function newestBlocks(height: number): number[] {
  const count = Math.min(LISTED, height + 1)
  return Array.from({ length: count }, (_, index) => height - count + 1 + index)
}

function usageRow({ database, store }: StoredChain, number: number): string {
  const { block, state, tries } = blockUsage(database, number)
  const { transactionCount: count } = store.blockByNumber(number)!.header
  const columns = [count, block, state, tries, block + state + tries]
  return row(`${number}`, columns.map(String))
}

function row(first: string, rest: string[]): string {
  return first.padEnd(18) + rest.map((text) => text.padStart(12)).join('')
}

function json(value: object): string {
  return JSON.stringify(value, null, 2)
}

function size(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`
  return `${(bytes / 1e9).toFixed(2)} GB`
}
