/**
 * Checks an answer of `starknet_getStorageProof` as a light client would: it knows the state root of a block, the
 * definition of the tries, and two hash functions that are not ours.
 *
 *     state root     P('STARKNET_STATE_V0', contracts root, classes root), 0 if both are 0
 *     node           binary h(left, right) │ edge h(child, path) + length; h is Pedersen, Poseidon for classes
 *     contract leaf  ped(ped(ped(class hash, storage root), nonce), 0)
 *     class leaf     pos('CONTRACT_CLASS_LEAF_V0', compiled class hash)
 *
 * Nothing of `src/` is used here.
 */
import { pedersen, poseidonHash, poseidonHashMany } from '@scure/starknet'

type Hex = string

interface NodeEntry {
  node_hash: Hex
  node: { left: Hex; right: Hex } | { path: Hex; length: number; child: Hex }
}

export interface ProofAnswer {
  classes_proof: NodeEntry[]
  contracts_proof: {
    nodes: NodeEntry[]
    contract_leaves_data: { nonce: Hex; class_hash: Hex; storage_root: Hex }[]
  }
  contracts_storage_proofs: NodeEntry[][]
  global_roots: { contracts_tree_root: Hex; classes_tree_root: Hex; block_hash: Hex }
}

export interface ProofQuestion {
  class_hashes: Hex[]
  contract_addresses: Hex[]
  contracts_storage_keys: { contract_address: Hex; storage_keys: Hex[] }[]
}

/** What was proven, in the order of the question; null: proven absent. */
export interface Proven {
  /** Leaves of the classes trie. */
  classes: (bigint | null)[]
  contracts: ({ nonce: bigint; classHash: bigint; storageRoot: bigint } | null)[]
  /** Values of cells, for contracts that are among `contract_addresses`. */
  storage: bigint[][]
}

const HEIGHT = 251n
const PRIME = 2n ** 251n + 17n * 2n ** 192n + 1n
const hashes = new Map<string, bigint>()

/** Throws unless the answer proves everything that was asked, and holds nothing else. */
export function verifyProof(answer: ProofAnswer, asked: ProofQuestion, stateRoot: bigint): Proven {
  const contractsRoot = BigInt(answer.global_roots.contracts_tree_root)
  const classesRoot = BigInt(answer.global_roots.classes_tree_root)
  const isEmpty = contractsRoot === 0n && classesRoot === 0n
  const tag = shortString('STARKNET_STATE_V0')
  const root = isEmpty ? 0n : poseidonHashMany([tag, contractsRoot, classesRoot])
  expect(root === stateRoot, 'the roots are those of another state')

  const classes = ways(answer.classes_proof, classesRoot, asked.class_hashes, poseidonHash)
  const { nodes, contract_leaves_data: leaves } = answer.contracts_proof
  expect(leaves.length === asked.contract_addresses.length, 'a leaf is missing or too many')
  const contracts = ways(nodes, contractsRoot, asked.contract_addresses, ped).map((leaf, i) => {
    const [nonce, classHash, storageRoot] = [
      BigInt(leaves[i]!.nonce),
      BigInt(leaves[i]!.class_hash),
      BigInt(leaves[i]!.storage_root),
    ]
    if (leaf === null) {
      expect((nonce | classHash | storageRoot) === 0n, 'an absent contract has a leaf')
      return null
    }
    const hash = ped(ped(ped(classHash, storageRoot), nonce), 0n)
    expect(hash === leaf, 'the leaf of a contract has other parts')
    return { nonce, classHash, storageRoot }
  })

  const proofs = answer.contracts_storage_proofs
  expect(proofs.length === asked.contracts_storage_keys.length, 'a storage proof is missing')
  const storage = asked.contracts_storage_keys.map(({ contract_address, storage_keys }, i) => {
    const position = asked.contract_addresses.indexOf(contract_address)
    expect(position >= 0, 'a storage root is proven with its contract')
    const storageRoot = contracts[position]?.storageRoot ?? 0n
    return ways(proofs[i]!, storageRoot, storage_keys, ped).map((value) => value ?? 0n)
  })
  return { classes, contracts, storage }
}

/** The leaf of a class. */
export function classLeaf(compiledClassHash: bigint): bigint {
  return poseidonHash(shortString('CONTRACT_CLASS_LEAF_V0'), compiledClassHash)
}

/** Follows each key from the root to its leaf, or to where it is absent. */
function ways(
  entries: NodeEntry[],
  root: bigint,
  keys: Hex[],
  hash: (left: bigint, right: bigint) => bigint,
): (bigint | null)[] {
  const nodes = new Map<bigint, NodeEntry['node']>()
  for (const { node_hash, node } of entries) {
    const [first, second, length] =
      'left' in node
        ? [BigInt(node.left), BigInt(node.right), 0n]
        : [BigInt(node.child), BigInt(node.path), BigInt(node.length)]
    expect(first !== 0n && (second !== 0n || length > 0n), 'a child is empty')
    expect((hash(first, second) + length) % PRIME === BigInt(node_hash), 'a node has another hash')
    expect(!nodes.has(BigInt(node_hash)), 'a node is there twice')
    nodes.set(BigInt(node_hash), node)
  }
  const used = new Set<bigint>()
  const leaves = keys.map((text) => {
    const key = BigInt(text)
    let at = root
    let below = HEIGHT
    while (below > 0n && at !== 0n) {
      const node = nodes.get(at)
      if (node === undefined) throw new Error('the proof has a gap')
      used.add(at)
      if ('left' in node) {
        below -= 1n
        at = BigInt((key >> below) & 1n ? node.right : node.left)
        continue
      }
      const length = BigInt(node.length)
      expect(length > 0n && length <= below && BigInt(node.path) >> length === 0n, 'no such edge')
      below -= length
      const isOnWay = ((key >> below) & ((1n << length) - 1n)) === BigInt(node.path)
      at = isOnWay ? BigInt(node.child) : 0n
    }
    return at === 0n ? null : at
  })
  expect(used.size === nodes.size, 'the proof has nodes beside the way')
  return leaves
}

/** Pedersen, each pair once: proofs share most of their nodes, and this implementation takes a millisecond. */
function ped(left: bigint, right: bigint): bigint {
  const pair = `${left.toString(16)} ${right.toString(16)}`
  let hash = hashes.get(pair)
  if (hash === undefined) hashes.set(pair, (hash = BigInt(pedersen(left, right))))
  return hash
}

function shortString(text: string): bigint {
  return BigInt(`0x${Buffer.from(text, 'ascii').toString('hex')}`)
}

function expect(isTrue: boolean, why: string): asserts isTrue {
  if (!isTrue) throw new Error(why)
}
