/**
 * Hashes of one transaction of every kind, as themselves and as queries; properties of the version 3 hash.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeShortString } from '../../src/felt/felt.ts'
import {
  type InvokeTransaction,
  QUERY_VERSION,
  type Transaction,
} from '../../src/starknet/transaction.ts'
import { transactionHash } from '../../src/starknet/transaction-hash.ts'
import { type FeederTransaction, feederTransactionHash } from '../feeder.ts'
import { vector, vectorTest } from '../vectors.ts'

const file = 'transactions/transaction_hash.json'

interface Entry {
  chain_id: string
  transaction: Record<string, Record<string, unknown>>
  transaction_hash: string
  only_query_transaction_hash: string | null
}

vectorTest(test, 'every kind of transaction, with its query hash', [file], () => {
  let compared = 0
  for (const { chain_id, transaction, ...hashes } of vector<Entry[]>(file)) {
    const json = flat(transaction)
    assert.is(feederTransactionHash(json, chain_id), BigInt(hashes.transaction_hash))
    const query = BigInt(json.version) + QUERY_VERSION
    const asQuery = { ...json, version: `0x${query.toString(16)}` }
    assert.is(feederTransactionHash(asQuery, chain_id), BigInt(hashes.only_query_transaction_hash!))
    compared += 2
  }
  assert.is(compared, 24)
})

const bound = { maxAmount: 5n, maxPricePerUnit: 7n }
const invoke: InvokeTransaction = {
  type: 'INVOKE',
  version: 3n,
  senderAddress: 0x123n,
  calldata: [1n, 2n],
  nonce: 4n,
  signature: [8n, 9n],
  resourceBounds: { l1Gas: bound, l2Gas: bound, l1DataGas: bound },
  tip: 3n,
  paymasterData: [],
  accountDeploymentData: [],
  proofFacts: [],
  nonceDataAvailabilityMode: 'L1',
  feeDataAvailabilityMode: 'L1',
}
const chainId = encodeShortString('SN_SEPOLIA')

test('every field but the signature is hashed', () => {
  const hash = transactionHash(invoke, chainId)
  assert.is(transactionHash({ ...invoke, signature: [] }, chainId), hash)
  const changed: Transaction[] = [
    { ...invoke, version: 3n + QUERY_VERSION },
    { ...invoke, senderAddress: 0x124n },
    { ...invoke, calldata: [1n, 2n, 0n] },
    { ...invoke, nonce: 5n },
    { ...invoke, tip: 4n },
    { ...invoke, paymasterData: [0n] },
    { ...invoke, accountDeploymentData: [0n] },
    { ...invoke, proofFacts: [0n] },
    { ...invoke, nonceDataAvailabilityMode: 'L2' },
    { ...invoke, feeDataAvailabilityMode: 'L2' },
    { ...invoke, resourceBounds: { ...invoke.resourceBounds, l1DataGas: null } },
    { ...invoke, resourceBounds: { ...invoke.resourceBounds, l2Gas: { ...bound, maxAmount: 6n } } },
  ]
  const hashes = new Set(changed.map((transaction) => transactionHash(transaction, chainId)))
  assert.is(hashes.size, changed.length)
  assert.not(hashes.has(hash))
  assert.is.not(transactionHash(invoke, chainId + 1n), hash)
})

/** `{ Invoke: { V1: fields } }` as the fields with type and version. */
function flat(tagged: Entry['transaction']): FeederTransaction {
  const [[kind, inner]] = Object.entries(tagged) as [[string, Record<string, unknown>]]
  const type = {
    Invoke: 'INVOKE_FUNCTION',
    Declare: 'DECLARE',
    DeployAccount: 'DEPLOY_ACCOUNT',
    Deploy: 'DEPLOY',
    L1Handler: 'L1_HANDLER',
  }[kind]
  const [[version, fields]] = Object.entries(inner) as [[string, Record<string, unknown>]]
  return (/^V\d$/.test(version)
    ? { ...fields, type, version: `0x${version.slice(1)}` }
    : { ...inner, type }) as unknown as FeederTransaction
}

test.run()
