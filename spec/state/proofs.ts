/**
 * Storage proofs convince somebody who knows a state root and the public definition of the tries, and nobody can be
 * convinced of anything else.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pedersen } from '../../src/felt/hash.ts'
import { encodeProof } from '../../src/node/methods/proofs.ts'
import { emptyStateDiff } from '../../src/starknet/state-diff.ts'
import { NodeCache } from '../../src/state/node-cache.ts'
import { proveState } from '../../src/state/proof.ts'
import { StateCommitter } from '../../src/state/state-root.ts'
import { seed } from '../seed.ts'
import { type Disk, openDisk } from './_disk.ts'
import { plainRoot } from './_plain-trie.ts'
import { after, noState, type PlainState, RandomState } from './_random-state.ts'
import { classLeaf, type ProofAnswer, type ProofQuestion, verifyProof } from './_verify-proof.ts'

const BLOCKS = 40
const PROOFS = Number(process.env.FUGUE_PROOFS ?? 40)
console.log(`seed ${seed}`)

const made = new RandomState(seed)
const { random } = made
const states: PlainState[] = []
const roots: bigint[] = []
let disk: Disk

test.before(() => {
  disk = openDisk()
  const committer = new StateCommitter(disk.database.tries)
  for (let block = 0; block < BLOCKS; block++) {
    const diff = made.diff(6)
    disk.database.root.transactionSync(() => committer.apply(diff))
    states.push(after(states.at(-1) ?? noState, diff))
    roots.push(committer.root)
  }
})
test.after(() => disk.remove())

test('proofs at random heights, of what is there and what is not', () => {
  for (let i = 0; i < PROOFS; i++) {
    const height = random.below(BLOCKS)
    const question = randomQuestion(states[height]!)
    const proven = verifyProof(answerOf(height, question), question, roots[height]!)
    assert.equal(proven, expected(states[height]!, question), `block ${height}`)
  }
})

test('an empty state, and a contract without storage', () => {
  const cell = { contract_address: '0x7', storage_keys: ['0x1', hex(2n ** 251n - 1n)] }
  const question = {
    class_hashes: ['0x5'],
    contract_addresses: ['0x7', '0x8'],
    contracts_storage_keys: [cell],
  }
  const empty = openDisk()
  const committer = new StateCommitter(empty.database.tries)
  const changes = emptyStateDiff()
  empty.database.root.transactionSync(() => {
    committer.apply(changes)
    committer.apply({ ...changes, nonces: new Map([[7n, 3n]]) })
  })
  const answer = (height: number) => answerOf(height, question, empty)
  assert.equal(answer(0).global_roots, {
    contracts_tree_root: '0x0',
    classes_tree_root: '0x0',
    block_hash: '0x1',
  })
  assert.equal(verifyProof(answer(0), question, 0n), {
    classes: [null],
    contracts: [null, null],
    storage: [[0n, 0n]],
  })
  assert.equal(verifyProof(answer(1), question, committer.root), {
    classes: [null],
    contracts: [{ nonce: 3n, classHash: 0n, storageRoot: 0n }, null],
    storage: [[0n, 0n]],
  })
  return empty.remove()
})

test('nodes stand in the order of the keys, from the root down, each once', () => {
  const height = BLOCKS - 1
  const { contracts } = questionOfAll(states[height]!)
  const question = { ...nothing, contract_addresses: [...contracts, ...contracts.slice(0, 3)] }
  const { nodes } = answerOf(height, question).contracts_proof
  const expectedOrder: string[] = []
  for (const address of contracts) {
    const alone = answerOf(height, { ...nothing, contract_addresses: [address] })
    for (const { node_hash } of alone.contracts_proof.nodes) {
      if (!expectedOrder.includes(node_hash)) expectedOrder.push(node_hash)
    }
  }
  assert.equal(
    nodes.map(({ node_hash }) => node_hash),
    expectedOrder,
  )
})

test('a proof that was changed anywhere proves nothing', () => {
  const height = BLOCKS - 1
  const { classes, contracts, cells } = questionOfAll(states[height]!)
  const [[contract_address, storage_keys]] = [...cells] as [[string, string[]]]
  const question = {
    class_hashes: [...classes.slice(0, 2), hex(made.key())],
    contract_addresses: [contract_address, ...contracts.slice(0, 2), hex(made.key())],
    contracts_storage_keys: [
      { contract_address, storage_keys: [...storage_keys, hex(made.key())] },
    ],
  }
  const answer = answerOf(height, question)
  verifyProof(answer, question, roots[height]!)
  assert.throws(() => verifyProof(answer, question, roots[height]! + 1n), /another state/)
  for (let i = 0; i < 60; i++) {
    const forged = structuredClone(answer)
    const what = forge(forged)
    assert.throws(() => verifyProof(forged, question, roots[height]!), undefined, what)
  }
})

const nothing: ProofQuestion = {
  class_hashes: [],
  contract_addresses: [],
  contracts_storage_keys: [],
}

function answerOf(height: number, question: ProofQuestion, { database } = disk): ProofAnswer {
  const proof = proveState(new NodeCache(database.tries, 10), height, {
    classes: question.class_hashes.map(BigInt),
    contracts: question.contract_addresses.map(BigInt),
    storage: question.contracts_storage_keys.map(({ contract_address, storage_keys }) => ({
      contract: BigInt(contract_address),
      keys: storage_keys.map(BigInt),
    })),
  })
  return JSON.parse(JSON.stringify(encodeProof(proof, 1n)))
}

/** Half of the keys are in the state, as far as there are any; some are asked for twice. */
function randomQuestion(state: PlainState): ProofQuestion {
  const { classes, contracts, cells } = questionOfAll(state)
  const some = (present: string[], most: number) =>
    Array.from({ length: random.below(most) }, () =>
      random.oneIn(2) || present.length === 0 ? hex(made.key()) : random.pick(present),
    )
  const storage = some(contracts, 4).map((contract_address) => ({
    contract_address,
    storage_keys: some(cells.get(contract_address) ?? [], 5),
  }))
  return {
    class_hashes: some(classes, 5),
    contract_addresses: [
      ...some(contracts, 5),
      ...storage.map(({ contract_address }) => contract_address),
    ],
    contracts_storage_keys: storage,
  }
}

