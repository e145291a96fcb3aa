/**
 * Tells one mirror of the state (`state-mirror.ts`) what has changed since it was told last.
 *
 * Blocks that are not stored yet are told by parts, one for each run and for the block's own writes; each part crosses
 * once. Of stored blocks a mirror in front of the database needs the height only, one without is told their diffs.
 *
 * Nothing has to be reported to a feed: it compares what there is with what it told, by identity. What was stored
 * meanwhile is what was pending before, unless blocks were taken back: then another one may have its number.
 */
import type { Block } from '../starknet/block.ts'
import type { StateDiff } from '../starknet/execution.ts'
import type { ChainStore } from '../storage/chain-store.ts'

/** A block that is not stored yet. */
export interface PendingBlock {
  /** Its changes so far: of the block's own first writes, of each run, of its last writes. Grows. */
  readonly parts: readonly StateDiff[]
}

/** What a feed looks at. */
export interface FedState {
  readonly store: ChainStore
  /** Sealed blocks that are not stored, oldest first, then the open one. */
  pending(): readonly PendingBlock[]
  /** How often blocks were taken back. */
  aborts(): number
}

/** What a mirror has to know to be as new as the chain. */
export interface StateNews {
  /** Of the newest stored block. */
  height: number
  /** Pending blocks that the mirror had in whole and that are stored now, oldest first; null: do not ask which. */
  stored: number[] | null
  /** Pending blocks, oldest first: by what name the mirror knows them, and the parts that are new to it. */
  pending: { id: number; parts: StateDiff[] }[]
  /** For mirrors without a database: forget blocks above this height, then note these. */
  history: { returnTo: number; blocks: { number: number; stateDiff: StateDiff }[] } | null
}

interface Told {
  block: PendingBlock
  id: number
  parts: number
}

export class StateFeed {
  readonly #state: FedState
  readonly #tellsBlocks: boolean
  #pending: Told[] = []
  #nextId = 0
  #height = -1
  #aborts = 0
  /** Stored blocks by height, for mirrors that are told them. */
  readonly #blocks: Block[] = []

  /** `tellsBlocks`: the mirror has no database. */
  constructor(state: FedState, tellsBlocks: boolean) {
    this.#state = state
    this.#tellsBlocks = tellsBlocks
  }

  /** What the mirror does not know yet, or null. */
  news(): StateNews | null {
    const height = this.#state.store.height()
    const aborts = this.#state.aborts()
    const pending = this.#state.pending()
    const isSame = height === this.#height && aborts === this.#aborts
    if (isSame && this.#isTold(pending)) return null
    const told = pending.map((block): Told => {
      const known = this.#pending.find((each) => each.block === block)
      return known ?? { block, id: this.#nextId++, parts: 0 }
    })
    const news: StateNews = {
      height,
      stored: aborts === this.#aborts ? this.#storedSince(height) : null,
      pending: told.map(({ block, id, parts }) => ({ id, parts: block.parts.slice(parts) })),
      history: this.#tellsBlocks ? this.#history(height) : null,
    }
    for (const each of told) each.parts = each.block.parts.length
    this.#pending = told
    this.#height = height
    this.#aborts = aborts
    return news
  }

  #isTold(pending: readonly PendingBlock[]): boolean {
    return (
      pending.length === this.#pending.length &&
      this.#pending.every(
        ({ block, parts }, index) => block === pending[index] && block.parts.length === parts,
      )
    )
  }

  /** Names of the blocks between the height that was told and this one, if the mirror had all of them whole. */
  #storedSince(height: number): number[] | null {
    const count = height - this.#height
    if (count > this.#pending.length) return null
    const stored = this.#pending.slice(0, count)
    const isWhole = stored.every(({ block, parts }) => block.parts.length === parts)
    return isWhole ? stored.map(({ id }) => id) : null
  }

  #history(height: number): StateNews['history'] {
    const { store } = this.#state
    const known = this.#blocks
    while (known.length > 0 && store.blockByNumber(known.length - 1) !== known.at(-1)) known.pop()
    const returnTo = known.length - 1
    while (known.length <= height) known.push(store.blockByNumber(known.length)!)
    const blocks = known.slice(returnTo + 1)
    return {
      returnTo,
      blocks: blocks.map(({ header, stateDiff }) => ({ number: header.number, stateDiff })),
    }
  }
}
