/**
 * Lists of transactions that run without being kept: how much work they are, and that they can be given up.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ExecutionStopped, executeSequentially } from '../../src/executor/sequential.ts'
import { defaultCrypto } from '../../src/felt/hash.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { readCommand } from '../../src/node/config.ts'
import { genesis, STRK_ADDRESS } from '../../src/node/genesis.ts'
import { Draft, type RunOn } from '../../src/simulation/draft.ts'
import { estimate } from '../../src/simulation/estimate.ts'
import { LayeredState } from '../../src/simulation/layered-state.ts'
import type { Measured, Request } from '../../src/simulation/request.ts'
import { Simulator } from '../../src/simulation/simulator.ts'
import { feeBalanceKey } from '../../src/starknet/addresses.ts'
import { decodeOutcome } from '../../src/starknet/decode-outcome.ts'
import { encodeBlockContext } from '../../src/starknet/encoded-block-context.ts'
import { encodeTransaction } from '../../src/starknet/encoded-transaction.ts'
import { createStarknetMachine } from '../../src/starknet/machine.ts'
import { QUERY_VERSION } from '../../src/starknet/transaction.ts'
import { transactionHash } from '../../src/starknet/transaction-hash.ts'
import { readerForExecutor } from '../../src/storage/base-reader.ts'
import { buildProgramImage } from '../../src/vm/program.ts'
import { signedTransfer } from '../node/_signed.ts'

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

/** Transfers of 7 each, with the nonces 0, 1, … */
const transfers = (count: number) =>
  Array.from({ length: count }, (_, nonce) => {
    const transaction = signedTransfer(sender!, BigInt(nonce), RECEIVER, 7n, context.chainId)
    return { transaction, hash: transactionHash(transaction, context.chainId), facts: {} }
  })

/** What a simulator answers whose stop word says this. */
const simulator = (isStopped = () => false) => new Simulator(machine, isStopped)
const constants = encodeBlockContext(context, flags)

const sequence = (transactions: Int32Array[]): Request => ({
  kind: 'sequence',
  at: 0,
  constants,
  transactions,
})

test('each transaction sees what those before it left, and the state stays as it was', () => {
  const encoded = transfers(3).map(({ transaction, hash }) => encodeTransaction(transaction, hash))
  const answer = simulator().answer(sequence(encoded), state) as Int32Array[]
  const executions = answer.map(decodeOutcome)
  assert.equal(
    executions.map(({ outcome }) => outcome),
    ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'],
  )
  const key = feeBalanceKey(RECEIVER)
  assert.is(executions[2]!.stateDiff.storage.get(STRK_ADDRESS)!.get(key), 21n)
  assert.is(state.storageAt(STRK_ADDRESS, key), 0n)
})

test('an estimate of a list runs each of its transactions twice, not once more for each successor', () => {
  let runs = 0
  const counted: RunOn = (input, on) => {
    runs += input.transactions.length
    return executeSequentially(input, machine, readerForExecutor(on))
  }
  const newDraft = () => new Draft(counted, constants, state)
  assert.is(estimate(newDraft, transfers(12)).length, 12)
  assert.is(runs, 24)
  const asQuery = transfers(2).map(({ transaction, ...rest }) => {
    return { ...rest, transaction: { ...transaction, version: QUERY_VERSION + 3n } }
  })
  runs = 0
  estimate(newDraft, asQuery)
  assert.is(runs, 8)
})

test('an estimate ends with the first transaction that fails', () => {
  const transactions = transfers(4)
  transactions[1]!.transaction.signature = [1n, 2n]
  const request: Request = { kind: 'estimate', at: 0, constants, transactions }
  const outcomes = (simulator().answer(request, state) as Measured[]).map(
    ({ outcome }) => decodeOutcome(outcome).outcome,
  )
  assert.equal(outcomes, ['SUCCEEDED', 'REJECTED'])
})

test('a list is given up between two transactions, and in the middle of one', () => {
  const encoded = transfers(50).map(({ transaction, hash }) => encodeTransaction(transaction, hash))
  let looks = 0
  const isStopped = () => looks++ >= 20
  assert.throws(
    () => simulator(isStopped).answer(sequence(encoded), state),
    (error: Error) => error instanceof ExecutionStopped,
  )
  assert.is(looks, 21)
})

test.run()
