/**
 * Transactions that cannot be: each is refused with the protocol's code and data, or reverts with a reason; nothing that
 * was accepted is lost, and the node lives.
 */
import { readFileSync } from 'node:fs'
import { Account, type Call, CallData, cairo, hash, RpcError } from 'starknet'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { artifactPath, type ContractName, contractHashes } from '../../src/contracts/catalogue.ts'
import { STRK_ADDRESS } from '../../src/node/genesis.ts'
import { hex, type RealNode, startRealNode } from './_real-node.ts'

const bound = (amount: bigint, price = 10n ** 9n) => ({
  max_amount: amount,
  max_price_per_unit: price,
})
/** Enough for everything here, and not more than an account has. */
const resourceBounds = {
  l1_gas: bound(0n),
  l2_gas: bound(400_000_000n),
  l1_data_gas: bound(100_000n),
}
const readArtifact = (name: ContractName, kind: 'sierra' | 'casm') =>
  JSON.parse(readFileSync(artifactPath(name, kind), 'utf8'))
const transfer: Call = {
  contractAddress: hex(STRK_ADDRESS),
  entrypoint: 'transfer',
  calldata: CallData.compile({ recipient: '0x5', amount: cairo.uint256(1) }),
}

let fugue: RealNode
let account: Account

test.before(async () => {
  fugue = await startRealNode(['--accounts', '4', '--workers', '1'])
  account = fugue.account(0)
})
test.after(() => fugue.stop())
test.after.each(async () => {
  const { status } = await fetch(`${fugue.node.url}/is_ready`)
  assert.is(status, 200)
})

interface Base {
  code: number
  message: string
  data?: unknown
}

async function refused(action: Promise<unknown>): Promise<Base> {
  try {
    await action
  } catch (error) {
    if (error instanceof RpcError) return error.baseError as unknown as Base
    throw error
  }
  throw new Error('it was accepted')
}

const details = async (sender: Account, changes: object = {}) => ({
  nonce: await sender.getNonce(),
  tip: 0n,
  resourceBounds,
  ...changes,
})

async function executed({ transaction_hash: hashText }: { transaction_hash: string }) {
  return fugue.provider.waitForTransaction(hashText)
}

async function declareAndDeploy(name: ContractName): Promise<string> {
  const payload = { contract: readArtifact(name, 'sierra'), casm: readArtifact(name, 'casm') }
  const { transaction_hash: hashText, class_hash: classHash } = await account.declare(payload)
  assert.ok((await executed({ transaction_hash: hashText })).isSuccess())
  const deployed = await account.deployContract({ classHash, constructorCalldata: [] })
  assert.ok((await executed(deployed)).isSuccess())
  return deployed.contract_address
}

test('a wrong signature is 55, and costs nothing', async () => {
  const forger = new Account({ provider: fugue.provider, address: account.address, signer: '0x77' })
  const { code, data } = await refused(forger.execute(transfer, await details(account)))
  assert.is(code, 55)
  assert.type(data, 'string')
  assert.is(BigInt(await account.getNonce()), 0n)
})

test('a nonce too low is 52, one too high too; a gap waits until it is filled', async () => {
  assert.ok((await executed(await account.execute(transfer, await details(account)))).isSuccess())
  // The same transaction again would be a duplicate, so another one.
  const other = { ...transfer, calldata: ['0x6', '0x1', '0x0'] }
  const low = await refused(account.execute(other, await details(account, { nonce: 0 })))
  assert.is(low.code, 52)
  assert.type(low.data, 'string')
  const high = await refused(account.execute(transfer, await details(account, { nonce: 5000 })))
  assert.is(high.code, 52)
  const second = await account.execute(transfer, await details(account, { nonce: 2 }))
  const waiting = await fugue.provider.getTransactionStatus(second.transaction_hash)
  assert.is((waiting as { finality_status: string }).finality_status, 'RECEIVED')
  const first = await account.execute(transfer, await details(account, { nonce: 1 }))
  assert.ok((await executed(first)).isSuccess())
  assert.ok((await executed(second)).isSuccess())
})

