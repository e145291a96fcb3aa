/**
 * The tries of a chain in memory, with all their heights: what a store without a disk needs to prove.
 */
import { NodeCache } from '../state/node-cache.ts'
import { MemoryNodeStore } from '../state/node-store.ts'
import { type ProofRequest, proveState, type StateProof } from '../state/proof.ts'
import { StateCommitter, type TrieChanges } from '../state/state-root.ts'

export class ProvableTries {
  readonly #nodes = new MemoryNodeStore()
  readonly #cache = new NodeCache(this.#nodes)
  readonly #committer = new StateCommitter(this.#nodes)

  /** Height of the last block that was applied, -1 before genesis. */
  get height(): number {
    return this.#committer.height
  }

  apply(changes: TrieChanges): void {
    this.#committer.apply(changes)
  }

  prove(height: number, request: ProofRequest): StateProof {
    return proveState(this.#cache, height, request)
  }
}
