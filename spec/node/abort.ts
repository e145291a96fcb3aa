/**
 * Blocks are taken back by `devnet_abortBlocks`: what is answered, what is gone, what stays, and that the chain goes on;
 * in memory and in a folder, with and without workers.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadContract } from '../../src/contracts/catalogue.ts'
import { selector } from '../../src/felt/hash.ts'
import { encodeTransaction } from '../../src/node/encode/transaction.ts'
import { STRK_ADDRESS } from '../../src/node/genesis.ts'
import { sierraClassHash } from '../../src/starknet/class-hash.ts'
import { chainId } from './_options.ts'
import { hex, type RealNode, startRealNode } from './_real-node.ts'
import { signedDeclare, signedTransfer } from './_signed.ts'

const base = mkdtempSync(join(tmpdir(), 'fugue-abort-'))
test.after(() => rmSync(base, { recursive: true }))

const DUMMY = '0x1'

interface BlockHashes {
  block_hash?: string
  block_number: number
  transactions: string[]
}

const blockAt = (fugue: RealNode, id: unknown) =>
  fugue.call<BlockHashes>('starknet_getBlockWithTxHashes', { block_id: id })

async function balanceAt(fugue: RealNode, id: string): Promise<string> {
  const params = { address: DUMMY, block_id: id }
  return (await fugue.call<{ amount: string }>('devnet_getAccountBalance', params)).amount
}

/** The balance as the token contract says it. */
async function balanceOf(fugue: RealNode, id: string): Promise<bigint> {
  const request = {
    contract_address: hex(STRK_ADDRESS),
    entry_point_selector: hex(selector('balance_of')),
    calldata: [DUMMY],
  }
  return BigInt((await fugue.call<string[]>('starknet_call', { request, block_id: id }))[0]!)
}

const mint = async (fugue: RealNode): Promise<string> => {
  const params = { address: DUMMY, amount: 1 }
  return (await fugue.call<{ tx_hash: string }>('devnet_mint', params)).tx_hash
}

const createBlock = async (fugue: RealNode): Promise<string> =>
  (await fugue.call<{ block_hash: string }>('devnet_createBlock')).block_hash

const abort = async (fugue: RealNode, params: unknown): Promise<string[]> =>
  (await fugue.call<{ aborted: string[] }>('devnet_abortBlocks', params)).aborted

const kinds: Record<string, () => string[]> = {
  'in memory, one by one': () => ['--workers', '0'],
  'in memory, 2 workers': () => ['--workers', '2'],
  'in a folder, 2 workers': () => ['--workers', '2', '--data-dir', mkdtempSync(join(base, 'x-'))],
}

for (const [name, args] of Object.entries(kinds)) {
  test(`${name}: aborted blocks and their transactions are unknown, the state is as before`, async () => {
    const fugue = await startRealNode([...args(), '--block-generation-on', 'demand'])
    try {
      const mints: string[] = []
      const hashes: string[] = []
      for (let count = 0; count < 4; count++) {
        mints.push(await mint(fugue))
        hashes.push(await createBlock(fugue))
      }
      const proofOf = (height: number) =>
        fugue.call('starknet_getStorageProof', {
          block_id: { block_number: height },
          contract_addresses: [DUMMY],
        })
      const proof = await proofOf(2)
      // The open block goes too.
      const open = await mint(fugue)
      assert.is(await balanceAt(fugue, 'pre_confirmed'), '5')
      const aborted = await abort(fugue, { starting_block_id: { block_number: 3 } })
      assert.equal(aborted, [hashes[3], hashes[2]])
      assert.equal(await proofOf(2), proof)
      assert.is(await balanceAt(fugue, 'latest'), '2')
      assert.is(await balanceAt(fugue, 'pre_confirmed'), '2')
      assert.is((await blockAt(fugue, 'latest')).block_hash, hashes[1])
      const preConfirmed = await blockAt(fugue, 'pre_confirmed')
      assert.equal([preConfirmed.block_number, preConfirmed.transactions], [3, []])
      for (const id of [
        { block_hash: hashes[2] },
        { block_hash: hashes[3] },
        { block_number: 3 },
      ]) {
        const refused = await fugue.refusal('starknet_getBlockWithTxs', { block_id: id })
        assert.is(refused.code, 24)
      }
      for (const hash of [mints[2], mints[3], open]) {
        for (const method of ['ByHash', 'Receipt', 'Status']) {
          const params = { transaction_hash: hash }
          assert.is((await fugue.refusal(`starknet_getTransaction${method}`, params)).code, 29)
        }
      }
      // The same mints give the same transactions, in blocks of the same numbers.
      assert.is(await mint(fugue), mints[2])
      assert.is(await mint(fugue), mints[3])
      await createBlock(fugue)
      const again = await blockAt(fugue, 'latest')
      assert.equal([again.block_number, again.transactions], [3, [mints[2], mints[3]]])
      assert.is(await balanceAt(fugue, 'latest'), '4')
      assert.equal(await abort(fugue, { starting_block_hash: hashes[0] }), [
        again.block_hash,
        hashes[1],
        hashes[0],
      ])
      assert.is(await balanceAt(fugue, 'latest'), '0')
      // Calls run on mirrors of the state in other threads, and another block takes the place of one that they saw.
      const called = (id: string) => balanceOf(fugue, id)
      assert.is(await called('latest'), 0n)
      await mint(fugue)
      assert.is(await called('pre_confirmed'), 1n)
      await createBlock(fugue)
      await abort(fugue, ['latest'])
      await createBlock(fugue)
      assert.is(await called('latest'), 0n)
      assert.is(await called('pre_confirmed'), 0n)
      await mint(fugue)
      await createBlock(fugue)
      assert.is(await balanceAt(fugue, 'latest'), '1')
    } finally {
      await fugue.stop()
    }
  })
}

