/**
 * Tests of felts that syscalls take, on cells in place: no number is made.
 */
import { formatFelt } from '../felt/felt.ts'

/** Addresses and storage keys, as error texts show their range. */
export const KEY_RANGE = `[0x0, ${formatFelt(1n << 251n)})`

/** Upper half of limb 3 of 2^251, where addresses and keys end. */
const KEY_END = 0x08000000

/** Whether the felt at `words[at]` is no address and no key: 2^251 or above. */
export function isOverKeys(words: Int32Array, at: number): boolean {
  const tag = words[at + 3]!
  return tag < 0 && (tag & 0x7fffffff) >= KEY_END
}

/** Whether a felt has more than 160 bits: all of limb 3 and the upper half of limb 2 count. */
export function isOverEthereum(words: Int32Array, at: number): boolean {
  const tag = words[at + 3]!
  return tag < 0 && ((tag & 0x7fffffff) | words[at + 2]! | words[at + 7]!) !== 0
}
