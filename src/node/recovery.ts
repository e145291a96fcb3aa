/**
 * What a node does at start with what the journal holds beyond the stored chain.
 *
 *     sealed blocks above the store   executed again in their order with their context, sealed, appended
 *     the open block                  executed again as far as it went, stays open
 *     submitted, in no block          back into the mempool, in order
 *
 * Before that, what the journal voided and the store still has is taken back: whoever wrote a rewind may have ended
 * before it was done.
 *
 * So a transaction that was acknowledged is not forgotten, and one that was shown as pre-confirmed keeps its height, its
 * index and its receipt. Executing gives what it gave before: each run's results are compared with their digest.
 */
import {
  type BlockRecord,
  EngineError,
  type OrderingEngine,
  type Term,
} from '../ordering/engine.ts'
import { decodeSubmitted, type Submitted } from '../ordering/submission-codec.ts'
import type { Mempool } from '../starknet/mempool.ts'
import { addressOf, senderOf } from '../starknet/transaction-facts.ts'
import type { ChainStore, StateReader } from '../storage/chain-store.ts'
import { Refusal } from './chain.ts'
import type { PoolTransaction } from './gateway.ts'
import type { Journal } from './journal.ts'
import type { Production } from './production.ts'
import type { Submissions } from './submissions.ts'

export interface RecoveryParts {
  engine: OrderingEngine
  store: ChainStore
  journal: Journal
  mempool: Mempool<PoolTransaction>
  production: Production
  submissions: Submissions
}

export interface Recovered {
  /** Blocks that were made again and stored. */
  blocks: number
  /** Transactions of the open block. */
  open: number
  /** Transactions that are back in the mempool. */
  waiting: number
  /** Transactions that have become invalid. */
  dropped: number
}

/**
 * Takes the lead of the engine over a chain that is stored up to a height. `say` is told when the journal ends before the
 * chain: it was cut or removed, and nobody can say what it held.
 */
export async function takeLead(
  engine: OrderingEngine,
  height: number,
  say: (text: string) => void,
): Promise<Term> {
  const { sealed } = await engine.head()
  if (height > 0 && sealed < height) {
    say(
      `the journal ends ${sealed < 1 ? 'before block 1' : `at block ${sealed}`} and the stored chain at block ${height}: ` +
        'a part of the journal is missing, and what waited in it is lost',
    )
  }
  return engine.campaign(height)
}

/**
 * Takes back what is stored above the height at which the journal ended the chain, if no block was begun since. `say` is
 * told.
 */
export async function finishRewind(
  engine: OrderingEngine,
  store: ChainStore,
  abortStored: (height: number) => Promise<void>,
  say: (text: string) => void,
): Promise<void> {
  const { rewoundTo } = await engine.head()
  const height = store.height()
  if (rewoundTo === null || height <= rewoundTo) return
  if (rewoundTo < store.lowestState()) {
    throw new EngineError(
      `the journal ends the chain at block ${rewoundTo} again, but state is kept from block ${store.lowestState()} on: ` +
        'the folder was pruned before that was done; restore it from a copy',
    )
  }
  await abortStored(rewoundTo)
  store.returnTo(rewoundTo)
  say(`blocks ${rewoundTo + 1} to ${height} were being taken back when this ended; now they are`)
}

/** Brings the chain to where it was announced to be. Nothing else may use it before. */
export async function recover(parts: RecoveryParts): Promise<Recovered> {
  const { engine, store, production } = parts
  let blocks = 0
  let open = 0
  for await (const block of engine.read(store.height() + 1)) {
    remake(parts, block)
    if (block.seal === null) {
      open = production.peek().transactions.length
      continue
    }
    production.sealAgain()
    await production.append(block.init.context.number)
    blocks++
  }
  requireSameEnd((await engine.head()).sealed, store.height())
  return { blocks, open, ...(await readmit(parts)) }
}

/** What recovery did in a sentence, or null for nothing. */
export function recoveryText({ blocks, open, waiting, dropped }: Recovered): string | null {
  if (blocks + open + waiting + dropped === 0) return null
  return (
    `the journal gave back ${blocks} blocks, ${open} transactions of the open block and ` +
    `${waiting} that wait` +
    (dropped === 0 ? '' : `; ${dropped} are no longer valid and were dropped`)
  )
}

/** A journal that is ahead has forgotten blocks, because they were stored; then the next one could not be begun. */
function requireSameEnd(sealed: number, height: number): void {
  if (sealed <= height) return
  throw new EngineError(
    `the journal ends at block ${sealed} and the stored chain at block ${height}: the database is older than the ` +
      'journal; restore both from the same copy',
  )
}

function remake({ production, submissions }: RecoveryParts, block: BlockRecord): void {
  const { context } = block.init
  if (context.number !== production.tip + 1) {
    throw new EngineError(
      `the journal goes on at block ${context.number}, the stored chain ends at ${production.tip}: ` +
        'one of them is not from this data folder or was damaged',
    )
  }
  production.reopen(context, block.chunks.length)
  for (const { transactions, digest } of block.chunks) {
    const run = transactions.map(({ hash, body }) =>
      submissions.restore(hash, decodeSubmitted(body)),
    )
    production.replay(run, digest)
  }
}

/** Brings back what waits; what cannot come in any more is dropped. */
async function readmit(parts: RecoveryParts): Promise<{ waiting: number; dropped: number }> {
  const { engine, store, journal, mempool, production, submissions } = parts
  const state = production.newestState()
  let dropped = 0
  const waiting = (await engine.waiting()).map(({ hash, body }) => ({
    hash,
    submitted: decodeSubmitted(body),
  }))
  const newest = new Map(waiting.map(({ hash, submitted }) => [placeOf(submitted), hash]))
  for (const { hash, submitted } of waiting) {
    const isIncluded =
      production.executed(hash) !== undefined || store.findTransaction(hash) !== null
    const isNewest = newest.get(placeOf(submitted)) === hash
    const isBack = !isIncluded && isNewest && comesIn(submissions, mempool, state, hash, submitted)
    if (isBack) continue
    journal.forget(hash)
    if (!isIncluded) dropped++
  }
  for (const { hash } of mempool.drainDropped()) journal.forget(hash)
  return { waiting: mempool.size, dropped }
}

/**
 * Account and nonce: of two with the same, the later one was admitted when the other was outbid or gone, though the journal
 * may not say so yet.
 */
function placeOf({ transaction }: Submitted): string {
  return `${senderOf(transaction, addressOf(transaction))} ${transaction.nonce}`
}

function comesIn(
  submissions: Submissions,
  mempool: Mempool<PoolTransaction>,
  state: StateReader,
  hash: bigint,
  submitted: Submitted,
): boolean {
  try {
    const item = submissions.restore(hash, submitted)
    const answer = mempool.add(item, state.nonceAt(item.sender))
    if (!answer.admitted) return false
    const { replaced, evicted } = answer
    mempool.release([], replaced === null ? evicted : [replaced, ...evicted])
    return true
  } catch (error) {
    // Its class has another compilation by now.
    if (error instanceof Refusal) return false
    throw error
  }
}
