/**
 * The composition root: puts the actors, the executors, the committer and the store together into one `Chain`.
 *
 *     border ──▶ Submissions ──▶ Mempool ──▶ Production ──▶ ChainStore
 *                     ▲             ▲             ▲
 *                  intake       ordering   execution, conflicts, commit
 *
 * The only file of `src/` that knows actors and workers. It starts nothing when it is imported.
 */
import { createActor, fromPromise, waitFor } from 'xstate'
import { commit } from '../actors/commit.ts'
import type { Advice, CloseReason } from '../actors/events.ts'
import { type ExecutedRun, execution } from '../actors/execution.ts'
import { type BatchOutcome, intake } from '../actors/intake.ts'
import { ordering } from '../actors/ordering.ts'
import { sequencer } from '../actors/sequencer.ts'
import { buildMachine, type MachineKind } from '../workers/machines.ts'
import { Pool } from '../workers/pool.ts'
import { type RunningCommitter, startCommitter } from '../workers/start-committer.ts'
import type { BlockInput, BlockResult } from './executor/block.ts'
import { executeBlock } from './executor/execute-block.ts'
import { Overlay } from './executor/overlay.ts'
import { executeSequentially } from './executor/sequential.ts'
import { createCryptoMemory } from './felt/crypto.ts'
import { createEngineMemory, type EngineMemory, loadState } from './mvmemory/memory.ts'
import { CasmRegistry } from './node/casm-registry.ts'
import type { RunOn } from './node/draft.ts'
import { refusal } from './node/errors.ts'
import { genesis } from './node/genesis.ts'
import { Journal } from './node/journal.ts'
import { LiveChain } from './node/live-chain.ts'
import type { ChainOptions } from './node/options.ts'
import { type Engine, Production } from './node/production.ts'
import { finishRewind, recover, recoveryText, takeLead } from './node/recovery.ts'
import { requireSameChain, startRefusal } from './node/start-refusal.ts'
import { type PoolTransaction, Submissions } from './node/submissions.ts'
import type { OrderingEngine } from './ordering/engine.ts'
import { openJournalFolder } from './ordering/files.ts'
import { openLogEngine } from './ordering/log.ts'
import { MemoryEngine } from './ordering/memory.ts'
import { turn } from './shared/turn.ts'
import type { Block } from './starknet/block.ts'
import type { BlockContext } from './starknet/block-context.ts'
import { classMessage } from './starknet/class-message.ts'
import { decodeOutcome } from './starknet/decode-outcome.ts'
import { encodeBlockContext } from './starknet/encoded-block-context.ts'
import { type ClassMessage, newSecret } from './starknet/machine.ts'
import { Mempool } from './starknet/mempool.ts'
import { changesOfStateDiff } from './starknet/state-diff.ts'
import type { SierraClass } from './starknet/transaction.ts'
import { readerForExecutor } from './storage/base-reader.ts'
import type { ChainStore, StoredClass } from './storage/chain-store.ts'
import { openStorage, type Storage } from './storage/storage.ts'
import { StoredBase } from './storage/stored-base.ts'
import { ProgramError } from './vm/program.ts'

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
    for (const close of opened.reverse()) await close()
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
  if (store.height() >= 0) requireSameChain(options, store)
  const engine = given ?? (await openEngine(disk))
  opened.push(() => engine.close())
  // Threads of the kernels: 0 is this one, then the executors, then the committer.
  const crypto = createCryptoMemory(options.workers + 2)
  const committer = startCommitter(crypto, options.workers + 1, disk?.folder.database ?? null)
  opened.push(() => committer.stop())
  await finishRewind(engine, store, committer.abortAbove, say)
  const executors = await startExecutors(options.workers, crypto, storage)
  opened.push(() => executors.stop())
  if (disk === null || store.height() < 0) {
    await appendGenesis(options, store, executors, committer)
  } else {
    for (const classHash of disk.store.classHashes()) {
      executors.publishClass(store.classByHash(classHash)!, true)
    }
  }

  let halt: (reason: string) => void = () => {}
  const halted = new Promise<string>((resolve) => {
    halt = resolve
  })
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
    tryOut: (encoded, state) => {
      const flags = { validate: true, chargeFee: true, strictNonce: false }
      const constants = encodeBlockContext(production.peek().context, flags)
      const { results } = executors.runOn({ constants, transactions: [encoded] }, state)
      return decodeOutcome(results[0]!)
    },
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
    runOn: executors.runOn,
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
      await Promise.all([committer.stop(), executors.stop()])
      await storage.close()
    }
  }
  actor.start()
  void halted.then((message) => {
    actor.send({ type: 'stage.broken', stage: 'journal', message })
  })
  if (mempool.ready > 0) actor.send({ type: 'batch.admitted', count: mempool.size })
  return Object.assign(chain, { broken, pool: executors.pool, stop })
}

