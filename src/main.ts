/**
 * The composition root: puts the actors, the executors, the committer and the store together into one `Chain`.
 *
 *     border ──▶ Submissions ──▶ Mempool ──▶ Production ──▶ ChainStore
 *                     ▲             ▲             ▲
 *                  intake       ordering   execution, conflicts, commit
 *
 * The only file of `src/` that knows actors and workers. It starts nothing when it is imported.
 */
import { existsSync } from 'node:fs'
import { createActor, fromPromise, waitFor } from 'xstate'
import { commit } from '../actors/commit.ts'
import type { Advice, CloseReason } from '../actors/events.ts'
import { type ExecutedRun, execution } from '../actors/execution.ts'
import { type BatchOutcome, intake } from '../actors/intake.ts'
import { ordering } from '../actors/ordering.ts'
import { sequencer } from '../actors/sequencer.ts'
import type { MachineKind } from '../workers/machines.ts'
import type { Pool } from '../workers/pool.ts'
import { Simulators } from '../workers/simulators.ts'
import { type RunningCommitter, startCommitter } from '../workers/start-committer.ts'
import type { BlockResult } from './executor/block.ts'
import { attachCrypto, createCryptoMemory } from './felt/crypto.ts'
import { useCrypto } from './felt/hash.ts'
import { type Executors, emptyState, startExecutors } from './main/executors.ts'
import { CasmRegistry } from './node/casm-registry.ts'
import { refusal } from './node/errors.ts'
import type { PoolTransaction } from './node/gateway.ts'
import { genesis } from './node/genesis.ts'
import { Journal } from './node/journal.ts'
import { LiveChain } from './node/live-chain.ts'
import type { ChainOptions } from './node/options.ts'
import { Production } from './node/production.ts'
import { finishRewind, recover, recoveryText, takeLead } from './node/recovery.ts'
import { requireSameChain, startRefusal } from './node/start-refusal.ts'
import { Submissions } from './node/submissions.ts'
import type { OrderingEngine } from './ordering/engine.ts'
import { openJournalFolder } from './ordering/files.ts'
import { openLogEngine } from './ordering/log.ts'
import { MemoryEngine } from './ordering/memory.ts'
import { turn } from './shared/turn.ts'
import type { Ask } from './simulation/request.ts'
import type { Block } from './starknet/block.ts'
import { type BlockContext, blockContextOf } from './starknet/block-context.ts'
import { encodeBlockContext } from './starknet/encoded-block-context.ts'
import { newSecret } from './starknet/machine.ts'
import { Mempool } from './starknet/mempool.ts'
import { changesOfStateDiff } from './starknet/state-diff.ts'
import { CasmFolder } from './storage/casm-folder.ts'
import type { ChainStore } from './storage/chain-store.ts'
import { openStorage, type Storage } from './storage/storage.ts'

/** Transactions of a block, and of one run, at most. */
const BLOCK_LIMIT = 2000
const RUN_LIMIT = 1000
/** Admission gives way to other work of the main thread after so long. */
const BATCH_MS = 15
/** How long a block may be sealed before it is appended when the sequencer stops. */
const STOP_MS = 60_000

/** A chain that runs, until it is stopped or breaks. */
export interface RunningChain extends LiveChain {
  /** Resolves to what went wrong when a bug of ours ended the sequencer; stays pending otherwise. */
  readonly broken: Promise<string>
  /** The executors' threads; null when the chain executes sequentially. */
  readonly pool: Pool | null
  /** Threads that validate, call, simulate and estimate. */
  readonly simulators: Simulators
  /** Finishes the run in flight, appends what is sealed, ends all threads. */
  stop(): Promise<void>
}

/** Tells what the chain does; for logs. */
export interface ChainEvents {
  blockAppended?(block: Block): void
  /** The chain ends at a height again. */
  blocksAborted?(height: number): void
}

/**
 * Starts a chain from genesis, or goes on where its data folder ends. `engine` takes the place of the journal that the
 * folder has, or of the one in memory.
 */
export async function createChain(
  options: ChainOptions,
  events: ChainEvents = {},
  parts: { engine?: OrderingEngine } = {},
): Promise<RunningChain> {
  const storage = await openStorage(options.dataDir)
  const opened: (() => Promise<unknown>)[] = [() => storage.close()]
  try {
    return await startChain(options, events, parts.engine ?? null, storage, opened)
  } catch (error) {
    // What cannot be closed keeps nothing else open, and hides nothing.
    for (const close of opened.reverse()) await close().catch(() => {})
    throw startRefusal(error)
  }
}

