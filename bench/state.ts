/**
 * `npm run bench -- state`: what keeping the state costs, one case a row or a few.
 *
 *     --only NAME   one case; slow ones run only so      --json FILE   appends the rows to a file
 *     --keep        leaves the data folder and says where it is
 *     --blocks N    of `start` and `scale`                       --accounts N, --transfers N, --minutes N   of `scale`
 *
 * Each case has a data folder of its own, removed at its end.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { UsageError } from '../src/node/usage-error.ts'
import { report } from './_rows.ts'
import { commit } from './_state-commit.ts'
import { journal } from './_state-journal.ts'
import { reads } from './_state-reads.ts'
import type { StateCase } from './_state-rows.ts'
import { scale } from './_state-scale.ts'
import { start } from './_state-start.ts'
import { tries } from './_state-tries.ts'

/** By name, in the order in which they run; `slow` ones only when they are asked for. */
const cases: Record<string, StateCase> = {
  reads,
  commit,
  journal,
  tries: (folder) => tries(folder, 10_000),
  'tries-of-a-million': (folder) => tries(folder, 1_000_000),
  start,
  scale,
}

const slow = new Set(['tries-of-a-million', 'start', 'scale'])

export async function run(args: string[]): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args,
    options: {
      only: text,
      keep: { type: 'boolean', default: false },
      json: text,
      // Read by the cases that have them.
      blocks: text,
      accounts: text,
      transfers: text,
      minutes: text,
    },
  })
  if (values.only !== undefined && !(values.only in cases)) {
    throw new UsageError(
      `expected a case, one of ${Object.keys(cases).join(', ')}; got '${values.only}'`,
    )
  }
  for (const [name, measure] of Object.entries(cases)) {
    if (values.only === undefined ? slow.has(name) : values.only !== name) continue
    const folder = mkdtempSync(join(tmpdir(), 'fugue-bench-'))
    try {
      report('state', await measure(folder, args), args)
    } finally {
      if (values.keep) process.stderr.write(`${name} left its data in ${folder}\n`)
      else rmSync(folder, { recursive: true })
    }
  }
}
