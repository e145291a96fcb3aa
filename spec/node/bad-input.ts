/**
 * Whatever comes over the wire, the answer is the protocol's error and the node lives.
 */

import { connect } from 'node:net'
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { seed } from '../seed.ts'
import { type RpcAnswer, startTestNode, type TestNode } from './_client.ts'
import { fakeChain } from './_fake-chain.ts'

let node: TestNode

test.before(async () => {
  node = await startTestNode(fakeChain(), { bodyBytes: 100_000, batch: 20 })
})
test.after(() => node.stop())
test.after.each(async () => {
  assert.equal(await node.send('', '/is_alive', 'GET'), { status: 200, text: 'Alive!!!' })
  assert.is((await node.call('starknet_specVersion')).result, '0.10.2')
})

async function post(body: string): Promise<RpcAnswer> {
  const { status, text } = await node.send(body)
  assert.is(status, 200)
  return JSON.parse(text)
}

test('text that is no JSON is -32700', async () => {
  for (const body of [
    '',
    '{',
    '[1,',
    'hello',
    '{"jsonrpc": "2.0", }',
    '\u0000',
    '['.repeat(90_000),
  ]) {
    const { id, error } = await post(body)
    assert.is(id, null)
    assert.is(error!.code, -32700)
    assert.is(error!.message, 'Parse error')
  }
})

test('JSON that is no request is -32600, and its id is echoed if it has one', async () => {
  const bodies: [string, unknown][] = [
    ['1', null],
    ['null', null],
    ['"starknet_chainId"', null],
    ['[]', null],
    ['{}', null],
    ['{"jsonrpc": "2.0", "id": 1e999, "method": "starknet_chainId"}', null],
    ['{"id": 5, "method": "starknet_chainId"}', 5],
    ['{"jsonrpc": "1.0", "id": "a", "method": "starknet_chainId"}', 'a'],
    ['{"jsonrpc": "2.0", "id": 6, "method": 7}', 6],
    ['{"jsonrpc": "2.0", "id": {}, "method": "starknet_chainId"}', null],
    ['{"jsonrpc": "2.0", "id": 8, "method": "starknet_chainId", "params": "x"}', 8],
  ]
  for (const [body, expectedId] of bodies) {
    const { id, error } = await post(body)
    assert.is(error?.code, -32600, body)
    assert.is(id, expectedId, body)
  }
})

test('an unknown method is -32601, whatever its name', async () => {
  for (const method of ['devnet_load', '__proto__', 'constructor', '']) {
    assert.is((await node.call(method)).error!.code, -32601, method)
  }
})

test('a batch is answered in order, bad calls beside good ones, notifications not at all', async () => {
  const body = [
    { jsonrpc: '2.0', id: 'batched_1', method: 'starknet_blockNumber' },
    { jsonrpc: '2.0', method: 'starknet_blockNumber' },
    7,
    { jsonrpc: '2.0', id: 'batched_2', method: 'nothing' },
    { jsonrpc: '2.0', id: null, method: 'starknet_syncing', params: null },
    { jsonrpc: '2.0', id: 1.5, method: 'starknet_syncing', params: [] },
  ]
  const { text } = await node.send(JSON.stringify(body))
  const answers: RpcAnswer[] = JSON.parse(text)
  assert.equal(
    answers.map(({ id, result, error }) => [id, result ?? error!.code]),
    [
      ['batched_1', 1],
      [null, -32600],
      ['batched_2', -32601],
      [null, false],
      [1.5, false],
    ],
  )
  const silent = await node.send('[{"jsonrpc": "2.0", "method": "starknet_syncing"}]')
  assert.equal(silent, { status: 204, text: '' })
  const long = await post(JSON.stringify(new Array(21).fill(body[0])))
  assert.is(long.error!.code, -32600)
  assert.match(JSON.stringify(long.error), 'the batch has 21 calls, the limit is 20')
})

