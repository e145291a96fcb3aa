/**
 * An application on the node: everything here goes through starknet.js, as a wallet or a script would do it.
 */
import { readFileSync } from 'node:fs'
import { Account, CallData, Contract, cairo, ec, hash, num, RpcProvider } from 'starknet'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { artifactPath, contractHashes } from '../../src/contracts/catalogue.ts'
import { ETH_ADDRESS, STRK_ADDRESS } from '../../src/node/genesis.ts'
import { hex, type RealNode, startRealNode } from './_real-node.ts'

const STRK = hex(STRK_ADDRESS)
const readArtifact = (kind: 'sierra' | 'casm') =>
  JSON.parse(readFileSync(artifactPath('counter', kind), 'utf8'))

let fugue: RealNode
let counterAddress: string

test.before(async () => {
  fugue = await startRealNode(['--accounts', '3', '--workers', '1'])
})
test.after(() => fugue.stop())

async function balanceOf(address: string, token = STRK): Promise<bigint> {
  const request = { contractAddress: token, entrypoint: 'balance_of', calldata: [address] }
  const [low, high] = await fugue.provider.callContract(request)
  return BigInt(low!) + (BigInt(high!) << 128n)
}

/** Waits for the transaction and gives its receipt, which must be of a success. */
async function succeeded({ transaction_hash: hashText }: { transaction_hash: string }) {
  const receipt = await fugue.provider.waitForTransaction(hashText)
  assert.ok(receipt.isSuccess(), JSON.stringify(receipt.value))
  return receipt.value
}

const transferCall = (to: string, amount: bigint) => ({
  contractAddress: STRK,
  entrypoint: 'transfer',
  calldata: CallData.compile({ recipient: to, amount: cairo.uint256(amount) }),
})

test('it connects', async () => {
  const { provider } = fugue
  assert.is(await provider.getSpecVersion(), '0.10.2')
  assert.is(await provider.getChainId(), '0x534e5f5345504f4c4941')
  assert.is(await provider.getBlockNumber(), 0)
  const genesis = await provider.getBlockWithTxs(0)
  assert.equal(genesis.transactions, [])
  assert.is((genesis as { starknet_version: string }).starknet_version, '0.14.2')
})

test('STRK is transferred, and paid for', async () => {
  const [sender, receiver] = [fugue.account(0), fugue.account(1)]
  const before = [await balanceOf(sender.address), await balanceOf(receiver.address)]
  const amount = 10n ** 18n
  const receipt = await succeeded(await sender.execute(transferCall(receiver.address, amount)))
  const fee = BigInt(receipt.actual_fee.amount)
  assert.ok(fee > 0n)
  assert.is(await balanceOf(sender.address), before[0]! - amount - fee)
  assert.is(await balanceOf(receiver.address), before[1]! + amount)
  assert.is(BigInt(await sender.getNonce()), 1n)
})

test('an account is funded and deploys itself', async () => {
  const privateKey = '0x1234567890abcdef'
  const publicKey = ec.starkCurve.getStarkKey(privateKey)
  const classHash = hex(contractHashes.account.classHash)
  const constructorCalldata = [publicKey]
  const address = hash.calculateContractAddressFromHash(7, classHash, constructorCalldata, 0)
  await succeeded(await fugue.account(0).execute(transferCall(address, 10n ** 19n)))
  const account = new Account({ provider: fugue.provider, address, signer: privateKey })
  const deployed = await account.deployAccount({ classHash, constructorCalldata, addressSalt: 7 })
  await succeeded(deployed)
  assert.is(BigInt(deployed.contract_address), BigInt(address))
  assert.is(BigInt(await fugue.provider.getClassHashAt(address)), BigInt(classHash))
  await succeeded(await account.execute(transferCall(fugue.account(1).address, 5n)))
  assert.is(BigInt(await account.getNonce()), 2n)
})