test('what cannot be aborted is refused as starknet-devnet does', async () => {
  const fugue = await startRealNode(['--workers', '0'])
  try {
    const genesis = await blockAt(fugue, { block_number: 0 })
    const refusalOf = async (id: unknown) => {
      const refused = await fugue.refusal('devnet_abortBlocks', { starting_block_id: id })
      return `${refused.code} ${refused.message}`
    }
    const hash = await createBlock(fugue)
    assert.is(await refusalOf({ block_number: 0 }), "-1 Genesis block can't be aborted")
    assert.is(
      await refusalOf({ block_hash: genesis.block_hash }),
      "-1 Genesis block can't be aborted",
    )
    assert.is(await refusalOf({ block_number: 2 }), '-1 No block found')
    assert.is(await refusalOf('l1_accepted'), '-1 No block found')
    assert.is((await fugue.refusal('devnet_abortBlocks', {})).code, -32602)
    assert.equal(await abort(fugue, ['latest']), [hash])
    assert.is(await refusalOf({ block_hash: hash }), '-1 No block found')
    assert.is(await refusalOf('latest'), "-1 Genesis block can't be aborted")
  } finally {
    await fugue.stop()
  }
})

test('the block being filled is closed and aborted', async () => {
  const fugue = await startRealNode(['--workers', '0', '--block-generation-on', 'demand'])
  try {
    await mint(fugue)
    const kept = await createBlock(fugue)
    await mint(fugue)
    const aborted = await abort(fugue, { starting_block_id: 'pre_confirmed' })
    assert.is(aborted.length, 1)
    assert.is.not(aborted[0], kept)
    assert.is(await balanceAt(fugue, 'pre_confirmed'), '1')
    assert.is((await blockAt(fugue, 'latest')).block_hash, kept)
    // The library that applications use sees its transaction go, and sends the same one again.
    const account = fugue.account(0)
    const transfer = { contractAddress: hex(STRK_ADDRESS), entrypoint: 'transfer' }
    const shown = { successStates: ['PRE_CONFIRMED' as const] }
    const send = async () =>
      (await account.execute({ ...transfer, calldata: ['0x2', 3, 0] })).transaction_hash
    const sent = await send()
    assert.ok((await fugue.provider.waitForTransaction(sent, shown)).isSuccess())
    assert.is(BigInt(await account.getNonce()), 1n)
    await abort(fugue, ['pre_confirmed'])
    const error = await fugue.provider.getTransactionReceipt(sent).catch((reason: Error) => reason)
    assert.match(String(error), 'Transaction hash not found')
    assert.is(BigInt(await account.getNonce()), 0n)
    assert.is(await send(), sent)
    assert.ok((await fugue.provider.waitForTransaction(sent, shown)).isSuccess())
  } finally {
    await fugue.stop()
  }
})

test('what waits stays, and what was included may be sent again, also with another compilation', async () => {
  const fugue = await startRealNode(['--workers', '0', '--block-generation-on', 'demand'])
  try {
    const [alice, bob] = fugue.node.accounts
    const send = (nonce: bigint, amount: bigint) =>
      fugue.chain.submit(signedTransfer(alice!, nonce, bob!.address, amount, chainId), null)
    const statusOf = async (hash: bigint) =>
      (
        await fugue.call<{ finality_status: string }>('starknet_getTransactionStatus', {
          transaction_hash: hex(hash),
        })
      ).finality_status
    const first = await send(0n, 1n)
    const contractClass = { ...loadContract('counter').sierra, abi: '"aborted"' }
    const classHash = sierraClassHash(contractClass)
    const declare = (name: 'counter' | 'account') => {
      const { compiledClassHash } = loadContract(name)
      const signed = signedDeclare(bob!, 0n, classHash, compiledClassHash, chainId)
      return fugue.chain.submit(signed, contractClass)
    }
    await declare('counter')
    await createBlock(fugue)
    const getClass = { block_id: 'latest', class_hash: hex(classHash) }
    await fugue.call('starknet_getClass', getClass)
    // Behind a gap: it waits.
    const later = await send(2n, 1n)
    assert.is(await statusOf(later), 'RECEIVED')
    await abort(fugue, ['latest'])
    assert.is((await fugue.refusal('starknet_getClass', getClass)).code, 28)
    assert.is(await statusOf(later), 'RECEIVED')
    assert.is(await send(0n, 1n), first)
    await send(1n, 5n)
    await declare('account')
    await createBlock(fugue)
    assert.is(await statusOf(later), 'ACCEPTED_ON_L2')
    const casm = await fugue.call('starknet_getCompiledCasm', { class_hash: hex(classHash) })
    const { class_hash: account } = encodeTransaction(
      signedDeclare(bob!, 0n, loadContract('account').classHash, 0n, chainId),
      false,
    ) as { class_hash: string }
    assert.equal(casm, await fugue.call('starknet_getCompiledCasm', { class_hash: account }))
    const block = await blockAt(fugue, 'latest')
    assert.is(block.transactions.length, 4)
  } finally {
    await fugue.stop()
  }
})

test('a node that is not for development does not serve it', async () => {
  const fugue = await startRealNode(['--workers', '0'])
  await fugue.stop()
  const { methodsOf } = await import('../../src/node/methods.ts')
  const { defaultRequestLimits: limits } = await import('../../src/node/context.ts')
  const { chain } = fugue
  const rest = { chain, accounts: [], initialBalance: 0n, limits }
  assert.ok(methodsOf({ ...rest, isDevelopment: true }).has('devnet_abortBlocks'))
  assert.not(methodsOf({ ...rest, isDevelopment: false }).has('devnet_abortBlocks'))
})

test.run()
