/**
 * The tries of the state and the root over them, block by block, on a `NodeStore`.
 *
 *     contracts   Pedersen   address ─▶ h(h(h(class hash, storage root), nonce), 0)
 *     storage     Pedersen   key ─▶ value, one trie per contract
 *     classes     Poseidon   class hash ─▶ h('CONTRACT_CLASS_LEAF_V0', compiled class hash)
 *
 * A block's diff goes in, the root and the nodes to store come out; only nodes on the ways to changed keys are read. All
 * storage tries of a block are hashed together.
 *
 * Invariant: a contract has a leaf iff its class hash, nonce or storage root is not 0.
 */
import { encodeShortString } from '../felt/felt.ts'
import { poseidonMany } from '../felt/hash.ts'
import { pedersenPairs, poseidonPairs } from './hash-pairs.ts'
import { NodeCache } from './node-cache.ts'
import type { Roots } from './node-codec.ts'
import { MemoryNodeStore, type NodeBatch, type WritableNodeStore } from './node-store.ts'
import { type HashPairs, hashTries, type LeafUpdate, PatriciaTrie } from './patricia.ts'
import { type SealedNodes, sealNodes } from './seal-nodes.ts'
import { type ContractLeaf, closedHash, type Leaf, valueLeaf } from './trie-node.ts'

/** Height of the three kinds of trie. */
export const STATE_HEIGHT = 251

const STATE_TAG = encodeShortString('STARKNET_STATE_V0')
const CLASS_LEAF_TAG = encodeShortString('CONTRACT_CLASS_LEAF_V0')

/** The parts of a state diff that the root depends on; a `StateDiff` is one. */
export interface TrieChanges {
  storage: ReadonlyMap<bigint, ReadonlyMap<bigint, bigint>>
  nonces: ReadonlyMap<bigint, bigint>
  deployedContracts: ReadonlyMap<bigint, bigint>
  replacedClasses: ReadonlyMap<bigint, bigint>
  declaredClasses: ReadonlyMap<bigint, bigint>
  migratedCompiledClasses: ReadonlyMap<bigint, bigint>
}

/** What a block does to the tries: made by `prepare`, written by whoever writes the block, then accepted. */
export interface TrieUpdate {
  root: bigint
  contractsRoot: bigint
  classesRoot: bigint
  batch: NodeBatch
  sealed: SealedNodes
}

export interface CommitterOptions {
  pedersen: HashPairs
  poseidon: HashPairs
  /** Decoded nodes to keep in memory. */
  keptNodes: number
}

/** A contract that a block touches. */
interface Touched {
  classHash: bigint
  nonce: bigint
  storage: PatriciaTrie
}

export class StateCommitter {
  readonly #store: WritableNodeStore
  readonly #cache: NodeCache
  readonly #hashes: Pick<CommitterOptions, 'pedersen' | 'poseidon'>
  #height: number
  #roots: Roots

  /** Continues after block `height` of the store; -1 is before the first. */
  constructor(
    store: WritableNodeStore = new MemoryNodeStore(),
    height = -1,
    options: Partial<CommitterOptions> = {},
  ) {
    const { pedersen = pedersenPairs, poseidon = poseidonPairs, keptNodes } = options
    this.#store = store
    this.#cache = new NodeCache(store, keptNodes)
    this.#hashes = { pedersen, poseidon }
    this.#height = height
    this.#roots = this.#cache.roots(height)
  }

  /** Height of the last block that was accepted. */
  get height(): number {
    return this.#height
  }

