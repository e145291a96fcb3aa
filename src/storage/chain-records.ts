/**
 * What the tables hold of a chain as a whole: how far it goes, from where on its state is kept, its blocks and classes. Who
 * reads and who writes have it from here, so that both know a record by the same place.
 */
import { type BlockParts, decodeBlock, type EncodedBlock, encodeBlock } from './block-codec.ts'
import type { StoredClass } from './chain-store.ts'
import { checksum, DamagedError } from './checksum.ts'
import { decodeClass, encodeClass } from './class-codec.ts'
import type { ChainDatabase } from './database.ts'
import { hashBytes } from './hash-table.ts'
import { openRecord, packRecord } from './record.ts'

/** Name of the fact: the lowest height whose state is kept, and its checksum. */
const LOWEST_STATE = 'lowest state'

/** Height of the newest stored block, -1 before genesis. */
export function storedHeight(database: ChainDatabase): number {
  for (const height of database.blocks.getKeys({ reverse: true, limit: 1 })) return height
  // Going down from the end, lmdb stops before the key 0.
  return database.blocks.doesExist(0) ? 0 : -1
}

/** The lowest height whose state is kept. */
export function lowestState(database: ChainDatabase): number {
  const fact = database.facts.get(LOWEST_STATE)
  if (fact === undefined) return 0
  const height = Number.parseInt(fact, 10)
  if (fact === lowestStateFact(height)) return height
  throw new DamagedError('the lowest height whose state is kept does not match its checksum')
}

/** Notes the lowest height whose state is kept. Inside a write transaction, as all that write. */
export function writeLowestState(database: ChainDatabase, height: number): void {
  database.facts.putSync(LOWEST_STATE, lowestStateFact(height))
}

/** A stored block, or null. */
export function readBlock(database: ChainDatabase, number: number): EncodedBlock | null {
  const record = number < 0 ? undefined : database.blocks.getBinary(number)
  return record === undefined ? null : decodeBlock(openRecord(record, blockPlace(number)))
}

export function writeBlock(database: ChainDatabase, parts: BlockParts): void {
  const { number } = parts.header
  database.blocks.putSync(number, packRecord(encodeBlock(parts), blockPlace(number)))
}

/** A stored class, or null. */
export function readClass(database: ChainDatabase, classHash: bigint): StoredClass | null {
  const record = database.classes.getBinary(hashBytes(classHash))
  return record === undefined ? null : decodeClass(openRecord(record, classPlace(classHash)))
}

export function writeClass(database: ChainDatabase, stored: StoredClass): void {
  const { classHash } = stored
  const record = packRecord(encodeClass(stored), classPlace(classHash))
  database.classes.putSync(hashBytes(classHash), record)
}

function lowestStateFact(height: number): string {
  return `${height} ${checksum(Buffer.from(`${LOWEST_STATE} ${height}`)).toString(16)}`
}

function blockPlace(number: number): string {
  return `block ${number}`
}

function classPlace(classHash: bigint): string {
  return `class 0x${classHash.toString(16)}`
}
