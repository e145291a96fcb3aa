/**
 * The journal: how much it takes, and how long who is acknowledged waits. Bodies are those of signed transfers.
 *
 *     throughput   as many batches in flight as intake has, as fast as they are written
 *     alone        one transaction, nothing else: the journal's sync, and the whole way through a chain
 *     under load   a batch among others
 */
import { join } from 'node:path'
import { chainId, chainOptions } from '../spec/node/_options.ts'
import { signedTransfer } from '../spec/node/_signed.ts'
import { createChain } from '../src/main.ts'
import { predeployedAccounts } from '../src/node/accounts.ts'
import type { OrderingEngine, Submission } from '../src/ordering/engine.ts'
import { openJournalFolder } from '../src/ordering/files.ts'
import { openLogEngine } from '../src/ordering/log.ts'
import { encodeSubmitted } from '../src/ordering/submission-codec.ts'
import { quantile } from './_figures.ts'
import { row, type StateRow } from './_state-rows.ts'

const accounts = predeployedAccounts(1, 2)
/** Transactions of a batch: what intake checks in its time slice. */
const BATCH = 100
const IN_FLIGHT = 16
const BATCHES = 400
const LONE = 60

export async function journal(folder: string): Promise<StateRow[]> {
  const transaction = signedTransfer(accounts[0]!, 0n, accounts[1]!.address, 1n, chainId)
  const body = encodeSubmitted({ transaction, declared: null })
  const engine = await openLogEngine(await openJournalFolder(join(folder, 'journal')))
  await engine.campaign(0)
  let serial = 0n
  const batchOf = (count: number): Submission[] =>
    Array.from({ length: count }, () => ({ hash: (1n << 250n) + serial++, body }))
  const alone = await sequentially(LONE, () => engine.submit(batchOf(1)))
  const startMs = performance.now()
  const loaded = await underLoad(engine, batchOf)
  const seconds = (performance.now() - startMs) / 1000
  await engine.close()
  const encodings = await sequentially(2000, () => encodeSubmitted({ transaction, declared: null }))
  const count = BATCH * BATCHES
  return [
    row('journal throughput', count / seconds, 'transactions/s'),
    row('journal throughput, bytes', (count * body.length) / seconds / 1e6, 'MB/s'),
    row('a transfer as bytes of the journal', body.length, 'bytes'),
    row('encoding of a transfer', quantile(encodings, 0.5) * 1000, 'µs'),
    row('acknowledgement latency, journal, alone', quantile(alone, 0.5), 'ms'),
    row('acknowledgement latency, journal, alone, p99', quantile(alone, 0.99), 'ms'),
    row('acknowledgement latency, journal, batch under load', quantile(loaded, 0.5), 'ms'),
    row('acknowledgement latency, journal, batch under load, p99', quantile(loaded, 0.99), 'ms'),
    ...(await throughChain(join(folder, 'chain'))),
  ]
}

/** A lone transfer after another, from its arrival at the chain to its acknowledgement. */
async function throughChain(dataDir: string): Promise<StateRow[]> {
  const chain = await createChain(
    chainOptions({
      seed: 1,
      accounts: accounts.length,
      blockGeneration: { mode: 'auto' },
      workers: 1,
      startTime: null,
      dataDir,
    }),
  )
  const transfers = Array.from({ length: LONE }, (_, nonce) =>
    signedTransfer(accounts[0]!, BigInt(nonce), accounts[1]!.address, 1n, chainId),
  )
  const latencies = await sequentially(LONE, () => chain.submit(transfers.shift()!, null))
  await chain.stop()
  return [
    row('acknowledgement latency, chain, lone transfer', quantile(latencies, 0.5), 'ms'),
    row('acknowledgement latency, chain, lone transfer, p99', quantile(latencies, 0.99), 'ms'),
  ]
}

/** Times of batches, each from its submission until it is written, in ms. */
async function underLoad(
  engine: OrderingEngine,
  batchOf: (count: number) => Submission[],
): Promise<number[]> {
  const times: number[] = []
  let left = BATCHES
  const client = async () => {
    while (left-- > 0) {
      const startMs = performance.now()
      await engine.submit(batchOf(BATCH))
      times.push(performance.now() - startMs)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, client))
  return times
}

async function sequentially(count: number, work: () => unknown): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const startMs = performance.now()
    await work()
    times.push(performance.now() - startMs)
  }
  return times
}
