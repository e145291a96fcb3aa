/**
 * A thread of its own for `threads.ts`: attaches to the memory it is given and hashes a chain.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { attachCrypto } from '../../src/felt/crypto.ts'
import { pedersen, poseidon, useCrypto } from '../../src/felt/hash.ts'

const { memory, thread, start, count } = workerData as {
  memory: WebAssembly.Memory
  thread: number
  start: bigint
  count: number
}
useCrypto(attachCrypto(memory, thread))
let hash = start
for (let i = 0; i < count; i++) hash = poseidon(pedersen(hash, BigInt(i)), hash)
parentPort!.postMessage(hash)
