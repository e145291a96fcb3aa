/**
 * The checks without state, one by one and in their order.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Attachments, admissionLimits, refuseAdmission } from '../../src/starknet/admission.ts'
import {
  type DeclareTransaction,
  type InvokeTransaction,
  QUERY_VERSION,
  type SierraClass,
  type Transaction,
} from '../../src/starknet/transaction.ts'

const limits = { ...admissionLimits, minL2GasPrice: 10n }
const none: Attachments = { contractClass: null, classBytes: 0, proofLength: 0 }

const invoke: InvokeTransaction = {
  type: 'INVOKE',
  version: 3n,
  nonce: 0n,
  signature: [],
  resourceBounds: {
    l1Gas: { maxAmount: 0n, maxPricePerUnit: 0n },
    l1DataGas: { maxAmount: 0n, maxPricePerUnit: 0n },
    l2Gas: { maxAmount: 1_200_000_000n, maxPricePerUnit: 10n },
  },
  tip: 0n,
  paymasterData: [],
  nonceDataAvailabilityMode: 'L1',
  feeDataAvailabilityMode: 'L1',
  senderAddress: 2n,
  calldata: new Array(5000).fill(0n),
  accountDeploymentData: [],
  proofFacts: [],
}

const declare: DeclareTransaction = {
  ...invoke,
  type: 'DECLARE',
  classHash: 1n,
  compiledClassHash: 2n,
}

const sierra: SierraClass = {
  sierraProgram: [1n, 7n, 0n],
  contractClassVersion: '0.1.0',
  entryPointsByType: { external: [], l1Handler: [], constructor: [] },
  abi: '',
}

function codeOf(transaction: Transaction, attachments = none): number | null {
  return refuseAdmission(transaction, attachments, limits)?.code ?? null
}

test('a transaction at every limit is taken', () => {
  assert.is(codeOf({ ...invoke, signature: new Array(4000).fill(0n) }), null)
})

test('each field beyond its limit has its code, and a text where the code has one', () => {
  const l2 = (maxAmount: bigint, maxPricePerUnit: bigint) => ({
    ...invoke.resourceBounds,
    l2Gas: { maxAmount, maxPricePerUnit },
  })
  const cases: [Partial<InvokeTransaction>, number, string?][] = [
    [{ version: 1n }, 61],
    [{ version: 3n + QUERY_VERSION }, 61],
    [{ senderAddress: 1n }, 63, 'sender address 0x1 is reserved'],
    [{ senderAddress: 2n ** 251n - 256n }, 63, 'is reserved'],
    [{ accountDeploymentData: [1n] }, 63, 'account_deployment_data'],
    [{ paymasterData: [1n] }, 63, 'paymaster_data'],
    [{ resourceBounds: l2(0n, 10n) }, 65],
    [{ resourceBounds: l2(1n, 9n) }, 65],
    [{ resourceBounds: l2(1_200_000_001n, 10n) }, 63, 'the limit is 1200000000'],
    [{ calldata: new Array(5001).fill(0n) }, 63, '5001 calldata felts, the limit is 5000'],
    [{ signature: new Array(4001).fill(0n) }, 63, '4001 signature felts, the limit is 4000'],
    [{ nonceDataAvailabilityMode: 'L2' }, 63, 'only L1'],
    [{ feeDataAvailabilityMode: 'L2' }, 63, 'only L1'],
    [{ calldata: [], proofFacts: [1n] }, 69],
  ]
  for (const [changes, code, text] of cases) {
    const refused = refuseAdmission({ ...invoke, ...changes }, none, limits)
    assert.is(refused?.code, code, JSON.stringify(Object.keys(changes)))
    if (text === undefined) assert.is(refused!.data, undefined)
    else assert.match(refused!.data!, text)
  }
  assert.is(codeOf({ ...invoke, calldata: [] }, { ...none, proofLength: 8 }), 69)
})

test('of two faults the earlier check speaks', () => {
  assert.is(codeOf({ ...invoke, version: 1n, senderAddress: 0n }), 61)
  assert.is(codeOf({ ...invoke, proofFacts: [1n], calldata: new Array(5000).fill(0n) }), 63)
})

test('a declare may have more L2 gas, and its class is looked at', () => {
  const much = { ...declare.resourceBounds, l2Gas: { maxAmount: 2n ** 40n, maxPricePerUnit: 10n } }
  const transaction = { ...declare, resourceBounds: much }
  const refuse = (changes: Partial<SierraClass>, classBytes = 1000) =>
    codeOf(transaction, { ...none, contractClass: { ...sierra, ...changes }, classBytes })
  assert.is(refuse({}), null)
  assert.is(refuse({ sierraProgram: [1n, 1n, 9n] }), null)
  assert.is(refuse({ sierraProgram: [1n, 0n, 0n] }), 62)
  assert.is(refuse({ sierraProgram: [1n, 10n, 0n] }), 62)
  assert.is(refuse({ sierraProgram: [0x302e312e30n] }), 62)
  assert.is(refuse({ sierraProgram: [] }), 62)
  assert.is(refuse({ sierraProgram: [1n, 7n, 0n, ...new Array(81_918).fill(0n)] }), 57)
  assert.is(refuse({}, 4_089_447), 57)
  const entry = (selector: bigint) => ({ selector, functionIdx: 0 })
  const unsorted = { external: [entry(2n), entry(1n)], l1Handler: [], constructor: [] }
  assert.is(refuse({ entryPointsByType: unsorted }), 63)
  const twice = { external: [], l1Handler: [entry(1n), entry(1n)], constructor: [] }
  assert.is(refuse({ entryPointsByType: twice }), 63)
})

test.run()
