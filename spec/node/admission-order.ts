/**
 * Admission looks at what is in flight: what may pass unvalidated, and what a second transaction finds of the first.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadContract } from '../../src/contracts/catalogue.ts'
import { encodeShortString } from '../../src/felt/felt.ts'
import { createChain, type RunningChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { Refusal } from '../../src/node/chain.ts'
import { signedDeclare, signedTransfer } from './_signed.ts'

const chainId = encodeShortString('SN_SEPOLIA')
const seed = 7
const [account] = predeployedAccounts(seed, 1) as [ReturnType<typeof predeployedAccounts>[number]]

async function withChain(body: (chain: RunningChain) => Promise<void>): Promise<void> {
  const chain = await createChain({
    seed,
    accounts: 1,
    initialBalance: 10n ** 21n,
    chainId,
    blockGeneration: { mode: 'demand' },
    casmDirs: [],
    workers: 0,
    startTime: null,
    gasPrice: 10n ** 9n,
    dataDir: null,
  })
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
