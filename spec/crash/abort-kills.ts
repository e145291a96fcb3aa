/** A node that is killed while it takes blocks back has taken back all of them or none. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { seed } from '../seed.ts'
import { abortLoop } from './_abort-loop.ts'

test(`4 kills in the midst of an abort, seed ${seed}: the chain is one of two, and verifies`, async () => {
  console.log(`abort kills: seed ${seed}`)
  const census = await abortLoop({ kills: 4, seed, say: console.log })
  console.log(`abort kills: ${JSON.stringify(census)}`)
  assert.ok(census.blocks > 0)
})

test.run()
