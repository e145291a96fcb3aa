/**
 * The tries by their definition: recursive, top down over sorted leaves, nothing kept.
 */
import type { PlainState } from './_random-state.ts'

export type PairHash = (left: bigint, right: bigint) => bigint

const PRIME = 2n ** 251n + 17n * 2n ** 192n + 1n
const CLASS_LEAF = BigInt(`0x${Buffer.from('CONTRACT_CLASS_LEAF_V0').toString('hex')}`)

/** Root over leaves; those of value 0 are none. */
export function plainRoot(
  height: number,
  leaves: ReadonlyMap<bigint, bigint>,
  hash: PairHash,
): bigint {
  const sorted = [...leaves].filter(([, value]) => value !== 0n)
  sorted.sort(([a], [b]) => (a < b ? -1 : 1))
  return rootOf(sorted, 0, sorted.length, height, hash)
}

/** Both roots of a state. */
export function plainRoots(state: PlainState, pedersen: PairHash, poseidon: PairHash) {
  const { storage, nonces, classHashes, classes } = state
  const contracts = new Map<bigint, bigint>()
  for (const address of new Set([...storage.keys(), ...nonces.keys(), ...classHashes.keys()])) {
    const storageRoot = plainRoot(251, storage.get(address) ?? new Map(), pedersen)
    const [classHash, nonce] = [classHashes.get(address) ?? 0n, nonces.get(address) ?? 0n]
    if (classHash === 0n && nonce === 0n && storageRoot === 0n) continue
    contracts.set(address, pedersen(pedersen(pedersen(classHash, storageRoot), nonce), 0n))
  }
  const leaves = new Map([...classes].map(([key, value]) => [key, poseidon(CLASS_LEAF, value)]))
  return {
    contracts: plainRoot(251, contracts, pedersen),
    classes: plainRoot(251, leaves, poseidon),
  }
}

function rootOf(
  leaves: [bigint, bigint][],
  from: number,
  to: number,
  height: number,
  hash: PairHash,
): bigint {
  if (from === to) return 0n
  const [first, value] = leaves[from]!
  if (height === 0) return value
  const below = differingBits(first ^ leaves[to - 1]![0], height)
  if (below < height) {
    const length = BigInt(height - below)
    const path = (first >> BigInt(below)) & ((1n << length) - 1n)
    return (hash(rootOf(leaves, from, to, below, hash), path) + length) % PRIME
  }
  let middle = from
  while (((leaves[middle]![0] >> BigInt(height - 1)) & 1n) === 0n) middle++
  const left = rootOf(leaves, from, middle, height - 1, hash)
  return hash(left, rootOf(leaves, middle, to, height - 1, hash))
}

/** Bits from the highest one that is set, of the lowest `height`. */
function differingBits(value: bigint, height: number): number {
  const low = value & ((1n << BigInt(height)) - 1n)
  return low === 0n ? 0 : low.toString(2).length
}
