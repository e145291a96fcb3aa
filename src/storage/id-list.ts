/**
 * A list of numbers as bytes: sorted, each as the difference from the one before, seven bits a byte, low ones first.
 *
 *     bytes 0-3    checksum of the rest
 *     then         per number: bytes with the top bit set, and a last one without
 */
import { CHECKSUM_BYTES, requireSealed, seal } from './checksum.ts'

/** Bytes of the longest difference, below 2^53. */
const MOST_BYTES = 8

/** Encodes whole numbers from 0 on, in any order, each once. */
export function encodeIds(ids: readonly number[]): Buffer {
  const sorted = Float64Array.from(ids).sort()
  const list = Buffer.allocUnsafe(CHECKSUM_BYTES + MOST_BYTES * ids.length)
  let at = CHECKSUM_BYTES
  let previous = 0
  for (const id of sorted) {
    let rest = id - previous
    for (; rest >= 128; rest = Math.floor(rest / 128)) list[at++] = (rest % 128) | 128
    list[at++] = rest
    previous = id
  }
  return seal(list.subarray(0, at))
}

/** The numbers, ascending; `what` names the list when it is damaged. */
export function decodeIds(list: Buffer, what: string): number[] {
  requireSealed(list, what)
  const ids: number[] = []
  let previous = 0
  for (let at = CHECKSUM_BYTES; at < list.length; ) {
    let scale = 1
    for (; list[at]! >= 128; scale *= 128) previous += (list[at++]! - 128) * scale
    previous += list[at++]! * scale
    ids.push(previous)
  }
  return ids
}
