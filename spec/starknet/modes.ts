/**
 * What runs besides a sequencer's blocks: `starknet_call`, simulations without validation or fee, and the validation that
 * admission asks for. On the state of a golden block.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { encodeShortString } from '../../src/felt/felt.ts'
import { defaultCrypto, selector } from '../../src/felt/hash.ts'
import { type Bundle, readBundle } from '../../src/lab/bundle.ts'
import { bundleClasses, bundleState } from '../../src/lab/run-bundle.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import type { ExecutionFlags } from '../../src/starknet/block-context.ts'
import {
  type DecodedExecution,
  decodeCall,
  decodeOutcome,
} from '../../src/starknet/decode-outcome.ts'
import { encodeBlockContext } from '../../src/starknet/encoded-block-context.ts'
import { encodeCall, encodeTransaction } from '../../src/starknet/encoded-transaction.ts'
import type { CallExecution } from '../../src/starknet/execution.ts'
import { createStarknetMachine } from '../../src/starknet/machine.ts'
import type { InvokeTransaction } from '../../src/starknet/transaction.ts'
import { vectorPath, vectorTest } from '../vectors.ts'

const file = 'golden/07-rejections.bundle.json'
const sequencer: ExecutionFlags = { validate: true, chargeFee: true, strictNonce: true }

/** Rows of the block: a good transaction, one with a wrong signature, one whose nonce is too high. */
const GOOD = 4
const BADLY_SIGNED = 1
const EARLY = 0

let shared: Bundle | null = null

function bundle(): Bundle {
  shared ??= readBundle(vectorPath(file), [vectorPath('npm')])
  return shared
}

function run(flags: ExecutionFlags, transaction: Int32Array): Int32Array {
  const machine = createStarknetMachine({ crypto: defaultCrypto() })
  for (const message of bundleClasses(bundle())) machine.accept(message)
  const memory = createEngineMemory({ shared: false })
  loadState(memory, bundleState(bundle()))
  const constants = encodeBlockContext(bundle().context, flags)
  return executeSequentially({ constants, transactions: [transaction] }, machine, memory)
    .results[0]!
}

function call(contractAddress: bigint, name: string, ...calldata: bigint[]): CallExecution {
  const flags = { validate: false, chargeFee: false, strictNonce: false }
  const request = { contractAddress, entryPointSelector: selector(name), calldata }
  return decodeCall(run(flags, encodeCall(request)))
}

function invoke(
  index: number,
  flags: Partial<ExecutionFlags>,
  change: Partial<InvokeTransaction> = {},
  facts = {},
): DecodedExecution {
  const { transaction, hash } = bundle().transactions[index]!
  const changed = { ...(transaction as InvokeTransaction), ...change }
  return decodeOutcome(run({ ...sequencer, ...flags }, encodeTransaction(changed, hash, facts)))
}

vectorTest(test, 'a call answers with the return data', [file], () => {
  const { strkAddress } = bundle().context
  const { senderAddress } = bundle().transactions[GOOD]!.transaction as InvokeTransaction
  const { succeeded, result, error } = call(strkAddress, 'balanceOf', senderAddress)
  assert.ok(succeeded)
  assert.is(error, null)
  assert.is(result.length, 2)
  assert.ok(result[0]! > 0n)
})

vectorTest(test, 'a call that panics names the calls it came through', [file], () => {
  const { strkAddress } = bundle().context
  const { succeeded, error } = call(strkAddress, 'no_such_function')
  assert.not(succeeded)
  assert.ok(error !== null && typeof error === 'object')
  assert.is(error.contractAddress, strkAddress)
  assert.is(error.selector, selector('no_such_function'))
  assert.match(error.error as string, 'ENTRYPOINT_NOT_FOUND')
})

vectorTest(test, 'a call of nothing says that nothing is deployed there', [file], () => {
  const { succeeded, error } = call(0xdeadn, 'balanceOf', 1n)
  assert.not(succeeded)
  assert.ok(error !== null && typeof error === 'object')
  assert.match(error.error as string, 'is not deployed')
})

vectorTest(test, 'without validation a wrong signature does not matter', [file], () => {
  assert.is(invoke(BADLY_SIGNED, {}).rejection, 'validation')
  const simulated = invoke(BADLY_SIGNED, { validate: false })
  assert.is(simulated.outcome, 'SUCCEEDED')
  assert.is(simulated.trace.validate, null)
})

vectorTest(test, 'without a fee charge the fee is stated and not taken', [file], () => {
  const none = { maxAmount: 0n, maxPricePerUnit: 0n }
  const resourceBounds = { l1Gas: none, l2Gas: none, l1DataGas: none }
  const simulated = invoke(GOOD, { chargeFee: false }, { resourceBounds })
  assert.is(simulated.outcome, 'SUCCEEDED')
  assert.ok(simulated.actualFee > 0n)
  assert.is(simulated.trace.feeTransfer, null)
  assert.is(simulated.events.length, 1)
})

vectorTest(test, 'a nonce may be higher where it need not be the next', [file], () => {
  assert.is(invoke(EARLY, {}).rejection, 'nonce')
  assert.is(invoke(EARLY, { strictNonce: false, validate: false }).outcome, 'SUCCEEDED')
})

vectorTest(test, 'admission validates, and executes nothing', [file], () => {
  const flags = { strictNonce: false }
  const admitted = invoke(GOOD, flags, {}, { onlyValidate: true })
  assert.is(admitted.outcome, 'SUCCEEDED')
  assert.equal(admitted.trace.validate?.result, [encodeShortString('VALID')])
  assert.is(admitted.trace.execute, null)
  assert.is(admitted.trace.feeTransfer, null)
  assert.is(invoke(BADLY_SIGNED, flags, {}, { onlyValidate: true }).rejection, 'validation')
  const facts = { onlyValidate: true, skipValidate: true }
  assert.is(invoke(BADLY_SIGNED, flags, {}, facts).outcome, 'SUCCEEDED')
})

vectorTest(test, 'a query is run like any other transaction', [file], () => {
  const version = 3n + (1n << 128n)
  assert.is(invoke(GOOD, { validate: false }, { version }).outcome, 'SUCCEEDED')
})

test.run()
