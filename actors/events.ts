/**
 * The words that actors say to each other. Facts are `noun.pastParticiple`, commands `noun.verb`; all are small plain
 * data, one per batch, run or block, never one per transaction.
 *
 * A *batch* is what intake admits at once. A *run* is a list of ordered transactions that executors take in one piece;
 * a block consists of one or more runs.
 */

/** Submissions wait for admission. */
export type TransactionsArrived = { type: 'transactions.arrived' }

/** A batch passed admission and is in the mempool. */
export type BatchAdmitted = { type: 'batch.admitted'; count: number }

/** A run has its final order and may be executed. */
export type RunOrdered = { type: 'run.ordered'; size: number }

/** A run is executed: its transactions are final in their block. */
export type RunExecuted = { type: 'run.executed'; included: number; report: RunReport }

/** A block's transactions are complete; commit may hash and append it. */
export type BlockSealed = { type: 'block.sealed'; number: number; reason: CloseReason }

/** A block is in the chain. */
export type BlockAppended = { type: 'block.appended'; number: number }

/** Close the open block as soon as the run in flight is done, empty or not. */
export type BlockClose = { type: 'block.close' }

/** Take back all blocks above a height, the open one too, once nothing is in flight. */
export type BlocksAbort = { type: 'blocks.abort'; height: number }

/** The chain ends at a height again. */
export type BlocksAborted = { type: 'blocks.aborted'; height: number }

/** How the next runs should be executed. */
export type AdviceGiven = { type: 'advice.given'; advice: Advice }

/** Finish what is in flight, take nothing more. */
export type SequencerStop = { type: 'sequencer.stop' }

/** A stage met a bug and cannot go on. */
export type StageBroken = { type: 'stage.broken'; stage: string; message: string }

export type CloseReason = 'idle' | 'full' | 'deadline' | 'demand' | 'single' | 'stop'

/** What a run cost, as `conflicts` judges it. Times in microseconds. */
export interface RunReport {
  executor: 'parallel' | 'sequential'
  transactions: number
  executions: number
  aborts: number
  usefulMicros: number
  wastedMicros: number
  /** Why the parallel executor gave up, or null. */
  fallback: string | null
}

/** Speed only: no advice changes a result. */
export interface Advice {
  mode: 'parallel' | 'sequential'
  /** Runs shorter than this are executed sequentially. */
  sequentialBelow: number
  /** How far executors may speculate ahead of the committed prefix. */
  window: number
}
