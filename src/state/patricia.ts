/**
 * A Patricia trie: leaves under binary keys of a fixed height, and one hash over them all (nodes: `trie-node.ts`).
 *
 * Updates come sorted and go down together, so each node on the way is read once; they make new nodes and leave their
 * hashes open. `hashTries` closes the open hashes of any number of tries together, lowest first, in batches as wide as
 * the tries allow: a kernel hashes many pairs faster than one.
 *
 * Invariant: the shape depends on the leaves alone, not on the order of updates, so the root does too.
 */
import { P } from '../felt/felt.ts'
import {
  type Binary,
  bitAt,
  bitLength,
  bitsAt,
  closedHash,
  type Edge,
  edgeOver,
  type Leaf,
  type Node,
  type NodeLoader,
  valueLeaf,
} from './trie-node.ts'

/** Hashes pairs: `hashes[i] = h(left[i], right[i])`. */
export type HashPairs = (left: readonly bigint[], right: readonly bigint[]) => bigint[]

/** A leaf to set; null deletes it. */
export type LeafUpdate = readonly [key: bigint, leaf: Leaf | null]

/** For tries that live in memory alone. */
export const nothingStored: NodeLoader = {
  binary: () => unexpected(),
  contract: () => unexpected(),
}

export class PatriciaTrie {
  readonly height: number
  readonly #loader: NodeLoader
  /** Ids of records that updates replaced. */
  readonly superseded: number[] = []
  #root: Node | null
  #keys: bigint[] = []
  #leaves: (Leaf | null)[] = []

  constructor(height: number, root: Node | null = null, loader: NodeLoader = nothingStored) {
    this.height = height
    this.#root = root
    this.#loader = loader
  }

  /** Root hash; 0 when empty. The hashes must have been closed by `hashTries`. */
  get root(): bigint {
    return closedHash(this.#root)
  }

  get node(): Node | null {
    return this.#root
  }

  get isEmpty(): boolean {
    return this.#root === null
  }

  /** Value of a leaf, 0 if absent. */
  get(key: bigint): bigint {
    return this.leaf(key)?.hash ?? 0n
  }

  /** The leaf of a key, or null. */
  leaf(key: bigint): Leaf | null {
    return followKey(this.#root, this.height, key, this.#loader, () => {})
  }

  /** Sets a leaf; 0 deletes it. */
  set(key: bigint, value: bigint): void {
    this.update([[key, valueLeaf(value)]])
  }

  /** Sets and deletes leaves, each key once. */
  update(updates: readonly LeafUpdate[]): void {
    const sorted = [...updates].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    if (sorted.length === 0) return
    this.#check(sorted[0]![0])
    this.#check(sorted.at(-1)![0])
    this.#keys = sorted.map(([key]) => key)
    this.#leaves = sorted.map(([, leaf]) => leaf)
    this.#root = this.#updated(this.#root, this.height, 0, sorted.length)
  }

  #check(key: bigint): void {
    if (key < 0n || key >> BigInt(this.height) !== 0n) {
      throw new RangeError(`expected a key of ${this.height} bits, got 0x${key.toString(16)}`)
    }
  }

  /** The node after updates `from` to `to`, whose keys lead here; `height` levels lie below. */
  #updated(node: Node | null, height: number, from: number, to: number): Node | null {
    if (from === to) return node
    if (node === null) return this.#built(height, from, to)
    switch (node.kind) {
      case 'leaf':
        return this.#updatedLeaf(node, from)
      case 'edge':
        return this.#updatedEdge(node, height, from, to)
      case 'binary':
        return this.#updatedBinary(node, height, from, to)
      case 'stored': {
        const loaded = this.#loader.binary(node)
        const updated = this.#updatedBinary(loaded, height, from, to)
        if (updated === loaded) return node
        this.superseded.push(node.id)
        return updated
      }
    }
  }

