/**
 * Verifies stored blocks, one after the other: each is executed again, sequentially, from the stored state of its parent,
 * and everything that is stored about it must be what comes out.
 *
 *     stored state of N-1 ──▶ opening diff ──▶ transactions ──▶ results, diff ──▶ nodes, root ──▶ commitments, hash
 *                                                  │                │             │              │
 *     stored about N         hashes, places     receipts     diff, cells     trie nodes       header
 *
 * So a chain whose blocks all verify is the one that executing every transaction in order gives. Block 0 has no
 * transactions: its diff is taken as it is.
 */
import { COMPLETED, type VirtualMachine } from '../../executor/machine.ts'
import { Overlay } from '../../executor/overlay.ts'
import { executeSequentially } from '../../executor/sequential.ts'
import { attachCrypto, createCryptoMemory } from '../../felt/crypto.ts'
import { useCrypto } from '../../felt/hash.ts'
import { LayeredState } from '../../simulation/layered-state.ts'
import type { Block } from '../../starknet/block.ts'
import { blockContextOf } from '../../starknet/block-context.ts'
import { blakeCompiledClassHash, sierraClassHash } from '../../starknet/class-hash.ts'
import { classMessage } from '../../starknet/class-message.ts'
import { decodeOutcome } from '../../starknet/decode-outcome.ts'
import { encodeBlockContext } from '../../starknet/encoded-block-context.ts'
import { encodeTransaction } from '../../starknet/encoded-transaction.ts'
import type { StateDiff } from '../../starknet/execution.ts'
import { createStarknetMachine } from '../../starknet/machine.ts'
import { openingDiff } from '../../starknet/opening-diff.ts'
import { headerOf, withoutExecutions } from '../../starknet/sealed-block.ts'
import {
  aliasDiff,
  changesOfStateDiff,
  mergeStateDiffs,
  stateDiffOfChanges,
} from '../../starknet/state-diff.ts'
import type { Transaction } from '../../starknet/transaction.ts'
import { addressOf, factsOf } from '../../starknet/transaction-facts.ts'
import { transactionHash } from '../../starknet/transaction-hash.ts'
import type { NodeBatch } from '../../state/node-store.ts'
import { StateCommitter } from '../../state/state-root.ts'
import { readerForExecutor } from '../../storage/base-reader.ts'
import { checkStoredBlock } from '../../storage/block-check.ts'
import type { StoredClass } from '../../storage/chain-store.ts'
import { DamagedError } from '../../storage/checksum.ts'
import { allResults } from '../../storage/result-table.ts'
import { cellsOfDiff } from '../../storage/state-key.ts'
import type { CellWrite } from '../../storage/versioned.ts'
import { hex } from '../encode/felts.ts'
import { sequencerFlags } from '../production.ts'
import { firstDifference } from './difference.ts'
import type { StoredChain } from './stored-chain.ts'

/** What is wrong with a block, in words. */
class Wrong extends Error {}

export class Verifier {
  readonly #chain: StoredChain
  readonly #machine: VirtualMachine
  readonly #overlay = new Overlay()
  #tries: StateCommitter | null = null

  /** Reads all classes, which executors must know before they run. */
  constructor(chain: StoredChain) {
    const crypto = attachCrypto(createCryptoMemory(1), 0)
    useCrypto(crypto)
    this.#chain = chain
    this.#machine = createStarknetMachine({ crypto })
    for (const { classHash, sierra, casm } of chain.store.classes()) {
      this.#machine.accept(classMessage(classHash, sierra, casm))
    }
  }

  /** The first thing that is wrong with a block, in words; null if nothing is. Its parent's state must be kept. */
  check(number: number): string | null {
    try {
      this.#check(number)
      return null
    } catch (error) {
      this.#tries = null
      if (error instanceof Wrong) return `block ${number}: ${error.message}`
      if (error instanceof DamagedError) return `while block ${number} was read: ${error.message}`
      throw error
    }
  }

