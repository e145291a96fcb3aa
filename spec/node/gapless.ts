/**
 * No block is missing from the view of the chain: not the one that is sealed and on its way into the store, nor what a
 * block writes itself; and what was left out of a block leaves a reason.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createChain, type RunningChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { readCommand } from '../../src/node/config.ts'
import { startNode } from '../../src/node/start.ts'
import { MemoryEngine } from '../../src/ordering/memory.ts'
import { included } from '../simulation/_busy-chain.ts'
import { hex } from './_real-node.ts'
import { signedTransfer } from './_signed.ts'

/** An engine that keeps the seals of blocks to itself while the gate is shut. */
class GatedEngine extends MemoryEngine {
  #gate: Promise<void> = Promise.resolve()
  open: () => void = () => {}

  shut(): void {
    this.#gate = new Promise((resolve) => {
      this.open = resolve
    })
  }

  override async seal(
    ...given: Parameters<MemoryEngine['seal']>
  ): ReturnType<MemoryEngine['seal']> {
    const written = await super.seal(...given)
    await this.#gate
    return written
  }
}

interface Node {
  chain: RunningChain
  engine: GatedEngine
  /** Result or error of a call, whatever it is. */
  ask<T>(method: string, params?: unknown): Promise<T>
  /** Submits a transfer of the only account and waits until it is executed; its hash. */
  transfer(nonce: number): Promise<string>
}

async function withNode(body: (node: Node) => Promise<void>): Promise<void> {
  const args = ['dev', '--port', '0', '--workers', '0', '--accounts', '1']
  const command = readCommand([...args, '--block-generation-on', 'demand'], {}, 1)
  if (command.name !== 'dev') throw new Error('expected the command dev')
  const { config } = command
  const engine = new GatedEngine()
  const chain = await createChain(config.chain, {}, { engine })
  const server = await startNode(chain, config)
  try {
    await body({
      chain,
      engine,
      ask: async (method, params = []) => {
        const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
        const response = await fetch(`${server.url}/rpc`, { method: 'POST', body: call })
        const answer = (await response.json()) as { result?: never; error?: never }
        return (answer.result ?? answer.error)!
      },
      transfer: async (nonce) => {
        const signed = signedTransfer(account, BigInt(nonce), 5n, 1n, chain.chainId)
        const hash = await chain.submit(signed, null)
        await included(chain, hash)
        return hex(hash)
      },
    })
  } finally {
    engine.open()
    await server.stop()
    await chain.stop()
  }
}

const [account] = predeployedAccounts(42, 1) as [ReturnType<typeof predeployedAccounts>[number]]

interface BlockAnswer {
  block_number: number
  block_hash?: string
  transactions: string[]
}
const preConfirmed = { block_id: 'pre_confirmed' }

test('a block that is sealed and not stored is the pre-confirmed one, and its events are found', () =>
  withNode(async ({ chain, engine, ask, transfer }) => {
    const first = await transfer(0)
    engine.shut()
    const created = chain.createBlock()
    const second = await transfer(1)
    assert.is(await ask('starknet_blockNumber'), 0)
    const sealed = await ask<BlockAnswer>('starknet_getBlockWithTxHashes', preConfirmed)
    assert.equal([sealed.block_number, sealed.transactions], [1, [first]])
    assert.is(await ask('starknet_getBlockTransactionCount', preConfirmed), 1)
    const update = await ask<{ state_diff: { nonces: object[] } }>(
      'starknet_getStateUpdate',
      preConfirmed,
    )
    assert.equal(update.state_diff.nonces, [
      { contract_address: hex(account.address), nonce: '0x1' },
    ])
    // The state is the newest.
    const ofAccount = { ...preConfirmed, contract_address: hex(account.address) }
    assert.is(await ask('starknet_getNonce', ofAccount), '0x2')
    const filter = { from_block: 'pre_confirmed', to_block: 'pre_confirmed', chunk_size: 3 }
    type Events = { events: { transaction_hash: string; block_number: number }[] } & {
      continuation_token?: string
    }
    const page = await ask<Events>('starknet_getEvents', { filter })
    const next = { ...filter, continuation_token: page.continuation_token! }
    const rest = await ask<Events>('starknet_getEvents', { filter: next })
    assert.is(rest.continuation_token, undefined)
    const found = [...page.events, ...rest.events].map((event) => [
      event.transaction_hash,
      event.block_number,
    ])
    assert.equal(found, [
      [first, 1],
      [first, 1],
      [second, 2],
      [second, 2],
    ])
    engine.open()
    await created
    assert.is(await ask('starknet_blockNumber'), 1)
    const open = await ask<BlockAnswer>('starknet_getBlockWithTxHashes', preConfirmed)
    assert.equal([open.block_number, open.transactions], [2, [second]])
  }))

test('what a block writes itself is in its state before it is opened, in its update, and stays', () =>
  withNode(async ({ chain, ask, transfer }) => {
    for (let block = 0; block < 10; block++) await chain.createBlock()
    const { blockHash } = chain.store.blockByNumber(1)!.header
    const cell = { ...preConfirmed, contract_address: '0x1', key: '0x1' }
    assert.is(await ask('starknet_getStorageAt', cell), hex(blockHash))
    interface Update {
      state_diff: { storage_diffs: { address: string; storage_entries: object[] }[] }
    }
    const ownWrites = ({ state_diff }: Update) =>
      state_diff.storage_diffs.find(({ address }) => address === '0x1')?.storage_entries
    const expected = [{ key: '0x1', value: hex(blockHash) }]
    assert.equal(ownWrites(await ask('starknet_getStateUpdate', preConfirmed)), expected)
    await transfer(0)
    assert.equal(ownWrites(await ask('starknet_getStateUpdate', preConfirmed)), expected)
    await chain.createBlock()
    assert.equal(ownWrites(await ask('starknet_getStateUpdate', { block_id: 'latest' })), expected)
    assert.is(await ask('starknet_getStorageAt', { ...cell, block_id: 'latest' }), hex(blockHash))
  }))

test('a transaction that was left out of its block has left a reason', () =>
  withNode(async ({ chain, ask }) => {
    // Both are valid on the state of now; the first leaves less than the second's largest fee.
    const amounts = [10n ** 21n - 5n * 10n ** 16n, 1n]
    const [first, second] = await Promise.all(
      amounts.map((amount, nonce) =>
        chain.submit(signedTransfer(account, BigInt(nonce), 5n, amount, chain.chainId), null),
      ),
    )
    await included(chain, first!)
    while (chain.stageOf(second!) !== null) await new Promise((resolve) => setTimeout(resolve, 2))
    const byHash = { transaction_hash: hex(second!) }
    interface Refused {
      code: number
      data: { reason: string }
    }
    const { code, data } = await ask<Refused>('starknet_getTransactionStatus', byHash)
    assert.is(code, 29)
    assert.match(data.reason, 'balance')
    assert.equal(await ask('starknet_traceTransaction', byHash), {
      code: 10,
      message: 'No trace available for transaction',
      data: { status: 'REJECTED' },
    })
  }))

test.run()
