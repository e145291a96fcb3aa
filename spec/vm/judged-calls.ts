/**
 * Random calls of our own classes, those of the vectors where they are, and of mutants of them: the whole transaction as
 * the real Blockifier executes it, field by field.
 *
 * `FUGUE_RUNS` sets how many calls, half as many are of mutants; `FUGUE_SEED` repeats a run.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { seed } from '../seed.ts'
import { oracleTest } from '../vectors.ts'
import { classesAtHand, subjectOf } from './_classes.ts'
import { judgeCalls } from './_judged-calls.ts'
import { Random, runsOf } from './_random.ts'

/** Classes in one run. */
const CLASSES = 12

oracleTest(test, 'calls of classes and mutants end as under Blockifier', () => {
  const runs = runsOf(120)
  console.log(`FUGUE_SEED=${seed} FUGUE_RUNS=${runs}`)
  const all = classesAtHand()
  const random = new Random(seed)
  const chosen = Array.from({ length: CLASSES }, () => random.pick(all))
  const subjects = [...new Set(chosen)].map(subjectOf)
  const { cases, differences } = judgeCalls(subjects, seed, runs, runs / 2)
  console.log(`${cases} transactions judged`)
  assert.ok(cases > runs / 2)
  assert.equal(differences.slice(0, 10), [])
})

test.run()
