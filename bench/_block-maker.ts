/**
 * Makes stored blocks in one thread: executes, seals, hashes and writes them as a sequencer does, one after the other. So a
 * bench has a real chain in a folder without starting a node; many blocks may share one sync.
 */

import { chainOptions } from '../spec/node/_options.ts'
import { COMPLETED, type VirtualMachine } from '../src/executor/machine.ts'
import { Overlay } from '../src/executor/overlay.ts'
import { executeSequentially } from '../src/executor/sequential.ts'
import { attachCrypto, createCryptoMemory } from '../src/felt/crypto.ts'
import { useCrypto } from '../src/felt/hash.ts'
import { genesis, genesisContext } from '../src/node/genesis.ts'
import type { ChainOptions } from '../src/node/options.ts'
import { sequencerFlags } from '../src/node/production.ts'
import { openJournalFolder } from '../src/ordering/files.ts'
import { openLogEngine } from '../src/ordering/log.ts'
import { LayeredState } from '../src/simulation/layered-state.ts'
import type { BlockHeader } from '../src/starknet/block.ts'
import type { BlockContext } from '../src/starknet/block-context.ts'
import { classMessage } from '../src/starknet/class-message.ts'
import { encodeBlockContext } from '../src/starknet/encoded-block-context.ts'
import { encodeTransaction } from '../src/starknet/encoded-transaction.ts'
import type { StateDiff } from '../src/starknet/execution.ts'
import { createStarknetMachine } from '../src/starknet/machine.ts'
import { openingDiff } from '../src/starknet/opening-diff.ts'
import { headerOf, type SealedBlock } from '../src/starknet/sealed-block.ts'
import {
  aliasDiff,
  changesOfStateDiff,
  mergeStateDiffs,
  stateDiffOfChanges,
} from '../src/starknet/state-diff.ts'
import type { Transaction } from '../src/starknet/transaction.ts'
import { transactionHash } from '../src/starknet/transaction-hash.ts'
import { type CommitterOptions, StateCommitter } from '../src/state/state-root.ts'
import { readerForExecutor } from '../src/storage/base-reader.ts'
import type { StoredClass } from '../src/storage/chain-store.ts'
import { ChainWriter } from '../src/storage/chain-writer.ts'
import { openDataFolder } from '../src/storage/data-folder.ts'
import { type ChainDatabase, openDatabase } from '../src/storage/database.ts'
import { LmdbStore } from '../src/storage/lmdb-store.ts'
import { OpenAccounts } from './_open-accounts.ts'

/** Accounts written in one block. */
const WRITTEN_AT_ONCE = 20_000
/** Seconds between two blocks. */
const PACE = 1

/** Options of the chains that are made, for whoever goes on with one. */
export function benchOptions(dataDir: string): ChainOptions {
  return chainOptions({ seed: 1, workers: 2, dataDir })
}

export class BlockMaker {
  readonly database: ChainDatabase
  readonly store: LmdbStore
  readonly #writer: ChainWriter
  readonly #machine: VirtualMachine
  readonly #overlay = new Overlay()
  readonly #tries: StateCommitter
  readonly #options: ChainOptions

  /** Begins the chain of a database, or goes on with it; `hashes` may make tries cheaper that nobody verifies. */
  constructor(
    database: ChainDatabase,
    options: ChainOptions,
    hashes: Partial<CommitterOptions> = {},
  ) {
    const crypto = attachCrypto(createCryptoMemory(1), 0)
    useCrypto(crypto)
    this.database = database
    this.#options = options
    this.#writer = new ChainWriter(database)
    this.#machine = createStarknetMachine({ crypto })
    this.store = new LmdbStore(database)
    this.#tries = new StateCommitter(database.tries, this.store.height(), hashes)
    for (const declared of this.store.classes()) this.#publish(declared)
    if (this.store.height() >= 0) return
    const { stateDiff, classes } = genesis(options)
    this.write(stateDiff, classes)
  }

