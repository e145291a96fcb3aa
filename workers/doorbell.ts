/**
 * The doorbell: three shared words between a pool and its workers, apart from the memory, which may be replaced.
 *
 *     word  name     meaning
 *     0     CALL     number of the block x 64 + workers that take part; workers sleep on it between blocks
 *     1     NEWS     rises whenever a worker has left a block or died; main waits on it
 *     2     CLOSING  1 when workers shall end
 *
 * Number and count share a word, so that nobody joins a block by the count of the next.
 */
import type { MessagePort } from 'node:worker_threads'
import type { WarmBlock } from './warm-up.ts'

export const CALL = 0
export const NEWS = 1
export const CLOSING = 2
export const DOORBELL_WORDS = 3

const ACTIVE_BITS = 6

/** Workers of a pool at most. */
export const MOST_WORKERS = (1 << ACTIVE_BITS) - 1

/** The word that calls `active` workers to the block after the one of `call`. */
export function nextCall(call: number, active: number): number {
  return ((((call >>> ACTIVE_BITS) + 1) << ACTIVE_BITS) | active) & 0x7fffffff
}

/** How many workers a call is for: those of index 1 to this. */
export function activeOf(call: number): number {
  return call & MOST_WORKERS
}

/**
 * What main sends to a worker's port, which the worker empties before each block, and when a call is for nobody: that one
 * only says that there is mail.
 */
export type PortMessage = { memory: Int32Array } | { published: unknown } | { warm: WarmBlock }

/** What a worker is born with. */
export interface WorkerBirth {
  index: number
  doorbell: Int32Array
  port: MessagePort
}
