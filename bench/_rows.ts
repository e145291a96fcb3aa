/**
 * Rows of benches: timed here by mitata, printed as one JSON object a line, and appended to the file of `--json FILE`.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measure } from 'mitata'
import { packageRoot } from '../src/shared/package-root.ts'

/** Names this machine as reports do: processor, cores, Node. */
function machineName(): string {
  const [first] = cpus()
  return `${first?.model.trim() ?? 'unknown'} x ${cpus().length}, Node ${process.version}`
}

/** The commit of the working tree, or `unknown` outside of a repository. */
function commitName(): string {
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

/** What counts as warm: compiled code is complete after this long, and after a thousand calls where they are short. */
const WARM_MS = 100
/** How long a sample of short calls lasts: on a busy machine few samples are interrupted, and the median is none of them. */
const SAMPLE_NS = 200_000
/** Mitata unrolls this many calls. */
const UNROLLED = 4

/**
 * The median time of a call in nanoseconds, after warming up. Mitata takes samples for 0.2 s and 9 at least; calls below
 * 65 µs are sampled many at once.
 */
export async function medianNs(call: () => void, leastSamples = 9): Promise<number> {
  const startMs = performance.now()
  let calls = 0
  do {
    call()
    calls++
  } while (performance.now() - startMs < WARM_MS)
  const callNs = ((performance.now() - startMs) * 1e6) / calls
  const { p50 } = await measure(call, {
    gc: false,
    min_samples: leastSamples,
    min_cpu_time: 200e6,
    batch_samples: UNROLLED * Math.ceil(SAMPLE_NS / callNs / UNROLLED),
  })
  return p50
}
