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
import { Search } from './_fuzz.ts'
import { runsOf } from './_random.ts'

/** Registers the tests of the classes of an origin, of those with such names. */
export function searchClasses(origin: Origin, names = /./): void {
  const runs = runsOf(2000)
  const subjects = classesOf(origin)
    .filter(({ name }) => names.test(name))
    .map(subjectOf)
  console.log(`FUGUE_SEED=${seed} FUGUE_RUNS=${runs}`)
  // Without the folder there are no classes: the skip says so.
  if (subjects.length === 0) vectorTest(test, `calls of classes (${origin})`, [origin], () => {})
  const wanted = process.env.FUGUE_CLASS
  for (const subject of subjects) {
    const { name } = subject
    if (wanted !== undefined && wanted !== name) continue
    test(`${name} runs alike on both machines`, () => {
      const found = new Search(subject, subjects, seed).search(runs, runs / 2)
      const { calls, mutants, executed, instructions, difference } = found
      const share = ((100 * executed) / instructions).toFixed(1)
      console.log(
        `${name}: ${calls} calls, ${mutants} of mutants, ${share} % of ${instructions} instructions`,
      )
      assert.is(difference, '', `FUGUE_SEED=${seed} FUGUE_RUNS=${runs} FUGUE_CLASS=${name}`)
    })
  }
  test.run()
}
