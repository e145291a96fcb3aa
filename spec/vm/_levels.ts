/**
 * The specs that search classes: one test a class, so many calls and half as many of mutants each, with the share of its code
 * that calls reached.
 *
 * `FUGUE_RUNS` sets how many calls, `FUGUE_SEED` repeats a run, `FUGUE_CLASS` picks a class.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { seed } from '../seed.ts'
import { vectorTest } from '../vectors.ts'
import { classesOf, type Origin, subjectOf } from './_classes.ts'
import { coverageFloors } from './_coverage-floors.ts'
import { Search } from './_fuzz.ts'
import { runsOf } from './_random.ts'

/** Calls of a class in `npm test`. */
const MODEST = 2000

/** Registers the tests of the classes of an origin, of those with such names. */
export function searchClasses(origin: Origin, names = /./, runs = runsOf(MODEST)): void {
  const subjects = classesOf(origin)
    .filter(({ name }) => names.test(name))
    .map(subjectOf)
  console.log(`FUGUE_SEED=${seed} FUGUE_RUNS=${runs}`)
  // Without the folder there are no classes: the skip says so.
  if (subjects.length === 0) vectorTest(test, `calls of classes (${origin})`, [origin], () => {})
  const shares: string[] = []
  // One line, which the runner shows because it names the seed.
  test.after(() => console.log(`percent of instructions with seed ${seed}: ${shares.join(', ')}`))
  const wanted = process.env.FUGUE_CLASS
  for (const subject of subjects) {
    const { name } = subject
    if (wanted !== undefined && wanted !== name) continue
    test(`${name} runs alike on both machines`, () => {
      const found = new Search(subject, subjects, seed).search(runs, runs / 2)
      const { calls, mutants, executed, instructions, difference } = found
      const share = Math.round((100 * executed) / instructions)
      shares.push(`${name} ${share}`)
      console.log(`${name}: ${calls} calls, ${mutants} of mutants, ${share} % of its instructions`)
      assert.is(difference, '', `FUGUE_SEED=${seed} FUGUE_RUNS=${runs} FUGUE_CLASS=${name}`)
      if (runs < MODEST) return
      const floor = coverageFloors[name]
      assert.ok(floor !== undefined, `expected a floor for ${name} in _coverage-floors.ts`)
      assert.ok(share >= floor, `expected ${floor} % of ${name}, reached ${share}`)
    })
  }
  test.run()
}
