/**
 * Why transactions were left out of blocks lately. The protocol forgets them; whoever waits for one should learn it.
 */
import { LRUCache } from 'lru-cache'
import { decodeOutcome } from '../starknet/decode-outcome.ts'

/** Rejections that are kept, of a few kilobytes each. */
const LIMIT = 1024

export class Rejections {
  readonly #kept = new LRUCache<bigint, { words: Int32Array | null }>({ max: LIMIT })

  /** Notes the outcome of a transaction, as words; null: no executor could run it. */
  note(hash: bigint, words: Int32Array | null): void {
    // A copy: what it is a view of is large.
    this.#kept.set(hash, { words: words?.slice() ?? null })
  }

  /** Why a transaction was left out, or null. */
  reasonOf(hash: bigint): string | null {
    const rejection = this.#kept.get(hash)
    if (rejection === undefined) return null
    if (rejection.words === null) return 'no executor can run it, which is a bug of the sequencer'
    return decodeOutcome(rejection.words).reason ?? 'no reason was given'
  }
}
