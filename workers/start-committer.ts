/**
 * Starts the committer's thread and speaks with it. A dead worker never answers, so every call is raced against its end.
 * Errors cross threads as copies that have a name and no class: those that others tell apart get theirs back here.
 */
import { Worker } from 'node:worker_threads'
import { wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { BlockHeader } from '../src/starknet/block.ts'
import type { SealedBlock } from '../src/starknet/sealed-block.ts'
import type { StoredClass } from '../src/storage/chain-store.ts'
import { DamagedError } from '../src/storage/checksum.ts'
import { WriteError } from '../src/storage/write-error.ts'
import type { Committer, CommitterBirth } from './committer.ts'
import { entryOf } from './entry.ts'

export interface RunningCommitter {
  /** Stores the next block, in height order; its header, after the sync. */
  commit(sealed: SealedBlock, classes: StoredClass[]): Promise<BlockHeader>
  /** Takes back all blocks above a height. */
  abortAbove(height: number): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts the committer as thread `index` of the kernels' shared memory. It goes on after the newest block of the database
 * in `file`; with null it starts before genesis and stores nothing.
 */
export function startCommitter(
  crypto: WebAssembly.Memory,
  index: number,
  file: string | null,
): RunningCommitter {
  const birth: CommitterBirth = { crypto, index, file }
  const thread = new Worker(entryOf('committer'), { workerData: birth })
  const remote = wrap<Committer>(nodeEndpoint(thread))
  const death = new Promise<never>((_, reject) => {
    thread.once('error', reject)
    thread.once('exit', (code) => reject(new Error(`the committer ended with code ${code}`)))
  })
  // Nobody may be waiting when it ends.
  death.catch(() => {})
  const answerOf = <T>(call: Promise<T>): Promise<T> =>
    Promise.race([call, death]).catch((error: Error) => {
      throw withClass(error)
    })
  return {
    commit: (sealed, classes) => answerOf(remote.commit(sealed, classes)),
    abortAbove: (height) => answerOf(remote.abortAbove(height)),
    stop: async () => {
      await Promise.race([remote.close(), death.catch(() => {})])
      await thread.terminate()
    },
  }
}

function withClass(error: Error): Error {
  const known = [DamagedError, WriteError].find(({ name }) => name === error.name)
  return known === undefined ? error : new known(error.message)
}
