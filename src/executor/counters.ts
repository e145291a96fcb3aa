/**
 * The words of a worker: 32 each, written by the worker alone, read by the committer and by main.
 *
 *     word  name        meaning
 *     0     LEFT        call of the block that the worker left last (workers/doorbell.ts)
 *     1     HEARTBEAT   rises at every task and every poll of a virtual machine
 *     2     TOUCHED     list of locations that got their first record from this worker: location + 1, or 0
 *     3     FAILURE     why the worker stopped the block, an index of `failures`
 *     4     LEASE       txIndex + 1 while the worker runs a transaction, else 0
 *     5-10              statistics of the block
 */
export const LEFT = 0
export const HEARTBEAT = 1
export const TOUCHED = 2
export const FAILURE = 3
export const LEASE = 4
export const EXECUTIONS = 5
export const BLOCKS = 6
export const VALIDATIONS = 7
export const ABORTED = 8
export const USEFUL_MICROS = 9
export const WASTED_MICROS = 10

/** The words from TOUCHED up to this are cleared for a block. */
export const CLEARED_TO = WASTED_MICROS + 1

/** Why a worker stopped a block. */
export const failures = [
  '',
  'memory full',
  'fault',
  'too many aborts',
  'failed check',
  'old snapshot of the stored state',
  'unreadable state',
] as const
export const MEMORY_FULL = 1
export const FAULTED = 2
export const ABORTS_EXCEEDED = 3
export const FAILED_CHECK = 4
export const OLD_SNAPSHOT = 5
export const UNREADABLE = 6
