/**
 * `npm run crash -- [--runs 200] [--seed S] [--life MS] [--kills 20]`
 *
 * Kills nodes under load: RUNS kills in all, KILLS on each data folder. Times are not reproducible, so a seed repeats what
 * clients do, not the moment of the kill.
 */
import { parseArgs } from 'node:util'
import { crashLoop } from '../crash/_crash-loop.ts'

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string', default: '200' },
      kills: { type: 'string', default: '20' },
      life: { type: 'string', default: '1500' },
      seed: { type: 'string', default: String(Date.now() & 0xffffff) },
    },
  })
  const totals = { kills: 0, acknowledged: 0, refused: 0, blocks: 0, transactions: 0 }
  console.log(`crash: ${values.runs} kills from seed ${values.seed}`)
  for (let seed = Number(values.seed); totals.kills < Number(values.runs); seed++) {
    const kills = Math.min(Number(values.kills), Number(values.runs) - totals.kills)
    const census = await crashLoop({ kills, seed, lifeMs: Number(values.life), say: console.log })
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += census[name]
    console.log(
      `seed ${seed}: verified; slowest start ${census.slowestStartMs} ms; ${JSON.stringify(totals)}`,
    )
  }
}
