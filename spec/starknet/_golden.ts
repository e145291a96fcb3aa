/**
 * Golden blocks for specs that run them: which there are, and the comparison with what the real Blockifier made of them.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BlockResult } from '../../src/executor/block.ts'
import { type Bundle, readBundle } from '../../src/lab/bundle.ts'
import { bundleOutput } from '../../src/lab/run-bundle.ts'
import { goldenFiles } from '../golden.ts'
import { vector, vectorPath, vectorTest } from '../vectors.ts'
import { differences } from './_judge.ts'

/** All but 19, which needs the limits of a block. */
export const goldenBlocks = [
  '01-transfers-independent',
  '02-transfers-one-receiver',
  '03-nonce-chains',
  '04-deploy-account',
  '05-declare',
  '06-reverts',
  '07-rejections',
  '08-l1-handlers',
  '09-syscalls',
  '10-multicalls',
  '11-mix-200',
  '12-contracts',
  '13-mix-0.13.4',
  '14-mix-0.14.0',
  '15-migration-0.14.1',
  '16-mix-0.14.3',
  '17-mix-0.14.4',
  '18-odd-header',
]

/** Registers a test: what `run` makes of a golden block is what the judge made of it, field by field. */
export function goldenTest(
  name: string,
  how: string,
  run: (bundle: Bundle) => Promise<BlockResult>,
): void {
  vectorTest(test, `golden block ${name}, ${how}`, goldenFiles(name), async () => {
    const bundle = readBundle(vectorPath(`golden/${name}.bundle.json`), [vectorPath('npm')])
    const output = bundleOutput(bundle, await run(bundle))
    assert.equal(differences(vector(`golden/${name}.expected.json`), output), [])
  })
}
