/**
 * `fugue verify`: executes stored blocks again and says the first thing that does not come out as it is stored.
 */
import { turn } from '../../shared/turn.ts'
import { lowestState, readBlock } from '../../storage/chain-records.ts'
import { UsageError } from '../usage-error.ts'
import { lookAtStoredChain, type StoredChain } from './stored-chain.ts'
import { Verifier } from './verifier.ts'

export interface VerifyRequest {
  dataDir: string
  /** The first and the last block; null: as many as there are. */
  from: number | null
  to: number | null
}

/** How often progress is told. */
const TELL_MS = 2000

/** Returns the exit code: 0 if every block is what it should be, else 1. `say` prints a line. */
export async function verify(
  { dataDir, from, to }: VerifyRequest,
  say: (line: string) => void,
  tellMs = TELL_MS,
): Promise<number> {
  return await lookAtStoredChain(dataDir, say, (chain) => {
    const range = rangeOf(chain, from, to)
    return verifyBlocks(chain, range, say, tellMs)
  })
}

interface Range {
  first: number
  last: number
}

function rangeOf({ store }: StoredChain, from: number | null, to: number | null): Range {
  const height = store.height()
  const lowest = store.lowestState() === 0 ? 0 : store.lowestState() + 1
  if (height < 0) throw new UsageError('there is no block yet')
  const first = from ?? Math.min(lowest, height)
  const last = to ?? height
  const highest = Math.max(first, to ?? 0)
  if (highest > height) {
    throw new UsageError(`there is no block ${highest}, the newest is ${height}`)
  }
  if (first > last) throw new UsageError(`block ${first} is not before block ${last}`)
  if (first < lowest) {
    throw new UsageError(
      `the state before block ${first} is no longer kept; the first block that can be verified is ${lowest}`,
    )
  }
  return { first, last }
}

async function verifyBlocks(
  chain: StoredChain,
  { first, last }: Range,
  say: (line: string) => void,
  tellMs: number,
): Promise<number> {
  const startMs = performance.now()
  const end = chain.store.blockByNumber(last)!.header.blockHash
  const verifier = new Verifier(chain)
  let toldMs = startMs
  let transactions = 0
  for (let number = first; number <= last; number++) {
    const wrong = verifier.check(number)
    if (wrong !== null) {
      say(wrong)
      return 1
    }
    transactions += chain.store.blockByNumber(number)!.header.transactionCount
    const nowMs = performance.now()
    if (nowMs - toldMs > tellMs && number < last) {
      toldMs = nowMs
      say(progress(number, { first, last }, transactions, nowMs - startMs))
      // Signals arrive between two turns.
      await turn()
      requireUnchanged(chain, number, last, end)
    }
  }
  const seconds = (performance.now() - startMs) / 1000
  say(
    `blocks ${first} to ${last} with ${transactions} transactions are right (${seconds.toFixed(1)} s)`,
  )
  return 0
}

/** Takes a new snapshot: a node may have taken back the last block meanwhile, or pruned the state after block `number`. */
function requireUnchanged(
  { database }: StoredChain,
  number: number,
  last: number,
  end: bigint,
): void {
  database.root.resetReadTxn()
  if (readBlock(database, last)?.header.blockHash === end && lowestState(database) <= number) return
  throw new UsageError(`the chain was changed when block ${number} had been verified; start anew`)
}

/** How far it is, how fast, and how long it will take. */
function progress(
  number: number,
  { first, last }: Range,
  transactions: number,
  elapsedMs: number,
): string {
  const done = number - first + 1
  const seconds = elapsedMs / 1000
  const left = ((last - number) * seconds) / done
  const rate = `${perSecond(done, seconds)} blocks/s, ${perSecond(transactions, seconds)} tx/s`
  return `block ${number} of ${last}: ${rate}, about ${Math.ceil(left)} s left`
}

function perSecond(count: number, seconds: number): string {
  const rate = count / seconds
  return rate < 10 ? rate.toFixed(1) : `${Math.round(rate)}`
}
