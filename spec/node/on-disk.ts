/**
 * A chain with a data folder goes on where it stopped: same blocks, same state, and new ones on top.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeShortString } from '../../src/felt/felt.ts'
import { createChain, type RunningChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { STRK_ADDRESS } from '../../src/node/genesis.ts'
import type { ChainOptions } from '../../src/node/options.ts'
import { feeBalanceKey } from '../../src/starknet/addresses.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'fugue-chain-'))
test.after(() => rmSync(dataDir, { recursive: true }))

const options: ChainOptions = {
  seed: 3,
  accounts: 2,
  initialBalance: 10n ** 18n,
  chainId: encodeShortString('SN_SEPOLIA'),
  blockGeneration: { mode: 'auto' },
  casmDirs: [],
  workers: 1,
  startTime: null,
  gasPrice: 10n ** 9n,
  dataDir,
}
const { address } = predeployedAccounts(options.seed, options.accounts)[0]!

test('a chain goes on where it stopped', async () => {
  const first = await createChain(options)
  const empty = first.store.stateAt(0).storageAt(STRK_ADDRESS, feeBalanceKey(address))
  for (let count = 0; count < 3; count++) await first.mint(address, 5n, 'FRI')
  await first.createBlock()
  const before = summaryOf(first)
  await first.stop()

  const second = await createChain(options)
  assert.equal(summaryOf(second), before)
  await second.mint(address, 7n, 'FRI')
  await second.createBlock()
  assert.ok(second.store.height() > before.length - 1)
  const state = second.store.stateAt(second.store.height())
  assert.is(state.storageAt(STRK_ADDRESS, feeBalanceKey(address)), empty + 22n)
  const after = summaryOf(second)
  await second.stop()

  const third = await createChain(options)
  assert.equal(summaryOf(third), after)
  const proof = third.store.prove(third.store.height(), {
    classes: [],
    contracts: [address],
    storage: [],
  })
  assert.ok(proof !== null && proof.contracts.size > 0)
  await third.stop()
})

test('the folder of a running chain is refused to another', async () => {
  const chain = await createChain(options)
  try {
    await createChain(options)
    assert.unreachable()
  } catch (error) {
    assert.match((error as Error).message, /is in use by this process/)
  }
  await chain.stop()
})

/** All blocks: hash, root, transactions with their fees, balance. */
function summaryOf({ store }: RunningChain): unknown[] {
  return Array.from({ length: store.height() + 1 }, (_, number) => {
    const { header, transactions } = store.blockByNumber(number)!
    return [
      header.blockHash,
      header.newRoot,
      transactions.map(({ hash, transaction, execution }) => [
        hash,
        transaction.nonce,
        execution().actualFee,
      ]),
      store.stateAt(number).storageAt(STRK_ADDRESS, feeBalanceKey(address)),
    ]
  })
}

test.run()
