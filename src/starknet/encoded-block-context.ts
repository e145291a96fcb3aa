/**
 * The encoded block context: the constants that every transaction of a block sees, as words.
 *
 *     word 0          flags     VALIDATE, CHARGE_FEE, STRICT_NONCE, BLOBS
 *     word 1          version   `0.14.2` is 14 << 8 | 2
 *     cells from 8    fields    eight words each, by index
 *
 * `DecodedBlockContext` is the same for a virtual machine: felts stay cells where contracts see them, prices are bigint
 * because fees are computed once per transaction.
 */
import { CELL_WORDS, readCellWords, writeCellWords } from '../felt/cell.ts'
import type { BlockContext, ExecutionFlags } from './block-context.ts'

const FLAGS = 0
const VERSION = 1
const HEADER_WORDS = 8

const VALIDATE = 1
const CHARGE_FEE = 2
const STRICT_NONCE = 4
const BLOBS = 8

/** Fields, in cells behind the header. */
const fields = [
  'number',
  'timestamp',
  'sequencerAddress',
  'chainId',
  'strkAddress',
  'ethAddress',
  'l1GasPriceFri',
  'l1GasPriceWei',
  'l1DataGasPriceFri',
  'l1DataGasPriceWei',
  'l2GasPriceFri',
  'l2GasPriceWei',
] as const

/** Words of every encoded block context. */
export const BLOCK_CONTEXT_WORDS = HEADER_WORDS + fields.length * CELL_WORDS

/** Encodes what transactions of a block can see or pay by. */
export function encodeBlockContext(context: BlockContext, flags: ExecutionFlags): Int32Array {
  const words = new Int32Array(BLOCK_CONTEXT_WORDS)
  words[FLAGS] =
    (flags.validate ? VALIDATE : 0) |
    (flags.chargeFee ? CHARGE_FEE : 0) |
    (flags.strictNonce ? STRICT_NONCE : 0) |
    (context.useKzgDa ? BLOBS : 0)
  words[VERSION] = encodeVersion(context.starknetVersion)
  const felts = [
    BigInt(context.number),
    BigInt(context.timestamp),
    context.sequencerAddress,
    context.chainId,
    context.strkAddress,
    context.ethAddress,
    context.l1GasPrice.fri,
    context.l1GasPrice.wei,
    context.l1DataGasPrice.fri,
    context.l1DataGasPrice.wei,
    context.l2GasPrice.fri,
    context.l2GasPrice.wei,
  ]
  felts.forEach((felt, field) => {
    writeCellWords(words, HEADER_WORDS + field * CELL_WORDS, felt)
  })
  return words
}

/** What `encodeBlockContext` encoded. */
export function decodeBlockContext(
  words: Int32Array,
  offset: number,
): { context: BlockContext; flags: ExecutionFlags } {
  const bits = words[offset + FLAGS]!
  const felt = (field: (typeof fields)[number]) =>
    readCellWords(words, offset + HEADER_WORDS + fields.indexOf(field) * CELL_WORDS)
  const context = {
    number: Number(felt('number')),
    timestamp: Number(felt('timestamp')),
    sequencerAddress: felt('sequencerAddress'),
    chainId: felt('chainId'),
    starknetVersion: decodeVersion(words[offset + VERSION]!),
    l1GasPrice: { fri: felt('l1GasPriceFri'), wei: felt('l1GasPriceWei') },
    l1DataGasPrice: { fri: felt('l1DataGasPriceFri'), wei: felt('l1DataGasPriceWei') },
    l2GasPrice: { fri: felt('l2GasPriceFri'), wei: felt('l2GasPriceWei') },
    useKzgDa: (bits & BLOBS) !== 0,
    strkAddress: felt('strkAddress'),
    ethAddress: felt('ethAddress'),
  }
  const flags = {
    validate: (bits & VALIDATE) !== 0,
    chargeFee: (bits & CHARGE_FEE) !== 0,
    strictNonce: (bits & STRICT_NONCE) !== 0,
  }
  return { context, flags }
}

function encodeVersion(text: string): number {
  const match = /^0\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) throw new Error(`expected a version such as '0.14.2', got '${text}'`)
  return (Number(match[1]) << 8) | Number(match[2])
}

function decodeVersion(word: number): string {
  return `0.${word >> 8}.${word & 255}`
}