test('a class is declared, and deployed through the universal deployer', async () => {
  const account = fugue.account(0)
  const payload = { contract: readArtifact('sierra'), casm: readArtifact('casm') }
  const declared = await account.declare(payload)
  await succeeded(declared)
  assert.is(BigInt(declared.class_hash), contractHashes.counter.classHash)
  const { sierra_program: program } = (await fugue.provider.getClass(declared.class_hash)) as {
    sierra_program: string[]
  }
  assert.equal(program, payload.contract.sierra_program)
  const deployment = await account.deployContract({
    classHash: declared.class_hash,
    constructorCalldata: [5],
  })
  await succeeded(deployment)
  counterAddress = num.toHex(deployment.contract_address)
  const [value] = await fugue.provider.callContract({
    contractAddress: counterAddress,
    entrypoint: 'get',
  })
  assert.is(BigInt(value!), 5n)
  const class0 = await fugue.provider.getClassAt(counterAddress)
  const counter = new Contract({
    abi: class0.abi as never,
    address: counterAddress,
    providerOrAccount: account,
  })
  assert.is(await counter.get(), 5n)
})

test('calls in one transaction are executed in order, or none of them', async () => {
  const account = fugue.account(0)
  const increase = (amount: number) => ({
    contractAddress: counterAddress,
    entrypoint: 'increase',
    calldata: [amount],
  })
  await succeeded(await account.execute([increase(10), increase(20), transferCall(STRK, 1n)]))
  const get = { contractAddress: counterAddress, entrypoint: 'get' }
  assert.is(BigInt((await fugue.provider.callContract(get))[0]!), 35n)
})

test('a reverted call is seen as such, with its reason, its fee and its trace', async () => {
  const account = fugue.account(0)
  const increase = { contractAddress: counterAddress, entrypoint: 'increase', calldata: [1] }
  const fail = { contractAddress: counterAddress, entrypoint: 'fail', calldata: [] }
  const { resourceBounds } = await account.estimateInvokeFee(increase)
  resourceBounds.l2_gas.max_amount *= 4n
  resourceBounds.l1_data_gas.max_amount *= 4n
  const { transaction_hash: hashText } = await account.execute([increase, fail], { resourceBounds })
  const receipt = await fugue.provider.waitForTransaction(hashText)
  assert.ok(receipt.isReverted())
  const value = receipt.value as { revert_reason: string; actual_fee: { amount: string } }
  assert.match(value.revert_reason, 'but this entry point always fails.')
  assert.ok(BigInt(value.actual_fee.amount) > 0n)
  const get = { contractAddress: counterAddress, entrypoint: 'get' }
  assert.is(BigInt((await fugue.provider.callContract(get))[0]!), 35n)
  const trace = (await fugue.provider.getTransactionTrace(hashText)) as {
    execute_invocation: { revert_reason: string }
    validate_invocation: object
    fee_transfer_invocation: object
  }
  assert.is(trace.execute_invocation.revert_reason, value.revert_reason)
  assert.ok(trace.validate_invocation)
  assert.ok(trace.fee_transfer_invocation)
  await assertThrows(
    () => account.estimateInvokeFee([increase, fail]),
    /Transaction execution error/,
  )
})

test('events are found by contract and key', async () => {
  const key = hash.getSelectorFromName('Increased')
  const filter = {
    from_block: { block_number: 0 },
    to_block: 'latest' as const,
    address: counterAddress,
    keys: [[key], [fugue.account(0).address]],
    chunk_size: 1,
  }
  const first = await fugue.provider.getEvents(filter)
  assert.is(first.events.length, 1)
  const second = await fugue.provider.getEvents({
    ...filter,
    continuation_token: first.continuation_token!,
  })
  assert.is(second.continuation_token, undefined)
  const values = [...first.events, ...second.events].map(({ data }) => data.map(BigInt))
  assert.equal(values, [[15n], [35n]])
})

test('a trace shows the tree of calls', async () => {
  const account = fugue.account(0)
  const increment = { contractAddress: counterAddress, entrypoint: 'increment', calldata: [] }
  const sent = await account.execute(increment)
  await succeeded(sent)
  const trace = (await fugue.provider.getTransactionTrace(sent.transaction_hash)) as {
    type: string
    execute_invocation: {
      contract_address: string
      calls: { contract_address: string; result: string[]; events: object[] }[]
    }
    state_diff: { storage_diffs: { address: string }[] }
  }
  assert.is(trace.type, 'INVOKE')
  assert.is(BigInt(trace.execute_invocation.contract_address), BigInt(account.address))
  const [call] = trace.execute_invocation.calls
  assert.is(BigInt(call!.contract_address), BigInt(counterAddress))
  assert.equal(call!.result.map(BigInt), [36n])
  assert.is(call!.events.length, 1)
  assert.ok(trace.state_diff.storage_diffs.some(({ address }) => address === counterAddress))
})

