/**
 * The fast machine against the reference on random instructions (level 2) and on random programs of them with hints,
 * builtins, syscalls and nested calls.
 *
 * `FUGUE_RUNS` sets how many programs, `FUGUE_SEED` repeats a run.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { seed } from '../seed.ts'
import { type Case, instructionCase, randomCase, runCase } from './_case.ts'
import { compare, createPair } from './_compare.ts'
import { runsOf } from './_random.ts'

const runs = runsOf(150)
const pair = createPair()
console.log(`FUGUE_SEED=${seed} FUGUE_RUNS=${runs}`)

function compareAll(count: number, make: (seed: number) => Case): void {
  for (let i = 0; i < count; i++) {
    const entry = make(seed + i)
    const found = compare(pair, (machine) => runCase(machine, entry, 0))
    assert.equal(found, [], `FUGUE_SEED=${seed + i} FUGUE_RUNS=1`)
  }
}

test('random instructions do the same on both machines', () => {
  compareAll(20 * runs, instructionCase)
})

test('random programs run alike on both machines', () => {
  compareAll(runs, (programSeed) => randomCase(pair.reference, programSeed, 0))
})

test.run()
