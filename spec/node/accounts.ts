/**
 * The predeployed accounts are those of starknet-devnet, and genesis funds them.
 */
import { ec, hash } from 'starknet'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { contractHashes } from '../../src/contracts/catalogue.ts'
import { mixSeed, predeployedAccounts } from '../../src/node/accounts.ts'
import { ETH_ADDRESS, genesis, MINTER_ADDRESS, STRK_ADDRESS } from '../../src/node/genesis.ts'
import { mersenneTwister64 } from '../../src/node/mersenne-twister.ts'
import { signHash } from '../../src/node/signer.ts'
import { feeBalanceKey, storageKey } from '../../src/starknet/addresses.ts'

const hex = (felt: bigint) => `0x${felt.toString(16)}`

test('seeds 42 and 0 give the published keys and addresses', () => {
  assert.is(mixSeed(42), 0x0a3d32587ba18fa4n)
  assert.is(mixSeed(0), 0x45cdb581f973f2ecn)
  const [first] = predeployedAccounts(42, 1)
  assert.is(hex(first!.privateKey), '0xb137668388dbe9acdfa3bc734cc2c469')
  assert.is(
    hex(first!.address),
    '0x34ba56f92265f0868c57d3fe72ecab144fc96f97954bbbc4252cef8e8a979ba',
  )
  const [zero] = predeployedAccounts(0, 1)
  assert.is(hex(zero!.privateKey), '0x71d7bb07b9a64f6f78ac4c816aff4da9')
  assert.is(hex(zero!.address), '0x64b48806902a367c8598f4f95c305e8c1a1acba5f082d294a43793113115691')
})

test('the twister runs through a renewal of its state like the reference', () => {
  // The 10000th output for the default seed 5489 is fixed by the C++ standard for mt19937_64.
  const next = mersenneTwister64(5489n)
  let output = 0n
  for (let i = 0; i < 10_000; i++) output = next()
  assert.is(output, 9981545732273789042n)
})

test('more accounts begin with the same ones, and other seeds give others', () => {
  assert.equal(predeployedAccounts(7, 5).slice(0, 3), predeployedAccounts(7, 3))
  assert.not.equal(predeployedAccounts(7, 1), predeployedAccounts(8, 1))
})

test('public keys and addresses are what a client computes', () => {
  for (const { address, publicKey, privateKey } of predeployedAccounts(123, 3)) {
    assert.is(BigInt(ec.starkCurve.getStarkKey(hex(privateKey))), publicKey)
    const classHash = '0x3fcbf77b28c96f4f2fb5bd2d176ab083a12a5e123adeb0de955d7ee228c9854'
    const expected = hash.calculateContractAddressFromHash(20, classHash, [publicKey], 0)
    assert.is(BigInt(expected), address)
  }
})

test('a signature of the faucet verifies', () => {
  const [account] = predeployedAccounts(1, 1)
  const message = 0x1234n
  const [r, s] = signHash(message, account!.privateKey)
  const publicKey = ec.starkCurve.getPublicKey(hex(account!.privateKey).slice(2))
  assert.ok(
    ec.starkCurve.verify(new ec.starkCurve.Signature(r, s), hex(message).slice(2), publicKey),
  )
})

test('genesis deploys and funds the accounts, and the supply is the sum of the balances', () => {
  const { stateDiff, accounts, classes } = genesis({
    seed: 42,
    accounts: 3,
    initialBalance: 10n ** 21n,
    chainId: 1n,
    blockGeneration: { mode: 'auto' },
    casmDirs: [],
    workers: 0,
    startTime: 1000,
    gasPrice: 1n,
    dataDir: null,
  })
  assert.is(accounts.length, 3)
  for (const { address, publicKey } of accounts) {
    assert.is(stateDiff.deployedContracts.get(address), contractHashes.account.classHash)
    const cells = stateDiff.storage.get(address)!
    assert.is(cells.get(storageKey('Account_public_key')), publicKey)
  }
  for (const token of [STRK_ADDRESS, ETH_ADDRESS]) {
    const cells = stateDiff.storage.get(token)!
    const u256 = (key: bigint) => (cells.get(key) ?? 0n) + ((cells.get(key + 1n) ?? 0n) << 128n)
    const holders = [...accounts.map(({ address }) => address), MINTER_ADDRESS]
    const balances = holders.map((holder) => u256(feeBalanceKey(holder)))
    assert.equal(balances, [10n ** 21n, 10n ** 21n, 10n ** 21n, 1n << 255n])
    const supply = balances.reduce((sum, balance) => sum + balance)
    assert.is(u256(storageKey('ERC20_total_supply')), supply)
  }
  for (const { classHash, compiledClassHash } of classes) {
    assert.is(stateDiff.declaredClasses.get(classHash), compiledClassHash)
  }
  const maps = [stateDiff.storage, stateDiff.deployedContracts, ...stateDiff.storage.values()]
  for (const map of maps) {
    const keys = [...map.keys()]
    assert.ok(keys.every((key, index) => index === 0 || keys[index - 1]! < key))
  }
})

test.run()
