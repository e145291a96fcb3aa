/**
 * Which events a filter lets through: those of the given contracts whose keys match position by position.
 */
import type { EventFilter } from './chain-store.ts'

/** Whether an event matches; the range of blocks is not looked at. */
export function matchesFilter(
  event: { fromAddress: bigint; keys: readonly bigint[] },
  { addresses, keys }: Pick<EventFilter, 'addresses' | 'keys'>,
): boolean {
  if (addresses.length > 0 && !addresses.includes(event.fromAddress)) return false
  return keys.every((wanted, position) => {
    const key = event.keys[position]
    return wanted.length === 0 || (key !== undefined && wanted.includes(key))
  })
}
