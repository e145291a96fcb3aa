/**
 * When blocks close, as a client sees it: the block being filled, then the closed one.
 */
import { type Account, CallData, cairo } from 'starknet'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { STRK_ADDRESS } from '../../src/node/genesis.ts'
import { hex, type RealNode, startRealNode } from './_real-node.ts'

const bound = (amount: bigint) => ({ max_amount: amount, max_price_per_unit: 10n ** 9n })
const resourceBounds = {
  l1_gas: bound(0n),
  l2_gas: bound(10_000_000n),
  l1_data_gas: bound(10_000n),
}
const transfer = {
  contractAddress: hex(STRK_ADDRESS),
  entrypoint: 'transfer',
  calldata: CallData.compile({ recipient: '0x5', amount: cairo.uint256(1) }),
}

interface Status {
  finality_status: string
  execution_status?: string
}

interface Receipt {
  block_number: number
  block_hash?: string
  finality_status: string
}

async function withNode(mode: string, body: (fugue: RealNode) => Promise<void>): Promise<void> {
  const fugue = await startRealNode(['--block-generation-on', mode, '--workers', '1'])
  try {
    await body(fugue)
  } finally {
    await fugue.stop()
  }
}

function send(account: Account, nonce: number): Promise<{ transaction_hash: string }> {
  return account.execute(transfer, { nonce, tip: 0n, resourceBounds })
}

async function reaches(fugue: RealNode, hashText: string, finality: string): Promise<Status> {
  for (;;) {
    const status = (await fugue.provider.getTransactionStatus(hashText)) as Status
    if (status.finality_status === finality) return status
    await new Promise((settle) => setTimeout(settle, 10))
  }
}

test('on demand: transactions gather in the open block until it is closed', async () => {
  await withNode('demand', async (fugue) => {
    const { provider } = fugue
    const account = fugue.account(0)
    const hashes: string[] = []
    for (const nonce of [0, 1, 2]) {
      hashes.push((await send(account, nonce)).transaction_hash)
    }
    for (const each of hashes) {
      const status = await reaches(fugue, each, 'PRE_CONFIRMED')
      assert.is(status.execution_status, 'SUCCEEDED')
    }
    assert.is(await provider.getBlockNumber(), 0)
    assert.is(BigInt(await account.getNonce('latest')), 0n)
    assert.is(BigInt(await account.getNonce('pre_confirmed')), 3n)
    const params = { block_id: 'pre_confirmed' }
    const open = await fugue.call<{ block_number: number; transactions: string[] }>(
      'starknet_getBlockWithTxHashes',
      params,
    )
    assert.equal([open.block_number, open.transactions], [1, hashes])
    const receipt = await fugue.call<Receipt>('starknet_getTransactionReceipt', {
      transaction_hash: hashes[1],
    })
    assert.equal(
      [receipt.block_number, receipt.block_hash, receipt.finality_status],
      [1, undefined, 'PRE_CONFIRMED'],
    )
    const { events: openEvents } = await fugue.call<{ events: { block_number: number }[] }>(
      'starknet_getEvents',
      { filter: { from_block: 'pre_confirmed', to_block: 'pre_confirmed', chunk_size: 100 } },
    )
    assert.is(openEvents.length, 6)
    const openUpdate = await fugue.call<{ state_diff: { nonces: object[] } }>(
      'starknet_getStateUpdate',
      params,
    )

    const { block_hash: closed } = await fugue.call<{ block_hash: string }>('devnet_createBlock')
    assert.is(await provider.getBlockNumber(), 1)
    await reaches(fugue, hashes[2]!, 'ACCEPTED_ON_L2')
    const block = await fugue.call<{ block_hash: string; transactions: string[] }>(
      'starknet_getBlockWithTxHashes',
      { block_id: 'latest' },
    )
    assert.equal([block.block_hash, block.transactions], [closed, hashes])
    const { events } = await fugue.call<{ events: { block_hash: string }[] }>(
      'starknet_getEvents',
      {
        filter: { from_block: { block_number: 1 }, chunk_size: 100 },
      },
    )
    assert.equal(
      events.map(({ block_hash, ...rest }) => rest),
      openEvents,
    )
    const update = await fugue.call<typeof openUpdate>('starknet_getStateUpdate', {
      block_id: 'latest',
    })
    assert.equal(update.state_diff.nonces, openUpdate.state_diff.nonces)
    const empty = await fugue.call<{ block_hash: string }>('devnet_createBlock')
    assert.is.not(empty.block_hash, closed)
    assert.is(await provider.getBlockTransactionCount(2), 0)
  })
})

