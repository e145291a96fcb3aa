/**
 * Block production: what the actors steer, from the mempool to the chain.
 *
 *     take ──▶ run ──▶ execute ──▶ journal ──▶ open block ──▶ seal ──▶ sealed blocks ──▶ append ──▶ store
 *
 * It decides nothing: `ordering` says when a run is taken and a block is sealed, `execution` how a run is executed,
 * `commit` when a block is appended. State for readers is the store plus the diffs of what is not stored yet.
 *
 * `abortAbove` takes blocks back: the journal decides, then the store, the executors and the mempool follow. What those
 * blocks included is gone, as in starknet-devnet; what waits in the mempool stays.
 *
 * After a restart the blocks of the journal that are not stored are made again: `reopen`, `replay`, `sealAgain`.
 *
 * Invariants: the executors' base state is the store's state plus all sealed diffs plus the open block's diff, and the run
 * that is on its way into the journal. What a run did is shown when the journal has it.
 */
import { LRUCache } from 'lru-cache'
import type { BlockInput, BlockResult } from '../executor/block.ts'
import { TransactionFault } from '../executor/fault.ts'
import { COMPLETED } from '../executor/machine.ts'
import { EngineError } from '../ordering/engine.ts'
import { LayeredState } from '../simulation/layered-state.ts'
import type { Block, BlockHeader, IncludedTransaction } from '../starknet/block.ts'
import type { BlockContext } from '../starknet/block-context.ts'
import { decodeOutcome } from '../starknet/decode-outcome.ts'
import { encodeBlockContext } from '../starknet/encoded-block-context.ts'
import type { TransactionExecution } from '../starknet/execution.ts'
import type { Mempool } from '../starknet/mempool.ts'
import { openingDiff } from '../starknet/opening-diff.ts'
import { type SealedBlock, withoutExecutions } from '../starknet/sealed-block.ts'
import { aliasDiff, changesOfStateDiff } from '../starknet/state-diff.ts'
import type { ChainStore, StateReader, StoredClass } from '../storage/chain-store.ts'
import type { ExecutedTransaction } from './chain.ts'
import type { PoolTransaction } from './gateway.ts'
import { digestOf, type Journal } from './journal.ts'
import { OpenBlock } from './open-block.ts'
import { Rejections } from './rejections.ts'
import type { RunEngine } from './run-engine.ts'

export interface ProductionOptions {
  store: ChainStore
  mempool: Mempool<PoolTransaction>
  engine: RunEngine
  journal: Journal
  /** Commitments, root and hash; keeps the tries, and the block if the store is on disk. Blocks come in height order. */
  commit(block: SealedBlock, classes: StoredClass[]): Promise<BlockHeader>
  /** Takes back all stored blocks above a height, whole or not at all. */
  abortStored(height: number): Promise<void>
  /** Context of a block whose parent is known. */
  contextOf(number: number, parentTimestamp: number): BlockContext
  nowMs(): number
  /** Told of a transaction that no executor could run: a bug of ours. */
  faulted(hash: bigint, fault: TransactionFault): void
}

/** A block complete but for its hash. */
interface Sealed {
  open: OpenBlock
  results: Int32Array[]
  appended: Promise<bigint>
  settle: (hash: bigint) => void
  /** Resolves when the journal has the seal. */
  kept: Promise<void>
}

/** Executions kept decoded; decoding one takes well below a millisecond. */
const DECODED_LIMIT = 4096

/** How a sequencer executes what it includes. */
export const sequencerFlags = { validate: true, chargeFee: true, strictNonce: true }

export class Production {
  readonly #options: ProductionOptions
  readonly #decoded = new LRUCache<Int32Array, TransactionExecution>({ max: DECODED_LIMIT })
  readonly #sealed = new Map<number, Sealed>()
  /** Transactions that are executed and not yet in the store, by hash. */
  readonly #recent = new Map<bigint, ExecutedTransaction>()
  readonly #watchers = new Map<bigint, () => void>()
  /** How often blocks were taken back. */
  aborts = 0
  readonly #rejections = new Rejections()
  #open: OpenBlock | null = null
  /** The block to be opened next, as far as it is known, for readers. */
  #next: OpenBlock | null = null
  #results: Int32Array[] = []
  /** The run in flight; null when there is none, or when the engine has executed it. */
  #run: PoolTransaction[] | null = null
  /** Left out of the run in flight: no executor can run them. */
  #faulty: PoolTransaction[] = []

