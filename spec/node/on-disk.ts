/**
 * A chain with a data folder goes on where it stopped: same blocks, same state, and new ones on top.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadContract } from '../../src/contracts/catalogue.ts'
import { createChain, type RunningChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { dump, load } from '../../src/node/commands/copy.ts'
import { STRK_ADDRESS } from '../../src/node/genesis.ts'
import { feeBalanceKey } from '../../src/starknet/addresses.ts'
import { sierraClassHash } from '../../src/starknet/class-hash.ts'
import { included } from '../simulation/_busy-chain.ts'
import { vector, vectorTest } from '../vectors.ts'
import { chainOptions } from './_options.ts'
import { signedDeclare } from './_signed.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'fugue-chain-'))
test.after(() => rmSync(dataDir, { recursive: true }))

const options = chainOptions({
  seed: 3,
  initialBalance: 10n ** 18n,
  blockGeneration: { mode: 'auto' },
  workers: 1,
  startTime: null,
  dataDir,
})
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

vectorTest(
  test,
  'a compiled class that was added and not used yet is there after a restart, and in a dump',
  ['classes/echo-2.11.4.casm.json'],
  async () => {
    const casm = vector('classes/echo-2.11.4.casm.json')
    const first = await createChain(options)
    const [{ blake }] = await Promise.all([
      first.addCompiledClass(casm),
      first.addCompiledClass(casm),
    ])
    await first.stop()
    const file = join(dataDir, '..', `${basename(dataDir)}.dump`)
    const copy = `${dataDir}-copy`
    await dump(dataDir, file, () => {})
    await load(copy, file, () => {})
    for (const folder of [dataDir, copy]) {
      const chain = await createChain({ ...options, dataDir: folder })
      const contractClass = { ...loadContract('counter').sierra, abi: '"added"' }
      const classHash = sierraClassHash(contractClass)
      const account = predeployedAccounts(options.seed, options.accounts)[1]!
      const declare = signedDeclare(account, 0n, classHash, blake, options.chainId)
      const hash = await chain.submit(declare, contractClass)
      await included(chain, hash)
      assert.equal(chain.classByHash(classHash)?.casm, casm)
      await chain.stop()
    }
    rmSync(file)
    rmSync(copy, { recursive: true })
  },
)

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