function questionOfAll({ storage, nonces, classHashes, classes }: PlainState) {
  const withCells = [...storage].filter(([, cells]) => cells.size > 0)
  const addresses = [...nonces.keys(), ...classHashes.keys(), ...withCells.map(([key]) => key)]
  return {
    classes: [...classes.keys()].map(hex),
    contracts: [...new Set(addresses)].map(hex),
    cells: new Map(withCells.map(([key, cells]) => [hex(key), [...cells.keys()].map(hex)])),
  }
}

/** What a proof of these keys must prove. */
function expected(state: PlainState, question: ProofQuestion) {
  const { storage, nonces, classHashes, classes } = state
  return {
    classes: question.class_hashes.map((key) => {
      const compiled = classes.get(BigInt(key))
      return compiled === undefined ? null : classLeaf(compiled)
    }),
    contracts: question.contract_addresses.map((text) => {
      const address = BigInt(text)
      const nonce = nonces.get(address) ?? 0n
      const classHash = classHashes.get(address) ?? 0n
      const storageRoot = plainRoot(251, storage.get(address) ?? new Map(), pedersen)
      return (nonce | classHash | storageRoot) === 0n ? null : { nonce, classHash, storageRoot }
    }),
    storage: question.contracts_storage_keys.map(({ contract_address, storage_keys }) =>
      storage_keys.map((key) => storage.get(BigInt(contract_address))?.get(BigInt(key)) ?? 0n),
    ),
  }
}

/** Changes one thing in an answer and says what. */
function forge(answer: ProofAnswer): string {
  const lists = [
    answer.classes_proof,
    answer.contracts_proof.nodes,
    ...answer.contracts_storage_proofs,
  ].filter((list) => list.length > 0)
  const leaves = answer.contracts_proof.contract_leaves_data
  const sort = random.below(4)
  if (sort === 0) {
    const leaf = random.pick(leaves)
    const name = random.pick(['nonce', 'class_hash', 'storage_root'] as const)
    leaf[name] = hex(BigInt(leaf[name]) + 1n)
    return `${name} of a leaf`
  }
  const list = random.pick(lists)
  const index = random.below(list.length)
  const { node } = list[index]!
  if (sort === 1) {
    list.splice(index, 1)
    return 'a node left out'
  }
  if (sort === 2) {
    list.push({ node_hash: '0x1', node: { left: '0x1', right: '0x2' } })
    return 'a node beside'
  }
  if ('left' in node) {
    const side = random.pick(['left', 'right'] as const)
    node[side] = hex(BigInt(node[side]) + 1n)
    return side
  }
  const name = random.pick(['path', 'child'] as const)
  node[name] = hex(BigInt(node[name]) ^ 1n)
  return name
}

function hex(felt: bigint): string {
  return `0x${felt.toString(16)}`
}

test.run()
