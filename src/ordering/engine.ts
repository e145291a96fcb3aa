/**
 * Seam: the ordering engine holds what was promised. Nothing is told to a user before the engine has written it: an
 * admitted batch, the context of a block, the order of what a run executed, the seal.
 *
 *     submit ──▶ begin ──▶ extend, extend, … ──▶ seal ──▶ (block is stored) ──▶ compact
 *                  ▲                                              │
 *                  └── (stored blocks are taken back) ◀── rewind ─┘
 *
 * `rewind` decides a reorganisation: when it is written the chain ends at that height, though the store may still be
 * longer. Blocks above it, the open one too, are void, and the transactions that they included are gone; what waited
 * goes on waiting. Until the next `begin` the head says where it went back to, so that whoever starts next can take back
 * what is stored above; nothing may be begun before that is done.
 *
 * Two implementations: `memory.ts` survives nothing, `log.ts` survives the end of the process and a power cut.
 *
 * Invariants: `begin` opens the height above the head; `extend` takes the next index of the open block only; `seal` moves
 * the head, `rewind` moves it back. A write of another term than the newest changes nothing. What resolved to 'written'
 * or 'already' is read back after any restart, in the same order, without what became void.
 */
import type { BlockContext } from '../starknet/block-context.ts'

/** Who may write: grows by one each time an engine is led anew. */
export type Term = number

/**
 * `already`: the same bytes were there, so a retry is harmless. `fenced`: this write is not next, or someone else leads;
 * nothing was changed.
 */
export type Written = 'written' | 'already' | 'fenced'

/** A transaction as it was admitted: opaque bytes, found again by its hash. */
export interface Submission {
  hash: bigint
  body: Uint8Array
}

/** What is fixed before a block's first transaction. */
export interface BlockInit {
  context: BlockContext
}

/** What one run added to the open block. */
export interface Chunk {
  height: number
  /** Position in its block, from 0. */
  index: number
  /** Transactions that the block includes, in order. */
  included: readonly bigint[]
  /** Transactions that were admitted and will never be in a block. */
  dropped: readonly bigint[]
  /** Digest of what the included ones did, to compare when they are executed again. */
  digest: number
}

export interface Seal {
  height: number
  /** Transactions of the block. */
  count: number
  /** Why it was closed. */
  reason: string
}

/** A chunk as it is read: with its transactions. */
export interface ReadChunk {
  transactions: Submission[]
  digest: number
}

/** A block as it is read; `seal` is null for the open one. */
export interface BlockRecord {
  init: BlockInit
  chunks: ReadChunk[]
  seal: Seal | null
}

export interface Head {
  term: Term
  /** Height of the newest sealed block. */
  sealed: number
  /** Height of the open block, or null. */
  open: number | null
  /** Where the chain was made to end again, if no block was begun since; what is stored above it is void. */
  rewoundTo: number | null
}

export interface OrderingEngine {
  /**
   * Takes the lead, over a chain whose newest stored block has this height: all blocks up to it count as sealed. Resolves
   * to the new term.
   */
  campaign(height: number): Promise<Term>
  /** This process is about to stop: writes that find no room are refused from now on, instead of waiting. */
  resign(): void
  /** Keeps admitted transactions; rejects with `OutOfRoomError` when there is no room now. */
  submit(batch: readonly Submission[]): Promise<Written>
  /** The next three wait when there is no room, and reject only when the engine cannot go on. */
  begin(term: Term, init: BlockInit): Promise<Written>
  extend(term: Term, chunk: Chunk): Promise<Written>
  seal(term: Term, seal: Seal): Promise<Written>
  /** Voids everything above a height, open or sealed; there must be something. Waits as the three before. */
  rewind(term: Term, height: number): Promise<Written>
  head(): Promise<Head>
  /** Blocks from a height on: sealed ones, then the open one as far as it goes. */
  read(from: number): AsyncIterable<BlockRecord>
  /** What was submitted and is neither in a block nor dropped, in order of submission. */
  waiting(): Promise<Submission[]>
  /** Forgets blocks below a height and what only they needed. */
  compact(below: number): Promise<void>
  /** Ends after what was written; later writes are refused. */
  close(): Promise<void>
}

/** There is no room to write now; what was to be written is not kept, and the engine goes on. */
export class OutOfRoomError extends Error {
  override name = 'OutOfRoomError'
}

/** The engine cannot go on. The message is one sentence for the operator. */
export class EngineError extends Error {
  override name = 'EngineError'
}
