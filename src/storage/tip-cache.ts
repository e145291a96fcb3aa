/**
 * Cells of the newest state that were read lately. Admission reads the same few cells of every transaction (balances of
 * the fee token, classes of accounts), and a look into the database costs ten times a look in here.
 *
 * Invariant: what it holds is the state after the noted tip: a new block's diff is applied to it, an abort empties it.
 */
import type { StateDiff } from '../starknet/execution.ts'
import { CLASS_HASH, COMPILED_CLASS_HASH, NONCE, STORAGE } from '../state/location.ts'

/** Cells that are kept, about 200 bytes each; when they are more, all are dropped. */
const KEPT_CELLS = 50_000

export class TipCache {
  /** By kind, then address; storage by key, other kinds under key 0. */
  readonly #kinds = [STORAGE, NONCE, CLASS_HASH, COMPILED_CLASS_HASH].map(
    () => new Map<bigint, Map<bigint, bigint>>(),
  )
  #count = 0

  get(kind: number, address: bigint, key: bigint): bigint | undefined {
    return this.#kinds[kind]!.get(address)?.get(key)
  }

  put(kind: number, address: bigint, key: bigint, value: bigint): void {
    if (this.#count >= KEPT_CELLS) this.clear()
    let cells = this.#kinds[kind]!.get(address)
    if (cells === undefined) this.#kinds[kind]!.set(address, (cells = new Map()))
    if (!cells.has(key)) this.#count++
    cells.set(key, value)
  }

  /** Goes on to the state after a block. */
  apply(diff: StateDiff): void {
    for (const [address, cells] of diff.storage) {
      const known = this.#kinds[STORAGE]!.get(address)
      if (known === undefined) continue
      for (const [key, value] of cells) if (known.has(key)) known.set(key, value)
    }
    const renew = (kind: number, map: ReadonlyMap<bigint, bigint>) => {
      for (const [address, value] of map) this.#kinds[kind]!.get(address)?.set(0n, value)
    }
    renew(NONCE, diff.nonces)
    renew(CLASS_HASH, diff.deployedContracts)
    renew(CLASS_HASH, diff.replacedClasses)
    renew(COMPILED_CLASS_HASH, diff.declaredClasses)
    renew(COMPILED_CLASS_HASH, diff.migratedCompiledClasses)
  }

  clear(): void {
    for (const kind of this.#kinds) kind.clear()
    this.#count = 0
  }
}
