/**
 * The nodes of Patricia tries, as values: a node never changes after its hash was closed, so tries of different blocks
 * share what they have in common.
 *
 *     binary   h(left, right)                    both children exist
 *     edge     h(bottom, path) + length          a run of levels with one child; bottom is no edge
 *     leaf     its value                         in the contracts trie it names a record: class, nonce, storage
 *     stored   the binary node of a record       its hash is known, its children are read when somebody needs them
 *
 * Invariant: no edge lies directly above an edge, and a node that is absent is null.
 */

export interface Leaf {
  kind: 'leaf'
  hash: bigint
  /** Record of a contract, 0 for none or not stored yet. */
  id: number
  /** What a contract's leaf hashes, until it is stored. */
  contract: ContractLeaf | null
}

export interface Stored {
  kind: 'stored'
  hash: bigint
  id: number
}

export interface Binary {
  kind: 'binary'
  left: Node
  right: Node
  /** Null while open. */
  hash: bigint | null
}

export interface Edge {
  kind: 'edge'
  length: number
  path: bigint
  child: Bottom
  /** Null while open. */
  hash: bigint | null
}

export type Bottom = Leaf | Binary | Stored
export type Node = Bottom | Edge

/** What stands in the leaf of a contract. */
export interface ContractLeaf {
  classHash: bigint
  nonce: bigint
  /** Root node of its storage. */
  storage: Node | null
}

/** Where the records behind nodes come from. */
export interface NodeLoader {
  binary(stored: Stored): Binary
  contract(leaf: Leaf): ContractLeaf
}

/** A leaf that holds its value; null for the value 0, which is no leaf. */
export function valueLeaf(value: bigint): Leaf | null {
  return value === 0n ? null : { kind: 'leaf', hash: value, id: 0, contract: null }
}

/** An edge over a node; swallows the node if it is an edge itself. */
export function edgeOver(length: number, path: bigint, child: Node): Edge {
  if (child.kind !== 'edge') return { kind: 'edge', length, path, child, hash: null }
  return {
    kind: 'edge',
    length: length + child.length,
    path: (path << BigInt(child.length)) | child.path,
    child: child.child,
    hash: null,
  }
}

/** Hash of a node; 0 of none. */
export function closedHash(node: Node | null): bigint {
  if (node === null) return 0n
  if (node.hash === null) throw new Error('the hashes of a trie were read before they were closed')
  return node.hash
}

export function bitAt(key: bigint, position: number): boolean {
  return BigInt.asUintN(1, key >> BigInt(position)) === 1n
}

/** `count` bits of a key from `position` upwards. */
export function bitsAt(key: bigint, position: number, count: number): bigint {
  return BigInt.asUintN(count, key >> BigInt(position))
}

export function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}
