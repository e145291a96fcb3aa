/**
 * Storage proofs as a light client asks for them: block by block of a running node, checked against the roots of its
 * headers by code that knows only the definition.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ProofAnswer, type ProofQuestion, verifyProof } from '../state/_verify-proof.ts'
import { hex, type RealNode, startRealNode } from './_real-node.ts'

let node: RealNode
test.before(async () => {
  node = await startRealNode(['--accounts', '2', '--workers', '1'])
})
test.after(() => node.stop())

interface Header {
  new_root: string
  block_hash: string
}

/** What a node says of a key, and what it proves of it. */
async function proven(block: number, question: ProofQuestion) {
  const block_id = { block_number: block }
  const header = await node.call<Header>('starknet_getBlockWithTxHashes', { block_id })
  const answer = await node.call<ProofAnswer>('starknet_getStorageProof', { block_id, ...question })
  assert.is(answer.global_roots.block_hash, header.block_hash)
  return verifyProof(answer, question, BigInt(header.new_root))
}

test('every block proves nonces, classes and cells as it states them', async () => {
  const [account, other] = node.node.accounts.map(({ address }) => hex(address)) as [string, string]
  for (let i = 1; i <= 3; i++) {
    await node.call('devnet_mint', { address: account, amount: 1000 * i, unit: 'FRI' })
    await node.call('devnet_createBlock', {})
  }
  const height = await node.call<number>('starknet_blockNumber')
  const touched = new Map<string, Set<string>>()
  for (let block = 0; block <= height; block++) {
    const { state_diff } = await node.call<{
      state_diff: { storage_diffs: { address: string; storage_entries: { key: string }[] }[] }
    }>('starknet_getStateUpdate', { block_id: { block_number: block } })
    for (const { address, storage_entries } of state_diff.storage_diffs) {
      const keys = touched.get(address) ?? new Set(['0x77'])
      for (const { key } of storage_entries) keys.add(key)
      touched.set(address, keys)
    }
  }
  const storage = [...touched].map(([contract_address, keys]) => ({
    contract_address,
    storage_keys: [...keys].slice(-12),
  }))
  const classHash = (contract_address: string, block_id: object) =>
    node.call<string>('starknet_getClassHashAt', { contract_address, block_id })
  for (let block = 0; block <= height; block++) {
    const block_id = { block_number: block }
    const question: ProofQuestion = {
      class_hashes: [await classHash(account, block_id), '0x5'],
      contract_addresses: [
        account,
        other,
        '0xdead',
        ...storage.map((each) => each.contract_address),
      ],
      contracts_storage_keys: storage,
    }
    const { classes, contracts, storage: values } = await proven(block, question)
    assert.ok(classes[0])
    assert.is(classes[1], null)
    assert.is(contracts[2], null)
    for (const [index, contract_address] of [account, other].entries()) {
      const nonce = await node.call<string>('starknet_getNonce', { contract_address, block_id })
      assert.is(contracts[index]!.nonce, BigInt(nonce))
      assert.is(hex(contracts[index]!.classHash), await classHash(contract_address, block_id))
    }
    for (const [index, { contract_address, storage_keys }] of storage.entries()) {
      for (const [position, key] of storage_keys.entries()) {
        const value = await node.call<string>('starknet_getStorageAt', {
          contract_address,
          key,
          block_id,
        })
        assert.is(hex(values[index]![position]!), value, `block ${block}`)
      }
    }
  }
})

test('what cannot be proven is refused, and why', async () => {
  const ask = (params: object) => node.refusal('starknet_getStorageProof', params)
  assert.is((await ask({ block_id: { block_number: 999 } })).code, 24)
  assert.is((await ask({ block_id: 'l1_accepted' })).code, 24)
  const open = await ask({ block_id: 'pre_confirmed' })
  assert.is(open.code, -32602)
  assert.match(JSON.stringify(open.data), /block_id: expected a closed block/)
  const storage_keys = Array.from({ length: 60 }, (_, i) => hex(i))
  const many = await ask({
    block_id: 'latest',
    class_hashes: storage_keys.slice(0, 41),
    contracts_storage_keys: [{ contract_address: '0x1', storage_keys }],
  })
  assert.is(many.code, -32602)
  assert.match(JSON.stringify(many.data), /the request has 101 keys, the limit is 100/)
  const { global_roots, ...rest } = await node.call<ProofAnswer>('starknet_getStorageProof', [
    'latest',
  ])
  const whole = await node.call<ProofAnswer>('starknet_getStorageProof', [
    'latest',
    ['0x5'],
    ['0xdead'],
  ])
  assert.equal(global_roots, whole.global_roots)
  assert.equal(rest, {
    classes_proof: [],
    contracts_proof: { nodes: [], contract_leaves_data: [] },
    contracts_storage_proofs: [],
  })
})

test.run()
