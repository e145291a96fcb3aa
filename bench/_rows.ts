/**
 * Rows of benches: timed here, printed as one JSON object a line, and appended to the file of `--json FILE`.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { packageRoot } from '../src/shared/package-root.ts'

/** Names this machine as reports do: processor, cores, Node. */
export function machineName(): string {
  const [first] = cpus()
  return `${first?.model.trim() ?? 'unknown'} x ${cpus().length}, Node ${process.version}`
}

/** The commit of the working tree, or `unknown` outside of a repository. */
export function commitName(): string {
  try {
    const args = ['rev-parse', '--short', 'HEAD']
    return execFileSync('git', args, { cwd: packageRoot, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return 'unknown'
  }
}

/** Prints rows of one bench; with `--json FILE` among the arguments, appends them there too. */
export function report(bench: string, rows: object[], args: string[]): void {
  const { values } = parseArgs({ args, options: { json: { type: 'string' } }, strict: false })
  const machine = machineName()
  const commit = commitName()
  for (const row of rows) {
    const line = JSON.stringify({ bench, ...row, machine, commit })
    console.log(line)
    if (typeof values.json === 'string') appendFileSync(values.json, `${line}\n`)
  }
}

/** The median over samples of at least 5 ms each, in nanoseconds a call; warm. */
export function medianNs(call: () => void, samples = 21): number {
  let calls = 1
  while (timeNs(call, calls) < 5e6) calls *= 2
  const times = Array.from({ length: samples }, () => timeNs(call, calls) / calls)
  return times.sort((a, b) => a - b)[samples >> 1]!
}

function timeNs(call: () => void, calls: number): number {
  const start = process.hrtime.bigint()
  for (let i = 0; i < calls; i++) call()
  return Number(process.hrtime.bigint() - start)
}