test('a transaction with exactly the estimated bounds succeeds and costs no more', async () => {
  const provider = new RpcProvider({
    nodeUrl: `${fugue.node.url}/rpc`,
    transactionRetryIntervalFallback: 20,
    resourceBoundsOverhead: false,
  })
  const { address, privateKey } = fugue.node.accounts[1]!
  const account = new Account({ provider, address: hex(address), signer: hex(privateKey) })
  for (const call of [
    transferCall(fugue.account(2).address, 7n),
    { contractAddress: counterAddress, entrypoint: 'increase', calldata: [2] },
    transferCall(hex(0xdeadn), 7n),
  ]) {
    const { resourceBounds, overall_fee: estimate } = await account.estimateInvokeFee(call, {
      skipValidate: false,
      tip: 0,
    })
    const receipt = await succeeded(await account.execute(call, { resourceBounds, tip: 0 }))
    const paid = BigInt(receipt.actual_fee.amount)
    assert.is(paid, estimate)
  }
})

test('a simulation gives traces and estimates and changes nothing', async () => {
  const account = fugue.account(0)
  const nonce = await account.getNonce()
  const call = { contractAddress: counterAddress, entrypoint: 'increase', calldata: [1000] }
  const { simulated_transactions: simulated } = await account.simulateTransaction([
    { type: 'INVOKE', payload: call },
    { type: 'INVOKE', payload: call },
  ] as never)
  assert.is(simulated.length, 2)
  const results = simulated.map(
    (each) =>
      (each.transaction_trace as { execute_invocation: { calls: { result: string[] }[] } })
        .execute_invocation.calls[0]!.result,
  )
  const value = BigInt(results[0]![0]!)
  assert.is(BigInt(results[1]![0]!), value + 1000n)
  assert.is(await account.getNonce(), nonce)
})

test('storage, nonce, blocks and receipts can be read, by number, hash and tag', async () => {
  const { provider } = fugue
  const latest = (await provider.getBlockWithReceipts('latest')) as {
    block_hash: string
    block_number: number
    parent_hash: string
    transactions: { receipt: { transaction_hash: string } }[]
  }
  assert.equal(await provider.getBlockWithReceipts(latest.block_number), latest as never)
  assert.equal(await provider.getBlockWithReceipts(latest.block_hash), latest as never)
  const parent = (await provider.getBlockWithTxHashes(latest.block_number - 1)) as {
    block_hash: string
  }
  assert.is(parent.block_hash, latest.parent_hash)
  const key = hash.getSelectorFromName('value')
  const [value] = await provider.callContract({
    contractAddress: counterAddress,
    entrypoint: 'get',
  })
  const stored = await provider.getStorageAt(counterAddress, key)
  assert.is(BigInt(stored.value), BigInt(value!))
  const [{ receipt }] = latest.transactions as [{ receipt: { transaction_hash: string } }]
  const status = await provider.getTransactionStatus(receipt.transaction_hash)
  assert.is((status as { finality_status: string }).finality_status, 'ACCEPTED_ON_L2')
  const update = await provider.getStateUpdate('latest')
  assert.is((update as { block_hash: string }).block_hash, latest.block_hash)
})

test('the faucet mints both tokens, and a block can be made on demand', async () => {
  const address = hex(0xfa0ce7n)
  for (const [unit, token] of [
    ['FRI', STRK],
    ['WEI', hex(ETH_ADDRESS)],
  ] as const) {
    const { new_balance: balance, tx_hash: hashText } = await fugue.call<Record<string, string>>(
      'devnet_mint',
      { address, amount: 123, unit },
    )
    assert.is(balance, '123')
    await succeeded({ transaction_hash: hashText! })
    assert.is(await balanceOf(address, token), 123n)
  }
  const height = await fugue.provider.getBlockNumber()
  const { block_hash: blockHash } = await fugue.call<{ block_hash: string }>('devnet_createBlock')
  const { block_number: number } = (await fugue.provider.getBlockWithTxHashes(blockHash)) as {
    block_number: number
  }
  assert.is(number, height + 1)
})

async function assertThrows(action: () => Promise<unknown>, pattern: RegExp): Promise<void> {
  let message = 'nothing was thrown'
  try {
    await action()
  } catch (error) {
    message = (error as Error).message
  }
  assert.match(message, pattern)
}

test.run()
