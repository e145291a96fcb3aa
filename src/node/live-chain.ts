/**
 * The chain as the border uses it: looks things up where they are (mempool, open block, store), hands submissions to
 * intake. What happens when is the actors' business; it only tells them that something arrived.
 */
import type { Ask, StateId } from '../simulation/request.ts'
import type { Block } from '../starknet/block.ts'
import type { CallRequest } from '../starknet/encoded-transaction.ts'
import type { CallExecution } from '../starknet/execution.ts'
import type { Mempool } from '../starknet/mempool.ts'
import type { SierraClass, Transaction } from '../starknet/transaction.ts'
import type { CasmFolder } from '../storage/casm-folder.ts'
import type { ChainStore, StateReader, StoredClass } from '../storage/chain-store.ts'
import { buildProgramImage } from '../vm/program.ts'
import { findBlock } from './block-id.ts'
import type { CasmRegistry, CompiledHashes } from './casm-registry.ts'
import {
  type BroadcastTransaction,
  type Chain,
  type Moment,
  type PendingBlock,
  Refusal,
  type SimulationFlags,
  type TransactionStage,
} from './chain.ts'
import type { BlockId } from './decode.ts'
import { BLOCK_NOT_FOUND, devnetRefusal, invalidParams, refusal } from './errors.ts'
import { mintTransaction } from './faucet.ts'
import type { PoolTransaction } from './gateway.ts'
import type { Production } from './production.ts'
import { Simulations } from './simulations.ts'
import type { Submissions } from './submissions.ts'

export interface LiveChainParts {
  store: ChainStore
  chainId: bigint
  mempool: Mempool<PoolTransaction>
  submissions: Submissions
  production: Production
  registry: CasmRegistry
  /** Where classes are kept that are added; null when the chain is in memory. */
  casmFolder: CasmFolder | null
  /** Asks the simulation threads. */
  ask: Ask
  /** Makes a class known to the threads that simulate. */
  prepareClass(declared: StoredClass): void
  /** Tells the actors. */
  steer: { arrived(): void; close(): void; abort(height: number): void }
}

export class LiveChain implements Chain {
  readonly store: ChainStore
  readonly chainId: bigint
  readonly #parts: LiveChainParts
  readonly #simulations: Simulations
  /** Who asked for a block and waits until one is sealed. */
  #closers: { resolve(hash: Promise<bigint>): void; reject(reason: unknown): void }[] = []
  /** Why nothing is taken any more, or null. */
  #closed: Refusal | null = null
  /** Who waits for blocks to be taken back; one at a time. */
  #aborting: { resolve(hashes: bigint[]): void; reject(reason: unknown): void } | null = null
  #aborts: Promise<unknown> = Promise.resolve()
  /** Mints go one after the other, for they share the minter's nonces. */
  #mints: Promise<unknown> = Promise.resolve()

  constructor(parts: LiveChainParts) {
    this.#parts = parts
    const { registry, prepareClass, ask } = parts
    this.#simulations = new Simulations({ chain: this, registry, prepareClass, ask })
    this.store = parts.store
    this.chainId = parts.chainId
  }

  preConfirmed(): Moment {
    return this.#parts.production.peek()
  }

  pending(): readonly PendingBlock[] {
    return this.#parts.production.pending()
  }

  rejectionOf(hash: bigint): string | null {
    return this.#parts.production.rejectionOf(hash)
  }

  stateOf(id: StateId): StateReader {
    if (id === 'pre_confirmed') return this.#parts.production.newestState()
    const lowest = this.store.lowestState()
    if (id < lowest) throw refusal(24, `state is kept from block ${lowest} on`)
    return this.store.stateAt(id)
  }

  classByHash(classHash: bigint): StoredClass | null {
    return this.store.classByHash(classHash) ?? this.#parts.production.newClass(classHash)
  }

  notReady(): string | null {
    const refused = this.#parts.submissions.refusing
    return refused === null ? null : String(refused.data ?? refused.message)
  }

  async submit(transaction: Transaction, contractClass: SierraClass | null): Promise<bigint> {
    const admitted = this.#parts.submissions.submit(transaction, contractClass)
    this.#parts.steer.arrived()
    return admitted
  }

  stageOf(hash: bigint): TransactionStage | null {
    const { mempool, production } = this.#parts
    const executed = production.executed(hash)
    if (executed) return { stage: 'preConfirmed', ...executed }
    const found = this.store.findTransaction(hash)
    if (found) {
      const { block, index } = found
      return { stage: 'accepted', block, included: block.transactions[index]!, index }
    }
    const item = mempool.get(hash)
    if (!item) return null
    const stage = mempool.isStaged(item) ? 'candidate' : 'received'
    return { stage, transaction: item.transaction }
  }

