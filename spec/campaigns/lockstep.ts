/**
 * `npm run campaign -- lockstep [--blocks 100000] [--seed S] [--threads 3]`
 *
 * Small dense blocks on threads that run one at a time: a seed chooses where each stops. Ends at the first difference.
 */
import { parseArgs } from 'node:util'
import { Random } from '../../src/lab/random.ts'
import { LockstepPool } from '../executor/_lockstep.ts'
import { runInLockstep } from '../executor/_lockstep-block.ts'
import { numberOf } from '../named.ts'

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      blocks: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Date.now() & 0xffffff) },
      threads: { type: 'string', default: '3' },
    },
  })
  const seed = numberOf('seed', values.seed, 0)
  const blocks = numberOf('blocks', values.blocks)
  const pool = new LockstepPool(numberOf('threads', values.threads))
  const totals = { executions: 0, aborts: 0, blocked: 0 }
  console.log(`lockstep: ${blocks} blocks from seed ${seed} on ${values.threads} threads`)
  try {
    for (let block = 0; block < blocks; block++) {
      const hint = `--seed ${seed + block} --blocks 1 --threads ${values.threads}`
      const { statistics } = await runInLockstep(pool, new Random(seed + block), hint)
      totals.executions += statistics.executions
      totals.aborts += statistics.aborts
      totals.blocked += statistics.blocked
      if ((block + 1) % 10_000 === 0) console.log(`${block + 1} blocks, ${JSON.stringify(totals)}`)
    }
  } finally {
    await pool.stop()
  }
  const { passes } = pool.conductor
  console.log(`lockstep: no difference in ${blocks}; ${passes} passes, ${JSON.stringify(totals)}`)
}