test('a class that is too large is 57, and a simulation too long 41, before anything is hashed', async () => {
  const none = { max_amount: '0x0', max_price_per_unit: '0x0' }
  const common = {
    version: '0x100000000000000000000000000000003',
    sender_address: account.address,
    nonce: '0x0',
    signature: [],
    tip: '0x0',
    paymaster_data: [],
    account_deployment_data: [],
    resource_bounds: { l1_gas: none, l1_data_gas: none, l2_gas: none },
    nonce_data_availability_mode: 'L1',
    fee_data_availability_mode: 'L1',
  }
  const declare = {
    ...common,
    type: 'DECLARE',
    compiled_class_hash: '0x1',
    contract_class: {
      // A felt that cannot be read, at the end: nobody came that far.
      sierra_program: [...new Array(81_920).fill('0x1'), 'x'],
      contract_class_version: '0.1.0',
      entry_points_by_type: { EXTERNAL: [], L1_HANDLER: [], CONSTRUCTOR: [] },
      abi: '',
    },
  }
  const adding = [{ ...declare, version: '0x3' }]
  assert.is((await fugue.refusal('starknet_addDeclareTransaction', adding)).code, 57)
  const estimate = [[declare], ['SKIP_VALIDATE'], 'latest']
  assert.is((await fugue.refusal('starknet_estimateFee', estimate)).code, 57)
  const folded = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const text = JSON.stringify([{ ...declare, contract_class: { sierra_program: [], x: 0 } }])
  const deep = text.replace('"x":0', `"x":${folded}`)
  const request = `{"jsonrpc":"2.0","id":1,"method":"starknet_addDeclareTransaction","params":${deep}}`
  const answer = await fetch(fugue.node.url, { method: 'POST', body: request })
  assert.is(((await answer.json()) as { error: Base }).error.code, -32602)
  const invoke = { ...common, type: 'INVOKE', calldata: ['0x0'] }
  const long = { ...invoke, nonce: '0x1', calldata: new Array(5001).fill('0x0') }
  const simulation = ['latest', [invoke, long], ['SKIP_VALIDATE']]
  const { code, data } = await fugue.refusal('starknet_simulateTransactions', simulation)
  assert.is(code, 41)
  const execution_error = '5001 calldata felts, the limit is 5000'
  assert.equal(data, { transaction_index: 1, execution_error })
})

test('the same transaction twice is 59, the same nonce for the same price 64', async () => {
  const sender = fugue.account(1)
  const waiting = await details(sender, { nonce: 1 })
  await sender.execute(transfer, waiting)
  assert.is((await refused(sender.execute(transfer, waiting))).code, 59)
  const other = { ...transfer, calldata: ['0x6', '0x1', '0x0'] }
  assert.is((await refused(sender.execute(other, waiting))).code, 64)
})

test('a maximal fee beyond the balance is 54', async () => {
  const tooMuch = { ...resourceBounds, l1_gas: bound(10n ** 15n) }
  const changed = await details(account, { resourceBounds: tooMuch })
  const { code, data } = await refused(account.execute(transfer, changed))
  assert.is(code, 54)
  assert.is(data, undefined)
})

test('bounds that pay nothing are 65, those too small to start 53', async () => {
  const nothing = { l1_gas: bound(0n), l2_gas: bound(0n), l1_data_gas: bound(0n) }
  const free = await details(account, { resourceBounds: nothing })
  assert.is((await refused(account.execute(transfer, free))).code, 65)
  const cheap = { ...resourceBounds, l2_gas: bound(400_000_000n, 1n) }
  const underpriced = await details(account, { resourceBounds: cheap })
  assert.is((await refused(account.execute(transfer, underpriced))).code, 65)
  const little = { ...resourceBounds, l2_gas: bound(1000n) }
  const small = await details(account, { resourceBounds: little })
  assert.is((await refused(account.execute(transfer, small))).code, 53)
})

test('a sender that is no account is 58', async () => {
  const token = new Account({
    provider: fugue.provider,
    address: hex(STRK_ADDRESS),
    signer: '0x1',
    cairoVersion: '1',
  })
  const sent = token.execute(transfer, { nonce: 0, tip: 0n, resourceBounds })
  assert.ok([54, 58].includes((await refused(sent)).code))
})

test('a class that is not declared cannot be deployed', async () => {
  const classHash = '0x123456'
  const address = hash.calculateContractAddressFromHash(1, classHash, [], 0)
  const unborn = new Account({ provider: fugue.provider, address, signer: '0x1' })
  const payload = { classHash, constructorCalldata: [], addressSalt: 1 }
  const given = { tip: 0n, resourceBounds, nonce: 0 }
  const { code } = await refused(unborn.deployAccount(payload, given))
  assert.is(code, 28)
  const deploy = await account.deployContract(
    { classHash, constructorCalldata: [] },
    await details(account),
  )
  const receipt = await executed(deploy)
  assert.ok(receipt.isReverted())
  assert.match((receipt.value as { revert_reason: string }).revert_reason, 'not declared')
})

