/**
 * Seam: what executes runs for block production, and holds the state that they are executed on.
 */
import type { BlockInput, BlockResult, Change } from '../executor/block.ts'

export interface RunEngine {
  executeInParallel(input: BlockInput, advice: { window: number }): Promise<BlockResult>
  executeSequentially(input: BlockInput): BlockResult
  /** Writes to the base state outside of any transaction. */
  load(changes: Change[]): void
  /** What is written from now on belongs to a block of this number. */
  begin(number: number): void
  /** What blocks up to this one wrote can be read from the store. */
  stored(number: number): void
  /** The base state is again what the store has, whose newest block is this. Between runs. */
  returnTo(height: number): void
}
