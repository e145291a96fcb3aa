/**
 * `npm run crash -- [--runs 200] [--seed S] [--life MS] [--kills 20] [--aborts]`
 *
 * Kills nodes under load, with `--aborts` while they take blocks back: RUNS kills in all, KILLS on each data folder. Times
 * are not reproducible, so a seed repeats what clients do, not the moment of the kill.
 */
import { parseArgs } from 'node:util'
import { abortLoop } from '../crash/_abort-loop.ts'
import { crashLoop } from '../crash/_crash-loop.ts'
import { numberOf } from '../named.ts'

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string', default: '200' },
      kills: { type: 'string', default: '20' },
      life: { type: 'string', default: '1500' },
      seed: { type: 'string', default: String(Date.now() & 0xffffff) },
      aborts: { type: 'boolean', default: false },
    },
  })
  const plan = {
    runs: numberOf('runs', values.runs),
    kills: numberOf('kills', values.kills),
    seed: numberOf('seed', values.seed, 0),
  }
  await (values.aborts ? killAborts(plan) : killUnderLoad(plan, numberOf('life', values.life)))
}

interface Plan {
  runs: number
  kills: number
  seed: number
}

async function killUnderLoad({ runs, kills, seed: first }: Plan, lifeMs: number): Promise<void> {
  const totals = { kills: 0, acknowledged: 0, refused: 0, blocks: 0, transactions: 0 }
  console.log(`crash: ${runs} kills from seed ${first}`)
  for (let seed = first; totals.kills < runs; seed++) {
    const count = Math.min(kills, runs - totals.kills)
    const census = await crashLoop({ kills: count, seed, lifeMs, say: console.log })
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += census[name]
    console.log(
      `seed ${seed}: verified; slowest start ${census.slowestStartMs} ms; ${JSON.stringify(totals)}`,
    )
  }
}

async function killAborts({ runs, kills, seed: first }: Plan): Promise<void> {
  const totals = { kills: 0, undone: 0, finished: 0, answered: 0, blocks: 0 }
  console.log(`crash: ${runs} kills in the midst of aborts from seed ${first}`)
  for (let seed = first; totals.kills < runs; seed++) {
    const count = Math.min(kills, runs - totals.kills)
    const census = await abortLoop({ kills: count, seed, say: console.log })
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += census[name]
    console.log(`seed ${seed}: verified; ${JSON.stringify(totals)}`)
  }
}
