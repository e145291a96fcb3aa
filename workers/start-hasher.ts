/**
 * Starts the hasher's thread and speaks with it. A dead worker never answers, so every call is raced against its end.
 */
import { Worker } from 'node:worker_threads'
import { wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { BlockHeader } from '../src/starknet/block.ts'
import type { SealedBlock } from '../src/starknet/sealed-block.ts'
import type { Hasher, HasherBirth } from './hasher.ts'

export interface RunningHasher {
  /** Header of the next block, in height order. */
  headerOf(sealed: SealedBlock): Promise<BlockHeader>
  stop(): Promise<void>
}

/** The entry has the extension of this file: `.ts` where sources run, `.js` in `dist`. */
const entry = new URL(
  `./hasher${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
)

/** Starts the hasher as thread `index` of the kernels' shared memory. */
export function startHasher(crypto: WebAssembly.Memory, index: number): RunningHasher {
  const birth: HasherBirth = { crypto, index }
  const thread = new Worker(entry, { workerData: birth })
  const remote = wrap<Hasher>(nodeEndpoint(thread))
  const death = new Promise<never>((_, reject) => {
    thread.once('error', reject)
    thread.once('exit', (code) => reject(new Error(`the hasher ended with code ${code}`)))
  })
  // Nobody may be waiting when it ends.
  death.catch(() => {})
  return {
    headerOf: (sealed) => Promise.race([remote.headerOf(sealed), death]),
    stop: async () => {
      await thread.terminate()
    },
  }
}
