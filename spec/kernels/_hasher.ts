/**
 * A thread of its own for `threads.ts`: attaches to the memory it is given, hashes a chain and multiplies points.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { CELL_LONGS, readCell, writeCells } from '../../src/felt/cell.ts'
import { attachCrypto, type Crypto } from '../../src/felt/crypto.ts'
import { PEDERSEN_POINTS, type Point } from '../../src/felt/curve.ts'
import { pedersen, poseidon, useCrypto } from '../../src/felt/hash.ts'

export interface Work {
  memory: WebAssembly.Memory
  thread: number
  start: bigint
  count: number
}

/** A chain of hashes, and every 50th link a point by the memo that threads share. */
export function chain(crypto: Crypto, start: bigint, count: number): bigint {
  useCrypto(crypto)
  const [p, q] = PEDERSEN_POINTS as [Point, Point]
  const { cells, scratch } = crypto
  let hash = start
  for (let i = 0; i < count; i++) {
    hash = poseidon(pedersen(hash, BigInt(i)), hash)
    if (i % 50 !== 0) continue
    // Few multipliers: threads ask for what the others have just computed.
    for (let m = 0n; m < 8n; m++) {
      writeCells(cells, scratch >> 3, [p.x, p.y, q.x, q.y, BigInt(i) + m])
      crypto.ecOp(scratch, scratch + 5 * 32, 0)
      hash ^= readCell(cells, (scratch >> 3) + 5 * CELL_LONGS) >> 8n
    }
  }
  return hash
}

if (parentPort !== null) {
  const { memory, thread, start, count } = workerData as Work
  parentPort.postMessage(chain(attachCrypto(memory, thread), start, count))
}
