/**
 * Golden blocks for specs that run them: the comparison with what the real Blockifier made of them.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BlockResult } from '../../src/executor/block.ts'
import { type Bundle, readBundle } from '../../src/lab/bundle.ts'
import { bundleOutput } from '../../src/lab/run-bundle.ts'
import { goldenFiles, goldenPath } from '../golden.ts'
import { vector, vectorPath, vectorTest } from '../vectors.ts'
import { differences } from './_judge.ts'

/** Registers a test: what `run` makes of a golden block is what the judge made of it, field by field. */
export function goldenTest(
  name: string,
  how: string,
  run: (bundle: Bundle) => Promise<BlockResult>,
): void {
  vectorTest(test, `golden block ${name}, ${how}`, goldenFiles(name), async () => {
    const bundle = readBundle(goldenPath(name), [vectorPath('npm')])
    const output = bundleOutput(bundle, await run(bundle))
    assert.equal(differences(vector(`golden/${name}.expected.json`), output), [])
  })
}
