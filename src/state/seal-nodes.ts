/**
 * Turns the nodes that a block made into records: gives ids, writes bytes, and leaves references where nodes were.
 *
 * Invariant: a record's children have ids before it has one, so a batch never names what is not written.
 */
import { encodeBinary, encodeContract, encodeRoots, type Roots } from './node-codec.ts'
import { BLOCK_NODES, type NodeBatch, nodeId, rootsId, type StoredNode } from './node-store.ts'
import type { Binary, Bottom, ContractLeaf, Leaf, Node } from './trie-node.ts'

const nothing = new Uint8Array(0)

/** A batch, and the decoded forms of its records for a cache. */
export interface SealedNodes {
  batch: NodeBatch
  decoded: { id: number; node: Binary | ContractLeaf }[]
  roots: Roots
}

/** The records of a block whose tries have these roots, all hashes closed. */
export function sealNodes(block: number, open: Roots, superseded: number[]): SealedNodes {
  const decoded: SealedNodes['decoded'] = []
  const first: StoredNode = { id: rootsId(block), bytes: nothing }
  const nodes = [first]

  const add = (node: Binary | ContractLeaf, bytes: Uint8Array): number => {
    if (nodes.length === BLOCK_NODES) throw new Error(`block ${block} changes too many trie nodes`)
    const id = nodeId(block, nodes.length)
    nodes.push({ id, bytes })
    decoded.push({ id, node })
    return id
  }
  const seal = (node: Node): Node => {
    if (node.kind !== 'edge') return sealBottom(node)
    const child = sealBottom(node.child)
    return child === node.child ? node : { ...node, child }
  }
  const sealBottom = (node: Bottom): Bottom => {
    if (node.kind === 'binary') return sealBinary(node)
    return node.kind === 'leaf' && node.contract !== null ? sealContract(node, node.contract) : node
  }
  const sealBinary = ({ left, right, hash }: Binary): Bottom => {
    const node: Binary = { kind: 'binary', left: seal(left), right: seal(right), hash }
    return { kind: 'stored', hash: hash!, id: add(node, encodeBinary(node)) }
  }
  const sealContract = ({ hash }: Leaf, contract: ContractLeaf): Leaf => {
    const { classHash, nonce, storage } = contract
    const node = { classHash, nonce, storage: storage && seal(storage) }
    return { kind: 'leaf', hash, id: add(node, encodeContract(node)), contract: null }
  }

  const roots: Roots = {
    contracts: open.contracts && seal(open.contracts),
    classes: open.classes && seal(open.classes),
  }
  first.bytes = encodeRoots(roots)
  return { batch: { block, nodes, superseded }, decoded, roots }
}
