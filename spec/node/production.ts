/**
 * Block production when things go wrong: runs of which nothing is included, runs that fail halfway, transactions that no
 * executor can run, transactions that wait too long. The engine here is a stand-in that does as it is told.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BlockInput, BlockResult } from '../../src/executor/block.ts'
import { idleStatistics } from '../../src/executor/changes.ts'
import { TransactionFault } from '../../src/executor/fault.ts'
import { COMPLETED, REJECTED } from '../../src/executor/machine.ts'
import type { PoolTransaction } from '../../src/node/gateway.ts'
import { genesis } from '../../src/node/genesis.ts'
import { Journal } from '../../src/node/journal.ts'
import { Production } from '../../src/node/production.ts'
import { MemoryEngine } from '../../src/ordering/memory.ts'
import { defaultMempoolLimits, Mempool } from '../../src/starknet/mempool.ts'
import { emptyStateDiff } from '../../src/starknet/state-diff.ts'
import type { Transaction } from '../../src/starknet/transaction.ts'
import { createMemoryStore } from '../../src/storage/memory-store.ts'

/** A production over an empty chain, its mempool, and knobs. */
function setUp() {
  const knobs = {
    nowMs: 0,
    /** What the engine says to each transaction, by its first encoded word; COMPLETED by default. */
    outcomes: new Map<number, number>(),
    faulty: new Set<number>(),
    runs: 0,
  }
  const { context } = genesis({
    seed: 1,
    accounts: 1,
    initialBalance: 1n,
    chainId: 1n,
    blockGeneration: { mode: 'auto' },
    casmDirs: [],
    workers: 0,
    startTime: 0,
    gasPrice: 1n,
    dataDir: null,
  })
  const store = createMemoryStore()
  const counts = { transactionCount: 0, eventCount: 0, stateDiffLength: 0 }
  const hashes = { blockHash: 1n, parentHash: 0n, newRoot: 0n, transactionCommitment: 0n }
  const commitments = { eventCommitment: 0n, receiptCommitment: 0n, stateDiffCommitment: 0n }
  const header = { ...context, ...counts, ...hashes, ...commitments }
  store.append({ header, transactions: [], stateDiff: emptyStateDiff() }, [])
  const mempool = new Mempool<PoolTransaction>()
  const execute = ({ transactions }: BlockInput): BlockResult => {
    knobs.runs++
    const at = transactions.findIndex((words) => knobs.faulty.has(words[0]!))
    if (at >= 0) throw new TransactionFault(at, 'a bug')
    return {
      outcomes: Uint8Array.from(
        transactions,
        (words) => knobs.outcomes.get(words[0]!) ?? COMPLETED,
      ),
      results: transactions.map((words) => words),
      changes: [],
      statistics: idleStatistics('sequential', transactions.length),
    }
  }
  const faults: bigint[] = []
  const engine = new MemoryEngine()
  void engine.campaign(0)
  const production = new Production({
    store,
    mempool,
    journal: new Journal(engine, 1, assert.unreachable),
    engine: {
      executeInParallel: async (input) => execute(input),
      executeSequentially: execute,
      load: () => {},
      begin: () => {},
      stored: () => {},
      returnTo: () => {},
    },
    commit: ({ context: { timestamp } }) => Promise.reject(new Error(`time ${timestamp}`)),
    abortStored: async () => {},
    contextOf: (number) => ({ ...context, number, timestamp: Math.floor(knobs.nowMs / 1000) }),
    nowMs: () => knobs.nowMs,
    faulted: (hash) => faults.push(hash),
  })
  const add = (hash: number, sender = hash, nonce = 0) => {
    const item: PoolTransaction = {
      hash: BigInt(hash),
      sender: BigInt(sender),
      nonce: BigInt(nonce),
      tip: 0n,
      maxL2Price: 1n,
      sizeBytes: 10,
      arrivedMs: knobs.nowMs,
      transaction: {} as Transaction,
      contractAddress: null,
      encoded: Int32Array.of(hash),
      declared: null,
    }
    assert.ok(mempool.add(item, 0n).admitted)
  }
  return { production, mempool, knobs, faults, add }
}

test('a block in which nothing was executed yet takes the time of its first run', async () => {
  const { production, knobs, add } = setUp()
  add(1)
  knobs.outcomes.set(1, REJECTED)
  production.take(9)
  assert.is((await production.executeInParallel({ window: 1 })).included, 0)
  knobs.nowMs = 3_600_000
  add(2)
  production.take(9)
  assert.is((await production.executeInParallel({ window: 1 })).included, 1)
  assert.is(production.peek().context.timestamp, 3600)
  knobs.nowMs = 7_200_000
  add(3)
  production.take(9)
  await production.executeSequentially()
  assert.is(production.peek().context.timestamp, 3600)
})

test('an empty block takes the time at which it is sealed', async () => {
  const { production, knobs, add } = setUp()
  add(1)
  knobs.outcomes.set(1, REJECTED)
  production.take(9)
  await production.executeSequentially()
  knobs.nowMs = 3_600_000
  const { number } = production.seal('idle')
  assert.match(String(await production.append(number).catch((error: Error) => error)), 'time 3600')
})

test('an empty block of the journal keeps its time when it is made again', async () => {
  const { production, knobs } = setUp()
  const { context } = production.peek()
  knobs.nowMs = 3_600_000
  production.reopen({ ...context, timestamp: 5 }, 0)
  production.sealAgain()
  const told = await production.append(1).catch((error: Error) => error)
  assert.match(String(told), /time 5$/)
})

test('a run that fails after it was executed is not executed again', async () => {
  const { production, mempool, knobs, add } = setUp()
  add(1)
  production.take(9)
  mempool.settle = () => {
    throw new Error('the books are wrong')
  }
  const failure = await production.executeInParallel({ window: 1 }).catch((error: Error) => error)
  assert.match(String(failure), 'the books are wrong')
  const again = await production.executeSequentially().catch((error: Error) => error)
  assert.match(String(again), 'executed already')
  assert.is(knobs.runs, 1)
})

test('a transaction that no executor can run is left out, and told; the others are included', async () => {
  const { production, mempool, knobs, faults, add } = setUp()
  for (const hash of [1, 2, 3, 4]) add(hash)
  for (const hash of [2, 4]) knobs.faulty.add(hash)
  production.take(9)
  const failure = await production.executeInParallel({ window: 1 }).catch((error: Error) => error)
  assert.instance(failure, TransactionFault)
  assert.is((await production.executeSequentially()).included, 2)
  assert.equal([...faults].sort(), [2n, 4n])
  const included = production.peek().transactions.map(({ hash }) => hash)
  assert.equal(included.sort(), [1n, 3n])
  assert.is(mempool.size, 0)
})

test('who waits for a transaction is told when it waited too long', async () => {
  const { production, mempool, knobs, add } = setUp()
  add(1, 1, 1)
  let isTold = false
  const told = production.whenExecuted(1n).then(() => {
    isTold = true
  })
  knobs.nowMs = defaultMempoolLimits.timeToLiveMs + 1
  add(2)
  assert.is(mempool.get(1n), undefined)
  production.take(9)
  await Promise.race([told, new Promise((resolve) => setImmediate(resolve))])
  assert.ok(isTold)
})

test.run()
