/**
 * Random blocks against the real Blockifier, field by field. `npm run campaign -- judge` does the same for as long as one
 * likes.
 */
import { existsSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { oracleTest, vectorPath, vectorTest } from '../vectors.ts'
import { judged } from './_judge.ts'
import { randomBlock } from './_random-block.ts'

const seed = Number(process.env.FUGUE_SEED ?? Date.now() & 0xffffff)

for (const name of ['09-syscalls', '12-contracts', '17-mix-0.14.4']) {
  const title = `a random block on ${name} is what the judge makes of it`
  const file = `golden/${name}.bundle.json`
  const body = () => assert.equal(judged(randomBlock(name, seed, 40)), [], `FUGUE_SEED=${seed}`)
  // It takes the state of a golden block and the judge: whichever is absent is named.
  if (existsSync(vectorPath(file))) oracleTest(test, title, body)
  else vectorTest(test, title, [file], body)
}

test.run()