/** `opened` is told how to close what was opened on the way. */
async function startChain(
  options: ChainOptions,
  events: ChainEvents,
  given: OrderingEngine | null,
  storage: Storage,
  opened: (() => Promise<unknown>)[],
): Promise<RunningChain> {
  // First, for it may find a folder that is not there: then there are no threads to end yet.
  const registry = new CasmRegistry()
  for (const folder of options.casmDirs) registry.addFolder(folder, skipFile)
  const { store, disk } = storage
  const casmFolder = disk === null ? null : new CasmFolder(disk.folder.casm)
  if (casmFolder !== null && existsSync(casmFolder.path)) {
    registry.addFolder(casmFolder.path, skipFile)
  }
  const threads = 1 + (options.simulators ?? 1)
  // Threads of the kernels: 0 is this one, then the executors, the committer, the simulators. Hashing begins below.
  const crypto = createCryptoMemory(options.workers + 2 + threads)
  useCrypto(attachCrypto(crypto, 0))
  if (store.height() >= 0) requireSameChain(options, store)
  const file = disk?.folder.database ?? null
  const cairo = options.vm === 'interpreter' ? 'fast' : 'compiled'
  const machine: MachineKind = { kind: 'starknet', crypto, cairo, secret: newSecret() }
  // The threads that a start waits for begin while this one reads the journal.
  const starting = startExecutors(options.workers, machine, storage, (message) =>
    simulators.publish(message),
  )
  opened.push(() =>
    starting.then(
      (executors) => executors.stop(),
      () => {},
    ),
  )
  // A failure is met below, where it is awaited.
  starting.catch(() => {})
  const engine = given ?? (await openEngine(disk))
  opened.push(() => engine.close())
  const committer = startCommitter(crypto, options.workers + 1, file)
  opened.push(() => committer.stop())
  const height = store.height()
  await finishRewind(engine, store, committer.abortAbove, say)
  const executors = await starting
  if (store.height() < height) executors.engine.returnTo(store.height())
  // After the executors, which a start waits for.
  const simulators = new Simulators({
    threads,
    machine,
    firstIndex: options.workers + 2,
    file,
    state: { store, pending: () => production.pending(), aborts: () => production.aborts },
  })
  opened.push(() => simulators.stop())
  const ask: Ask = (kind, make, signal) => simulators.ask(kind, make, signal)
  if (disk === null || store.height() < 0) {
    await appendGenesis(options, store, executors, committer)
  } else {
    for (const declared of disk.store.classes()) executors.publishClass(declared, true)
  }

  let halt: (reason: string) => void = () => {}
  const halted = new Promise<string>((resolve) => {
    halt = resolve
  })
  void disk?.folder.lost.then(halt)
  const journal = new Journal(engine, await takeLead(engine, store.height(), say), halt)
  const mempool = new Mempool<PoolTransaction>()
  const production = new Production({
    store,
    mempool,
    journal,
    engine: executors.engine,
    commit: (sealed, classes) => committer.commit(sealed, classes),
    abortStored: committer.abortAbove,
    contextOf: (number, parentTimestamp) => nextContext(store, number, parentTimestamp),
    nowMs: Date.now,
    faulted: (hash, { message }) => {
      process.stderr.write(`fugue: a bug: 0x${hash.toString(16)} is left out: ${message}\n`)
    },
  })
  const submissions = new Submissions({
    chainId: options.chainId,
    mempool,
    journal: engine,
    halt,
    newestState: () => production.newestState(),
    isIncluded: (hash) => production.executed(hash) !== undefined || !!store.findTransaction(hash),
    casmOf: (hash) => registry.find(hash),
    publishClass: executors.publishClass,
    validate: (transactions) =>
      ask('validate', () => {
        const flags = { validate: true, chargeFee: true, strictNonce: false }
        const constants = encodeBlockContext(production.peek().context, flags)
        return { at: 'pre_confirmed', constants, transactions }
      }),
    nowMs: Date.now,
  })
  const recovered = await recover({ engine, store, journal, mempool, production, submissions })
  const recovery = recoveryText(recovered)
  if (recovery !== null) say(recovery)

  const actor = createActor(
    sequencer.provide({
      actors: {
        intake: intake.provide({
          actors: {
            'check batch': fromPromise<BatchOutcome>(async () => {
              // What arrived together is checked together.
              await turn()
              return await submissions.check(BATCH_MS)
            }),
          },
        }),
        ordering: ordering.provide({
          actors: {
            'take a run': fromPromise<{ size: number; waiting: boolean }, { limit: number }>(
              async ({ input }) => production.take(input.limit),
            ),
            'seal the block': fromPromise<{ number: number }, { reason: CloseReason }>(
              async ({ input }) => {
                const { number, appended } = production.seal(input.reason)
                chain.blockSealed(appended)
                return { number }
              },
            ),
            'abort the blocks': fromPromise<
              { height: number; waiting: boolean },
              { height: number }
            >(async ({ input: { height } }) => {
              const hashes = await production.abortAbove(height)
              // Those that wait with a declare still need the class that they were admitted with.
              for (const { declared } of mempool.items()) {
                if (declared !== null) executors.publishClass(declared, true)
              }
              events.blocksAborted?.(height)
              chain.blocksAborted(hashes)
              return { height, waiting: mempool.ready > 0 }
            }),
          },
        }),
        execution: execution.provide({
          actors: {
            'execute the run': fromPromise<ExecutedRun, { advice: Advice }>(async ({ input }) =>
              reportOf(await production.executeInParallel(input.advice)),
            ),
            'execute one by one': fromPromise<ExecutedRun>(async () =>
              reportOf(await production.executeSequentially()),
            ),
          },
        }),
        commit: commit.provide({
          actors: {
            'append the block': fromPromise<{ number: number }, { number: number }>(
              async ({ input }) => {
                const block = await production.append(input.number)
                events.blockAppended?.(block)
                chain.blockAppended()
                return input
              },
            ),
          },
        }),
      },
    }),
    {
      input: {
        ordering: {
          mode: options.blockGeneration.mode,
          intervalMs:
            options.blockGeneration.mode === 'interval' ? options.blockGeneration.intervalMs : 0,
          blockLimit: BLOCK_LIMIT,
          runLimit: RUN_LIMIT,
          included: recovered.open,
        },
        workers: options.workers,
        tip: store.height(),
      },
    },
  )

  const chain = new LiveChain({
    store,
    chainId: options.chainId,
    mempool,
    submissions,
    production,
    registry,
    casmFolder,
    ask,
    prepareClass: (declared) => executors.publishClass(declared, false),
    steer: {
      arrived: () => actor.send({ type: 'transactions.arrived' }),
      close: () => actor.send({ type: 'block.close' }),
      abort: (height) => actor.send({ type: 'blocks.abort', height }),
    },
  })
  const broken = new Promise<string>((resolve) => {
    actor.subscribe((snapshot) => {
      if (snapshot.value === 'broken') resolve(snapshot.context.failure ?? 'unknown')
    })
  })
  const over = actor.subscribe({
    complete: () => {
      // Nobody answers any more: who waits is told, and who comes.
      over.unsubscribe()
      chain.close(refusal(63, 'the sequencer has stopped'))
    },
  })
  const stop = async () => {
    actor.send({ type: 'sequencer.stop' })
    engine.resign()
    try {
      await waitFor(actor, ({ status }) => status !== 'active', { timeout: STOP_MS })
    } finally {
      await engine.close()
      await Promise.all([committer.stop(), executors.stop(), simulators.stop()])
      await storage.close()
    }
  }
  actor.start()
  void halted.then((message) => {
    actor.send({ type: 'stage.broken', stage: 'journal', message })
  })
  if (mempool.ready > 0) actor.send({ type: 'batch.admitted', count: mempool.size })
  return Object.assign(chain, { broken, pool: executors.pool, simulators, stop })
}

