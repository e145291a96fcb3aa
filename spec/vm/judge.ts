/**
 * The reference machine against the real Blockifier, on random programs: it is right when no text, no figure differs.
 *
 * `FUGUE_RUNS` sets how many programs, `FUGUE_SEED` repeats a run.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createReferenceMachine } from '../../src/vm/reference/machine.ts'
import { seed } from '../seed.ts'
import { oracleTest } from '../vectors.ts'
import { type Case, randomCase, runCase } from './_case.ts'
import { judge } from './_judge.ts'
import { runsOf } from './_random.ts'
import { canBeJudged, differences } from './_verdict.ts'

oracleTest(test, 'random programs end as under Blockifier', () => {
  const runs = runsOf(60)
  console.log(`FUGUE_SEED=${seed} FUGUE_RUNS=${runs}`)
  const machine = createReferenceMachine()
  const cases: Case[] = []
  for (let i = 0; i < runs; i++) {
    const entry = randomCase(machine, seed + i, cases.length)
    if (canBeJudged(machine, entry, cases.length)) cases.push(entry)
  }
  const judgements = judge(cases)
  const found = cases.flatMap((entry, i) =>
    differences(entry, i, runCase(machine, entry, i), judgements[i]!).map(
      (difference) => `program ${i}: ${difference}`,
    ),
  )
  assert.equal(found, [])
})

test.run()
