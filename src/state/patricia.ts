/**
 * A Patricia trie: leaves under binary keys of a fixed height, and one hash over them all.
 *
 *     binary   h(left, right)                    both children exist
 *     edge     h(bottom, path) + length          a run of levels with one child; bottom is no edge
 *     leaf     its value                         0 = absent; the empty trie has root 0
 *
 * Updates change nodes in place and leave their hashes open. `hashTries` closes the open hashes of any number of tries
 * together, lowest first, in batches as wide as the tries allow: a kernel hashes many pairs faster than one.
 *
 * Invariant: the shape depends on the leaves alone, not on the order of updates, so the root does too.
 */
import { P } from '../felt/felt.ts'

/** Hashes pairs: `hashes[i] = h(left[i], right[i])`. */
export type HashPairs = (left: readonly bigint[], right: readonly bigint[]) => bigint[]

interface Leaf {
  kind: 'leaf'
  hash: bigint
}

interface Binary {
  kind: 'binary'
  left: Node
  right: Node
  hash: bigint | null
}

interface Edge {
  kind: 'edge'
  length: number
  path: bigint
  child: Leaf | Binary
  hash: bigint | null
}

type Node = Leaf | Binary | Edge

/** What a node hashes: two felts, or an edge. */
export type Preimage =
  | { left: bigint; right: bigint }
  | { length: number; path: bigint; bottom: bigint }

export class PatriciaTrie {
  readonly height: number
  #root: Node | null = null

  constructor(height: number) {
    this.height = height
  }

  /** Root hash; 0 when empty. The hashes must have been closed by `hashTries`. */
  get root(): bigint {
    return this.#root === null ? 0n : closedHash(this.#root)
  }

  get isEmpty(): boolean {
    return this.#root === null
  }

  /** Value of a leaf, 0 if absent. */
  get(key: bigint): bigint {
    let node = this.#root
    let height = this.height
    while (node !== null && node.kind !== 'leaf') {
      if (node.kind === 'binary') {
        height--
        node = bitAt(key, height) ? node.right : node.left
      } else {
        height -= node.length
        if (bitsAt(key, height, node.length) !== node.path) return 0n
        node = node.child
      }
    }
    return node === null ? 0n : node.hash
  }

  /** Sets a leaf; 0 deletes it. */
  set(key: bigint, value: bigint): void {
    if (key < 0n || key >> BigInt(this.height) !== 0n) {
      throw new RangeError(`expected a key of ${this.height} bits, got 0x${key.toString(16)}`)
    }
    this.#root = updated(this.#root, this.height, key, value)
  }

  /** The root node, for `hashTries`. */
  get node(): Node | null {
    return this.#root
  }

  /**
   * Preimages by hash of the nodes on the way to each key: what proves its value, present or absent. Where the way
   * leaves an edge, `withBottom` adds the node below it, which an update of that key would need.
   */
  witness(keys: Iterable<bigint>, withBottom = false): Map<bigint, Preimage> {
    const found = new Map<bigint, Preimage>()
    for (const key of keys) {
      let node = this.#root
      let height = this.height
      while (node !== null && node.kind !== 'leaf') {
        found.set(closedHash(node), preimageOf(node))
        if (node.kind === 'binary') {
          height--
          node = bitAt(key, height) ? node.right : node.left
          continue
        }
        height -= node.length
        const bottom: Node = node.child
        const leaves = bitsAt(key, height, node.length) !== node.path
        if (leaves && withBottom && bottom.kind === 'binary') {
          found.set(closedHash(bottom), preimageOf(bottom))
        }
        node = leaves ? null : bottom
      }
    }
    return found
  }
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
  leaves.forEach((leaf, index) => {
    trie.set(BigInt(index), leaf)
  })
  hashTries([trie], hash)
  return trie.root
}

/** A hash of one pair as a hash of many. */
export function oneByOne(hash: (left: bigint, right: bigint) => bigint): HashPairs {
  return (left, right) => left.map((felt, i) => hash(felt, right[i]!))
}

