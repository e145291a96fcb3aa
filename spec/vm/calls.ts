/**
 * The fast machine against the reference on random calls of real classes (level 1) and of mutants of them (level 3).
 *
 * `FUGUE_RUNS` sets how many calls of each sort, `FUGUE_SEED` repeats a run.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { seed } from '../seed.ts'
import { deepCall, randomCall, runRandomCall } from './_calls.ts'
import { classesAtHand } from './_classes.ts'
import { compare, createPair } from './_compare.ts'
import { Random, runsOf } from './_random.ts'

const classes = classesAtHand()
const runs = runsOf(60)
console.log(`FUGUE_SEED=${seed} FUGUE_RUNS=${runs}`)

for (const isMutant of [false, true]) {
  test(`random calls of ${isMutant ? 'mutants' : 'classes'} run alike on both machines`, () => {
    const pair = createPair()
    for (let i = 0; i < runs; i++) {
      const random = new Random(seed + i)
      const call = deepCall(randomCall(random, classes, isMutant), random, (one) => {
        const { result } = runRandomCall(pair.reference, one)
        return typeof result === 'string' ? 0 : result.steps
      })
      const found = compare(pair, (machine) => runRandomCall(machine, call))
      assert.equal(found, [], `FUGUE_SEED=${seed + i} FUGUE_RUNS=1, ${call.classes[0]!.name}`)
    }
  })
}

test.run()
