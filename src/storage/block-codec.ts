/**
 * Blocks as bytes. Facts and hashes are read at once, a transaction's body and the diff when somebody looks.
 *
 *     context │ parent, commitments, root, hash │ per transaction: hash, new address, body │ diff │ declared classes
 */
import type { BlockHeader } from '../starknet/block.ts'
import type { BlockContext, GasPrice } from '../starknet/block-context.ts'
import type { StateDiff } from '../starknet/execution.ts'
import type { Transaction } from '../starknet/transaction.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { encodeTransaction } from './transaction-codec.ts'

/** What is stored of a block in one record; executions are kept apart. */
export interface BlockParts {
  header: BlockHeader
  transactions: { hash: bigint; transaction: Transaction; contractAddress: bigint | null }[]
  stateDiff: StateDiff
  /** Hashes of the classes that were stored with it. */
  classHashes: bigint[]
}

/** A block whose transactions and diff are still bytes. */
export interface EncodedBlock {
  header: BlockHeader
  transactions: { hash: bigint; contractAddress: bigint | null; body: Buffer }[]
  stateDiff: Buffer
  classHashes: bigint[]
}

export function encodeBlock({ header, transactions, stateDiff, classHashes }: BlockParts): Buffer {
  const writer = new ByteWriter(1024 + transactions.length * 512)
  writeContext(writer, header)
  writer.number(header.blockHash)
  writer.number(header.parentHash)
  writer.number(header.newRoot)
  writer.number(header.transactionCommitment)
  writer.number(header.eventCommitment)
  writer.number(header.receiptCommitment)
  writer.number(header.stateDiffCommitment)
  writer.count(header.transactionCount)
  writer.count(header.eventCount)
  writer.count(header.stateDiffLength)
  writer.list(transactions, ({ hash, transaction, contractAddress }) => {
    writer.number(hash)
    writer.list(contractAddress === null ? [] : [contractAddress], (address) => {
      writer.number(address)
    })
    writer.bytes(encodeTransaction(transaction))
  })
  writer.bytes(encodeStateDiff(stateDiff))
  writer.numbers(classHashes)
  return writer.written
}

export function decodeBlock(bytes: Uint8Array): EncodedBlock {
  const reader = new ByteReader(bytes)
  const header: BlockHeader = {
    ...readContext(reader),
    blockHash: reader.number(),
    parentHash: reader.number(),
    newRoot: reader.number(),
    transactionCommitment: reader.number(),
    eventCommitment: reader.number(),
    receiptCommitment: reader.number(),
    stateDiffCommitment: reader.number(),
    transactionCount: reader.count(),
    eventCount: reader.count(),
    stateDiffLength: reader.count(),
  }
  const transactions = reader.list(() => ({
    hash: reader.number(),
    contractAddress: reader.list(() => reader.number())[0] ?? null,
    body: reader.bytes(),
  }))
  return { header, transactions, stateDiff: reader.bytes(), classHashes: reader.numbers() }
}

/** Writes the facts of a block that are fixed before its first transaction. */
export function writeContext(writer: ByteWriter, context: BlockContext): void {
  writer.count(context.number)
  writer.count(context.timestamp)
  writer.number(context.sequencerAddress)
  writer.number(context.chainId)
  writer.text(context.starknetVersion)
  for (const price of [context.l1GasPrice, context.l1DataGasPrice, context.l2GasPrice]) {
    writer.number(price.wei)
    writer.number(price.fri)
  }
  writer.byte(context.useKzgDa ? 1 : 0)
  writer.number(context.strkAddress)
  writer.number(context.ethAddress)
}

/** Reads what `writeContext` wrote. */
export function readContext(reader: ByteReader): BlockContext {
  const price = (): GasPrice => ({ wei: reader.number(), fri: reader.number() })
  return {
    number: reader.count(),
    timestamp: reader.count(),
    sequencerAddress: reader.number(),
    chainId: reader.number(),
    starknetVersion: reader.text(),
    l1GasPrice: price(),
    l1DataGasPrice: price(),
    l2GasPrice: price(),
    useKzgDa: reader.byte() === 1,
    strkAddress: reader.number(),
    ethAddress: reader.number(),
  }
}

/** The bytes of a diff; maps keep their order. */
function encodeStateDiff(diff: StateDiff): Buffer {
  const writer = new ByteWriter(4096)
  writer.list([...diff.storage], ([address, cells]) => {
    writer.number(address)
    writePairs(writer, cells)
  })
  for (const map of [
    diff.nonces,
    diff.deployedContracts,
    diff.replacedClasses,
    diff.declaredClasses,
    diff.migratedCompiledClasses,
  ]) {
    writePairs(writer, map)
  }
  return writer.written
}

/** The diff of `encodeStateDiff`'s bytes. */
export function decodeStateDiff(bytes: Uint8Array): StateDiff {
  const reader = new ByteReader(bytes)
  const storage = reader.list((): [bigint, Map<bigint, bigint>] => [
    reader.number(),
    readPairs(reader),
  ])
  return {
    storage: new Map(storage),
    nonces: readPairs(reader),
    deployedContracts: readPairs(reader),
    replacedClasses: readPairs(reader),
    declaredClasses: readPairs(reader),
    migratedCompiledClasses: readPairs(reader),
  }
}

function writePairs(writer: ByteWriter, map: ReadonlyMap<bigint, bigint>): void {
  writer.list([...map], ([key, value]) => {
    writer.number(key)
    writer.number(value)
  })
}

function readPairs(reader: ByteReader): Map<bigint, bigint> {
  return new Map(reader.list((): [bigint, bigint] => [reader.number(), reader.number()]))
}
