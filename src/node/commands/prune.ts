/**
 * `fugue prune`: drops state, tries and proofs of old heights; blocks, receipts and events stay.
 */
import { turn } from '../../shared/turn.ts'
import { lowestState } from '../../storage/chain-records.ts'
import { KEPT_HEIGHTS } from '../../storage/chain-writer.ts'
import { UsageError } from '../usage-error.ts'
import { changeStoredChain } from './stored-chain.ts'

/** Drops what no height from `below` on needs. */
export async function prune(
  dataDir: string,
  below: number,
  say: (line: string) => void,
): Promise<void> {
  await changeStoredChain(dataDir, say, async ({ database, store, writer }) => {
    const height = store.height()
    if (below > height) {
      throw new UsageError(`there is no block ${below}, the newest is ${height}`)
    }
    const before = lowestState(database)
    // Signals arrive between two parts, and the lock is touched.
    while (!writer.pruneBelow(below)) await turn()
    const now = lowestState(database)
    if (now === before) say(`nothing to drop: state is kept from block ${before} on`)
    else say(`state, tries and proofs are kept from block ${now} on, before from ${before} on`)
    if (now < below) say(`the newest ${KEPT_HEIGHTS} are never dropped`)
  })
}