  /** Appends a block that has no transactions and writes a diff all the same. */
  write(stateDiff: StateDiff, classes: StoredClass[] = []): void {
    for (const declared of classes) this.#publish(declared)
    this.commit(this.#sealed([], [], stateDiff), classes)
  }

  /** Deploys and funds accounts, in a few blocks. */
  deploy(accounts: OpenAccounts): void {
    for (const [from, to] of parts(accounts.count)) {
      this.write(accounts.deployment(from, to), from === 0 ? [OpenAccounts.declared()] : [])
    }
  }

  /** Gives all accounts a balance, in a few blocks. */
  fund(accounts: OpenAccounts, balance: bigint): void {
    for (const [from, to] of parts(accounts.count)) {
      this.write(accounts.funding(from, to, balance))
    }
  }

  /** What is written meanwhile is synced once, at the end. */
  together(action: () => void): void {
    this.database.root.transactionSync(action)
  }

  /** The next block, complete but for what hashing gives. */
  execute(transactions: readonly Transaction[]): SealedBlock {
    const { store } = this
    const before = store.stateAt(store.height())
    const context = this.#context()
    const hashOf = (number: number) => store.blockByNumber(number)?.header.blockHash ?? null
    const wanted = openingDiff(context.number, hashOf)
    const opening = stateDiffOfChanges(changesOfStateDiff(wanted, before))
    const hashed = transactions.map((transaction) => ({
      hash: transactionHash(transaction, context.chainId),
      transaction,
      contractAddress: null,
    }))
    const { outcomes, results, changes } = executeSequentially(
      {
        constants: encodeBlockContext(context, sequencerFlags),
        transactions: hashed.map(({ hash, transaction }) =>
          encodeTransaction(transaction, hash, {}),
        ),
      },
      this.#machine,
      this.#overlay.over(readerForExecutor(new LayeredState([opening], before, context.number))),
    )
    if (outcomes.some((outcome) => outcome !== COMPLETED)) throw new Error('a rejection')
    const diff = mergeStateDiffs([opening, stateDiffOfChanges(changes)], before)
    const whole = mergeStateDiffs([diff, aliasDiff(diff, before)], before)
    return this.#sealed(hashed, results, whole)
  }

  /** Hashes and writes a block; how long either took. */
  commit(sealed: SealedBlock, classes: StoredClass[] = []): { hashMs: number; writeMs: number } {
    const startMs = performance.now()
    const update = this.#tries.prepare(sealed.stateDiff)
    const header = headerOf(sealed, update.root)
    const hashedMs = performance.now()
    const { transactions, results, stateDiff } = sealed
    this.#writer.append({ header, transactions, results, stateDiff, classes, nodes: update.batch })
    const writtenMs = performance.now()
    this.#tries.accept(update)
    this.note(header, sealed, classes)
    return { hashMs: hashedMs - startMs, writeMs: writtenMs - hashedMs }
  }

  /** Goes on to a block that is stored. */
  note(
    header: BlockHeader,
    { transactions, stateDiff }: SealedBlock,
    classes: StoredClass[],
  ): void {
    const included = transactions.map((each) => ({ ...each, execution: notKept }))
    this.store.append({ header, transactions: included, stateDiff }, classes)
  }

  #publish({ classHash, sierra, casm }: StoredClass): void {
    this.#machine.accept(classMessage(classHash, sierra, casm))
  }

  #sealed(
    transactions: SealedBlock['transactions'],
    results: Int32Array[],
    stateDiff: StateDiff,
  ): SealedBlock {
    const { store } = this
    const parentHash = store.blockByNumber(store.height())?.header.blockHash ?? 0n
    return { context: this.#context(), parentHash, transactions, results, stateDiff }
  }

  #context(): BlockContext {
    const first = genesisContext(this.#options)
    const number = this.store.height() + 1
    return { ...first, number, timestamp: first.timestamp + PACE * number }
  }
}

/** Opens the data folder of a bench, new or made before, for what `work` does to its chain. */
export async function inFolder<Result>(
  dataDir: string,
  hashes: Partial<CommitterOptions>,
  work: (maker: BlockMaker, databaseFile: string) => Promise<Result> | Result,
): Promise<Result> {
  const folder = await openDataFolder(dataDir)
  const database = openDatabase(folder.database)
  const maker = new BlockMaker(database, benchOptions(dataDir), hashes)
  if (folder.isNew) folder.settle()
  const result = await work(maker, folder.database)
  // A node that finds no journal beside a chain says that something is missing.
  const journal = await openLogEngine(await openJournalFolder(folder.journal))
  await journal.campaign(maker.store.height())
  await journal.close()
  await database.close()
  folder.release()
  return result
}

/** Numbers below `count` in pieces. */
function* parts(count: number): Generator<[number, number]> {
  for (let from = 0; from < count; from += WRITTEN_AT_ONCE) {
    yield [from, Math.min(from + WRITTEN_AT_ONCE, count)]
  }
}

function notKept(): never {
  throw new Error('what a transaction did is read from the store')
}
