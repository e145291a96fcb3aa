/**
 * Random blocks for stores: deploys, replaced classes, declares, storage with zeros, many events, a few felts over and
 * over so that cells have histories and filters match. Executions are words, as the executors write them.
 */
import { writeCellWords } from '../../src/felt/cell.ts'
import { P } from '../../src/felt/felt.ts'
import type { Block, BlockHeader } from '../../src/starknet/block.ts'
import { ADDRESS, CALL_RECORD_WORDS, EVENT_WORDS, PARENT } from '../../src/starknet/call-tree.ts'
import { decodeOutcome } from '../../src/starknet/decode-outcome.ts'
import type { StateDiff } from '../../src/starknet/execution.ts'
import * as outcome from '../../src/starknet/outcome.ts'
import type { SealedTransaction } from '../../src/starknet/sealed-block.ts'
import { emptyStateDiff } from '../../src/starknet/state-diff.ts'
import type { Transaction } from '../../src/starknet/transaction.ts'
import type { StoredClass } from '../../src/storage/chain-store.ts'
import type { NewBlock } from '../../src/storage/chain-writer.ts'

type Event = { fromAddress: bigint; keys: bigint[]; data: bigint[] }

/** Numbers from a seed: a small linear generator, good enough to choose with. */
export class Choice {
  #state: number
  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * limit)
  }

  of<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!
  }

  felt(): bigint {
    return this.of([0n, 1n, 255n, 256n, 2n ** 64n - 1n, 2n ** 64n, P - 1n, this.wide()])
  }

  wide(): bigint {
    let value = 0n
    for (let i = 0; i < 8; i++) value = (value << 32n) | BigInt(this.below(2 ** 32))
    return value % P
  }
}

/** Felts that occur again and again, some of which look alike in their low bytes. */
export const addresses = [1n, 2n, 0x7fn, 2n ** 64n + 1n, 2n ** 130n + 1n, P - 1n, 77n]
export const keys = [0n, 1n, 2n ** 64n, 2n ** 128n + 5n, P - 2n]
export const classes = [0xc1n, 0xc2n, 2n ** 200n + 3n]

export class RandomChain {
  readonly choice: Choice
  #hashes = 0

  constructor(seed: number) {
    this.choice = new Choice(seed)
  }

