/**
 * Holds the output of a run against a golden file: every field that both could have, in both directions.
 */

/** Fields that are not compared: how it was run, and what only the block's builder or the tries need. */
const leftOut = new Set([
  'executed',
  'bouncer_weights',
  'migrations',
  'count',
  'accessed_contract_addresses',
  'read_class_hash_values',
  'accessed_blocks',
])

/** Differences as lines: path, what was expected, what came. */
export function differences(expected: unknown, actual: unknown, path = ''): string[] {
  if (isObject(expected) && isObject(actual)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(actual)])
    // Large golden files have no traces.
    if (path.startsWith('/transactions/') && expected.trace === undefined) names.delete('trace')
    return [...names]
      .filter((name) => !leftOut.has(name))
      .flatMap((name) => differences(expected[name], actual[name], `${path}/${name}`))
  }
  if (Object.is(expected, actual)) return []
  return [`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
