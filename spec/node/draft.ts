/**
 * Lists of transactions that run without being kept: how much work they are, and that they let others through.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { defaultCrypto } from '../../src/felt/hash.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import type { Refusal } from '../../src/node/chain.ts'
import { readCommand } from '../../src/node/config.ts'
import { Draft, type RunOn } from '../../src/node/draft.ts'
import { genesis, STRK_ADDRESS } from '../../src/node/genesis.ts'
import { LayeredState } from '../../src/node/layered-state.ts'
import { estimate, simulate } from '../../src/node/simulation.ts'
import { feeBalanceKey } from '../../src/starknet/addresses.ts'
import { encodeTransaction } from '../../src/starknet/encoded-transaction.ts'
import { createStarknetMachine } from '../../src/starknet/machine.ts'
import { QUERY_VERSION } from '../../src/starknet/transaction.ts'
import { transactionHash } from '../../src/starknet/transaction-hash.ts'
import { readerForExecutor } from '../../src/storage/base-reader.ts'
import { buildProgramImage } from '../../src/vm/program.ts'
import { signedTransfer } from './_signed.ts'

const flags = { validate: true, chargeFee: false, strictNonce: true }
const [sender] = predeployedAccounts(42, 1)
const RECEIVER = 5n

const command = readCommand(['dev', '--accounts', '1'], {}, 1)
if (command.name !== 'dev') throw new Error('expected the command dev')
const { context, stateDiff, classes } = genesis(command.config.chain)
const nothing = {
  storageAt: () => 0n,
  nonceAt: () => 0n,
  classHashAt: () => 0n,
  compiledClassHashAt: () => 0n,
  lastUpdateOf: () => null,
}
const state = new LayeredState([stateDiff], nothing, 0)
const machine = createStarknetMachine({ crypto: defaultCrypto() })
for (const { classHash, sierra, casm } of classes) {
  const [major, minor, patch] = sierra!.sierraProgram.map(Number) as [number, number, number]
  const program = buildProgramImage(casm)
  machine.accept({ kind: 'class', classHash, sierraVersion: [major, minor, patch], program })
}
const runOn: RunOn = (input, on) => executeSequentially(input, machine, readerForExecutor(on))

/** Transfers of 7 each, with the nonces 0, 1, … */
const transfers = (count: number) =>
  Array.from({ length: count }, (_, nonce) => {
    const transaction = signedTransfer(sender!, BigInt(nonce), RECEIVER, 7n, context.chainId)
    return { transaction, hash: transactionHash(transaction, context.chainId), declared: null }
  })

test('each transaction sees what those before it left, and the state stays as it was', async () => {
  const executions = await simulate(runOn, context, state, transfers(3), flags)
  assert.equal(
    executions.map(({ outcome }) => outcome),
    ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'],
  )
  const key = feeBalanceKey(RECEIVER)
  assert.is(executions[2]!.stateDiff.storage.get(STRK_ADDRESS)!.get(key), 21n)
  assert.is(state.storageAt(STRK_ADDRESS, key), 0n)
})

test('an estimate of a list runs each of its transactions twice, not once more for each successor', async () => {
  let runs = 0
  const counted: RunOn = (input, on) => {
    runs += input.transactions.length
    return runOn(input, on)
  }
  const estimates = await estimate(counted, context, state, transfers(12), flags)
  assert.is(estimates.length, 12)
  assert.is(runs, 24)
  const asQuery = transfers(2).map(({ transaction, ...rest }) => {
    return { ...rest, transaction: { ...transaction, version: QUERY_VERSION + 3n } }
  })
  runs = 0
  await estimate(counted, context, state, asQuery, flags)
  assert.is(runs, 8)
})

test('an estimate ends with the first transaction that fails', async () => {
  const list = transfers(4)
  list[1]!.transaction.signature = [1n, 2n]
  const outcomes = (await estimate(runOn, context, state, list, flags)).map(
    ({ execution }) => execution.outcome,
  )
  assert.equal(outcomes, ['SUCCEEDED', 'REJECTED'])
})

test('a long list lets other work through, and is given up when it takes too long', async () => {
  let nowMs = 0
  const slow: RunOn = (input, on) => {
    nowMs += 15
    return runOn(input, on)
  }
  let turns = 0
  const count = () => {
    turns++
    immediate = setImmediate(count)
  }
  let immediate = setImmediate(count)
  const draft = new Draft(slow, context, state, flags, 100, () => nowMs)
  let refused: Refusal | null = null
  let runs = 0
  const encoded = transfers(50).map(({ transaction, hash }) =>
    encodeTransaction(transaction, hash, {}),
  )
  try {
    for (; runs < 50; runs++) await draft.add(encoded[runs]!)
  } catch (error) {
    refused = error as Refusal
  }
  clearImmediate(immediate)
  assert.is(refused?.code, -32603)
  assert.is(runs, 7)
  assert.ok(turns >= runs - 1, `${turns} turns`)
})

test.run()