  constructor(options: ProductionOptions) {
    this.#options = options
  }

  /** Number of the newest sealed or stored block. */
  get tip(): number {
    return this.#options.store.height() + this.#sealed.size
  }

  /** The block being filled; opens it if there is none. */
  openBlock(): OpenBlock {
    this.#open ??= this.#begin(this.#ahead())
    return this.#open
  }

  /** The newest block as readers see it: looking does not open one. */
  peek(): { context: BlockContext; transactions: IncludedTransaction[]; state: StateReader } {
    const { context, transactions } = this.#open ?? this.#ahead()
    return { context, transactions, state: this.newestState() }
  }

  /** Blocks that are not stored yet, oldest first; the open one is the last, or the one to be opened next. */
  pending(): OpenBlock[] {
    return [...this.#closed(), this.#open ?? this.#ahead()]
  }

  /** State after everything executed so far. */
  newestState(): StateReader {
    return this.#stateAfter(this.pending())
  }

  /** An executed transaction that is not stored yet, and its position in its block. */
  executed(hash: bigint): ExecutedTransaction | undefined {
    return this.#recent.get(hash)
  }

  /** Resolves when the transaction was executed, rejected or dropped. */
  whenExecuted(hash: bigint): Promise<void> {
    if (!this.#options.mempool.get(hash)) return Promise.resolve()
    return new Promise((resolve) => this.#watchers.set(hash, resolve))
  }

  /** Why a transaction was left out lately, or null. */
  rejectionOf(hash: bigint): string | null {
    return this.#rejections.reasonOf(hash)
  }

  /** A class that is declared in a block not stored yet. */
  newClass(classHash: bigint): StoredClass | null {
    const classes = this.pending().flatMap((block) => block.classes)
    return classes.find((declared) => declared.classHash === classHash) ?? null
  }

  /** Takes the next run out of the mempool. */
  take(limit: number): { size: number; waiting: boolean } {
    const { mempool, journal, nowMs } = this.#options
    const run = mempool.take(limit, nowMs())
    this.#run = run
    if (run.length > 0) {
      const open = this.openBlock()
      if (!journal.hasBegun(open.context.number)) open.restamp(this.#nextContext())
    }
    this.#tellWatchers()
    return { size: run.length, waiting: mempool.ready > 0 }
  }

  async executeInParallel(advice: {
    window: number
  }): Promise<{ included: number; result: BlockResult }> {
    const { engine } = this.#options
    return this.#finishRun(await engine.executeInParallel(this.#input(), advice))
  }

  /** Runs one by one. A transaction on which the machine itself fails is left out, or it would end every node. */
  async executeSequentially(): Promise<{ included: number; result: BlockResult }> {
    const { engine, faulted } = this.#options
    for (;;) {
      try {
        return await this.#finishRun(engine.executeSequentially(this.#input()))
      } catch (error) {
        if (!(error instanceof TransactionFault) || this.#run === null) throw error
        const [left] = this.#run.splice(error.txIndex, 1)
        this.#faulty.push(left!)
        faulted(left!.hash, error)
      }
    }
  }

  /** Ends the open block, empty or not; returns its number, and its hash when it is appended. */
  seal(reason: string): { number: number; appended: Promise<bigint> } {
    const open = this.openBlock()
    const { journal } = this.#options
    if (!journal.hasBegun(open.context.number)) open.restamp(this.#nextContext())
    const { context, transactions } = open
    journal.begin(context)
    return this.#close(journal.seal(context.number, transactions.length, reason))
  }

  /** Opens a block of the journal as it was opened before; `chunks` of it are in the journal. */
  reopen(context: BlockContext, chunks: number): void {
    this.#open = this.#begin(this.#blockAfterAll(context))
    this.#options.journal.resume(context.number, chunks)
  }

  /** Executes a run of the journal again; throws when it does not do what it did before. */
  replay(run: PoolTransaction[], digest: number): void {
    this.#run = run
    const result = this.#options.engine.executeSequentially(this.#input())
    this.#run = null
    const { number } = this.openBlock().context
    if (result.outcomes.some((outcome) => outcome !== COMPLETED)) {
      throw new EngineError(
        `block ${number} of the journal has a transaction that cannot be executed`,
      )
    }
    if (digestOf(result.results) !== digest) {
      throw new EngineError(
        `block ${number} of the journal does not give the results it gave before`,
      )
    }
    this.#show(run, result.results, result)
  }

  /** Ends a block whose seal is in the journal. */
  sealAgain(): void {
    this.#close(Promise.resolve())
  }

  #close(kept: Promise<void>): { number: number; appended: Promise<bigint> } {
    const open = this.openBlock()
    const aliases = aliasDiff(open.diff, open.before)
    this.#options.engine.load(changesOfStateDiff(aliases, this.newestState()))
    open.addDiff(aliases)
    let settle: (hash: bigint) => void = () => {}
    const appended = new Promise<bigint>((resolve) => {
      settle = resolve
    })
    const { number } = open.context
    this.#sealed.set(number, { open, results: this.#results, appended, settle, kept })
    this.#open = null
    this.#results = []
    return { number, appended }
  }

  /** Commits the lowest sealed block and appends it. */
  async append(number: number): Promise<Block> {
    const { store, journal } = this.#options
    const sealed = this.#sealed.get(number)
    if (!sealed) throw new Error(`block ${number} is not sealed`)
    const { open, results, settle, kept } = sealed
    await kept
    const parent = store.blockByNumber(number - 1)
    const classes = open.classes.map((declared) => ({ ...declared, declaredAt: number }))
    const committed: SealedBlock = {
      context: open.context,
      parentHash: parent?.header.blockHash ?? 0n,
      transactions: withoutExecutions(open.transactions),
      results,
      stateDiff: open.diff,
    }
    const header = await this.#options.commit(committed, classes)
    const block: Block = { header, transactions: open.transactions, stateDiff: open.diff }
    store.append(block, classes)
    this.#options.engine.stored(number)
    this.#sealed.delete(number)
    for (const { hash } of open.transactions) this.#recent.delete(hash)
    settle(header.blockHash)
    void journal.stored(number)
    return block
  }

  /**
   * Takes back all blocks above a height; their hashes, newest first. Nothing is in flight and nothing sealed waits. Should
   * the process end on the way, the next one finishes it if the journal has it, and else knows nothing of it.
   */
  async abortAbove(height: number): Promise<bigint[]> {
    const { store, journal, engine, mempool, abortStored } = this.#options
    const isBusy = (this.#run?.length ?? 0) > 0 || this.#sealed.size > 0
    if (isBusy) throw new Error('a run or a sealed block is in flight')
    const hashes: bigint[] = []
    for (let number = store.height(); number > height; number--) {
      hashes.push(store.blockByNumber(number)!.header.blockHash)
    }
    await journal.rewind(height)
    this.aborts++
    // Readers first: a block that is being taken back is shown no more.
    for (const { hash } of this.#open?.transactions ?? []) this.#recent.delete(hash)
    this.#open = null
    this.#next = null
    this.#results = []
    store.returnTo(height)
    await abortStored(height)
    engine.returnTo(height)
    const state = this.newestState()
    mempool.returnTo((sender) => state.nonceAt(sender))
    return hashes
  }

  /** Makes a block the engine's. */
  #begin(open: OpenBlock): OpenBlock {
    const { engine } = this.#options
    this.#next = null
    engine.begin(open.context.number)
    engine.load(open.openingChanges)
    return open
  }

  /** The block to be opened next, at the time of now. */
  #ahead(): OpenBlock {
    const context = this.#nextContext()
    if (this.#next?.context.number === context.number) this.#next.restamp(context)
    else this.#next = this.#blockAfterAll(context)
    return this.#next
  }

  /** A block above all that are sealed, with what it writes itself. */
  #blockAfterAll(context: BlockContext): OpenBlock {
    const before = this.#stateAfter(this.#closed())
    const hashOf = (number: number) =>
      this.#options.store.blockByNumber(number)?.header.blockHash ?? null
    const opening = openingDiff(context.number, hashOf)
    return new OpenBlock(context, before, changesOfStateDiff(opening, before))
  }

  /** Sealed blocks that are not stored yet, oldest first. */
  #closed(): OpenBlock[] {
    return [...this.#sealed.values()].map(({ open }) => open)
  }

  #stateAfter(blocks: readonly OpenBlock[]): StateReader {
    const { store } = this.#options
    const base = store.stateAt(store.height())
    if (blocks.length === 0) return base
    const layers = blocks.map(({ diff }) => diff)
    return new LayeredState(layers, base, store.height() + layers.length)
  }

  #nextContext(): BlockContext {
    const { store, contextOf } = this.#options
    const number = this.tip + 1
    const parent =
      this.#sealed.get(number - 1)?.open.context ?? store.blockByNumber(number - 1)!.header
    return contextOf(number, parent.timestamp)
  }

  #input(): BlockInput {
    const run = this.#run
    if (run === null) throw new Error('the run was executed already: its changes are in the state')
    const { context } = this.openBlock()
    return {
      constants: encodeBlockContext(context, sequencerFlags),
      transactions: run.map(({ encoded }) => encoded),
    }
  }

  /** Brings the order of the run into the journal, then shows what it did. */
  async #finishRun(result: BlockResult): Promise<{ included: number; result: BlockResult }> {
    const { mempool, journal } = this.#options
    const run = this.#run ?? []
    const faulty = this.#faulty
    // From here on a failure is final: the engine's state has the run's changes.
    this.#run = null
    this.#faulty = []
    const { context } = this.openBlock()
    const kept = run.filter((_, index) => result.outcomes[index] === COMPLETED)
    const rejected = run.filter((_, index) => result.outcomes[index] !== COMPLETED).concat(faulty)
    const words = result.results.filter((_, index) => result.outcomes[index] === COMPLETED)
    const included = kept.map(({ hash }) => hash)
    for (const { hash } of mempool.drainDropped()) journal.forget(hash)
    // What was dropped may have been sent again, and then it was acknowledged again.
    journal.keep((hash) => mempool.get(hash) !== undefined)
    for (const { hash } of rejected) journal.forget(hash)
    for (const [index, { hash }] of run.entries()) {
      if (result.outcomes[index] !== COMPLETED) this.#rejections.note(hash, result.results[index]!)
    }
    for (const { hash } of faulty) this.#rejections.note(hash, null)
    if (included.length > 0) {
      journal.begin(context)
      await journal.extend(context.number, included, digestOf(words))
    }
    this.#show(kept, words, result)
    const state = this.newestState()
    mempool.settle(kept, rejected, (sender) => state.nonceAt(sender))
    this.#tellWatchers()
    return { included: kept.length, result }
  }

  /** Adds what a run did to the open block, for all to see. */
  #show(kept: PoolTransaction[], words: Int32Array[], result: BlockResult): void {
    const open = this.openBlock()
    const blockNumber = open.context.number
    const first = open.transactions.length
    const included = kept.map((item, place) => this.#include(item, words[place]!))
    open.add(included, declaredBy(kept), result)
    this.#results.push(...words)
    for (const [place, entry] of included.entries()) {
      this.#recent.set(entry.hash, { included: entry, index: first + place, blockNumber })
    }
  }

  /** Tells those who wait for a transaction that is in the mempool no more, whatever became of it. */
  #tellWatchers(): void {
    for (const [hash, resolve] of this.#watchers) {
      if (this.#options.mempool.get(hash)) continue
      this.#watchers.delete(hash)
      resolve()
    }
  }

  #include(item: PoolTransaction, words: Int32Array): IncludedTransaction {
    return {
      hash: item.hash,
      transaction: item.transaction,
      contractAddress: item.contractAddress,
      execution: () => {
        const known = this.#decoded.get(words)
        if (known) return known
        const execution = decodeOutcome(words)
        this.#decoded.set(words, execution)
        return execution
      },
    }
  }
}

function declaredBy(items: PoolTransaction[]): StoredClass[] {
  return items.flatMap(({ declared }) => (declared ? [declared] : []))
}
