/**
 * Who may import whom. A file imports its own folder and the folders that ARCHITECTURE.md names for it; nothing else of the
 * project.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { packageRoot } from '../../src/shared/package-root.ts'

/** What everybody may import. */
const base = ['felt', 'shared', 'kernels']

/** For each part, which is a folder or the files beside `main`, the parts it may import; null for all. */
const allowed = tableOf(readFileSync(join(packageRoot, 'ARCHITECTURE.md'), 'utf8'))

function tableOf(text: string): Map<string, string[] | null> {
  const [, section = ''] = text.split(/^## Folders$/m)
  const [table = ''] = section.split(/^## /m)
  const rows = [...table.matchAll(/^\| (`.*?) \| .*? \| ([^|]*) \|$/gm)]
  return new Map(
    rows.flatMap(([, folders, others]) => {
      const names = [...others!.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
      const isAll = others === 'all'
      assert.ok(isAll || others === '–' || names.length > 0, folders)
      const parts = [...folders!.matchAll(/`([^`]+)`/g)].map(([, folder]) => partOf(folder!))
      return parts.map((part) => [part, isAll ? null : [...base, ...names]] as const)
    }),
  )
}

function files(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name))
    .map((entry) => relative(packageRoot, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('src/kernels/'))
}

/** `src/vm/cell.ts` belongs to `vm`, `src/main.ts` to `main`, as does `src/cli.ts`, `actors/intake.ts` to `actors`. */
function partOf(file: string): string {
  const [top, next] = file.split('/')
  if (top !== 'src') return top!
  return next!.endsWith('.ts') ? 'main' : next!
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
      const others = allowed.get(part)
      assert.ok(others !== undefined, `${file} is in no folder of the table`)
      if (to === part || others === null || others.includes(to)) continue
      violations.push(`${file} imports ${target}`)
    }
  }
  assert.equal(violations, [])
})

test('the top level holds the agreed folders only', () => {
  const agreed = ['src', 'actors', 'workers', 'spec', 'bench', 'dist', 'node_modules']
  const found = readdirSync(packageRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
  assert.equal(
    found.filter((name) => !agreed.includes(name)),
    [],
  )
})

test.run()
