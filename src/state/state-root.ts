/**
 * The tries of the state, in memory, and the root over them.
 *
 *     contracts   Pedersen   address ─▶ h(h(h(class hash, storage root), nonce), 0)
 *     storage     Pedersen   key ─▶ value, one trie per contract
 *     classes     Poseidon   class hash ─▶ h('CONTRACT_CLASS_LEAF_V0', compiled class hash)
 *
 * A block's diff goes in, the root comes out; all storage tries of a block are hashed together.
 *
 * Invariant: a contract has a leaf iff its class hash, nonce or storage root is not 0.
 */
import { encodeShortString } from '../felt/felt.ts'
import { poseidonMany } from '../felt/hash.ts'
import { pedersenPairs, poseidonPairs } from './hash-pairs.ts'
import { type HashPairs, hashTries, PatriciaTrie } from './patricia.ts'

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

interface ContractLeaf {
  classHash: bigint
  nonce: bigint
  storage: PatriciaTrie
}

export class StateCommitter {
  readonly contracts = new PatriciaTrie(STATE_HEIGHT)
  readonly classes = new PatriciaTrie(STATE_HEIGHT)
  readonly #leaves = new Map<bigint, ContractLeaf>()
  readonly #pedersen: HashPairs
  readonly #poseidon: HashPairs

  constructor(pedersen: HashPairs = pedersenPairs, poseidon: HashPairs = poseidonPairs) {
    this.#pedersen = pedersen
    this.#poseidon = poseidon
  }

  /** Root of the state so far. */
  get root(): bigint {
    return stateRoot(this.contracts.root, this.classes.root)
  }

  /** Storage trie of a contract, if it was ever touched. */
  storageOf(address: bigint): PatriciaTrie | null {
    return this.#leaves.get(address)?.storage ?? null
  }

  /** Applies a diff and returns the new root. */
  apply(changes: TrieChanges): bigint {
    this.#applyContracts(changes)
    this.#applyClasses(changes)
    return this.root
  }

  #applyContracts(changes: TrieChanges): void {
    const touched = new Map<bigint, ContractLeaf>()
    for (const [address, cells] of changes.storage) {
      const { storage } = this.#touch(address, touched)
      for (const [key, value] of cells) storage.set(key, value)
    }
    for (const [address, nonce] of changes.nonces) this.#touch(address, touched).nonce = nonce
    for (const classes of [changes.deployedContracts, changes.replacedClasses]) {
      for (const [address, classHash] of classes)
        this.#touch(address, touched).classHash = classHash
    }
    hashTries(
      [...touched.values()].map((leaf) => leaf.storage),
      this.#pedersen,
    )
    const hashes = this.#leafHashes([...touched.values()])
    let index = 0
    for (const address of touched.keys()) this.contracts.set(address, hashes[index++]!)
    hashTries([this.contracts], this.#pedersen)
  }

  #touch(address: bigint, touched: Map<bigint, ContractLeaf>): ContractLeaf {
    let leaf = this.#leaves.get(address)
    if (leaf === undefined) {
      leaf = { classHash: 0n, nonce: 0n, storage: new PatriciaTrie(STATE_HEIGHT) }
      this.#leaves.set(address, leaf)
    }
    touched.set(address, leaf)
    return leaf
  }

  #leafHashes(leaves: ContractLeaf[]): bigint[] {
    const zeros = leaves.map(() => 0n)
    const withStorage = this.#pedersen(
      leaves.map((leaf) => leaf.classHash),
      leaves.map((leaf) => leaf.storage.root),
    )
    const withNonce = this.#pedersen(
      withStorage,
      leaves.map((leaf) => leaf.nonce),
    )
    return this.#pedersen(withNonce, zeros).map((hash, i) => (isEmpty(leaves[i]!) ? 0n : hash))
  }

  #applyClasses(changes: TrieChanges): void {
    const compiled = [...changes.declaredClasses, ...changes.migratedCompiledClasses]
    const hashes = this.#poseidon(
      compiled.map(() => CLASS_LEAF_TAG),
      compiled.map(([, compiledClassHash]) => compiledClassHash),
    )
    compiled.forEach(([classHash], i) => {
      this.classes.set(classHash, hashes[i]!)
    })
    hashTries([this.classes], this.#poseidon)
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

function isEmpty({ classHash, nonce, storage }: ContractLeaf): boolean {
  return classHash === 0n && nonce === 0n && storage.isEmpty
}
