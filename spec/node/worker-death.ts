/**
 * The node goes on when executors die: workers are terminated at random moments under load, every transaction is included
 * once, and the state is the one of a chain that executes sequentially.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Random } from '../../src/lab/random.ts'
import { createChain, type RunningChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { SEQUENCER_ADDRESS, STRK_ADDRESS } from '../../src/node/genesis.ts'
import type { ChainOptions } from '../../src/node/options.ts'
import { feeBalanceKey } from '../../src/starknet/addresses.ts'
import type { InvokeTransaction } from '../../src/starknet/transaction.ts'
import { seed } from '../seed.ts'
import { chainId, chainOptions } from './_options.ts'
import { signedTransfer } from './_signed.ts'

const accounts = predeployedAccounts(seed, 12)
const perAccount = 12
const kills = 5

function options(workers: number): ChainOptions {
  return chainOptions({
    seed,
    accounts: accounts.length,
    blockGeneration: { mode: 'auto' },
    workers,
  })
}

function transfers(): InvokeTransaction[] {
  const random = new Random(seed)
  return Array.from({ length: perAccount }, (_, nonce) =>
    accounts.map((account) => {
      const to = random.pick(accounts).address
      return signedTransfer(account, BigInt(nonce), to, BigInt(random.below(1000)), chainId)
    }),
  ).flat()
}

/** Balances and nonces that the transfers leave, whatever blocks they were in. */
function summary(chain: RunningChain): string[] {
  const state = chain.stateOf('pre_confirmed')
  const holders = [...accounts.map(({ address }) => address), SEQUENCER_ADDRESS]
  return holders.map(
    (holder) => `${state.storageAt(STRK_ADDRESS, feeBalanceKey(holder))} ${state.nonceAt(holder)}`,
  )
}

/** Waits until every transaction is in a block. */
async function included(chain: RunningChain, hashes: bigint[]): Promise<void> {
  for (const hash of hashes) {
    while (chain.stageOf(hash)?.stage !== 'accepted') await sleep(2)
  }
}

test(`${kills} workers die under load, seed ${seed}: nothing is lost, nothing differs`, async () => {
  console.log(`worker deaths: seed ${seed}`)
  const random = new Random(seed + 1)
  const submissions = transfers()
  const calm = await createChain(options(0))
  await included(calm, await Promise.all(submissions.map((one) => calm.submit(one, null))))
  const expected = summary(calm)
  await calm.stop()

  const chain = await createChain(options(2))
  const hashes: Promise<bigint>[] = []
  const part = Math.ceil(submissions.length / kills)
  for (let death = 0; death < kills; death++) {
    for (const one of submissions.slice(death * part, (death + 1) * part)) {
      hashes.push(chain.submit(one, null))
    }
    await sleep(random.below(40))
    await chain.pool!.kill(1 + random.below(2))
  }
  const all = await Promise.all(hashes)
  await included(chain, all)
  assert.equal(summary(chain), expected)
  for (const hash of all) {
    const found = chain.store.findTransaction(hash)!
    assert.is(found.block.transactions[found.index]!.execution().outcome, 'SUCCEEDED')
  }
  await chain.createBlock()
  assert.ok(chain.pool!.replacements > 0, 'dead workers were replaced')
  await chain.stop()
})

test.run()
