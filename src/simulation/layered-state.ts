/**
 * State of a block that is not stored yet: diffs of sealed blocks and of the open one, over the newest stored state.
 *
 * A layer that is also stored already says the same as the store, so it does not matter when a layer is taken away.
 */
import type { StateDiff } from '../starknet/execution.ts'
import type { StateReader } from '../storage/chain-store.ts'

export class LayeredState implements StateReader {
  readonly #layers: readonly StateDiff[]
  readonly #base: StateReader
  readonly #height: number

  /** `layers`: oldest first; `height`: the number of the block that the newest layer belongs to. */
  constructor(layers: readonly StateDiff[], base: StateReader, height: number) {
    this.#layers = layers.toReversed()
    this.#base = base
    this.#height = height
  }

  storageAt(contractAddress: bigint, key: bigint): bigint {
    const value = this.#find((layer) => layer.storage.get(contractAddress)?.get(key))
    return value ?? this.#base.storageAt(contractAddress, key)
  }

  nonceAt(contractAddress: bigint): bigint {
    const value = this.#find((layer) => layer.nonces.get(contractAddress))
    return value ?? this.#base.nonceAt(contractAddress)
  }

  classHashAt(contractAddress: bigint): bigint {
    const value = this.#find(
      (layer) =>
        layer.replacedClasses.get(contractAddress) ?? layer.deployedContracts.get(contractAddress),
    )
    return value ?? this.#base.classHashAt(contractAddress)
  }

  compiledClassHashAt(classHash: bigint): bigint {
    const value = this.#find(
      (layer) =>
        layer.migratedCompiledClasses.get(classHash) ?? layer.declaredClasses.get(classHash),
    )
    return value ?? this.#base.compiledClassHashAt(classHash)
  }

  lastUpdateOf(contractAddress: bigint, key: bigint): number | null {
    const place = this.#layers.findIndex((layer) => layer.storage.get(contractAddress)?.has(key))
    return place >= 0 ? this.#height - place : this.#base.lastUpdateOf(contractAddress, key)
  }

  /** The newest layer's word, undefined where no layer speaks. */
  #find(read: (layer: StateDiff) => bigint | undefined): bigint | undefined {
    for (const layer of this.#layers) {
      const value = read(layer)
      if (value !== undefined) return value
    }
    return undefined
  }
}
