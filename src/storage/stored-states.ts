/**
 * State at any height, in the database: read through the history of each cell, so a reader is a height, and what it says
 * never changes. Cells of one height, the tip, are kept when they were read (`tip-cache.ts`).
 */

import type { StateDiff } from '../starknet/execution.ts'
import { CLASS_HASH, COMPILED_CLASS_HASH, NONCE, STORAGE } from '../state/location.ts'
import type { StateReader } from './chain-store.ts'
import type { ChainDatabase } from './database.ts'
import { decodeValue, stateKey } from './state-key.ts'
import { TipCache } from './tip-cache.ts'

export class StoredStates {
  readonly #state: ChainDatabase['state']
  readonly #cells = new TipCache()
  #tip: number

  constructor({ state }: ChainDatabase, tip: number) {
    this.#state = state
    this.#tip = tip
  }

  /** The tip goes up by one block, which changed this. */
  advance(stateDiff: StateDiff): void {
    this.#cells.apply(stateDiff)
    this.#tip++
  }

  /** The tip is another one, whatever lies between. */
  jump(tip: number): void {
    this.#cells.clear()
    this.#tip = tip
  }

  /** State after block `number`, which is stored. */
  at(number: number): StateReader {
    const state = this.#state
    const read = (kind: number, address: bigint, key = 0n): bigint => {
      // A reader of what was the tip lives on when there are blocks above.
      const isTip = number === this.#tip
      const known = isTip ? this.#cells.get(kind, address, key) : undefined
      if (known !== undefined) return known
      const value = decodeValue(state.at(stateKey(kind, address, key), number))
      if (isTip) this.#cells.put(kind, address, key, value)
      return value
    }
    return {
      storageAt: (address, key) => read(STORAGE, address, key),
      nonceAt: (address) => read(NONCE, address),
      classHashAt: (address) => read(CLASS_HASH, address),
      compiledClassHashAt: (classHash) => read(COMPILED_CLASS_HASH, classHash),
      lastUpdateOf: (address, key) =>
        state.versionAt(stateKey(STORAGE, address, key), number)?.height ?? null,
    }
  }
}