async function appendGenesis(
  options: ChainOptions,
  store: ChainStore,
  executors: Executors,
  committer: RunningCommitter,
): Promise<void> {
  const { context, stateDiff, classes } = genesis(options)
  for (const declared of classes) executors.publishClass(declared, true)
  executors.engine.load(changesOfStateDiff(stateDiff, emptyState))
  const header = await committer.commit(
    { context, parentHash: 0n, transactions: [], results: [], stateDiff },
    classes,
  )
  store.append({ header, transactions: [], stateDiff }, classes)
  executors.engine.stored(0)
}

/** The journal of a data folder, or one in memory. */
async function openEngine(disk: Storage['disk']): Promise<OrderingEngine> {
  if (disk === null) return new MemoryEngine()
  return openLogEngine(await openJournalFolder(disk.folder.journal))
}

/** A block has its parent's prices, and a time that is not before its parent's. */
function nextContext(store: ChainStore, number: number, parentTimestamp: number): BlockContext {
  const { header } = store.blockByNumber(0)!
  const timestamp = Math.max(Math.floor(Date.now() / 1000), parentTimestamp)
  return { ...blockContextOf(header), number, timestamp }
}

function reportOf(run: { included: number; result: BlockResult }): ExecutedRun {
  const { executor, transactions, executions, aborts, usefulMicros, wastedMicros, fallback } =
    run.result.statistics
  return {
    included: run.included,
    report: { executor, transactions, executions, aborts, usefulMicros, wastedMicros, fallback },
  }
}

function skipFile(file: string, reason: string): void {
  say(`${file} is no compiled class: ${reason}`)
}

function say(text: string): void {
  process.stderr.write(`fugue: ${text}\n`)
}