  #updatedLeaf(node: Leaf, index: number): Leaf | null {
    const leaf = this.#leaves[index]!
    if (leaf?.hash === node.hash) return node
    if (node.id !== 0) this.superseded.push(node.id)
    return leaf
  }

  #updatedBinary(node: Binary, height: number, from: number, to: number): Node | null {
    const below = height - 1
    const middle = this.#firstRight(below, from, to)
    const left = this.#updated(node.left, below, from, middle)
    const right = this.#updated(node.right, below, middle, to)
    if (left === node.left && right === node.right) return node
    if (left !== null && right !== null) return { kind: 'binary', left, right, hash: null }
    if (left !== null) return edgeOver(1, 0n, left)
    return right === null ? null : edgeOver(1, 1n, right)
  }

  #updatedEdge(node: Edge, height: number, from: number, to: number): Node | null {
    const common = this.#commonWith(node, height, from, to)
    const below = height - common
    const [first, end] = this.#within(node, height, common, from, to)
    if (common === node.length) {
      const child = this.#updated(node.child, below, first, end)
      if (child === node.child) return node
      return child === null ? null : edgeOver(common, node.path, child)
    }
    // A new leaf parts the edge here.
    const rest = node.length - common - 1
    const old = rest === 0 ? node.child : edgeOver(rest, bitsAt(node.path, 0, rest), node.child)
    const oldIsRight = bitAt(node.path, rest)
    const middle = this.#firstRight(below - 1, first, end)
    const left = this.#updated(oldIsRight ? null : old, below - 1, first, middle)
    const right = this.#updated(oldIsRight ? old : null, below - 1, middle, end)
    if (left !== null && right !== null) {
      const binary: Binary = { kind: 'binary', left, right, hash: null }
      return common === 0 ? binary : edgeOver(common, node.path >> BigInt(rest + 1), binary)
    }
    // What was below the edge was deleted by the same updates.
    const parted = left === null ? edgeOver(1, 1n, right!) : edgeOver(1, 0n, left)
    return common === 0 ? parted : edgeOver(common, node.path >> BigInt(rest + 1), parted)
  }

  /** How many levels of an edge no new leaf leaves. Deletions beside it change nothing. */
  #commonWith({ length, path }: Edge, height: number, from: number, to: number): number {
    const below = height - length
    let first = from
    while (first < to && this.#leaves[first] === null) first++
    if (first === to) return length
    let last = to - 1
    while (this.#leaves[last] === null) last--
    // Keys are sorted, so one of the outermost leaves the edge first.
    const a = bitLength(bitsAt(this.#keys[first]!, below, length) ^ path)
    const b = bitLength(bitsAt(this.#keys[last]!, below, length) ^ path)
    return length - Math.max(a, b)
  }

  /** The updates that go along the first `count` levels of an edge. */
  #within(edge: Edge, height: number, count: number, from: number, to: number): [number, number] {
    const below = height - count
    const path = edge.path >> BigInt(edge.length - count)
    const prefixOf = (index: number) => bitsAt(this.#keys[index]!, below, count)
    let first = from
    while (first < to && prefixOf(first) !== path) first++
    let end = to
    while (end > first && prefixOf(end - 1) !== path) end--
    return [first, end]
  }

  /** New nodes over the updates. */
  #built(height: number, from: number, to: number): Node | null {
    let first = from
    while (first < to && this.#leaves[first] === null) first++
    if (first === to) return null
    let last = to - 1
    while (this.#leaves[last] === null) last--
    const key = this.#keys[first]!
    if (first === last) {
      const leaf = this.#leaves[first]!
      return height === 0 ? leaf : edgeOver(height, bitsAt(key, 0, height), leaf)
    }
    const below = bitLength(key ^ this.#keys[last]!) - 1
    const middle = this.#firstRight(below, first, last + 1)
    const left = this.#built(below, first, middle)!
    const right = this.#built(below, middle, last + 1)!
    const binary: Binary = { kind: 'binary', left, right, hash: null }
    const common = height - below - 1
    return common === 0 ? binary : edgeOver(common, bitsAt(key, below + 1, common), binary)
  }

  /** The first of some updates whose key has a 1 at this position; above it the keys are equal. */
  #firstRight(position: number, from: number, to: number): number {
    let low = from
    let high = to
    while (low < high) {
      const middle = (low + high) >> 1
      if (bitAt(this.#keys[middle]!, position)) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Goes down to a key and returns its leaf, or null where there is none; `visit` sees each node on the way but the leaf. */
export function followKey(
  root: Node | null,
  height: number,
  key: bigint,
  loader: NodeLoader,
  visit: (node: Binary | Edge) => void,
): Leaf | null {
  let node = root
  let below = height
  while (node !== null && node.kind !== 'leaf') {
    if (node.kind === 'stored') node = loader.binary(node)
    visit(node)
    if (node.kind === 'binary') {
      below--
      node = bitAt(key, below) ? node.right : node.left
    } else {
      below -= node.length
      if (bitsAt(key, below, node.length) !== node.path) return null
      node = node.child
    }
  }
  return node
}

/** Closes the open hashes of all tries. One batch per rank: a node's rank is one above that of its open children. */
export function hashTries(tries: Iterable<PatriciaTrie>, hash: HashPairs): void {
  const ranks: (Binary | Edge)[][] = []
  for (const trie of tries) if (trie.node !== null) collect(trie.node, ranks)
  for (const nodes of ranks) {
    const left: bigint[] = new Array(nodes.length)
    const right: bigint[] = new Array(nodes.length)
    nodes.forEach((node, i) => {
      left[i] = closedHash(node.kind === 'binary' ? node.left : node.child)
      right[i] = node.kind === 'binary' ? closedHash(node.right) : node.path
    })
    const hashes = hash(left, right)
    nodes.forEach((node, i) => {
      node.hash = node.kind === 'binary' ? hashes[i]! : addLength(hashes[i]!, node.length)
    })
  }
}

/** Root of a trie over a list of leaves, keyed by position. Height 64, as the commitments of a block. */
export function listRoot(leaves: readonly bigint[], hash: HashPairs): bigint {
  const trie = new PatriciaTrie(64)
  trie.update(leaves.map((leaf, index) => [BigInt(index), valueLeaf(leaf)]))
  hashTries([trie], hash)
  return trie.root
}

/** A hash of one pair as a hash of many. */
export function oneByOne(hash: (left: bigint, right: bigint) => bigint): HashPairs {
  return (left, right) => left.map((felt, i) => hash(felt, right[i]!))
}

/** Rank of a node, -1 if its hash is closed; puts open nodes into their ranks. */
function collect(node: Node, ranks: (Binary | Edge)[][]): number {
  if (node.hash !== null || (node.kind !== 'binary' && node.kind !== 'edge')) return -1
  const rank =
    1 +
    (node.kind === 'binary'
      ? Math.max(collect(node.left, ranks), collect(node.right, ranks))
      : collect(node.child, ranks))
  const nodes = ranks[rank]
  if (nodes === undefined) ranks[rank] = [node]
  else nodes.push(node)
  return rank
}

function addLength(hash: bigint, length: number): bigint {
  const sum = hash + BigInt(length)
  return sum >= P ? sum - P : sum
}

function unexpected(): never {
  throw new Error('a trie in memory has no stored nodes')
}
