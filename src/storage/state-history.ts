/**
 * State at any height, in memory: the history of every cell, from the diffs of blocks.
 *
 * A reader is a height and a look into the histories, so it costs nothing to keep one, and recording a block does not
 * change what it says.
 */
import type { StateDiff } from '../starknet/execution.ts'
import type { StateReader } from './chain-store.ts'
import { Histories } from './history.ts'

export class StateHistory {
  readonly #storage = new Map<bigint, Histories>()
  readonly #nonces = new Histories()
  readonly #classHashes = new Histories()
  readonly #compiledClassHashes = new Histories()

  /** Records what a block changed; heights rise. */
  record(number: number, stateDiff: StateDiff): void {
    for (const [address, cells] of stateDiff.storage) {
      let histories = this.#storage.get(address)
      if (histories === undefined) this.#storage.set(address, (histories = new Histories()))
      for (const [key, value] of cells) histories.record(key, number, value)
    }
    for (const [address, nonce] of stateDiff.nonces) this.#nonces.record(address, number, nonce)
    for (const classes of [stateDiff.deployedContracts, stateDiff.replacedClasses]) {
      for (const [address, classHash] of classes) {
        this.#classHashes.record(address, number, classHash)
      }
    }
    for (const compiled of [stateDiff.declaredClasses, stateDiff.migratedCompiledClasses]) {
      for (const [classHash, compiledClassHash] of compiled) {
        this.#compiledClassHashes.record(classHash, number, compiledClassHash)
      }
    }
  }

  /** Forgets what was recorded above a height. */
  returnTo(height: number): void {
    const cells = [this.#nonces, this.#classHashes, this.#compiledClassHashes]
    for (const histories of [...cells, ...this.#storage.values()]) histories.returnTo(height)
  }

  /** State after block `number`. */
  at(number: number): StateReader {
    return {
      storageAt: (address, key) => this.#storage.get(address)?.at(key, number) ?? 0n,
      nonceAt: (address) => this.#nonces.at(address, number),
      classHashAt: (address) => this.#classHashes.at(address, number),
      compiledClassHashAt: (classHash) => this.#compiledClassHashes.at(classHash, number),
      lastUpdateOf: (address, key) => this.#storage.get(address)?.lastUpdate(key, number) ?? null,
    }
  }
}
