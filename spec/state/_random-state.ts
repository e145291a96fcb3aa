/**
 * Random diffs over a small state, and what is in the state after them: plain maps, one copy per height.
 *
 * Keys come in families that share long beginnings, so that edges are parted and collapse often; a third of all writes
 * sets something back to 0.
 */
import { Random } from '../../src/lab/random.ts'
import type { TrieChanges } from '../../src/state/state-root.ts'

export interface PlainState {
  storage: Map<bigint, Map<bigint, bigint>>
  nonces: Map<bigint, bigint>
  classHashes: Map<bigint, bigint>
  classes: Map<bigint, bigint>
}

export const noState: PlainState = {
  storage: new Map(),
  nonces: new Map(),
  classHashes: new Map(),
  classes: new Map(),
}

export class RandomState {
  readonly random: Random
  readonly #families: bigint[]

  constructor(seed: number) {
    this.random = new Random(seed)
    this.#families = [0n, 2n ** 251n - 64n, this.#wide(), this.#wide()]
  }

  /** A key that others are near to: of contracts, cells and classes. */
  key(): bigint {
    const family = this.random.pick(this.#families)
    const distance = BigInt(this.random.below(8)) << BigInt(this.random.pick([0, 0, 3, 64, 200]))
    return (family ^ distance) % 2n ** 251n
  }

  /** A diff of up to `most` changes of each sort. */
  diff(most: number): TrieChanges {
    const storage = new Map<bigint, Map<bigint, bigint>>()
    for (let left = this.random.below(most + 1); left > 0; left--) {
      storage.set(this.key(), this.#pairs(most))
    }
    return {
      storage,
      nonces: this.#pairs(most),
      deployedContracts: this.#pairs(most),
      replacedClasses: new Map(),
      declaredClasses: this.#pairs(most >> 1, 1),
      migratedCompiledClasses: this.#pairs(most >> 1, 1),
    }
  }

  #pairs(most: number, least = 0): Map<bigint, bigint> {
    const pairs = new Map<bigint, bigint>()
    for (let left = this.random.below(most + 1); left > 0; left--) {
      const value = this.random.oneIn(3) ? 0n : BigInt(1 + this.random.below(1 << 20))
      pairs.set(this.key(), value + BigInt(least))
    }
    return pairs
  }

  #wide(): bigint {
    let wide = 0n
    for (let i = 0; i < 8; i++) wide = (wide << 32n) | BigInt(this.random.word() >>> 0)
    return wide % 2n ** 251n
  }
}

/** The state after a diff; the one before is left as it is. */
export function after(before: PlainState, diff: TrieChanges): PlainState {
  const storage = new Map(before.storage)
  for (const [address, cells] of diff.storage) {
    storage.set(address, merged(storage.get(address) ?? new Map(), cells))
  }
  return {
    storage,
    nonces: merged(before.nonces, diff.nonces),
    classHashes: merged(before.classHashes, diff.deployedContracts, diff.replacedClasses),
    classes: merged(before.classes, diff.declaredClasses, diff.migratedCompiledClasses),
  }
}

function merged(...maps: ReadonlyMap<bigint, bigint>[]): Map<bigint, bigint> {
  const all = new Map(maps.flatMap((map) => [...map]))
  for (const [key, value] of all) if (value === 0n) all.delete(key)
  return all
}
