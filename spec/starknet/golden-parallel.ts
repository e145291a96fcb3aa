/**
 * Golden blocks on two workers: the same as the real Blockifier, field by field, with nothing done twice over on main.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { createCryptoMemory } from '../../src/felt/crypto.ts'
import { bundleClasses, bundleInput, bundleState } from '../../src/lab/run-bundle.ts'
import { loadState } from '../../src/mvmemory/memory.ts'
import { Pool } from '../../workers/pool.ts'
import { goldenBlocks } from '../golden.ts'
import { goldenTest } from './_golden.ts'

const kind = { kind: 'starknet', crypto: createCryptoMemory(4), cairo: 'fast' } as const

for (const name of goldenBlocks) {
  goldenTest(name, 'with two workers', async (bundle) => {
    const pool = await Pool.start({ workers: 2, machine: kind })
    try {
      for (const message of bundleClasses(bundle)) pool.publish(message)
      loadState(pool.memory, bundleState(bundle))
      const result = await executeBlock(bundleInput(bundle), pool)
      assert.is(result.statistics.fallback, null)
      return result
    } finally {
      await pool.stop()
    }
  })
}

test.run()
