/**
 * `npm run bench -- state [--only NAME] [--json FILE]`: what keeping the state costs, one case a row or a few.
 *
 * Each case has a data folder of its own, removed at its end.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { report } from './_rows.ts'
import { journal } from './_state-journal.ts'
import { tries } from './_state-tries.ts'

/** A figure: lower is better unless the unit says otherwise. */
export interface StateRow {
  name: string
  median: number
  unit: string
}

export type StateCase = (folder: string) => Promise<StateRow[]> | StateRow[]

/** By name, in the order in which they run; `slow` ones only when they are asked for. */
const cases: Record<string, StateCase> = {
  journal,
  tries: (folder) => tries(folder, 10_000),
  'tries-of-a-million': (folder) => tries(folder, 1_000_000),
}

const slow = new Set(['tries-of-a-million'])

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { only: { type: 'string' } }, strict: false })
  for (const [name, measure] of Object.entries(cases)) {
    if (values.only === undefined ? slow.has(name) : values.only !== name) continue
    const folder = mkdtempSync(join(tmpdir(), 'fugue-bench-'))
    try {
      report('state', await measure(folder), args)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
}
