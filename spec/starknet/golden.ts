/**
 * Golden blocks under the plain machine, one transaction after the other: what the real Blockifier made of them, field by
 * field: outcome, gas, fee, events, messages, traces, state diffs.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { defaultCrypto } from '../../src/felt/hash.ts'
import { readBundle } from '../../src/lab/bundle.ts'
import { bundleClasses, bundleInput, bundleOutput, bundleState } from '../../src/lab/run-bundle.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { createStarknetMachine } from '../../src/starknet/machine.ts'
import { createReferenceMachine } from '../../src/vm/reference/machine.ts'
import { goldenFiles } from '../golden.ts'
import { vector, vectorPath, vectorTest } from '../vectors.ts'
import { differences } from './_judge.ts'

const blocks = ['01-transfers-independent', '04-deploy-account', '05-declare', '07-rejections']

for (const name of blocks) {
  vectorTest(test, `golden block ${name}, sequentially`, goldenFiles(name), () => {
    const bundle = readBundle(vectorPath(`golden/${name}.bundle.json`), [vectorPath('npm')])
    const cairo = createReferenceMachine()
    const machine = createStarknetMachine({
      crypto: defaultCrypto(),
      cairo,
      loadProgram: (key, casm) => cairo.addClass(key, casm),
    })
    for (const message of bundleClasses(bundle)) machine.accept(message)
    const memory = createEngineMemory({ shared: false })
    loadState(memory, bundleState(bundle))
    const result = executeSequentially(bundleInput(bundle), machine, memory)
    const output = bundleOutput(bundle, result)
    assert.equal(differences(vector(`golden/${name}.expected.json`), output), [])
  })
}

test.run()
