/**
 * Seam: the facts of a block that transactions can see or pay by, fixed before the first of them runs.
 */

/** Price of one unit of gas, in wei (ETH) and fri (STRK). */
export interface GasPrice {
  wei: bigint
  fri: bigint
}

export interface BlockContext {
  number: number
  /** Unix seconds. */
  timestamp: number
  sequencerAddress: bigint
  /** Chain name as a felt. */
  chainId: bigint
  /** `0.14.2`: chooses the versioned constants. */
  starknetVersion: string
  l1GasPrice: GasPrice
  l1DataGasPrice: GasPrice
  l2GasPrice: GasPrice
  /** Data goes into blobs. */
  useKzgDa: boolean
  strkAddress: bigint
  ethAddress: bigint
}

/** These facts alone, of something that has more of them, such as a header. */
export function blockContextOf(more: BlockContext): BlockContext {
  const { number, timestamp, sequencerAddress, chainId, starknetVersion } = more
  const { l1GasPrice, l1DataGasPrice, l2GasPrice, useKzgDa, strkAddress, ethAddress } = more
  return {
    number,
    timestamp,
    sequencerAddress,
    chainId,
    starknetVersion,
    l1GasPrice,
    l1DataGasPrice,
    l2GasPrice,
    useKzgDa,
    strkAddress,
    ethAddress,
  }
}

/** How account transactions are run; a sequencer validates and charges. */
export interface ExecutionFlags {
  validate: boolean
  chargeFee: boolean
  /** The nonce must be the account's (execution); otherwise it may also be higher (admission, estimates). */
  strictNonce: boolean
}