test('a parameter that cannot be read is -32602 and is named', async () => {
  const address = '0x1'
  const cases: [string, unknown, string][] = [
    ['starknet_getNonce', {}, 'block_id: '],
    ['starknet_getNonce', [], 'block_id: '],
    ['starknet_getNonce', ['latest'], 'contract_address: '],
    ['starknet_getNonce', ['latest', address, 1], 'at most 2'],
    ['starknet_getNonce', ['pending', address], 'block_id: '],
    ['starknet_getNonce', [{}, address], 'block_id: '],
    ['starknet_getNonce', [{ block_number: -1 }, address], 'block_id.block_number: '],
    ['starknet_getNonce', [{ block_number: 1.5 }, address], 'block_id.block_number: '],
    ['starknet_getNonce', [{ block_number: '0x1' }, address], 'block_id.block_number: '],
    ['starknet_getNonce', [{ block_hash: 1 }, address], 'block_id.block_hash: '],
    ['starknet_getNonce', [{ block_hash: '0x1', block_number: 1 }, address], 'block_id: '],
    ...['1', '', '0x', '0xg', 'x1', 1, null, {}, [], true, `0x${'1'.repeat(65)}`].map(
      (felt): [string, unknown, string] => [
        'starknet_getNonce',
        ['latest', felt],
        'contract_address: ',
      ],
    ),
    [
      'starknet_getNonce',
      ['latest', '0x800000000000011000000000000000000000000000000000000000000000001'],
      'contract_address: expected a felt below the prime',
    ],
    ['starknet_getStorageAt', [address, '0x1', 'latest', ['NO_FLAG']], 'response_flags[0]: '],
    ['starknet_getEvents', [{ chunk_size: 0 }], 'filter.chunk_size: '],
    ['starknet_getEvents', [{ chunk_size: 1, keys: ['0x1'] }], 'filter.keys[0]: '],
    ['starknet_getEvents', [{ chunk_size: 1, keys: [['1']] }], 'filter.keys[0][0]: '],
    ['starknet_getEvents', [{ chunk_size: 1, address: ['z'] }], 'filter.address[0]: '],
    ['starknet_call', [{ contract_address: address }, 'latest'], 'request.entry_point_selector: '],
    ['starknet_call', ['0x1', 'latest'], 'request: '],
    ['starknet_estimateFee', [[{ type: 'L1' }], [], 'latest'], 'request[0].type: '],
    ['starknet_estimateFee', [[], ['SKIP_FEE_CHARGE'], 'latest'], 'simulation_flags[0]: '],
    ['starknet_traceBlockTransactions', ['pre_confirmed'], 'block_id: '],
    ['starknet_getStorageProof', ['pre_confirmed'], 'block_id: '],
    ['starknet_getStorageProof', ['latest', [`0x8${'0'.repeat(62)}`]], 'class_hashes[0]: '],
    ['starknet_getStorageProof', ['latest', [], [], [{}]], 'contracts_storage_keys[0].contract'],
    [
      'starknet_getStorageProof',
      ['latest', [], new Array(101).fill('0x1')],
      'the request has 101 keys, the limit is 100',
    ],
    ['starknet_addInvokeTransaction', [{ type: 'INVOKE' }], 'invoke_transaction.version: '],
    [
      'starknet_addInvokeTransaction',
      [{ type: 'INVOKE', version: '0x3', nonce: '0x0', signature: ['0x1', null] }],
      'invoke_transaction.signature[1]: ',
    ],
    ['devnet_mint', [address, -1], 'amount: '],
    ['devnet_mint', [address, 'much'], 'amount: '],
    ['devnet_mint', [address, 1, 'BTC'], 'unit: '],
    ['fugue_addCompiledClass', [[]], 'casm: '],
  ]
  for (const [method, params, reason] of cases) {
    const { error } = await node.call(method, params)
    const what = `${method} ${JSON.stringify(params)}: ${JSON.stringify(error)}`
    assert.is(error?.code, -32602, what)
    assert.ok((error!.data as { reason: string }).reason.includes(reason), what)
  }
})

