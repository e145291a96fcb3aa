/**
 * The four commitments of a block: one hash each over its transactions, events, receipts and state diff.
 *
 *     transactions, events, receipts    Poseidon trie of height 64 over the leaves in order; no leaves: 0
 *     state diff                        one Poseidon over all changes, ascending
 *
 * Invariant: only what a block states is hashed; equal lists give equal commitments in every node.
 */

import { encodeShortString } from '../felt/felt.ts'
import { poseidonMany, starknetKeccak } from '../felt/hash.ts'
import { poseidonPairs } from '../state/hash-pairs.ts'
import { listRoot } from '../state/patricia.ts'
import type { IncludedTransaction } from './block.ts'
import type { StateDiff } from './execution.ts'

const STATE_DIFF_TAG = encodeShortString('STARKNET_STATE_DIFF0')

export interface TransactionLeaf {
  hash: bigint
  /** Empty for an L1 handler. */
  signature: readonly bigint[]
}

export interface EventLeaf {
  fromAddress: bigint
  keys: readonly bigint[]
  data: readonly bigint[]
}

export interface MessageLeaf {
  fromAddress: bigint
  toAddress: bigint
  payload: readonly bigint[]
}

export interface ReceiptLeaf {
  hash: bigint
  actualFee: bigint
  messages: readonly MessageLeaf[]
  /** Null unless reverted. */
  revertReason: string | null
  l1Gas: bigint
  l1DataGas: bigint
}

export interface BlockCommitments {
  transactionCommitment: bigint
  eventCommitment: bigint
  receiptCommitment: bigint
  stateDiffCommitment: bigint
  eventCount: number
  stateDiffLength: number
}

/** All commitments and counts of a block's header. */
export function blockCommitments(
  transactions: readonly IncludedTransaction[],
  stateDiff: StateDiff,
): BlockCommitments {
  const executions = transactions.map((included) => included.execution())
  const eventLeaves = transactions.flatMap(({ hash }, i) =>
    executions[i]!.events.map((event) => eventLeaf(hash, event)),
  )
  return {
    transactionCommitment: transactionCommitment(
      transactions.map(({ hash, transaction }) => ({ hash, signature: transaction.signature })),
    ),
    eventCommitment: listRoot(eventLeaves, poseidonPairs),
    receiptCommitment: receiptCommitment(
      transactions.map(({ hash }, i) => {
        const { actualFee, messages, gas, outcome, reason } = executions[i]!
        const revertReason = outcome === 'REVERTED' ? reason : null
        const { l1Gas, l1DataGas } = gas
        return { hash, actualFee, messages, revertReason, l1Gas, l1DataGas }
      }),
    ),
    stateDiffCommitment: stateDiffCommitment(stateDiff),
    eventCount: eventLeaves.length,
    stateDiffLength: stateDiffLength(stateDiff),
  }
}

/** `emptyAsZero`: before 0.13.4 an empty signature counted as one 0. */
export function transactionCommitment(
  transactions: readonly TransactionLeaf[],
  emptyAsZero = false,
): bigint {
  const leaves = transactions.map(({ hash, signature }) =>
    poseidonMany(signature.length === 0 && emptyAsZero ? [hash, 0n] : [hash, ...signature]),
  )
  return listRoot(leaves, poseidonPairs)
}

/** Over all events of the block, in order, each list with its transaction's hash. */
export function eventCommitment(
  transactions: readonly { hash: bigint; events: readonly EventLeaf[] }[],
): bigint {
  const leaves = transactions.flatMap(({ hash, events }) =>
    events.map((event) => eventLeaf(hash, event)),
  )
  return listRoot(leaves, poseidonPairs)
}

export function receiptCommitment(receipts: readonly ReceiptLeaf[]): bigint {
  return listRoot(receipts.map(receiptLeaf), poseidonPairs)
}

/** `declaredCairo0`: classes of history that have no compiled class hash. */
export function stateDiffCommitment(
  diff: StateDiff,
  declaredCairo0: readonly bigint[] = [],
): bigint {
  const felts = [STATE_DIFF_TAG]
  pushPairs(felts, ascending(diff.deployedContracts, diff.replacedClasses))
  pushPairs(felts, ascending(diff.declaredClasses, diff.migratedCompiledClasses))
  const cairo0 = [...declaredCairo0].sort(compare)
  felts.push(BigInt(cairo0.length), ...cairo0, 1n, 0n)
  const changed = ascending(diff.storage).filter(([, cells]) => cells.size > 0)
  felts.push(BigInt(changed.length))
  for (const [address, cells] of changed) {
    felts.push(address)
    pushPairs(felts, ascending(cells))
  }
  pushPairs(felts, ascending(diff.nonces))
  return poseidonMany(felts)
}

/** Number of changes, as the header counts them. */
export function stateDiffLength(diff: StateDiff, cairo0Count = 0): number {
  let cells = 0
  for (const contract of diff.storage.values()) cells += contract.size
  return (
    cells +
    cairo0Count +
    diff.nonces.size +
    diff.deployedContracts.size +
    diff.replacedClasses.size +
    diff.declaredClasses.size +
    diff.migratedCompiledClasses.size
  )
}

function eventLeaf(transactionHash: bigint, { fromAddress, keys, data }: EventLeaf): bigint {
  const lengths = [BigInt(keys.length), BigInt(data.length)] as const
  return poseidonMany([fromAddress, transactionHash, lengths[0], ...keys, lengths[1], ...data])
}

function receiptLeaf(receipt: ReceiptLeaf): bigint {
  const { hash, actualFee, messages, revertReason, l1Gas, l1DataGas } = receipt
  const messageFelts = [BigInt(messages.length)]
  for (const { fromAddress, toAddress, payload } of messages) {
    messageFelts.push(fromAddress, toAddress, BigInt(payload.length), ...payload)
  }
  const reason = revertReason === null ? 0n : starknetKeccak(revertReason)
  // The place of the L2 gas is 0 in every version so far.
  return poseidonMany([hash, actualFee, poseidonMany(messageFelts), reason, 0n, l1Gas, l1DataGas])
}

function pushPairs(felts: bigint[], entries: [bigint, bigint][]): void {
  felts.push(BigInt(entries.length))
  for (const [key, value] of entries) felts.push(key, value)
}

/** Entries of maps together, ascending by key. */
function ascending<Value>(...maps: ReadonlyMap<bigint, Value>[]): [bigint, Value][] {
  return maps.flatMap((map) => [...map]).sort(([a], [b]) => compare(a, b))
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
