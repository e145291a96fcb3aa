/**
 * What README, ARCHITECTURE and CHANGELOG name exists: commands with their options, files, folders, and the counts that
 * come from lists.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { contractNames } from '../../src/contracts/catalogue.ts'
import { readCommand } from '../../src/node/config.ts'
import { packageRoot } from '../../src/shared/package-root.ts'
import { goldenBlocks } from '../golden.ts'
import { namesIn } from '../named.ts'

const inRoot = (...parts: string[]) => join(packageRoot, ...parts)
const textOf = (file: string) => readFileSync(inRoot(file), 'utf8')
const readme = textOf('README.md')
const architecture = textOf('ARCHITECTURE.md')
const scripts = (JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }).scripts

/** What stands between backticks, in a text or as a block of lines; a comment behind a command is left out. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)]
    .filter(([, language]) => language === '')
    .flatMap(([, , lines]) => lines!.split('\n'))
  const rest = text.replace(/^```[\s\S]*?^```/gm, '')
  const spans = [...rest.matchAll(/`([^`]+)`/g)].map(([, code]) => code!)
  return [...blocks, ...spans].map((code) => code.split('#')[0]!.trim())
}

/** The files that read the options of what `npm run NAME` runs. */
function programOf(name: string, args: string[]): string[] {
  if (name === 'fuzz') return ['spec/campaigns/vm.ts']
  if (name === 'crash') return ['spec/campaigns/crash.ts']
  if (name !== 'bench' && name !== 'campaign') return []
  const folder = name === 'bench' ? 'bench' : 'spec/campaigns'
  assert.ok(namesIn(inRoot(folder)).includes(args[0] ?? ''), `npm run ${name} -- ${args[0]}`)
  return [`${folder}/${args[0]}.ts`]
}

function checkOptions(words: string[], files: string[], code: string): void {
  for (const word of words.filter((each) => each.startsWith('--'))) {
    const option = new RegExp(`\\b${word.slice(2)}: `)
    assert.ok(
      files.some((file) => option.test(textOf(file))),
      `${code}: no option ${word}`,
    )
  }
}

test('commands of npm exist, with their options', () => {
  let checked = 0
  for (const code of [readme, architecture, textOf('CHANGELOG.md')].flatMap(codeOf)) {
    const words = code
      .split(/\s+/)
      .filter((word) => word !== '--silent')
      .map((word) => word.replace(/^\[|\]$/g, ''))
    if (words[0] !== 'npm' || words[1] === 'install') continue
    checked++
    const name = words[1] === 'run' ? words[2]! : words[1]!
    assert.ok(name in scripts, code)
    const args = words.slice(words.indexOf('--') < 0 ? words.length : words.indexOf('--') + 1)
    if (name === 'start') readCommand(['dev', ...args], {}, 1)
    else if (name === 'fugue') readCommand(args, {}, 1)
    else checkOptions(args, programOf(name, args), code)
  }
  assert.ok(checked > 20, `${checked} commands`)
})

test('commands of fugue are read as they stand in the README', () => {
  const lines = codeOf(readme).filter((code) => /^fugue [a-z]+ .*--data-dir/.test(code))
  for (const line of lines) readCommand(line.split(/\s+/).slice(1), {}, 1)
  assert.equal(
    lines.map((line) => line.split(' ')[1]),
    ['run', 'verify', 'inspect', 'dump', 'prune', 'abort'],
  )
})

test('files that are named exist', () => {
  const folders = ['src', 'actors', 'workers', 'spec', 'bench']
  const files = folders.flatMap((folder) =>
    readdirSync(inRoot(folder), { recursive: true }).map((file) => join(folder, String(file))),
  )
  const names = new Set(files.map((file) => basename(file)))
  for (const text of [readme, architecture]) {
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      assert.ok(existsSync(inRoot(target!)), target)
    }
    for (const code of codeOf(text)) {
      if (!/^[\w./-]+$/.test(code)) continue
      if (folders.some((folder) => code.startsWith(`${folder}/`))) {
        assert.ok(existsSync(inRoot(code)), code)
      } else if (/^[\w-]+\.ts$/.test(code)) assert.ok(names.has(code), code)
    }
  }
})

test('the table of folders names each folder of src', () => {
  const rows = [...architecture.matchAll(/^\| `src\/([a-z]+)` \|/gm)].map(([, folder]) => folder)
  const folders = readdirSync(inRoot('src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'main')
    .map((entry) => entry.name)
  assert.equal(rows.sort(), folders.sort())
})

test('counts are those of the lists', () => {
  const changelog = textOf('CHANGELOG.md')
  assert.is(contractNames.length, 13)
  assert.match(changelog, 'thirteen Cairo contracts')
  assert.is(goldenBlocks.length, 18)
  assert.match(changelog, 'eighteen golden blocks')
})

test.run()
