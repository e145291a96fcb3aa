/**
 * Golden blocks: what the real Blockifier made of them, field by field: outcome, gas, fee, events, messages, traces, state
 * diffs. One transaction after the other, and with two workers; on the fast machine, and some on the plain one.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BlockResult } from '../../src/executor/block.ts'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { createCryptoMemory } from '../../src/felt/crypto.ts'
import { type Bundle, readBundle } from '../../src/lab/bundle.ts'
import { bundleClasses, bundleInput, bundleOutput, bundleState } from '../../src/lab/run-bundle.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { buildMachine } from '../../workers/machines.ts'
import { Pool } from '../../workers/pool.ts'
import { goldenFiles } from '../golden.ts'
import { vector, vectorPath, vectorTest } from '../vectors.ts'
import { differences } from './_judge.ts'

/** All but 19, which needs the limits of a block. */
const blocks = [
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

/** Blocks that the plain machine runs in a second or two. */
const small = ['04-deploy-account', '05-declare', '08-l1-handlers']

const crypto = createCryptoMemory(4)

for (const name of blocks) {
  goldenTest(name, 'sequentially', async (bundle) => await sequential(bundle, 'fast'))
  goldenTest(name, 'with two workers', async (bundle) => {
    const kind = { kind: 'starknet', crypto, cairo: 'fast' } as const
    const pool = await Pool.start({ workers: 2, machine: kind })
    for (const message of bundleClasses(bundle)) pool.publish(message)
    loadState(pool.memory, bundleState(bundle))
    const result = await executeBlock(bundleInput(bundle), pool)
    await pool.stop()
    assert.is(result.statistics.fallback, null)
    return result
  })
}

for (const name of small) {
  goldenTest(name, 'on the plain machine', async (bundle) => await sequential(bundle, 'reference'))
}

function goldenTest(
  name: string,
  how: string,
  run: (bundle: Bundle) => Promise<BlockResult>,
): void {
  vectorTest(test, `golden block ${name}, ${how}`, goldenFiles(name), async () => {
    const output = bundleOutput(bundleOf(name), await run(bundleOf(name)))
    assert.equal(differences(vector(`golden/${name}.expected.json`), output), [])
  })
}

const bundles = new Map<string, Bundle>()

function bundleOf(name: string): Bundle {
  let bundle = bundles.get(name)
  if (bundle === undefined) {
    bundle = readBundle(vectorPath(`golden/${name}.bundle.json`), [vectorPath('npm')])
    bundles.set(name, bundle)
  }
  return bundle
}

async function sequential(bundle: Bundle, cairo: 'fast' | 'reference'): Promise<BlockResult> {
  const machine = await buildMachine({ kind: 'starknet', crypto, cairo }, 0)
  const form = cairo === 'fast' ? 'image' : 'casm'
  for (const message of bundleClasses(bundle, form)) machine.accept(message)
  const memory = createEngineMemory({ shared: false })
  loadState(memory, bundleState(bundle))
  return executeSequentially(bundleInput(bundle), machine, memory)
}

test.run()
