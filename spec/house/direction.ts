/**
 * Who may import whom. A file imports its own folder and the folders named for it; nothing else of the project.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { packageRoot } from '../../src/shared/package-root.ts'

const base = ['felt', 'shared', 'kernels', 'compiler']
const middle = [...base, 'vm', 'mvmemory', 'state']
const upper = [...middle, 'executor', 'starknet', 'contracts', 'storage', 'ordering', 'lab']
const source = [...upper, 'simulation', 'node', 'main', 'cli']

/** For each folder (or file directly in src/) the folders it may import besides itself. */
const allowed: Record<string, string[]> = {
  felt: base,
  shared: base,
  compiler: base,
  vm: base,
  mvmemory: base,
  state: base,
  executor: ['felt', 'shared', 'mvmemory', 'state'],
  starknet: [...middle, 'executor'],
  contracts: [...middle, 'executor', 'starknet'],
  storage: [...middle, 'executor', 'starknet'],
  ordering: [...base, 'starknet', 'storage'],
  lab: [...middle, 'executor', 'starknet', 'contracts'],
  simulation: [...middle, 'executor', 'starknet', 'storage'],
  node: [...upper, 'simulation'],
  main: [...source, 'actors', 'workers'],
  cli: [...source],
  actors: upper.filter((folder) => folder !== 'lab'),
  workers: [...upper, 'simulation'],
}

function files(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name))
    .map((entry) => relative(packageRoot, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('src/kernels/'))
}

/** `src/vm/cell.ts` belongs to `vm`, `src/main.ts` to `main`, `actors/intake.ts` to `actors`. */
function partOf(file: string): string {
  const [top, next] = file.split('/')
  return top === 'src' ? next!.replace(/\.ts$/, '') : top!
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(packageRoot, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    relative(packageRoot, join(packageRoot, dirname(file), match[1]!)),
  )
}

test('every import goes in the permitted direction', () => {
  const violations: string[] = []
  for (const file of ['src', 'actors', 'workers'].flatMap(files)) {
    const part = partOf(file)
    for (const target of importsOf(file)) {
      const to = partOf(target)
      if (to !== part && !allowed[part]?.includes(to)) violations.push(`${file} imports ${target}`)
    }
  }
  assert.equal(violations, [])
})

test('the top level holds the agreed folders only', () => {
  const agreed = ['src', 'actors', 'workers', 'spec', 'bench', 'docs', 'dist', 'node_modules']
  const found = readdirSync(packageRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
  assert.equal(
    found.filter((name) => !agreed.includes(name)),
    [],
  )
})

test.run()