  async createBlock(): Promise<bigint> {
    if (this.#closed !== null) throw this.#closed
    const appended = new Promise<bigint>((resolve, reject) => {
      this.#closers.push({ resolve, reject })
    })
    this.#parts.steer.close()
    return appended
  }

  abortBlocks(start: BlockId): Promise<bigint[]> {
    const aborted = this.#aborts.then(() => this.#abort(start))
    this.#aborts = aborted.catch(() => {})
    return aborted
  }

  /** Called when blocks were taken back. */
  blocksAborted(hashes: bigint[]): void {
    this.#aborting?.resolve(hashes)
    this.#aborting = null
  }

  /** Called when a block was sealed: whoever waited for one gets its hash. */
  blockSealed(appended: Promise<bigint>): void {
    for (const { resolve } of this.#closers.splice(0)) resolve(appended)
  }

  /** Refuses everything that waits and everything to come. */
  close(reason: Refusal): void {
    this.#closed = reason
    this.#parts.submissions.close(reason)
    for (const { reject } of this.#closers.splice(0)) reject(reason)
    this.#aborting?.reject(reason)
    this.#aborting = null
  }

  /** Called when a block was appended: a request that came while one was being sealed asks again. */
  blockAppended(): void {
    if (this.#closers.length > 0) this.#parts.steer.close()
  }

  call(request: CallRequest, at: StateId, signal?: AbortSignal): Promise<CallExecution> {
    return this.#simulations.call(request, at, signal)
  }

  simulate(
    transactions: BroadcastTransaction[],
    at: StateId,
    flags: SimulationFlags,
    signal?: AbortSignal,
  ): ReturnType<Chain['simulate']> {
    return this.#simulations.simulate(transactions, at, flags, signal)
  }

  estimate(
    transactions: BroadcastTransaction[],
    at: StateId,
    flags: SimulationFlags,
    signal?: AbortSignal,
  ): ReturnType<Chain['estimate']> {
    return this.#simulations.estimate(transactions, at, flags, signal)
  }

  async addCompiledClass(casm: unknown): Promise<CompiledHashes> {
    const { registry, casmFolder } = this.#parts
    let hashes: CompiledHashes
    try {
      buildProgramImage(casm)
      hashes = registry.add(casm)
    } catch (error) {
      throw invalidParams(`casm: ${(error as Error).message}`)
    }
    await casmFolder?.keep(hashes.blake, casm).catch((error: Error) => {
      throw refusal(63, `the class is not kept: ${error.message}`)
    })
    return hashes
  }

  mint(address: bigint, amount: bigint, unit: 'FRI' | 'WEI'): Promise<bigint> {
    const minted = this.#mints.then(() => this.#mint(address, amount, unit))
    this.#mints = minted.catch(() => {})
    return minted
  }

  async #abort(start: BlockId): Promise<bigint[]> {
    // The open block is closed first, so that there is a hash to tell.
    const id = start === 'pre_confirmed' ? { hash: await this.createBlock() } : start
    if (this.#closed !== null) throw this.#closed
    const { number } = this.#startOfAbort(id).header
    if (number === 0) throw devnetRefusal("Genesis block can't be aborted")
    if (number <= this.store.lowestState()) {
      throw devnetRefusal(`the state before block ${number} is no longer kept`)
    }
    return new Promise((resolve, reject) => {
      this.#aborting = { resolve, reject }
      this.#parts.steer.abort(number - 1)
    })
  }

  #startOfAbort(id: BlockId): Block {
    try {
      return findBlock(this, id)!
    } catch (error) {
      const isAbsent = error instanceof Refusal && error.code === BLOCK_NOT_FOUND
      throw isAbsent ? devnetRefusal('No block found') : error
    }
  }

  async #mint(address: bigint, amount: bigint, unit: 'FRI' | 'WEI'): Promise<bigint> {
    // Loaded by the first mint: most nodes never sign. Between nonce and submission nothing waits.
    const { signHash } = await import('./signer.ts')
    const { context, state } = this.preConfirmed()
    const transaction = mintTransaction(context, state, address, amount, unit, signHash)
    const hash = await this.submit(transaction, null)
    await this.#parts.production.whenExecuted(hash)
    return hash
  }
}
