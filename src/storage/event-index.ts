/**
 * Which blocks may hold an event that a filter lets through, without reading them.
 *
 *     what (1 byte) │ low 8 bytes of an address or a key │ height (4 bytes)  ─▶  nothing
 *
 *     what   0 any event, 1 the contract, 2 + p the key at position p, for the first positions
 *
 * All entries of one value lie side by side, so the next block that has it is one seek away. A filter asks for one value
 * out of several at a time, for several positions: candidates are found by letting each of them jump to where the others
 * are. An entry never lies by omission; it may name a block in vain (two values share 8 bytes, or stand in different
 * events), so whoever reads the block filters again.
 */
import type { Database } from 'lmdb'
import type { EventFilter } from './chain-store.ts'

const ANY = 0
const CONTRACT = 1
const KEY = 2
/** Positions of keys that have entries; contracts seldom use more than selector, sender and receiver. */
const POSITIONS = 4
const HEIGHT_AT = 9
const ENTRY_BYTES = 13

const nothing = Buffer.alloc(0)

type Indexed = { fromAddress: bigint; keys: readonly bigint[] }

/** Enters the events of a block. Inside a write transaction. */
export function enterEvents(
  table: Database<Buffer, Uint8Array>,
  height: number,
  events: Iterable<Indexed>,
): void {
  for (const entry of entriesOf(height, events)) table.putSync(entry, nothing)
}

/** Takes out what `enterEvents` entered. */
export function removeEvents(
  table: Database<Buffer, Uint8Array>,
  height: number,
  events: Iterable<Indexed>,
): void {
  for (const entry of entriesOf(height, events)) table.removeSync(entry)
}

/** Whether all that `enterEvents` entered is there. */
export function hasEvents(
  table: Database<Buffer, Uint8Array>,
  height: number,
  events: Iterable<Indexed>,
): boolean {
  return entriesOf(height, events).every((entry) => table.doesExist(entry))
}

/** The first block from `from` on that may match, or null if there is none up to `to`. */
export function nextCandidate(
  table: Database<Buffer, Uint8Array>,
  { addresses, keys }: Pick<EventFilter, 'addresses' | 'keys'>,
  from: number,
  to: number,
): number | null {
  const wanted = [prefixes(ANY, [0n])]
  if (addresses.length > 0) wanted.push(prefixes(CONTRACT, addresses))
  for (const [position, values] of keys.slice(0, POSITIONS).entries()) {
    if (values.length > 0) wanted.push(prefixes(KEY + position, values))
  }
  let height = from
  for (let agreed = 0; agreed < wanted.length; ) {
    const next = firstOf(table, wanted[agreed]!, height, to)
    if (next === null) return null
    // Who had agreed on less must look again.
    agreed = next === height ? agreed + 1 : agreed > 0 ? 0 : 1
    height = next
  }
  return height
}

/** The lowest height from `from` on that one of the values has. */
function firstOf(
  table: Database<Buffer, Uint8Array>,
  values: Buffer[],
  from: number,
  to: number,
): number | null {
  let lowest: number | null = null
  for (const value of values) {
    const last: number = lowest === null ? to : lowest - 1
    if (last < from) break
    const start = Buffer.from(value)
    start.writeUInt32BE(from, HEIGHT_AT)
    const end = Buffer.from(value)
    end.writeUInt32BE(last + 1, HEIGHT_AT)
    for (const entry of table.getKeys({ start, end, limit: 1 })) {
      lowest = Buffer.from(entry).readUInt32BE(HEIGHT_AT)
    }
  }
  return lowest
}

/** The entries of a block, ascending, each once. */
function entriesOf(height: number, events: Iterable<Indexed>): Buffer[] {
  const entries = new Map<string, Buffer>()
  const add = (what: number, value: bigint) => {
    const entry = entryOf(what, value, height)
    entries.set(entry.toString('latin1'), entry)
  }
  for (const { fromAddress, keys } of events) {
    add(ANY, 0n)
    add(CONTRACT, fromAddress)
    for (let p = 0; p < Math.min(keys.length, POSITIONS); p++) add(KEY + p, keys[p]!)
  }
  return [...entries.values()].sort(Buffer.compare)
}

function prefixes(what: number, values: readonly bigint[]): Buffer[] {
  return values.map((value) => entryOf(what, value, 0))
}

function entryOf(what: number, value: bigint, height: number): Buffer {
  const entry = Buffer.allocUnsafe(ENTRY_BYTES)
  entry[0] = what
  entry.writeBigUInt64BE(BigInt.asUintN(64, value), 1)
  entry.writeUInt32BE(height, HEIGHT_AT)
  return entry
}
