/**
 * Random blocks against the real Blockifier, field by field. `npm run campaign -- judge` does the same for as long as one
 * likes.
 */
import { existsSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { seed } from '../seed.ts'
import { oracleTest, vectorPath, vectorTest } from '../vectors.ts'
import { judged } from './_judge.ts'
import { randomBlock } from './_random-block.ts'
import { randomMix } from './_random-mix.ts'

const makers = { calls: randomBlock, mix: randomMix }
const cases = [
  ['calls', '09-syscalls'],
  ['calls', '12-contracts'],
  ['calls', '17-mix-0.14.4'],
  ['mix', '04-deploy-account'],
  ['mix', '11-mix-200'],
] as const

for (const [maker, name] of cases) {
  const title = `a random block of ${maker} on ${name} is what the judge makes of it`
  const file = `golden/${name}.bundle.json`
  const body = () => assert.equal(judged(makers[maker](name, seed, 40)), [], `FUGUE_SEED=${seed}`)
  // It takes the state of a golden block and the judge: whichever is absent is named.
  if (existsSync(vectorPath(file))) oracleTest(test, title, body)
  else vectorTest(test, title, [file], body)
}

test.run()