test('CASM that is none is refused, and a declare without CASM is 56', async () => {
  const casm = readArtifact('counter', 'casm')
  for (const bad of [
    {},
    'x',
    [],
    null,
    { ...casm, bytecode: ['0xzz'] },
    { ...casm, hints: 7 },
    { ...casm, hints: [[0, [{ NoSuchHint: {} }]]] },
    { ...casm, hints: [[99_999_999, []]] },
    { ...casm, prime: '0x11' },
  ]) {
    const { code, data } = await fugue.refusal('fugue_addCompiledClass', { casm: bad })
    assert.is(code, -32602, JSON.stringify(data))
    assert.type((data as { reason: string }).reason, 'string')
  }
  const payload = { contract: readArtifact('ledger', 'sierra'), compiledClassHash: '0x1234' }
  const { code, data } = await refused(account.declare(payload, await details(account)))
  assert.is(code, 56)
  assert.type(data, 'string')
})

test('a class that is declared already is 51', async () => {
  const payload = { contract: readArtifact('erc20', 'sierra'), casm: readArtifact('erc20', 'casm') }
  const { code } = await refused(account.declare(payload, await details(account)))
  assert.is(code, 51)
})

test('a compilation that was only tried does not stand in the way of the right one', async () => {
  const contract = readArtifact('pool', 'sierra')
  const other = hex(contractHashes.counter.compiledClassHash)
  await account.estimateDeclareFee({ contract, compiledClassHash: other })
  const declared = await account.declare({ contract, casm: readArtifact('pool', 'casm') })
  assert.ok((await executed(declared)).isSuccess())
  const casm = await fugue.call<{ bytecode: string[] }>('starknet_getCompiledCasm', {
    class_hash: declared.class_hash,
  })
  assert.is(casm.bytecode.length, readArtifact('pool', 'casm').bytecode.length)
})

test('an infinite loop ends at its gas: a call fails, a transaction reverts', async () => {
  const contractAddress = await declareAndDeploy('loop')
  const forever = { contractAddress, entrypoint: 'forever', calldata: [] }
  const called = await refused(fugue.provider.callContract(forever))
  assert.is(called.code, 40)
  assert.match(JSON.stringify(called.data), /[Oo]ut of gas/)
  const little = { ...resourceBounds, l2_gas: bound(40_000_000n) }
  const sent = await account.execute(forever, await details(account, { resourceBounds: little }))
  const receipt = await executed(sent)
  assert.ok(receipt.isReverted())
  const { revert_reason: reason } = receipt.value as { revert_reason: string }
  assert.match(reason, /[Oo]ut of gas/)
})

test('an endless recursion ends at the depth of calls', async () => {
  const contractAddress = await declareAndDeploy('router')
  const descend = { contractAddress, entrypoint: 'descend', calldata: [1_000_000] }
  assert.is((await refused(fugue.provider.callContract(descend))).code, 40)
  const receipt = await executed(await account.execute(descend, await details(account)))
  assert.ok(receipt.isReverted())
  const { revert_reason: reason } = receipt.value as { revert_reason: string }
  assert.match(reason, 'recursion depth exceeded')
})

test('an account needs the most it may pay, to the last fri', async () => {
  const most = [resourceBounds.l1_gas, resourceBounds.l2_gas, resourceBounds.l1_data_gas].reduce(
    (sum, { max_amount, max_price_per_unit }) => sum + max_amount * max_price_per_unit,
    0n,
  )
  for (const balance of [most, most - 1n]) {
    const args = ['--accounts', '1', '--workers', '0', '--initial-balance', `${balance}`]
    const poor = await startRealNode(args)
    try {
      const sent = poor.account(0).execute(transfer, { nonce: 0, tip: 0n, resourceBounds })
      if (balance < most) assert.is((await refused(sent)).code, 54)
      else {
        const { transaction_hash: hashText } = await sent
        assert.ok((await poor.provider.waitForTransaction(hashText)).isSuccess())
      }
    } finally {
      await poor.stop()
    }
  }
})

test('what waited through all of this is executed when its turn comes', async () => {
  const sender = fugue.account(1)
  const first = await sender.execute(transfer, await details(sender, { nonce: 0 }))
  assert.ok((await executed(first)).isSuccess())
  assert.is(BigInt(await sender.getNonce()), 2n)
})

test.run()
