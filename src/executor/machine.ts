/**
 * Seam: what the engine asks of a virtual machine, and what a virtual machine may ask of the engine.
 *
 * The engine knows neither Cairo nor Starknet. A virtual machine (Starknet, the synthetic ledger, the ghost) is a pure
 * function of the transaction, the block's constants and what `read` returned: no clock, no randomness. Transactions,
 * constants and results are words whose meaning only the virtual machine knows. All offsets are word offsets into
 * `view.words`. Everything is synchronous; the hot path allocates nothing.
 */

/** Returned by `View.read` when the value is not known yet: return BLOCKED at once, through every frame. */
export const UNREADABLE = -1

/** Outcomes of `VirtualMachine.execute`. */
/** Writes count, and so does the result. */
export const COMPLETED = 0
/** A read was UNREADABLE, or `stopped()` was true: nothing counts, the incarnation will run again. */
export const BLOCKED = 1
/** The transaction has no place in the block: its reads are validated, its writes dropped, its result kept. */
export const REJECTED = 2

/** What one incarnation sees: its own writes, then mvmemory below txIndex, then the base state. */
export interface View {
  readonly words: Int32Array
  /** Word offset and length of the encoded transaction. */
  readonly transaction: number
  readonly transactionWords: number
  /** Word offset of the block's constants. */
  readonly constants: number
  /** The location of a 16-word key (src/state/location.ts layout), which is copied; stable within a block. */
  intern(source: Int32Array, offset: number): number
  /**
   * Word offset of the 8-word cell that this incarnation sees at the location, or UNREADABLE. Valid until the location is
   * written again.
   */
  read(location: number): number
  /** Sets the location to the 8 words at `source[offset]`; the last write of an incarnation counts. */
  write(location: number, source: Int32Array, offset: number): void
  /**
   * Adds the felt at `source[offset]` (below 2^128) to the 256-bit number whose low and high 128 bits are at the two
   * locations, without reading it. It counts when the transaction ends: own reads do not see it, own writes go below
   * it. The values before and after are handed to `finish` when they are final. One pair of locations per transaction.
   */
  add(low: number, high: number, source: Int32Array, offset: number): void
  /** True when the block was stopped: give up. Poll at syscalls and every few thousand steps. */
  stopped(): boolean
  /** Reserves `count` words for this incarnation's result and returns their offset; one call per incarnation. */
  result(count: number): number
}

export interface VirtualMachine {
  /**
   * Gets ready for transactions that will start soon, here or on another thread; their encodings are at the first `count`
   * of the offsets into `words`. It may fill memos, nothing that a result depends on.
   */
  prepare?(words: Int32Array, transactions: Int32Array, count: number): void
  /** Runs one incarnation: COMPLETED, BLOCKED or REJECTED. An exception is a fault: it counts only if the reads hold. */
  execute(txIndex: number, view: View): number
  /**
   * Completes the result of a committed transaction that called `add`. `delta` is the offset of four cells: low before,
   * high before, low after, high after.
   */
  finish(words: Int32Array, result: number, delta: number): void
  /** Takes a message published to all executors (a program image, say) before the next block starts. */
  accept(message: unknown): void
}
