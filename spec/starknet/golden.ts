/**
 * Golden blocks, one transaction after the other: outcome, gas, fee, events, messages, traces, state diffs are those of
 * the real Blockifier. On the fast machine, and small ones on the plain machine.
 */
import { test } from 'uvu'
import type { BlockResult } from '../../src/executor/block.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { createCryptoMemory } from '../../src/felt/crypto.ts'
import type { Bundle } from '../../src/lab/bundle.ts'
import { bundleClasses, bundleInput, bundleState } from '../../src/lab/run-bundle.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { buildMachine } from '../../workers/machines.ts'
import { goldenBlocks } from '../golden.ts'
import { goldenTest } from './_golden.ts'

/** Blocks that the plain machine runs in a second or two. */
const small = ['04-deploy-account', '05-declare', '08-l1-handlers']

const crypto = createCryptoMemory(1)

for (const name of goldenBlocks) {
  goldenTest(name, 'sequentially', (bundle) => sequential(bundle, 'fast'))
}

for (const name of small) {
  goldenTest(name, 'on the plain machine', (bundle) => sequential(bundle, 'reference'))
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
