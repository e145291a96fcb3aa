/**
 * A sorted list of keys as bytes. Neighbours share their beginnings, which are written once.
 *
 *     bytes 0-3    checksum of the rest
 *     then         per key: shared length (2 bytes), length of the rest (2 bytes), the rest
 */
import { CHECKSUM_BYTES, requireSealed, seal } from './checksum.ts'

const LENGTHS = 4

/** Encodes keys that are sorted ascending. */
export function encodeKeys(keys: readonly Uint8Array[]): Buffer {
  let size = CHECKSUM_BYTES
  for (const key of keys) size += LENGTHS + key.length
  const list = Buffer.allocUnsafe(size)
  let at = CHECKSUM_BYTES
  let previous: Uint8Array = new Uint8Array(0)
  for (const key of keys) {
    const shared = sharedLength(previous, key)
    list.writeUInt16BE(shared, at)
    list.writeUInt16BE(key.length - shared, at + 2)
    list.set(key.subarray(shared), at + LENGTHS)
    at += LENGTHS + key.length - shared
    previous = key
  }
  return seal(list.subarray(0, at))
}

/** The keys of a list; `what` names it when it is damaged. */
export function decodeKeys(list: Buffer, what: string): Uint8Array[] {
  requireSealed(list, what)
  const keys: Uint8Array[] = []
  let previous: Uint8Array = new Uint8Array(0)
  for (let at = CHECKSUM_BYTES; at < list.length; ) {
    const shared = list.readUInt16BE(at)
    const rest = list.readUInt16BE(at + 2)
    const key = new Uint8Array(shared + rest)
    key.set(previous.subarray(0, shared), 0)
    key.set(list.subarray(at + LENGTHS, at + LENGTHS + rest), shared)
    keys.push(key)
    previous = key
    at += LENGTHS + rest
  }
  return keys
}

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length)
  let length = 0
  while (length < most && a[length] === b[length]) length++
  return length
}
