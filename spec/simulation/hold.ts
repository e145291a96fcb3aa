/**
 * No request holds the node: while calls burn all the gas that a call may, others are answered and transactions included.
 *
 * What came first is told by the order of answers, never by a clock.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { selector } from '../../src/felt/hash.ts'
import { turn } from '../../src/shared/turn.ts'
import { hex } from '../node/_real-node.ts'
import { signedTransfer } from '../node/_signed.ts'
import { type BusyChain, included, startBusyChain } from './_busy-chain.ts'

/** Answers that come while one call burns. */
const ANSWERS = 20

interface Answer {
  result?: unknown
  error?: { code: number; message: string; data: { reason?: string; revert_error?: unknown } }
}

async function post(
  { url }: BusyChain,
  method: string,
  params: unknown,
  signal?: AbortSignal,
): Promise<Answer> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(url, { method: 'POST', body, ...(signal ? { signal } : {}) })
  return (await response.json()) as Answer
}

function call(
  busy: BusyChain,
  contract: string,
  name: string,
  calldata: bigint[] = [],
  signal?: AbortSignal,
): Promise<Answer> {
  const request = {
    contract_address: hex(busy.addresses[contract]!),
    entry_point_selector: hex(selector(name)),
    calldata: calldata.map(hex),
  }
  return post(busy, 'starknet_call', [request, 'pre_confirmed'], signal)
}

for (const onDisk of [false, true]) {
  const where = onDisk ? 'on disk' : 'in memory'

  test(`${where}: while calls burn all their gas, others are answered and a transaction is included`, async () => {
    const busy = await startBusyChain(['loop'], { onDisk })
    try {
      const order: string[] = []
      const burns = [1, 2, 3].map(async (index) => {
        const answer = await call(busy, 'loop', 'forever')
        order.push(`burn ${index}`)
        return answer
      })
      // All three have arrived, and one has begun.
      while (busy.chain.simulators.waiting < 2 && order.length === 0) await turn()
      for (let index = 0; index < ANSWERS; index++) {
        await post(busy, 'starknet_blockNumber', [])
        order.push('number')
      }
      const { chain, accounts, nonce } = busy
      const transfer = signedTransfer(accounts[0]!, nonce, 5n, 1n, chain.chainId)
      await included(chain, await chain.submit(transfer, null))
      order.push('receipt')
      const answers = await Promise.all(burns)
      assert.equal(order, [
        ...Array.from({ length: ANSWERS }, () => 'number'),
        'receipt',
        'burn 1',
        'burn 2',
        'burn 3',
      ])
      for (const { error } of answers) {
        assert.is(error?.code, 40)
        assert.match(JSON.stringify(error!.data), 'Out of gas')
      }
    } finally {
      await busy.stop()
    }
  })
}

test.run()
