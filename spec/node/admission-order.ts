/**
 * Admission looks at what is in flight: what may pass unvalidated, and what a second transaction finds of the first.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeShortString } from '../../src/felt/felt.ts'
import { createChain, type RunningChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { Refusal } from '../../src/node/chain.ts'
import { signedTransfer } from './_signed.ts'

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

test.run()
