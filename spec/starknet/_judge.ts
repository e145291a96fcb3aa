/**
 * Holds the output of a run against a golden file, or against the real Blockifier itself: every field that both could have,
 * in both directions.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { defaultCrypto } from '../../src/felt/hash.ts'
import { type Bundle, readBundle } from '../../src/lab/bundle.ts'
import { bundleClasses, bundleInput, bundleOutput, bundleState } from '../../src/lab/run-bundle.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { createStarknetMachine } from '../../src/starknet/machine.ts'
import { oraclePath, vectorPath } from '../vectors.ts'

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

/** What we make of a bundle. */
export function ownOutput(bundle: unknown): Record<string, unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'fugue-judge-'))
  try {
    const file = join(folder, 'bundle.json')
    writeFileSync(file, JSON.stringify(bundle))
    return ourOutput(readBundle(file, [vectorPath('npm')]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What the real Blockifier makes of a bundle, and what we make of it: differences as lines. */
export function judged(bundle: unknown): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'fugue-judge-'))
  try {
    const file = join(folder, 'bundle.json')
    const output = join(folder, 'output.json')
    writeFileSync(file, JSON.stringify(bundle))
    const args = ['run', file, '--class-dir', vectorPath('npm'), '--out', output]
    execFileSync(oraclePath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const expected: unknown = JSON.parse(readFileSync(output, 'utf8'))
    return differences(expected, ourOutput(readBundle(file, [vectorPath('npm')])))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A bundle's block, one transaction after the other on the fast machine. */
function ourOutput(bundle: Bundle): Record<string, unknown> {
  const machine = createStarknetMachine({ crypto: defaultCrypto() })
  for (const message of bundleClasses(bundle)) machine.accept(message)
  const memory = createEngineMemory({ shared: false })
  loadState(memory, bundleState(bundle))
  return bundleOutput(bundle, executeSequentially(bundleInput(bundle), machine, memory))
}
