/**
 * Seam: what goes into the engine for one run over a list of transactions, and what comes out.
 *
 * `executeBlock()` (parallel) and `executeSequentially()` (the oracle) take the same input and give equal results in
 * everything but `statistics`. Both leave the base state at the end of the block's last committed transaction.
 */

export interface BlockInput {
  /** Opaque words for the virtual machine: number, time, prices, versions. */
  constants: Int32Array
  /** One encoded transaction each, opaque to the engine. */
  transactions: Int32Array[]
}

/** One location whose value differs from the one before the block. */
export interface Change {
  /** 16 words, src/state/location.ts. */
  key: Int32Array
  /** 8 words each, tagged cells. */
  before: Int32Array
  after: Int32Array
}

export interface BlockResult {
  /** COMPLETED or REJECTED of each transaction. */
  outcomes: Uint8Array
  /** What the virtual machine wrote as each transaction's result, copied out of shared memory, finished. */
  results: Int32Array[]
  /** Net changes of the block, in no particular order. */
  changes: Change[]
  statistics: BlockStatistics
}

/** Counters of one block; times in microseconds. */
export interface BlockStatistics {
  executor: 'parallel' | 'sequential'
  workers: number
  window: number
  transactions: number
  /** Starts of all incarnations, also those that blocked. */
  executions: number
  blocked: number
  validations: number
  aborts: number
  usefulMicros: number
  wastedMicros: number
  totalMicros: number
  /** Why a parallel run was thrown away and done sequentially, or null. */
  fallback: string | null
  /** Locations with the most failed validations, hottest first: key words and count. */
  hot: { key: Int32Array; aborts: number }[]
}