  /** The next block; hashes are never used twice. */
  next(number: number, parentHash: bigint): NewBlock {
    const { choice } = this
    const results: Int32Array[] = []
    const transactions: SealedTransaction[] = []
    for (let count = choice.below(choice.below(5) === 0 ? 40 : 4); count > 0; count--) {
      const transaction = this.#transaction()
      const contractAddress = transaction.type === 'DEPLOY_ACCOUNT' ? choice.felt() : null
      transactions.push({ hash: this.#hash(), transaction, contractAddress })
      const events = Array.from({ length: choice.below(4) }, () => this.#event())
      results.push(wordsOf(events))
    }
    const stateDiff = this.#diff()
    return {
      header: headerOf(number, parentHash, this.#hash(), transactions.length),
      transactions,
      results,
      stateDiff,
      classes: [...stateDiff.declaredClasses].map(([classHash, compiledClassHash]) =>
        this.#class(classHash, compiledClassHash, number),
      ),
      nodes: null,
    }
  }

  #hash(): bigint {
    return (BigInt(++this.#hashes) << 180n) + this.choice.wide() / 2n ** 80n
  }

  #event(): Event {
    const { choice } = this
    const list = (most: number, from: readonly bigint[]) =>
      Array.from({ length: choice.below(most) }, () => choice.of(from))
    return { fromAddress: choice.of(addresses), keys: list(7, keys), data: list(3, addresses) }
  }

  #diff(): StateDiff {
    const { choice } = this
    const diff = emptyStateDiff()
    const some = (most: number, action: () => void) => {
      for (let count = choice.below(most); count > 0; count--) action()
    }
    some(4, () => {
      const cells = new Map<bigint, bigint>()
      some(5, () => cells.set(choice.of(keys), choice.felt()))
      if (cells.size > 0) diff.storage.set(choice.of(addresses), cells)
    })
    some(3, () => diff.nonces.set(choice.of(addresses), choice.felt()))
    some(2, () => diff.deployedContracts.set(choice.of(addresses.slice(0, 4)), choice.of(classes)))
    some(2, () => diff.replacedClasses.set(choice.of(addresses.slice(4)), choice.of(classes)))
    if (choice.below(4) === 0) diff.declaredClasses.set(choice.of(classes), choice.wide())
    return diff
  }

  #class(classHash: bigint, compiledClassHash: bigint, declaredAt: number): StoredClass {
    const entry = { selector: this.choice.wide(), functionIdx: this.choice.below(99) }
    const sierra = {
      sierraProgram: Array.from({ length: 50 }, () => this.choice.felt()),
      contractClassVersion: '0.1.0',
      entryPointsByType: { external: [entry, entry], l1Handler: [], constructor: [entry] },
      abi: '[{"name":"größer"}]',
    }
    const casm = { prime: '0x1', bytecode: ['0x2'], hints: [[0, { deep: [null, 'ü'] }]] }
    return {
      classHash,
      compiledClassHash,
      sierra: this.choice.below(3) === 0 ? null : sierra,
      casm,
      declaredAt,
    }
  }

  #transaction(): Transaction {
    const { choice } = this
    const felts = () => Array.from({ length: choice.below(5) }, () => choice.felt())
    const bound = () => ({ maxAmount: choice.felt(), maxPricePerUnit: choice.felt() })
    const common = {
      version: choice.of([3n, 3n + 2n ** 128n]),
      nonce: choice.felt(),
      signature: felts(),
      resourceBounds: {
        l1Gas: bound(),
        l2Gas: bound(),
        l1DataGas: choice.below(2) === 0 ? null : bound(),
      },
      tip: choice.felt(),
      paymasterData: felts(),
      nonceDataAvailabilityMode: choice.of(['L1', 'L2'] as const),
      feeDataAvailabilityMode: choice.of(['L1', 'L2'] as const),
    }
    const senderAddress = choice.felt()
    switch (choice.below(3)) {
      case 0:
        return {
          type: 'INVOKE',
          ...common,
          senderAddress,
          calldata: felts(),
          accountDeploymentData: felts(),
          proofFacts: felts(),
        }
      case 1:
        return {
          type: 'DECLARE',
          ...common,
          senderAddress,
          classHash: choice.felt(),
          compiledClassHash: choice.felt(),
          accountDeploymentData: felts(),
        }
      default:
        return {
          type: 'DEPLOY_ACCOUNT',
          ...common,
          classHash: choice.felt(),
          contractAddressSalt: choice.felt(),
          constructorCalldata: felts(),
        }
    }
  }
}

/** The block as production has it, with executions decoded from the same words. */
export function blockOf({ header, transactions, results, stateDiff }: NewBlock): Block {
  return {
    header,
    stateDiff,
    transactions: transactions.map((included, index) => ({
      ...included,
      execution: () => decodeOutcome(results[index]!),
    })),
  }
}

function headerOf(
  number: number,
  parentHash: bigint,
  blockHash: bigint,
  transactionCount: number,
): BlockHeader {
  const price = { wei: 7n, fri: 2n ** 100n }
  return {
    number,
    timestamp: 1_700_000_000 + number,
    sequencerAddress: 0x1000n,
    chainId: 0x534e5f5345504f4c4941n,
    starknetVersion: '0.14.2',
    l1GasPrice: price,
    l1DataGasPrice: price,
    l2GasPrice: price,
    useKzgDa: number % 2 === 0,
    strkAddress: P - 5n,
    ethAddress: P - 6n,
    blockHash,
    parentHash,
    newRoot: P - 7n,
    transactionCommitment: 1n,
    eventCommitment: 2n,
    receiptCommitment: 3n,
    stateDiffCommitment: 4n,
    transactionCount,
    eventCount: 5,
    stateDiffLength: 6,
  }
}

/** The words of an execution that emitted events: one call for each. */
function wordsOf(events: readonly Event[]): Int32Array {
  const cells = events.flatMap((event) => [...event.keys, ...event.data])
  const callsAt = outcome.OUTCOME_HEADER_WORDS
  const eventsAt = callsAt + events.length * CALL_RECORD_WORDS
  const cellsAt = eventsAt + events.length * EVENT_WORDS
  const words = new Int32Array(cellsAt + cells.length * 8)
  words[outcome.CALL_COUNT] = events.length
  words[outcome.EVENT_COUNT] = events.length
  words[outcome.CELL_COUNT] = cells.length
  words[outcome.TEXT_LENGTH] = -1
  words[outcome.FEE] = events.length
  let cell = 0
  for (const [index, event] of events.entries()) {
    const call = callsAt + index * CALL_RECORD_WORDS
    words[call + PARENT] = index - 1
    writeCellWords(words, call + ADDRESS, event.fromAddress)
    const { length: keyCount } = event.keys
    words.set([index, index, cell, keyCount, event.data.length], eventsAt + index * EVENT_WORDS)
    cell += keyCount + event.data.length
  }
  for (const [index, felt] of cells.entries()) writeCellWords(words, cellsAt + index * 8, felt)
  return words
}
