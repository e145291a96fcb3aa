/**
 * `fugue abort`: takes back all blocks above a height of a chain that no node uses. The journal decides, so a command that
 * was interrupted is finished by the next one, or by the next start of the node.
 */
import { EngineError } from '../../ordering/engine.ts'
import { finishRewind, takeLead } from '../recovery.ts'
import { UsageError } from '../usage-error.ts'
import { type ChangedChain, changeStoredChain } from './stored-chain.ts'

/** Takes back what is above; refuses where there is nothing, and where the state of that height was pruned. */
export async function abort(
  dataDir: string,
  above: number,
  say: (line: string) => void,
): Promise<void> {
  await changeStoredChain(dataDir, say, (chain) => abortAbove(chain, above, say))
}

async function abortAbove(
  { store, writer, engine }: ChangedChain,
  above: number,
  say: (line: string) => void,
): Promise<void> {
  const { sealed, open } = await engine.head()
  const newest = Math.max(store.height(), open ?? sealed)
  const lowest = store.lowestState()
  if (above >= newest) {
    throw new UsageError(`there is no block above ${above}, the newest is ${newest}`)
  }
  if (above < lowest) {
    throw new UsageError(
      `the state of block ${above} was pruned; blocks can be taken back down to ${lowest}`,
    )
  }
  const term = await takeLead(engine, store.height(), say)
  if ((await engine.rewind(term, above)) === 'fenced') {
    throw new EngineError('another process writes to the journal of this chain')
  }
  const abortStored = async (height: number) => writer.abortAbove(height)
  await finishRewind(engine, store, abortStored, () => {})
  say(`blocks ${above + 1} to ${newest} are gone, the chain ends at block ${above}`)
  say('their transactions may be sent again; what waited for a block still waits')
}
