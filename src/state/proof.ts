/**
 * What proves leaves of the tries at some height: the nodes on the way from a root to each key. Whoever hashes them again
 * finds the leaf, or that there is none: the way ends in an edge that leads elsewhere.
 *
 *     contracts   a leaf hashes class, nonce and storage root, which stand beside the nodes
 *     storage     per contract; no nodes for a contract without storage
 *     classes     a leaf hashes the compiled class hash
 *
 * Invariant: nodes stand in the order in which the keys ask for them, each way from the root down, each node once.
 */
import type { NodeCache } from './node-cache.ts'
import { followKey } from './patricia.ts'
import { STATE_HEIGHT } from './state-root.ts'
import { type Binary, closedHash, type Edge, type Node, type NodeLoader } from './trie-node.ts'

/** What a node hashes: two felts, or an edge. */
export type Preimage =
  | { left: bigint; right: bigint }
  | { length: number; path: bigint; bottom: bigint }

/** Preimages by hash. */
export type Ways = Map<bigint, Preimage>

export interface ContractProof {
  classHash: bigint
  nonce: bigint
  storageRoot: bigint
}

export interface StateProof {
  contractsRoot: bigint
  classesRoot: bigint
  classes: Ways
  contracts: Ways
  /** Of each contract asked for; all 0 where there is none. */
  leaves: ContractProof[]
  /** Of each contract whose storage was asked for. */
  storage: Ways[]
}

/** Keys to prove. All are below 2^251. */
export interface ProofRequest {
  classes: readonly bigint[]
  contracts: readonly bigint[]
  storage: readonly { contract: bigint; keys: readonly bigint[] }[]
}

/** Proves keys of the state after block `height`. */
export function proveState(nodes: NodeCache, height: number, request: ProofRequest): StateProof {
  const roots = nodes.roots(height)
  const contractOf = (address: bigint) => {
    const leaf = followKey(roots.contracts, STATE_HEIGHT, address, nodes, () => {})
    return leaf === null ? null : nodes.contract(leaf)
  }
  return {
    contractsRoot: closedHash(roots.contracts),
    classesRoot: closedHash(roots.classes),
    classes: waysTo(roots.classes, STATE_HEIGHT, request.classes, nodes),
    contracts: waysTo(roots.contracts, STATE_HEIGHT, request.contracts, nodes),
    leaves: request.contracts.map((address) => {
      const { classHash = 0n, nonce = 0n, storage = null } = contractOf(address) ?? {}
      return { classHash, nonce, storageRoot: closedHash(storage) }
    }),
    storage: request.storage.map(({ contract, keys }) =>
      waysTo(contractOf(contract)?.storage ?? null, STATE_HEIGHT, keys, nodes),
    ),
  }
}

/** The nodes on the ways from a root to keys. */
export function waysTo(
  root: Node | null,
  height: number,
  keys: Iterable<bigint>,
  loader: NodeLoader,
): Ways {
  const ways: Ways = new Map()
  for (const key of keys) {
    followKey(root, height, key, loader, (node) => ways.set(closedHash(node), preimageOf(node)))
  }
  return ways
}

function preimageOf(node: Binary | Edge): Preimage {
  return node.kind === 'binary'
    ? { left: closedHash(node.left), right: closedHash(node.right) }
    : { length: node.length, path: node.path, bottom: closedHash(node.child) }
}
