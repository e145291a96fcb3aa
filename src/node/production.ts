/**
 * Block production: what the actors steer, from the mempool to the chain.
 *
 *     take ──▶ run ──▶ execute ──▶ open block ──▶ seal ──▶ sealed blocks ──▶ append ──▶ store
 *
 * It decides nothing: `ordering` says when a run is taken and a block is sealed, `execution` how a run is executed,
 * `commit` when a block is appended. State for readers is the store plus the diffs of what is not stored yet.
 *
 * Invariant: the executors' base state is the store's state plus all sealed diffs plus the open block's diff.
 */
import { LRUCache } from 'lru-cache'
import type { BlockInput, BlockResult, Change } from '../executor/block.ts'
import { TransactionFault } from '../executor/fault.ts'
import { COMPLETED } from '../executor/machine.ts'
import { BLOCK_HASH_CONTRACT } from '../starknet/addresses.ts'
import type { Block, BlockHeader, IncludedTransaction } from '../starknet/block.ts'
import type { BlockContext } from '../starknet/block-context.ts'
import { decodeOutcome } from '../starknet/decode-outcome.ts'
import { encodeBlockContext } from '../starknet/encoded-block-context.ts'
import type { StateDiff, TransactionExecution } from '../starknet/execution.ts'
import type { Mempool } from '../starknet/mempool.ts'
import type { SealedBlock } from '../starknet/sealed-block.ts'
import { aliasDiff, changesOfStateDiff, storageDiff } from '../starknet/state-diff.ts'
import type { ChainStore, StateReader, StoredClass } from '../storage/chain-store.ts'
import type { ExecutedTransaction } from './chain.ts'
import { LayeredState } from './layered-state.ts'
import { OpenBlock } from './open-block.ts'
import type { PoolTransaction } from './submissions.ts'

/** What executes. */
export interface Engine {
  executeInParallel(input: BlockInput, advice: { window: number }): Promise<BlockResult>
  executeSequentially(input: BlockInput): BlockResult
  /** Writes to the base state outside of any transaction. */
  load(changes: Change[]): void
}

export interface ProductionOptions {
  store: ChainStore
  mempool: Mempool<PoolTransaction>
  engine: Engine
  /** Commitments, root and hash; keeps the tries. Blocks come in height order. */
  hash(block: SealedBlock): Promise<BlockHeader>
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
}

/** Blocks whose hash is written by the block so many later. */
const HASH_LAG = 10
/** Executions kept decoded; decoding one takes well below a millisecond. */
const DECODED_LIMIT = 4096

const sequencerFlags = { validate: true, chargeFee: true, strictNonce: true }

