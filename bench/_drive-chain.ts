/**
 * Drives a running chain: block after block of so many transfers, each block closed when all of them are executed, the next
 * one submitted at once. So the chain is never without work, and order waits only when commit is too far behind.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { lagLimit } from '../actors/ordering.ts'
import type { RunningChain } from '../src/main.ts'
import type { OpenAccounts } from './_open-accounts.ts'

export interface Driven {
  /** From the first submission until the last block was stored. */
  totalMs: number
  /** Blocks that were stored. */
  blocks: number
  /** Of the whole time, how long order waited because commit was as far behind as it may be. */
  waitedMs: number
}

export interface Drive {
  blocks: number
  /** Of each block. */
  transfers: number
  /** A block is not begun before so long after the one before. */
  everyMs?: number
  /** No block is begun after so long. */
  mostMs?: number
  /** Between two blocks, with the number of those that are sealed. */
  between?(sealed: number): Promise<void> | void
}

/** How often it looks how far a block is. */
const POLL_MS = 1

/** The chain must close blocks on demand, and have nothing else to do. */
export async function drive(
  chain: RunningChain,
  accounts: OpenAccounts,
  { blocks, transfers, everyMs = 0, mostMs = Number.POSITIVE_INFINITY, between = () => {} }: Drive,
): Promise<Driven> {
  const first = chain.store.height() + 1
  const startMs = performance.now()
  let waitedMs = 0
  let newest: Promise<unknown> = Promise.resolve()
  let sealed = 0
  for (; sealed < blocks && performance.now() - startMs < mostMs; sealed++) {
    await sleep(Math.max(0, startMs + sealed * everyMs - performance.now()))
    const number = first + sealed
    const acknowledged = accounts
      .transfers(transfers)
      .map((transaction) => chain.submit(transaction, null))
    for (let lastMs = performance.now(); ; ) {
      const { context, transactions } = chain.pending().at(-1)!
      const isAhead = context.number === number && number - 1 - chain.store.height() >= lagLimit
      if (context.number === number && transactions.length === transfers) break
      await sleep(POLL_MS)
      const nowMs = performance.now()
      if (isAhead) waitedMs += nowMs - lastMs
      lastMs = nowMs
    }
    await Promise.all(acknowledged)
    newest = chain.createBlock()
    await between(sealed + 1)
  }
  await newest
  return { totalMs: performance.now() - startMs, waitedMs, blocks: sealed }
}