test('per transaction: each has a block of its own', async () => {
  await withNode('transaction', async (fugue) => {
    const sent = await Promise.all([0, 1, 2, 3].map((index) => send(fugue.account(index), 0)))
    const numbers: number[] = []
    for (const { transaction_hash: each } of sent) {
      await reaches(fugue, each, 'ACCEPTED_ON_L2')
      const receipt = await fugue.call<Receipt>('starknet_getTransactionReceipt', {
        transaction_hash: each,
      })
      numbers.push(receipt.block_number)
    }
    assert.equal(numbers.sort(), [1, 2, 3, 4])
  })
})

test('at intervals: a block closes without being asked, empty or not', async () => {
  const startMs = performance.now()
  await withNode('100ms', async (fugue) => {
    const { transaction_hash: hashText } = await send(fugue.account(0), 0)
    await reaches(fugue, hashText, 'ACCEPTED_ON_L2')
    const { provider } = fugue
    const { block_number: included } = await fugue.call<Receipt>('starknet_getTransactionReceipt', {
      transaction_hash: hashText,
    })
    let height = 0
    while (height < included + 2) {
      await new Promise((settle) => setTimeout(settle, 20))
      height = await provider.getBlockNumber()
    }
    const most = (performance.now() - startMs) / 100
    assert.ok(height <= most, `${height} blocks where intervals are ${most}`)
    for (let number = 1; number <= height; number++) {
      const count = await provider.getBlockTransactionCount(number)
      assert.is(count, number === included ? 1 : 0, `block ${number}`)
    }
  })
})

test('a burst of transactions shares blocks and all of them are there', async () => {
  await withNode('auto', async (fugue) => {
    const sent = await Promise.all(
      Array.from({ length: 60 }, (_, index) => send(fugue.account(index % 10), (index / 10) | 0)),
    )
    for (const { transaction_hash: each } of sent) {
      const status = await reaches(fugue, each, 'ACCEPTED_ON_L2')
      assert.is(status.execution_status, 'SUCCEEDED')
    }
    const height = await fugue.provider.getBlockNumber()
    assert.ok(height < 60, `${height} blocks`)
    let count = 0
    for (let number = 1; number <= height; number++) {
      count += await fugue.provider.getBlockTransactionCount(number)
    }
    assert.is(count, 60)
    const [low] = await fugue.provider.callContract({
      contractAddress: hex(STRK_ADDRESS),
      entrypoint: 'balance_of',
      calldata: ['0x5'],
    })
    assert.is(BigInt(low!), 60n)
  })
})

test('readiness says why nothing is taken, reads are still answered', async () => {
  const fugue = await startRealNode(['--workers', '0'])
  const ready = async () => {
    const response = await fetch(`${fugue.node.url}/is_ready`)
    return [response.status, await response.text()]
  }
  assert.equal(await ready(), [200, 'Alive!!!'])
  await fugue.chain.stop()
  assert.equal(await ready(), [503, 'the sequencer has stopped'])
  assert.is(await fugue.call('starknet_blockNumber'), 0)
  assert.is((await fugue.refusal('devnet_mint', ['0x5', 1])).code, 63)
  await fugue.stop()
})

test('a chain that cannot start leaves no thread behind', async () => {
  const threads = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort')
  const before = threads().length
  let message = ''
  try {
    await startRealNode(['--workers', '1', '--casm-dir', '/nowhere'])
  } catch (error) {
    message = (error as Error).message
  }
  assert.match(message, '/nowhere cannot be read')
  assert.is(threads().length, before)
})

test.run()
