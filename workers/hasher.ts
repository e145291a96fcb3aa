/**
 * The hasher's thread: keeps the tries of the state and turns sealed blocks into headers, in height order.
 *
 * It works off the executors' path: while block N is hashed, block N + 1 is executed.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { attachCrypto } from '../src/felt/crypto.ts'
import { useCrypto } from '../src/felt/hash.ts'
import { headerOf, type SealedBlock } from '../src/starknet/sealed-block.ts'
import { MemoryNodeStore } from '../src/state/node-store.ts'
import { StateCommitter } from '../src/state/state-root.ts'

/** What a hasher is born with: the kernels' memory, shared by all threads, and its thread in it. */
export interface HasherBirth {
  crypto: WebAssembly.Memory
  index: number
}

const { crypto, index } = workerData as HasherBirth
useCrypto(attachCrypto(crypto, index))
const nodes = new MemoryNodeStore()
const committer = new StateCommitter(nodes)

const hasher = {
  /** Header of the next block; its parent's state is the one of the call before. */
  headerOf: (sealed: SealedBlock) => {
    const root = committer.apply(sealed.stateDiff)
    nodes.pruneBelow(committer.height)
    return headerOf(sealed, root)
  },
}

export type Hasher = typeof hasher

expose(hasher, nodeEndpoint(parentPort!))
