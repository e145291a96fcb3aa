/**
 * Where two values first differ, in words: numbers, texts, lists, maps and plain objects of them.
 */
export interface Difference {
  /** As `events[2].keys[0]`; empty for the values themselves. */
  path: string
  one: string
  other: string
}

/** The first difference of two values, or null if they are equal. */
export function firstDifference(one: unknown, other: unknown, path = ''): Difference | null {
  if (one instanceof Map && other instanceof Map) return differenceOfMaps(one, other, path)
  if (Array.isArray(one) && Array.isArray(other)) {
    for (let index = 0; index < Math.min(one.length, other.length); index++) {
      const found = firstDifference(one[index], other[index], `${path}[${index}]`)
      if (found !== null) return found
    }
    return firstDifference(one.length, other.length, inside(path, 'length'))
  }
  if (isObject(one) && isObject(other)) {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const found = firstDifference(one[key], other[key], inside(path, key))
      if (found !== null) return found
    }
    return null
  }
  return Object.is(one, other) ? null : { path, one: show(one), other: show(other) }
}

function differenceOfMaps(
  one: ReadonlyMap<unknown, unknown>,
  other: ReadonlyMap<unknown, unknown>,
  path: string,
): Difference | null {
  for (const key of new Set([...one.keys(), ...other.keys()])) {
    const found = firstDifference(one.get(key), other.get(key), `${path}[${show(key)}]`)
    if (found !== null) return found
  }
  return null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map)
  )
}

function inside(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function show(value: unknown): string {
  if (typeof value === 'bigint') return `0x${value.toString(16)}`
  if (value === undefined || value === null) return 'nothing'
  if (value instanceof Map) return `${value.size} entries`
  if (Array.isArray(value)) return `${value.length} entries`
  if (typeof value === 'object') return 'something'
  return JSON.stringify(value)
}
