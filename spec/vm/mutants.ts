/**
 * A patched image of a mutant is the one that its whole `casm.json` gives, but for a reach that may be wider.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { IMAGE_ABOVE, IMAGE_BELOW } from '../../src/kernels/vm-layout.ts'
import { buildProgramImage } from '../../src/vm/program.ts'
import { readClass } from '../../src/vm/reference/machine.ts'
import { seed } from '../seed.ts'
import { classesOf, subjectOf } from './_classes.ts'
import { mutantOf, mutatedCasm, randomMutations } from './_mutants.ts'
import { Random } from './_random.ts'

/** Where the image says how far offsets reach. */
const reachWords = [IMAGE_BELOW >> 2, IMAGE_ABOVE >> 2]

test('mutants are the same, patched or read from the start', () => {
  console.log(`FUGUE_SEED=${seed}`)
  const random = new Random(seed)
  for (const subject of classesOf('own').map(subjectOf)) {
    const trace = subject.reference.bytecode.map((_, pc) => pc)
    for (let i = 0; i < 20; i++) {
      const mutations = randomMutations(random, subject, trace)
      const casm = mutatedCasm(subject.casm, mutations)
      const mutant = mutantOf(subject, mutations)
      assert.equal(mutant.reference.bytecode, readClass(casm).bytecode)
      assert.equal(mutant.reference.hints, readClass(casm).hints)
      const patched = new Uint32Array(mutant.fast.image.buffer)
      const whole = new Uint32Array(buildProgramImage(casm).buffer)
      for (const at of reachWords) assert.ok(patched[at]! >= whole[at]!)
      for (const at of reachWords) patched[at] = whole[at]!
      // Hints keep their place where only their pc changed.
      if (mutations.some(({ kind }) => kind !== 'word')) continue
      assert.equal(Buffer.compare(Buffer.from(patched.buffer), Buffer.from(whole.buffer)), 0)
    }
  }
})

test.run()