  #check(number: number): void {
    const { store, database } = this.#chain
    const block = store.blockByNumber(number)
    if (block === null) throw new Wrong('it is missing')
    checkStoredBlock(database, number)
    this.#checkHashes(block)
    this.#checkClasses(block)
    const results = [...allResults(database.results, number, block.transactions.length)]
    const diff = number === 0 ? block.stateDiff : this.#execute(block, results)
    requireSame('the state diff', diff, block.stateDiff)
    const root = this.#checkTries(number, diff)
    const { header } = block
    const sealed = {
      context: blockContextOf(header),
      parentHash: header.parentHash,
      transactions: withoutExecutions(block.transactions),
      results,
      stateDiff: diff,
    }
    requireSame('the header', headerOf(sealed, root), header)
    this.#checkTouched(number, diff)
  }

  /** The hashes of its transactions, and that it follows its parent. */
  #checkHashes({ header, transactions }: Block): void {
    const { number, parentHash, chainId, timestamp } = header
    const parent = number === 0 ? null : this.#chain.store.blockByNumber(number - 1)
    if (parent !== null) {
      requireSame('the hash of its parent', parent.header.blockHash, parentHash)
      if (timestamp < parent.header.timestamp) throw new Wrong('it is older than its parent')
    }
    transactions.forEach(({ hash, transaction, contractAddress }, index) => {
      const what = `transaction ${index} (${hex(hash)}), `
      requireSame(`${what}its hash`, transactionHash(transaction, chainId), hash)
      requireSame(`${what}its new address`, addressOf(transaction), contractAddress)
    })
  }

  #checkClasses({ stateDiff }: Block): void {
    for (const [classHash, compiledClassHash] of stateDiff.declaredClasses) {
      const stored = this.#chain.store.classByHash(classHash)
      const what = `class ${hex(classHash)}, `
      if (stored === null) throw new Wrong(`${what}which it declares, is missing`)
      if (stored.sierra !== null) {
        requireSame(`${what}its hash`, sierraClassHash(stored.sierra), classHash)
      }
      const compiled = blakeCompiledClassHash(stored.casm)
      requireSame(`${what}its compiled class hash`, compiled, compiledClassHash)
    }
  }

  /** Executes the block again; compares the results, returns the diff. */
  #execute({ header, transactions }: Block, stored: readonly Int32Array[]): StateDiff {
    const { store } = this.#chain
    const { number } = header
    const before = store.stateAt(number - 1)
    const wanted = openingDiff(number, (old) => store.blockByNumber(old)?.header.blockHash ?? null)
    const opening = stateDiffOfChanges(changesOfStateDiff(wanted, before))
    const input = {
      constants: encodeBlockContext(header, sequencerFlags),
      transactions: transactions.map(({ hash, transaction, contractAddress }) => {
        const declared = this.#declaredBy(transaction)
        return encodeTransaction(transaction, hash, factsOf(transaction, contractAddress, declared))
      }),
    }
    const base = this.#overlay.over(readerForExecutor(new LayeredState([opening], before, number)))
    const { outcomes, results, changes } = executeSequentially(input, this.#machine, base)
    requireSame('the number of its results', results.length, stored.length)
    results.forEach((words, index) => {
      const what = `transaction ${index} (${hex(transactions[index]!.hash)})`
      if (outcomes[index] !== COMPLETED) {
        throw new Wrong(`${what} is rejected: ${decodeOutcome(words).reason}`)
      }
      if (sameWords(words, stored[index]!)) return
      requireSame(`${what}, its execution`, decodeOutcome(words), decodeOutcome(stored[index]!))
      throw new Wrong(`${what}, its execution is stored in other words`)
    })
    const diff = mergeStateDiffs([opening, stateDiffOfChanges(changes)], before)
    return mergeStateDiffs([diff, aliasDiff(diff, before)], before)
  }

  #declaredBy(transaction: Transaction): StoredClass | null {
    if (transaction.type !== 'DECLARE') return null
    return this.#chain.store.classByHash(transaction.classHash)
  }

  /** Computes the tries after the block from those of its parent; compares the nodes, returns the root. */
  #checkTries(number: number, diff: StateDiff): bigint {
    const { tries } = this.#chain.database
    if (this.#tries?.height !== number - 1) this.#tries = new StateCommitter(tries, number - 1)
    const update = this.#tries.prepare(diff)
    this.#checkNodes(update.batch)
    this.#tries.accept(update)
    return update.root
  }

  #checkNodes({ block, nodes, superseded }: NodeBatch): void {
    const { tries } = this.#chain.database
    for (const { id, bytes } of nodes) {
      const stored = tries.read(id)
      if (stored === undefined) throw new Wrong(`node ${id} of its tries is missing`)
      if (Buffer.compare(bytes, stored) !== 0) throw new Wrong(`node ${id} of its tries is another`)
    }
    // Pruning goes by it.
    const ascending = superseded.toSorted((one, other) => one - other)
    requireSame('the list of nodes that it superseded', ascending, tries.supersededBy(block))
  }

  /** The list of cells that the block wrote names those of its diff, whose values were looked at already. */
  #checkTouched(number: number, diff: StateDiff): void {
    const touched = this.#chain.database.state.touchedIn(number).map(nameOf)
    requireSame(
      'the list of cells that it wrote',
      cellsOfDiff(diff).map(nameOfCell).sort(),
      touched,
    )
  }
}

function nameOfCell([key]: CellWrite): string {
  return nameOf(key)
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}

function requireSame(what: string, computed: unknown, stored: unknown): void {
  const found = firstDifference(computed, stored)
  if (found === null) return
  const where = found.path === '' ? what : `${what}, ${found.path}`
  throw new Wrong(`${where}: ${found.one} when computed again, ${found.other} in the store`)
}

function sameWords(one: Int32Array, other: Int32Array): boolean {
  return one.length === other.length && one.every((word, index) => word === other[index])
}
