/**
 * The tries of blocks of 500 transfers on disk: the root on one core, the write that keeps it (without waiting for the
 * disk), a proof, bytes. Times of roots and writes are processor time of the whole process, collector included.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { P } from '../src/felt/felt.ts'
import { NodeCache } from '../src/state/node-cache.ts'
import { oneByOne } from '../src/state/patricia.ts'
import { proveState } from '../src/state/proof.ts'
import { type CommitterOptions, StateCommitter } from '../src/state/state-root.ts'
import { openDatabase } from '../src/storage/database.ts'
import { median } from './_figures.ts'
import { TransferChain } from './_state-chain.ts'
import { row, type StateRow } from './_state-rows.ts'

const TRANSFERS = 500
const BLOCKS = 30
const FACTORS = [P / 3n, P / 7n] as const
/** Blocks before the first that counts. */
const WARM = 5
/** Accounts deployed in one block. */
const GENESIS_BATCH = 20_000

export async function tries(folder: string, accounts: number): Promise<StateRow[]> {
  const path = join(folder, 'chain.mdb')
  const database = openDatabase(path)
  let committer = new StateCommitter(database.tries, -1, quickHashes)
  const chain = new TransferChain(accounts)
  const rootMs: number[] = []
  const writeMs: number[] = []
  const commit = (diff: ReturnType<TransferChain['transfers']>) => {
    const start = processorMs()
    const update = committer.prepare(diff)
    const hashed = processorMs()
    database.root.transactionSync(() => database.tries.write(update.batch))
    const written = processorMs()
    committer.accept(update)
    return { root: hashed - start, write: written - hashed }
  }
  for (let from = 0; from < accounts; from += GENESIS_BATCH) {
    commit(chain.genesis(from, Math.min(from + GENESIS_BATCH, accounts)))
  }
  committer = new StateCommitter(database.tries, committer.height)
  const before = statSync(path).size
  for (let block = 0; block < BLOCKS + WARM; block++) {
    const { root, write } = commit(chain.transfers(TRANSFERS))
    if (block < WARM) continue
    rootMs.push(root)
    writeMs.push(write)
  }
  const bytes = (statSync(path).size - before) / (TRANSFERS * (BLOCKS + WARM))
  const provenMs = Array.from({ length: 100 }, (_, i) => {
    const height = committer.height - (i % BLOCKS)
    const contracts = [chain.account(i * 97), BigInt(i)]
    const start = performance.now()
    proveState(new NodeCache(database.tries, 1000), height, { classes: [], contracts, storage: [] })
    return performance.now() - start
  })
  await database.close()
  const name = (what: string) => `${what}, ${accounts} accounts`
  return [
    row(name(`root of ${TRANSFERS} transfers`), median(rootMs), 'ms'),
    row(name(`trie write of ${TRANSFERS} transfers`), median(writeMs), 'ms'),
    row(name('trie bytes of a transfer'), bytes, 'bytes'),
    row(name('proof of two contracts, cold'), median(provenMs), 'ms'),
  ]
}

/** What is below an update is never hashed again, so accounts may be deployed with a hash that costs nothing. */
export const quickHashes: Partial<CommitterOptions> = { pedersen: oneByOne(quickHash) }

/** Another felt for each pair, as good as never twice the same. */
function quickHash(left: bigint, right: bigint): bigint {
  return BigInt.asUintN(250, (left + 1n) * FACTORS[0] + (right + 1n) * FACTORS[1])
}

/** Time of this process on processors, which other processes do not lengthen. */
function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
