/**
 * The runner of `npm test`: one process per spec file, as many at a time as there are cores, each killed after a
 * time-out. uvu prints the counts of a file; a file that ends badly or prints none is a failure. The last line reads
 * `N passed, N failed, N skipped`.
 *
 *     node dist/spec/run.js [PATH ...]     only files whose path contains one of the words
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const timeoutMs = 240_000

interface Result {
  passed: number
  failed: number
  skipped: number
}

const words = process.argv.slice(2).map((word) => word.replace(/^(\.\/)?(dist\/)?spec\//, ''))
const files = specFiles(folder).filter(
  (file) => words.length === 0 || words.some((word) => file.includes(word.replace(/\.ts$/, ''))),
)
const total: Result = { passed: 0, failed: 0, skipped: 0 }
const skips: string[] = []
const queue = [...files]
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, drain))

if (skips.length > 0) console.log(`\n${skips.join('\n')}`)
if (files.length === 0) console.log(`no spec file matches ${words.join(' ')}`)
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(total.failed > 0 || files.length === 0 ? 1 : 0)

async function drain(): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const result = await runFile(file)
    total.passed += result.passed
    total.failed += result.failed
    total.skipped += result.skipped
  }
}

/** Spec files are all but the shared helpers at the top of `spec/` and files that start with an underscore, and campaigns. */
function specFiles(start: string): string[] {
  return readdirSync(start, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js') && entry.parentPath !== start)
    .filter((entry) => !entry.name.startsWith('_') && basename(entry.parentPath) !== 'campaigns')
    .map((entry) => relative(start, join(entry.parentPath, entry.name)))
    .sort()
}

function runFile(file: string): Promise<Result> {
  const startMs = performance.now()
  const path = join(folder, file)
  const child = spawn(process.execPath, ['--enable-source-maps', '--no-warnings', path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
  })
  let output = ''
  const collect = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, timeoutMs)
  return new Promise((settle) => {
    child.on('close', (code) => {
      clearTimeout(timer)
      const result = readCounts(output, code)
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
      const name = join('spec', file.replace(/\.js$/, '.ts'))
      if (result.failed > 0) {
        console.log(`FAIL ${name} (${seconds} s)${late ? ' killed: out of time' : ''}\n${output}`)
      } else {
        console.log(`ok   ${name} (${result.passed} passed, ${seconds} s)`)
        for (const line of output.split('\n')) if (/seed/i.test(line)) console.log(`     ${line}`)
      }
      for (const line of output.split('\n')) if (line.startsWith('skipped: ')) skips.push(line)
      settle(result)
    })
  })
}

/** Counts from uvu's closing lines; an abnormal end or an absent count is one failure at least. */
function readCounts(output: string, code: number | null): Result {
  const count = (word: string) =>
    [...output.matchAll(new RegExp(`^\\s*${word}:\\s+(\\d+)`, 'gm'))].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    )
  const all = count('Total')
  const passed = count('Passed')
  // uvu's total already leaves out what was skipped.
  const failed = all - passed
  const broken = code !== 0 || all + count('Skipped') === 0
  return { passed, failed: broken ? Math.max(1, failed) : failed, skipped: count('Skipped') }
}
