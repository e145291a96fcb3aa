/**
 * Admission looks at what is in flight: what may pass unvalidated, and what a second transaction finds of the first.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadContract } from '../../src/contracts/catalogue.ts'
import { selector } from '../../src/felt/hash.ts'
import { createChain, type RunningChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { Refusal } from '../../src/node/chain.ts'
import { DEPLOYER_ADDRESS } from '../../src/node/genesis.ts'
import { contractAddress } from '../../src/starknet/addresses.ts'
import { chainId, chainOptions } from './_options.ts'
import { signedDeclare, signedInvoke, signedTransfer } from './_signed.ts'

const seed = 7
const [account] = predeployedAccounts(seed, 1) as [ReturnType<typeof predeployedAccounts>[number]]

async function withChain(body: (chain: RunningChain) => Promise<void>, workers = 0): Promise<void> {
  const chain = await createChain(chainOptions({ seed, accounts: 1, workers, startTime: null }))
  try {
    await body(chain)
  } finally {
    await chain.stop()
  }
}

const codeOf = (error: unknown) => (error instanceof Refusal ? error.code : error)

test('an account that exists validates its second transaction, though its first one waits', () =>
  withChain(async (chain) => {
    const first = signedTransfer(account, 0n, 5n, 1n, chainId)
    const forged = { ...signedTransfer(account, 1n, 5n, 1n, chainId), signature: [1n, 2n] }
    const answers = [first, forged].map((one) => chain.submit(one, null).catch(codeOf))
    assert.is(typeof (await answers[0]), 'bigint')
    assert.is(await answers[1], 55)
  }))

test('a declare that states the wrong hash of its class does not shut out the right one', () =>
  withChain(async (chain) => {
    const { classHash, compiledClassHash, compiledClassHashV1, sierra } = loadContract('counter')
    const wrong = signedDeclare(account, 0n, classHash, compiledClassHashV1, chainId)
    assert.is(await chain.submit(wrong, sierra).catch(codeOf), 60)
    const right = signedDeclare(account, 0n, classHash, compiledClassHash, chainId)
    assert.is(typeof (await chain.submit(right, sierra).catch(codeOf)), 'bigint')
  }))

test('a class may be declared, deployed and called in one breath', () =>
  withChain(async (chain) => {
    const { classHash, compiledClassHash, sierra } = loadContract('counter')
    const address = contractAddress(0n, 77n, classHash, [5n])
    const deploy = [DEPLOYER_ADDRESS, selector('deployContract'), 5n, classHash, 77n, 0n, 1n, 5n]
    const call = [address, selector('increment'), 0n]
    const rest = Array.from({ length: 6 }, (_, index) =>
      signedTransfer(account, BigInt(index + 3), 5n, 1n, chainId),
    )
    const hashes = await Promise.all([
      chain.submit(signedDeclare(account, 0n, classHash, compiledClassHash, chainId), sierra),
      chain.submit(signedInvoke(account, 1n, [1n, ...deploy], chainId), null),
      chain.submit(signedInvoke(account, 2n, [1n, ...call], chainId), null),
      ...rest.map((one) => chain.submit(one, null)),
    ])
    while (chain.stageOf(hashes.at(-1)!)?.stage !== 'preConfirmed') await sleep(5)
    const block = chain.store.blockByHash(await chain.createBlock())!
    assert.equal(
      block.transactions.map(({ hash }) => hash),
      hashes,
    )
    for (const [index, included] of block.transactions.entries()) {
      const { outcome, reason } = included.execution()
      assert.is(outcome, 'SUCCEEDED', `${index}: ${reason}`)
    }
    assert.is(block.stateDiff.declaredClasses.get(classHash), compiledClassHash)
    assert.is(block.stateDiff.deployedContracts.get(address), classHash)
  }, 2))

test('a chain that has stopped refuses instead of waiting', () =>
  withChain(async (chain) => {
    const late = signedTransfer(account, 0n, 5n, 1n, chainId)
    const stopped = chain.stop()
    // Asked for while the chain drains: one answer or the other, but an answer.
    const answers = [chain.submit(late, null).catch(codeOf), chain.createBlock().catch(codeOf)]
    await Promise.all([stopped, chain.stop(), ...answers])
    assert.is(await chain.submit(late, null).catch(codeOf), 63)
    assert.is(await chain.createBlock().catch(codeOf), 63)
  }))

test.run()
