/**
 * Reads trie nodes from a store, the ones used last from memory: a bounded number of decoded nodes, whatever the size of
 * the state.
 *
 * Invariant: a node in here has only references below it, so that it keeps no other node alive.
 */
import { LRUCache } from 'lru-cache'
import { decodeBinary, decodeContract, decodeRoots, type Roots } from './node-codec.ts'
import { type NodeStore, rootsId } from './node-store.ts'
import type { Binary, ContractLeaf, Leaf, NodeLoader, Stored } from './trie-node.ts'

/** Decoded nodes to keep, about half a kilobyte each. */
const KEPT_NODES = 1 << 16

export class NodeCache implements NodeLoader {
  readonly #store: NodeStore
  readonly #nodes: LRUCache<number, Binary | ContractLeaf>

  constructor(store: NodeStore, keptNodes: number = KEPT_NODES) {
    this.#store = store
    this.#nodes = new LRUCache({ max: keptNodes })
  }

  binary({ id, hash }: Stored): Binary {
    const known = this.#nodes.get(id)
    if (known !== undefined) return known as Binary
    const node = decodeBinary(this.#read(id), hash)
    this.#nodes.set(id, node)
    return node
  }

  contract({ id }: Leaf): ContractLeaf {
    const known = this.#nodes.get(id)
    if (known !== undefined) return known as ContractLeaf
    const contract = decodeContract(this.#read(id))
    this.#nodes.set(id, contract)
    return contract
  }

  /** Roots after a block; of height -1, before all blocks, both are empty. */
  roots(height: number): Roots {
    if (height < 0) return { contracts: null, classes: null }
    const bytes = this.#store.read(rootsId(height))
    if (bytes === undefined) throw new Error(`expected the tries of block ${height} in the store`)
    return decodeRoots(bytes)
  }

  /** Keeps a node that was just stored. */
  remember(id: number, node: Binary | ContractLeaf): void {
    this.#nodes.set(id, node)
  }

  /** Forgets everything, for ids are given again after a revert. */
  clear(): void {
    this.#nodes.clear()
  }

  #read(id: number): Uint8Array {
    const bytes = this.#store.read(id)
    if (bytes === undefined) throw new Error(`expected a trie node ${id} in the store`)
    return bytes
  }
}