test('leading zeros, null for an optional parameter and unknown names are fine', async () => {
  const padded = `0x${'0'.repeat(60)}acc0`
  const byName = { block_id: 'latest', contract_address: padded, colour: 'green' }
  assert.is((await node.call('starknet_getNonce', byName)).result, '0x2')
  assert.is(
    (await node.call('starknet_getStorageAt', ['0x0', '0x1', 'latest', null])).result,
    '0x0',
  )
})

test('a body above the limit is 413, announced or not, and the limit is named', async () => {
  for (const size of [100_001, 150_000, 250_000, 5_000_000]) {
    const { status, text } = await node.send('x'.repeat(size))
    assert.is(status, 413)
    assert.match(text, 'the limit is 100000')
  }
  const stream = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(40_000))
      if (++chunks === 4) controller.close()
    },
  })
  let chunks = 0
  const init = { method: 'POST', body: stream, duplex: 'half' } as RequestInit
  assert.is((await fetch(`${node.url}/rpc`, init)).status, 413)
})

test('wrong paths are 404, wrong methods 405, and pages of any origin are welcome', async () => {
  assert.is((await node.send('{}', '/nothing')).status, 404)
  assert.is((await node.send('', '/rpc', 'GET')).status, 405)
  assert.is((await node.send('', '/is_alive', 'PUT')).status, 405)
  assert.equal(await node.send('', '/is_alive', 'HEAD'), { status: 200, text: '' })
  for (const path of ['/', '/rpc', '/rpc/v0_10', '/rpc/v0_10_2', '/rpc?key=1']) {
    const { status, text } = await node.send(
      '{"jsonrpc":"2.0","id":1,"method":"starknet_syncing"}',
      path,
    )
    assert.is(status, 200)
    assert.is(text, '{"jsonrpc":"2.0","id":1,"result":false}')
  }
  const preflight = await fetch(`${node.url}/rpc`, {
    method: 'OPTIONS',
    headers: { 'Access-Control-Request-Headers': 'x-a, content-type' },
  })
  assert.is(preflight.status, 204)
  assert.is(preflight.headers.get('access-control-allow-origin'), '*')
  assert.is(preflight.headers.get('access-control-allow-headers'), 'x-a, content-type')
  assert.is((await node.send('', '/is_ready', 'GET')).status, 200)
})

test('bytes that are no HTTP, and clients that leave in the middle, harm nobody', async () => {
  const { port } = new URL(node.url)
  for (const bytes of [
    'GARBAGE\r\n\r\n',
    'POST /rpc HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n{"half":',
    'POST /rpc HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
  ]) {
    await new Promise<void>((settle) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(bytes, () => socket.destroy())
      })
      socket.on('close', () => settle())
      socket.on('error', () => {})
    })
    assert.equal(await node.send('', '/is_alive', 'GET'), { status: 200, text: 'Alive!!!' })
  }
  // Who stays is told.
  const socket = connect(Number(port), '127.0.0.1', () => socket.write('GARBAGE\r\n\r\n'))
  let answer = ''
  for await (const bytes of socket) answer += String(bytes)
  assert.match(answer, /^HTTP\/1\.1 400 /)
})

test('random JSON as parameters never brings an internal error', async () => {
  console.log(`seed ${seed}`)
  const methods = [
    'starknet_getNonce',
    'starknet_getBlockWithTxs',
    'starknet_getEvents',
    'starknet_call',
    'starknet_estimateFee',
    'starknet_simulateTransactions',
    'starknet_addInvokeTransaction',
    'starknet_addDeclareTransaction',
    'starknet_addDeployAccountTransaction',
    'devnet_mint',
    'fugue_addCompiledClass',
  ]
  const params = fc.oneof(
    fc.array(fc.jsonValue({ maxDepth: 4 })),
    fc.dictionary(fc.string(), fc.jsonValue()),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...methods), params, async (method, value) => {
      const { error, result } = await node.call(method, value)
      assert.ok(result !== undefined || error!.code !== -32603, JSON.stringify(error))
    }),
    { seed, numRuns: 300 },
  )
})

test.run()