/** Rank of a node, -1 if its hash is closed; puts open nodes into their ranks. */
function collect(node: Node, ranks: (Binary | Edge)[][]): number {
  if (node.hash !== null) return -1
  const open = node as Binary | Edge
  const rank =
    1 +
    (open.kind === 'binary'
      ? Math.max(collect(open.left, ranks), collect(open.right, ranks))
      : collect(open.child, ranks))
  const nodes = ranks[rank]
  if (nodes === undefined) ranks[rank] = [open]
  else nodes.push(open)
  return rank
}

/** The node after setting a leaf below it, or null if nothing is left. `height` levels lie below, `key` has as many bits. */
function updated(node: Node | null, height: number, key: bigint, value: bigint): Node | null {
  if (node === null) return value === 0n ? null : newBranch(height, key, value)
  if (node.kind === 'leaf') {
    if (value === 0n) return null
    return value === node.hash ? node : { kind: 'leaf', hash: value }
  }
  return node.kind === 'binary'
    ? updatedBinary(node, height, key, value)
    : updatedEdge(node, height, key, value)
}

function updatedBinary(node: Binary, height: number, key: bigint, value: bigint): Node {
  const below = height - 1
  const toRight = bitAt(key, below)
  const old = toRight ? node.right : node.left
  const child = updated(old, below, bitsAt(key, 0, below), value)
  // An absent key set to 0 changes nothing: the same child with the same hash.
  if (child === old && child.hash !== null) return node
  if (child === null) {
    return toRight ? edgeOver(1, 0n, node.left) : edgeOver(1, 1n, node.right)
  }
  if (toRight) node.right = child
  else node.left = child
  node.hash = null
  return node
}

function updatedEdge(node: Edge, height: number, key: bigint, value: bigint): Node | null {
  const below = height - node.length
  const prefix = bitsAt(key, below, node.length)
  if (prefix !== node.path) {
    return value === 0n ? node : split(node, height, key, prefix, value)
  }
  const old = node.child
  const child = updated(old, below, bitsAt(key, 0, below), value)
  if (child === null) return null
  if (child === old && child.hash !== null) return node
  return edgeOver(node.length, node.path, child)
}

/** Parts an edge where a new key leaves it. */
function split(node: Edge, height: number, key: bigint, prefix: bigint, value: bigint): Node {
  const common = node.length - bitLength(prefix ^ node.path)
  const below = height - common - 1
  const rest = node.length - common - 1
  const old = rest === 0 ? node.child : edgeOver(rest, bitsAt(node.path, 0, rest), node.child)
  const added = newBranch(below, bitsAt(key, 0, below), value)
  const toRight = bitAt(key, below)
  const binary: Binary = {
    kind: 'binary',
    left: toRight ? old : added,
    right: toRight ? added : old,
    hash: null,
  }
  return common === 0 ? binary : edgeOver(common, node.path >> BigInt(rest + 1), binary)
}

function newBranch(height: number, key: bigint, value: bigint): Node {
  const leaf: Leaf = { kind: 'leaf', hash: value }
  return height === 0 ? leaf : edgeOver(height, key, leaf)
}

/** An edge over a node; swallows the node if it is an edge itself. */
function edgeOver(length: number, path: bigint, child: Node): Edge {
  if (child.kind !== 'edge') return { kind: 'edge', length, path, child, hash: null }
  return {
    kind: 'edge',
    length: length + child.length,
    path: (path << BigInt(child.length)) | child.path,
    child: child.child,
    hash: null,
  }
}

function closedHash(node: Node): bigint {
  if (node.hash === null) throw new Error('the hashes of a trie were read before they were closed')
  return node.hash
}

function preimageOf(node: Binary | Edge): Preimage {
  return node.kind === 'binary'
    ? { left: closedHash(node.left), right: closedHash(node.right) }
    : { length: node.length, path: node.path, bottom: closedHash(node.child) }
}

function addLength(hash: bigint, length: number): bigint {
  const sum = hash + BigInt(length)
  return sum >= P ? sum - P : sum
}

function bitAt(key: bigint, position: number): boolean {
  return ((key >> BigInt(position)) & 1n) === 1n
}

/** `count` bits of a key from `position` upwards. */
function bitsAt(key: bigint, position: number, count: number): bigint {
  return BigInt.asUintN(count, key >> BigInt(position))
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}