  get contractsRoot(): bigint {
    return closedHash(this.#roots.contracts)
  }

  get classesRoot(): bigint {
    return closedHash(this.#roots.classes)
  }

  /** Root of the state after that block. */
  get root(): bigint {
    return stateRoot(this.contractsRoot, this.classesRoot)
  }

  /** Computes the next block, writes it and goes on to it; returns the new root. */
  apply(changes: TrieChanges): bigint {
    const update = this.prepare(changes)
    this.#store.write(update.batch)
    this.accept(update)
    return update.root
  }

  /** Computes the next block. Nothing is written, and without `accept` nothing has happened. */
  prepare(changes: TrieChanges): TrieUpdate {
    const superseded: number[] = []
    const contracts = this.#updateContracts(changes, superseded)
    const classes = this.#updateClasses(changes, superseded)
    const roots = { contracts: contracts.node, classes: classes.node }
    const sealed = sealNodes(this.#height + 1, roots, superseded)
    return {
      root: stateRoot(contracts.root, classes.root),
      contractsRoot: contracts.root,
      classesRoot: classes.root,
      batch: sealed.batch,
      sealed,
    }
  }

  /** Goes on to a block that was prepared last and whose batch is in the store. */
  accept({ sealed }: TrieUpdate): void {
    if (sealed.batch.block !== this.#height + 1) {
      throw new Error(`expected block ${this.#height + 1}, got ${sealed.batch.block}`)
    }
    for (const { id, node } of sealed.decoded) this.#cache.remember(id, node)
    this.#height++
    this.#roots = sealed.roots
  }

  /** Goes back to a height, above which the store was reverted. */
  returnTo(height: number): void {
    this.#cache.clear()
    this.#height = height
    this.#roots = this.#cache.roots(height)
  }

  #updateContracts(changes: TrieChanges, superseded: number[]): PatriciaTrie {
    const contracts = new PatriciaTrie(STATE_HEIGHT, this.#roots.contracts, this.#cache)
    const touched = new Map<bigint, Touched>()
    const touch = (address: bigint): Touched => {
      let contract = touched.get(address)
      if (contract === undefined) touched.set(address, (contract = this.#open(contracts, address)))
      return contract
    }
    for (const [address, cells] of changes.storage) {
      const updates = [...cells].map(([key, value]): LeafUpdate => [key, valueLeaf(value)])
      touch(address).storage.update(updates)
    }
    for (const [address, nonce] of changes.nonces) touch(address).nonce = nonce
    for (const classes of [changes.deployedContracts, changes.replacedClasses]) {
      for (const [address, classHash] of classes) touch(address).classHash = classHash
    }
    const storages = [...touched.values()].map(({ storage }) => storage)
    hashTries(storages, this.#hashes.pedersen)
    for (const storage of storages) for (const id of storage.superseded) superseded.push(id)
    contracts.update(this.#contractLeaves(touched))
    hashTries([contracts], this.#hashes.pedersen)
    for (const id of contracts.superseded) superseded.push(id)
    return contracts
  }

  /** A contract as the parent block left it. */
  #open(contracts: PatriciaTrie, address: bigint): Touched {
    const leaf = contracts.leaf(address)
    const known: ContractLeaf | null = leaf && this.#cache.contract(leaf)
    return {
      classHash: known?.classHash ?? 0n,
      nonce: known?.nonce ?? 0n,
      storage: new PatriciaTrie(STATE_HEIGHT, known?.storage ?? null, this.#cache),
    }
  }

  #contractLeaves(touched: ReadonlyMap<bigint, Touched>): LeafUpdate[] {
    const { pedersen } = this.#hashes
    const leaves = [...touched]
    const withStorage = pedersen(
      leaves.map(([, { classHash }]) => classHash),
      leaves.map(([, { storage }]) => storage.root),
    )
    const withNonce = pedersen(
      withStorage,
      leaves.map(([, { nonce }]) => nonce),
    )
    const zeros = leaves.map(() => 0n)
    return pedersen(withNonce, zeros).map((hash, i): LeafUpdate => {
      const [address, { classHash, nonce, storage }] = leaves[i]!
      const isAbsent = classHash === 0n && nonce === 0n && storage.isEmpty
      const contract: ContractLeaf = { classHash, nonce, storage: storage.node }
      const leaf: Leaf = { kind: 'leaf', hash, id: 0, contract }
      return [address, isAbsent ? null : leaf]
    })
  }

  #updateClasses(changes: TrieChanges, superseded: number[]): PatriciaTrie {
    const { poseidon } = this.#hashes
    const classes = new PatriciaTrie(STATE_HEIGHT, this.#roots.classes, this.#cache)
    const { declaredClasses, migratedCompiledClasses } = changes
    const compiled = [...new Map([...declaredClasses, ...migratedCompiledClasses])]
    const hashes = poseidon(
      compiled.map(() => CLASS_LEAF_TAG),
      compiled.map(([, compiledClassHash]) => compiledClassHash),
    )
    classes.update(compiled.map(([classHash], i): LeafUpdate => [classHash, valueLeaf(hashes[i]!)]))
    hashTries([classes], poseidon)
    for (const id of classes.superseded) superseded.push(id)
    return classes
  }
}

/** Root over both tries. Before Sierra classes existed it was the contracts' root alone: `bareIfNoClasses`. */
export function stateRoot(
  contractsRoot: bigint,
  classesRoot: bigint,
  bareIfNoClasses = false,
): bigint {
  if (contractsRoot === 0n && classesRoot === 0n) return 0n
  if (classesRoot === 0n && bareIfNoClasses) return contractsRoot
  return poseidonMany([STATE_TAG, contractsRoot, classesRoot])
}
