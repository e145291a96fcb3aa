/**
 * A second opinion on a chain: every block is executed again, in one sequential run on a fresh machine and memory, and
 * every header is computed again from the block's own content and a fresh trie.
 */
import * as assert from 'uvu/assert'
import { COMPLETED } from '../../src/executor/machine.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { createCryptoMemory } from '../../src/felt/crypto.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { genesis } from '../../src/node/genesis.ts'
import type { ChainOptions } from '../../src/node/options.ts'
import { BLOCK_HASH_CONTRACT } from '../../src/starknet/addresses.ts'
import type { Block } from '../../src/starknet/block.ts'
import { blockContextOf } from '../../src/starknet/block-context.ts'
import { decodeOutcome } from '../../src/starknet/decode-outcome.ts'
import { encodeBlockContext } from '../../src/starknet/encoded-block-context.ts'
import { encodeTransaction } from '../../src/starknet/encoded-transaction.ts'
import type { ClassMessage } from '../../src/starknet/machine.ts'
import { headerOf } from '../../src/starknet/sealed-block.ts'
import {
  aliasDiff,
  changesOfStateDiff,
  mergeStateDiffs,
  stateDiffOfChanges,
  storageDiff,
} from '../../src/starknet/state-diff.ts'
import type { Transaction } from '../../src/starknet/transaction.ts'
import { factsOf } from '../../src/starknet/transaction-facts.ts'
import { StateCommitter } from '../../src/state/state-root.ts'
import type { ChainStore, StoredClass } from '../../src/storage/chain-store.ts'
import { buildMachine } from '../../workers/machines.ts'

const flags = { validate: true, chargeFee: true, strictNonce: true }
const nothing = {
  storageAt: () => 0n,
  nonceAt: () => 0n,
  classHashAt: () => 0n,
  compiledClassHashAt: () => 0n,
}

/** Checks all blocks of a chain that was started with these options; returns the number of transactions. */
export async function replay(
  store: ChainStore,
  options: ChainOptions,
  hint: string,
): Promise<number> {
  const crypto = createCryptoMemory()
  const machine = await buildMachine({ kind: 'starknet', crypto, cairo: 'fast' }, 0)
  const memory = createEngineMemory({ executors: 1, shared: false })
  const committer = new StateCommitter()
  const start = genesis(options)
  for (const declared of start.classes) machine.accept(messageOf(declared))
  loadState(memory, changesOfStateDiff(start.stateDiff, nothing))
  let count = 0
  let parentHash = 0n
  for (let number = 0; number <= store.height(); number++) {
    const block = store.blockByNumber(number)!
    const where = `${hint}, block ${number}`
    assert.is(block.header.parentHash, parentHash, `${where}: parent`)
    parentHash = block.header.blockHash
    if (number === 0) assert.equal(block.stateDiff, start.stateDiff, `${where}: state`)
    const results = number === 0 ? [] : again(block)
    const header = headerOf(
      {
        context: blockContextOf(block.header),
        parentHash: block.header.parentHash,
        transactions: block.transactions,
        results,
        stateDiff: block.stateDiff,
      },
      committer.apply(block.stateDiff),
    )
    assert.equal(block.header, header, `${where}: header`)
    count += block.transactions.length
  }
  return count

  /** Executes a block again and compares what it did. */
  function again(block: Block): Int32Array[] {
    const { number } = block.header
    const where = `${hint}, block ${number}`
    const before = store.stateAt(number - 1)
    assert.ok(block.header.timestamp >= store.blockByNumber(number - 1)!.header.timestamp, where)
    const old = number < 10 ? null : store.blockByNumber(number - 10)!.header
    const cells: [bigint, bigint][] = old === null ? [] : [[BigInt(old.number), old.blockHash]]
    const opening = storageDiff(BLOCK_HASH_CONTRACT, cells)
    loadState(memory, changesOfStateDiff(opening, before))
    const transactions = block.transactions.map(({ hash, transaction, contractAddress }) => {
      const declared = declaredBy(transaction)
      if (declared !== null) machine.accept(messageOf(declared))
      return encodeTransaction(transaction, hash, factsOf(transaction, contractAddress, declared))
    })
    const constants = encodeBlockContext(block.header, flags)
    const run = executeSequentially({ constants, transactions }, machine, memory)
    for (const [index, included] of block.transactions.entries()) {
      assert.is(run.outcomes[index], COMPLETED, `${where}: outcome of ${index}`)
      const expected = decodeOutcome(run.results[index]!)
      assert.equal(included.execution(), expected, `${where}: transaction ${index}`)
    }
    const diffs = [...(old === null ? [] : [opening]), stateDiffOfChanges(run.changes)]
    const diff = mergeStateDiffs(diffs, before)
    const aliases = aliasDiff(diff, before)
    loadState(memory, changesOfStateDiff(aliases, before))
    assert.equal(block.stateDiff, mergeStateDiffs([diff, aliases], before), `${where}: state diff`)
    return run.results
  }

  function declaredBy(transaction: Transaction): StoredClass | null {
    return transaction.type === 'DECLARE' ? store.classByHash(transaction.classHash) : null
  }
}

function messageOf({ classHash, sierra, casm }: StoredClass): ClassMessage {
  const [major = 1n, minor = 7n, patch = 0n] = sierra?.sierraProgram ?? []
  const sierraVersion = [Number(major), Number(minor), Number(patch)] as const
  return { kind: 'class', classHash, sierraVersion, program: casm }
}