export class Production {
  readonly #options: ProductionOptions
  readonly #decoded = new LRUCache<Int32Array, TransactionExecution>({ max: DECODED_LIMIT })
  readonly #sealed = new Map<number, Sealed>()
  /** Transactions that are executed and not yet in the store, by hash. */
  readonly #recent = new Map<bigint, ExecutedTransaction>()
  readonly #watchers = new Map<bigint, () => void>()
  #open: OpenBlock | null = null
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
    this.#open ??= this.#begin()
    return this.#open
  }

  /** The open block as readers see it: looking does not open one. */
  peek(): { context: BlockContext; transactions: IncludedTransaction[]; state: StateReader } {
    const open = this.#open
    if (open === null) {
      return { context: this.#nextContext(), transactions: [], state: this.newestState() }
    }
    return { context: open.context, transactions: open.transactions, state: this.newestState() }
  }

  /** State after everything executed so far. */
  newestState(): StateReader {
    const { store } = this.#options
    const sealed = [...this.#sealed.values()].map(({ open }) => open.diff)
    const layers = this.#open ? [...sealed, this.#open.diff] : sealed
    const base = store.stateAt(store.height())
    if (layers.length === 0) return base
    return new LayeredState(layers, base, store.height() + layers.length)
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

  /** A class that is declared in a block not stored yet. */
  newClass(classHash: bigint): StoredClass | null {
    const blocks = [...this.#sealed.values()].map(({ open }) => open)
    if (this.#open) blocks.push(this.#open)
    const classes = blocks.flatMap((block) => block.classes)
    return classes.find((declared) => declared.classHash === classHash) ?? null
  }

  /** Takes the next run out of the mempool. */
  take(limit: number): { size: number; waiting: boolean } {
    const { mempool } = this.#options
    const run = mempool.take(limit, this.#options.nowMs())
    this.#run = run
    if (run.length > 0) this.openBlock().restamp(this.#nextContext())
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
  executeSequentially(): { included: number; result: BlockResult } {
    const { engine, faulted } = this.#options
    for (;;) {
      try {
        return this.#finishRun(engine.executeSequentially(this.#input()))
      } catch (error) {
        if (!(error instanceof TransactionFault) || this.#run === null) throw error
        const [left] = this.#run.splice(error.txIndex, 1)
        this.#faulty.push(left!)
        faulted(left!.hash, error)
      }
    }
  }

  /** Ends the open block, empty or not; returns its number, and its hash when it is appended. */
  seal(): { number: number; appended: Promise<bigint> } {
    const open = this.openBlock()
    open.restamp(this.#nextContext())
    const aliases = aliasDiff(open.diff, open.before)
    this.#options.engine.load(changesOfStateDiff(aliases, this.newestState()))
    open.addDiff(aliases)
    let settle: (hash: bigint) => void = () => {}
    const appended = new Promise<bigint>((resolve) => {
      settle = resolve
    })
    const { number } = open.context
    this.#sealed.set(number, { open, results: this.#results, appended, settle })
    this.#open = null
    this.#results = []
    return { number, appended }
  }

  /** Hashes the lowest sealed block and appends it. */
  async append(number: number): Promise<Block> {
    const { store } = this.#options
    const sealed = this.#sealed.get(number)
    if (!sealed) throw new Error(`block ${number} is not sealed`)
    const { open, results, settle } = sealed
    const parent = store.blockByNumber(number - 1)
    const header = await this.#options.hash({
      context: open.context,
      parentHash: parent?.header.blockHash ?? 0n,
      transactions: open.transactions.map(({ hash, transaction }) => ({ hash, transaction })),
      results,
      stateDiff: open.diff,
    })
    const block: Block = { header, transactions: open.transactions, stateDiff: open.diff }
    store.append(
      block,
      open.classes.map((declared) => ({ ...declared, declaredAt: number })),
    )
    this.#sealed.delete(number)
    for (const { hash } of open.transactions) this.#recent.delete(hash)
    settle(header.blockHash)
    return block
  }

  #begin(): OpenBlock {
    const context = this.#nextContext()
    const before = this.newestState()
    const opening = this.#openingDiff(context.number)
    const changes = changesOfStateDiff(opening, before)
    this.#options.engine.load(changes)
    return new OpenBlock(context, before, changes)
  }

  #nextContext(): BlockContext {
    const { store, contextOf } = this.#options
    const number = this.tip + 1
    const parent =
      this.#sealed.get(number - 1)?.open.context ?? store.blockByNumber(number - 1)!.header
    return contextOf(number, parent.timestamp)
  }

  /** The hash of the block ten before, written to its contract. */
  #openingDiff(number: number): StateDiff {
    const old = number - HASH_LAG
    const block = old >= 0 ? this.#options.store.blockByNumber(old) : null
    if (old >= 0 && block === null) throw new Error(`block ${number} opens before ${old} is hashed`)
    if (block === null) return storageDiff(BLOCK_HASH_CONTRACT, [])
    return storageDiff(BLOCK_HASH_CONTRACT, [[BigInt(old), block.header.blockHash]])
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

  #finishRun(result: BlockResult): { included: number; result: BlockResult } {
    const run = this.#run ?? []
    const faulty = this.#faulty
    // From here on a failure is final: the engine's state has the run's changes.
    this.#run = null
    this.#faulty = []
    const open = this.openBlock()
    const kept = run.filter((_, index) => result.outcomes[index] === COMPLETED)
    const rejected = run.filter((_, index) => result.outcomes[index] !== COMPLETED).concat(faulty)
    const words = result.results.filter((_, index) => result.outcomes[index] === COMPLETED)
    const included = kept.map((item, place) => this.#include(item, words[place]!))
    open.add(included, declaredBy(kept), result)
    this.#results.push(...words)
    const first = open.transactions.length - included.length
    for (const [place, entry] of included.entries()) {
      const blockNumber = open.context.number
      this.#recent.set(entry.hash, { included: entry, index: first + place, blockNumber })
    }
    const state = this.newestState()
    this.#options.mempool.settle(kept, rejected, (sender) => state.nonceAt(sender))
    this.#tellWatchers()
    return { included: included.length, result }
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