interface Executors {
  pool: Pool | null
  engine: Engine
  runOn: RunOn
  /**
   * Makes a class known to all machines. Until a declare of it is admitted (`isFinal`) another compilation may take its
   * place, so that a wrong one that was only tried harms nobody.
   */
  publishClass(declared: StoredClass, isFinal: boolean): void
  stop(): Promise<void>
}

/** Executor threads, or with 0 workers the sequential executor alone; both on this thread's machine and memory. */
async function startExecutors(
  workers: number,
  crypto: WebAssembly.Memory,
  { store, disk }: Storage,
): Promise<Executors> {
  const kind: MachineKind = {
    kind: 'starknet',
    crypto,
    cairo: 'fast',
    secret: newSecret(),
  }
  // What the engine's table does not hold, each thread reads from the database for itself.
  const base = disk === null ? null : new StoredBase(disk.database)
  const behind = base === null ? {} : { base }
  const database = disk?.folder.database ?? null
  const pool =
    workers > 0 ? await Pool.start({ workers, machine: kind, memory: behind, database }) : null
  const machine = pool?.machine ?? (await buildMachine(kind, 0))
  const memory = pool?.memory ?? createEngineMemory({ ...behind, executors: 1, shared: false })
  if (disk !== null) memory.restart(disk.store.height())
  const overlay = new Overlay()
  const published = new Map<bigint, { compiledClassHash: bigint; isFinal: boolean }>()
  return {
    pool,
    engine: {
      executeInParallel: async (input, advice) =>
        pool ? executeBlock(input, pool, advice) : executeSequentially(input, machine, memory),
      executeSequentially: (input) => executeSequentially(input, machine, memory),
      load: (changes) => loadState(memory, changes),
      begin: (number) => {
        memory.block = number
      },
      stored: (number) => {
        if (base !== null) memory.durable = number
      },
      returnTo: (height) => {
        memory.restart(base === null ? -1 : height)
        if (base === null) loadBlocks(memory, store)
        for (const [classHash, known] of published) {
          known.isFinal &&= store.classByHash(classHash) !== null
        }
      },
    },
    runOn: (input: BlockInput, state): BlockResult =>
      executeSequentially(input, machine, overlay.over(readerForExecutor(state))),
    publishClass: ({ classHash, compiledClassHash, sierra, casm }, isFinal) => {
      const known = published.get(classHash)
      if (known?.compiledClassHash === compiledClassHash) {
        known.isFinal ||= isFinal
        return
      }
      if (known?.isFinal) throw refusal(60)
      const message = messageOf(classHash, sierra, casm)
      if (pool) pool.publish(message)
      else machine.accept(message)
      published.set(classHash, { compiledClassHash, isFinal })
    },
    stop: async () => pool?.stop(),
  }
}

/** The state of a chain in memory, block by block. */
function loadBlocks(memory: EngineMemory, store: ChainStore): void {
  for (let number = 0; number <= store.height(); number++) {
    loadState(memory, changesOfStateDiff(store.blockByNumber(number)!.stateDiff, emptyState))
  }
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

/** A class for all machines; its CASM has the right hash and may still be no program that can run. */
function messageOf(classHash: bigint, sierra: SierraClass | null, casm: unknown): ClassMessage {
  try {
    return classMessage(classHash, sierra, casm)
  } catch (error) {
    if (error instanceof ProgramError) throw refusal(56, error.message)
    throw error
  }
}

/** State before genesis. */
const emptyState = {
  storageAt: () => 0n,
  nonceAt: () => 0n,
  classHashAt: () => 0n,
  compiledClassHashAt: () => 0n,
}

/** A block has its parent's prices, and a time that is not before its parent's. */
function nextContext(store: ChainStore, number: number, parentTimestamp: number): BlockContext {
  const { header } = store.blockByNumber(0)!
  const timestamp = Math.max(Math.floor(Date.now() / 1000), parentTimestamp)
  return {
    number,
    timestamp,
    sequencerAddress: header.sequencerAddress,
    chainId: header.chainId,
    starknetVersion: header.starknetVersion,
    l1GasPrice: header.l1GasPrice,
    l1DataGasPrice: header.l1DataGasPrice,
    l2GasPrice: header.l2GasPrice,
    useKzgDa: header.useKzgDa,
    strkAddress: header.strkAddress,
    ethAddress: header.ethAddress,
  }
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
