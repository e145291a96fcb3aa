/**
 * The state of the chain on another thread: any stored height, and the newest state with what is not stored yet.
 *
 *     main: store, sealed blocks, open block ──▶ StateFeed ── news, with each request ──▶ mirror ──▶ a state to run on
 *
 * Stored heights it reads from the database, through a snapshot of its own, or from a history that it was told. What is
 * not stored lies above as layers.
 *
 * Invariant: the state of a request is the one that the chain had when the request was sent, for news come with requests
 * only, and what was stored since lies above the height that is read.
 */

import type { StateDiff } from '../starknet/execution.ts'
import { emptyStateDiff } from '../starknet/state-diff.ts'
import { storedHeight } from '../storage/chain-records.ts'
import type { StateReader } from '../storage/chain-store.ts'
import type { ChainDatabase } from '../storage/database.ts'
import { StateHistory } from '../storage/state-history.ts'
import { StoredStates } from '../storage/stored-states.ts'
import { putOver } from './draft.ts'
import { LayeredState } from './layered-state.ts'
import type { StateId } from './request.ts'
import type { StateNews } from './state-feed.ts'

/** Where the states of stored blocks come from. */
interface StoredBlocks {
  /** Notes what happened to stored blocks; `layers` are those before the news. */
  take(news: StateNews, layers: ReadonlyMap<number, StateDiff>): void
  /** Null: the block is not there. */
  at(height: number): StateReader | null
  /** Gives back what was held for one request. */
  release(): void
}

export class StateMirror {
  readonly #stored: StoredBlocks
  #layers = new Map<number, StateDiff>()
  #height = -1

  /** Null: the mirror has no database, and is told what blocks changed. */
  constructor(database: ChainDatabase | null) {
    this.#stored = database === null ? inMemory() : inDatabase(database)
  }

  /** Brings the mirror up to date. */
  take(news: StateNews): void {
    this.#stored.take(news, this.#layers)
    const layers = new Map<number, StateDiff>()
    for (const { id, parts } of news.pending) {
      const layer = this.#layers.get(id) ?? emptyStateDiff()
      for (const part of parts) putOver(layer, part)
      layers.set(id, layer)
    }
    this.#layers = layers
    this.#height = news.height
  }

  /** The state, until `release`; null when its block is not there. */
  state(at: StateId): StateReader | null {
    if (at !== 'pre_confirmed') return this.#stored.at(at)
    const base = this.#stored.at(this.#height)
    if (base === null || this.#layers.size === 0) return base
    const layers = [...this.#layers.values()]
    return new LayeredState(layers, base, this.#height + layers.length)
  }

  release(): void {
    this.#stored.release()
  }
}

function inDatabase(database: ChainDatabase): StoredBlocks {
  const states = new StoredStates(database, -1)
  let tip = -1
  return {
    take({ height, stored }, layers) {
      if (stored === null) states.jump(height)
      else for (const id of stored) states.advance(layers.get(id)!)
      tip = height
    },
    at(height) {
      // lmdb holds on to a snapshot until the thread returns to its event loop, and it may hold one already.
      database.root.resetReadTxn()
      return height <= Math.min(tip, storedHeight(database)) ? states.at(height) : null
    },
    release: () => database.root.resetReadTxn(),
  }
}

function inMemory(): StoredBlocks {
  const history = new StateHistory()
  let tip = -1
  return {
    take(news) {
      const { returnTo, blocks } = news.history!
      if (returnTo < tip) history.returnTo(returnTo)
      for (const { number, stateDiff } of blocks) history.record(number, stateDiff)
      tip = news.height
    },
    at: (height) => (height <= tip ? history.at(height) : null),
    release: () => {},
  }
}
