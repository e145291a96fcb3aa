/**
 * Whether everything that a stored block put into the tables is still found there: its hashes, executions, classes, event
 * entries, and each cell that it wrote at its height. Checksums tell what was changed; this tells what is gone.
 */
import { decodeEvents } from '../starknet/decode-outcome.ts'
import { decodeStateDiff } from './block-codec.ts'
import { lowestState, readBlock, readClass } from './chain-records.ts'
import { DamagedError } from './checksum.ts'
import type { ChainDatabase } from './database.ts'
import { hasEvents } from './event-index.ts'
import { BLOCK, findHash, TRANSACTION } from './hash-table.ts'
import { allResults } from './result-table.ts'
import { cellsOfDiff } from './state-key.ts'

/** Refuses a block of which something is missing or changed, with `DamagedError`. */
export function checkStoredBlock(database: ChainDatabase, number: number): void {
  const block = readBlock(database, number)
  if (block === null) throw new DamagedError(`block ${number} is missing`)
  const { header, transactions, classHashes } = block
  const refuse = (what: string) => {
    throw new DamagedError(`block ${number}: ${what}`)
  }

  if (findHash(database.hashes, BLOCK, header.blockHash)?.height !== number) {
    refuse('it is not found by its hash')
  }
  for (const [index, { hash }] of transactions.entries()) {
    const place = findHash(database.hashes, TRANSACTION, hash)
    if (place?.height !== number || place.index !== index) {
      refuse(`transaction ${index} is not found by its hash`)
    }
  }
  for (const classHash of classHashes) {
    const stored = readClass(database, classHash)
    if (stored === null) refuse(`class 0x${classHash.toString(16)} is missing`)
  }
  const results = [...allResults(database.results, number, transactions.length)]
  if (results.length !== transactions.length) refuse('executions are missing')
  if (!hasEvents(database.events, number, results.flatMap(decodeEvents))) {
    refuse('events are missing in their index')
  }
  if (number < lowestState(database)) return
  for (const [key, value] of cellsOfDiff(decodeStateDiff(block.stateDiff))) {
    const version = database.state.versionAt(key, number)
    const isStored = version?.height === number && version.value !== null
    if (!isStored || Buffer.compare(version.value!, value!) !== 0) {
      refuse(`a cell that it wrote is not what it wrote (${Buffer.from(key).toString('hex')})`)
    }
  }
}
