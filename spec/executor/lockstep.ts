/**
 * Every interleaving of atomic operations may happen: small blocks on threads that run one at a time, as a seed decides.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Random } from '../../src/lab/random.ts'
import { seed } from '../seed.ts'
import { LockstepPool } from './_lockstep.ts'
import { runInLockstep } from './_lockstep-block.ts'

const blocks = Number(process.env.FUGUE_BLOCKS ?? 1500)

for (const threads of [2, 3]) {
  test(`${blocks} small blocks in lockstep on ${threads} threads, seed ${seed}`, async () => {
    console.log(`lockstep: seed ${seed}, ${blocks} blocks on ${threads} threads`)
    const pool = new LockstepPool(threads)
    let aborts = 0
    let blocked = 0
    try {
      for (let block = 0; block < blocks; block++) {
        const hint = `FUGUE_SEED=${seed + block} FUGUE_BLOCKS=1, ${threads} threads`
        const { statistics } = await runInLockstep(pool, new Random(seed + block), hint)
        aborts += statistics.aborts
        blocked += statistics.blocked
      }
    } finally {
      await pool.stop()
    }
    console.log(`lockstep: ${pool.conductor.passes} passes, ${aborts} aborts, ${blocked} blocked`)
    assert.ok(blocks < 1000 || (aborts > 100 && blocked > 10), 'the blocks were no challenge')
  })
}

test.run()
