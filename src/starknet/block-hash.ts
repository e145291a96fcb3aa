/**
 * The hash of a block over its header: what happened (commitments), what it left (root), what it cost, what came before.
 *
 *     HASH1    from 0.13.4     one felt for all six gas prices
 *     HASH0    0.13.2, 0.13.3  four prices, without those of L2 gas
 *
 * The *partial* hash has root and parent 0: it can be agreed upon before either is known.
 */
import { encodeShortString } from '../felt/felt.ts'
import { poseidonMany } from '../felt/hash.ts'
import type { BlockHeader } from './block.ts'
import { compareVersions } from './versioned-constants.ts'

const HASH0 = encodeShortString('STARKNET_BLOCK_HASH0')
const HASH1 = encodeShortString('STARKNET_BLOCK_HASH1')
const GAS_PRICES = encodeShortString('STARKNET_GAS_PRICES0')

/** What of a header is hashed: not the hash itself, nor what only executions see. */
export type HashedHeader = Omit<BlockHeader, 'blockHash' | 'chainId' | 'strkAddress' | 'ethAddress'>

/** Hash of a block; its version chooses the form. */
export function blockHash(header: HashedHeader): bigint {
  const hasOneFelt = compareVersions(header.starknetVersion, '0.13.4') >= 0
  return poseidonMany([
    hasOneFelt ? HASH1 : HASH0,
    BigInt(header.number),
    header.newRoot,
    header.sequencerAddress,
    BigInt(header.timestamp),
    counts(header),
    header.stateDiffCommitment,
    header.transactionCommitment,
    header.eventCommitment,
    header.receiptCommitment,
    ...(hasOneFelt ? [gasPricesHash(header)] : fourPrices(header)),
    encodeShortString(header.starknetVersion),
    0n,
    header.parentHash,
  ])
}

/** The hash before root and parent are known. */
export function partialBlockHash(header: HashedHeader): bigint {
  return blockHash({ ...header, newRoot: 0n, parentHash: 0n })
}

/** `[transactions, 64 bits | events, 64 | length of the diff, 64 | 1 bit: blobs | 63 zero bits]`. */
function counts(header: HashedHeader): bigint {
  const { transactionCount, eventCount, stateDiffLength, useKzgDa } = header
  return (
    (BigInt(transactionCount) << 192n) |
    (BigInt(eventCount) << 128n) |
    (BigInt(stateDiffLength) << 64n) |
    (useKzgDa ? 1n << 63n : 0n)
  )
}

function gasPricesHash({ l1GasPrice, l1DataGasPrice, l2GasPrice }: HashedHeader): bigint {
  return poseidonMany([
    GAS_PRICES,
    l1GasPrice.wei,
    l1GasPrice.fri,
    l1DataGasPrice.wei,
    l1DataGasPrice.fri,
    l2GasPrice.wei,
    l2GasPrice.fri,
  ])
}

function fourPrices({ l1GasPrice, l1DataGasPrice }: HashedHeader): bigint[] {
  return [l1GasPrice.wei, l1GasPrice.fri, l1DataGasPrice.wei, l1DataGasPrice.fri]
}
