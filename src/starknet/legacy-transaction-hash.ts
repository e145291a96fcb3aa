/**
 * Hashes of transactions before version 3, to verify history: one Pedersen array in which the kinds differ little.
 *
 *     kind, version, contract, selector or 0, H(data), max fee or 0, chain, [nonce or class hash] [, compiled class hash]
 *
 * The version may carry the query bit.
 */
import { encodeShortString } from '../felt/felt.ts'
import { pedersenArray } from '../felt/hash.ts'
import { CONSTRUCTOR_SELECTOR, contractAddress } from './addresses.ts'

export interface LegacyInvoke {
  type: 'INVOKE'
  version: bigint
  /** Sender of version 1, contract of version 0. */
  address: bigint
  /** Of version 0, which has no nonce; null in version 1. */
  entryPointSelector: bigint | null
  calldata: bigint[]
  maxFee: bigint
  nonce: bigint
}

export interface LegacyDeclare {
  type: 'DECLARE'
  version: bigint
  senderAddress: bigint
  classHash: bigint
  /** Of version 2, else null. */
  compiledClassHash: bigint | null
  maxFee: bigint
  /** Null in version 0. */
  nonce: bigint | null
}

export interface LegacyDeploy {
  type: 'DEPLOY_ACCOUNT' | 'DEPLOY'
  version: bigint
  classHash: bigint
  contractAddressSalt: bigint
  constructorCalldata: bigint[]
  /** Of an account. */
  maxFee: bigint
  nonce: bigint
}

export interface L1HandlerTransaction {
  type: 'L1_HANDLER'
  version: bigint
  contractAddress: bigint
  entryPointSelector: bigint
  calldata: bigint[]
  nonce: bigint
}

export type LegacyTransaction = LegacyInvoke | LegacyDeclare | LegacyDeploy | L1HandlerTransaction

/** Hash of a transaction of before version 3, and of an L1 handler of any time. */
export function legacyTransactionHash(transaction: LegacyTransaction, chainId: bigint): bigint {
  switch (transaction.type) {
    case 'INVOKE': {
      const { address, entryPointSelector, calldata, maxFee, nonce } = transaction
      const tail = entryPointSelector === null ? [nonce] : []
      const selector = entryPointSelector ?? 0n
      return hashOf('invoke', transaction, address, selector, calldata, maxFee, chainId, tail)
    }
    case 'DECLARE': {
      const { senderAddress, classHash, compiledClassHash, maxFee, nonce } = transaction
      const tail = nonce === null ? [classHash] : [nonce]
      if (compiledClassHash !== null) tail.push(compiledClassHash)
      const data = nonce === null ? [] : [classHash]
      return hashOf('declare', transaction, senderAddress, 0n, data, maxFee, chainId, tail)
    }
    case 'DEPLOY_ACCOUNT': {
      const { classHash, contractAddressSalt, constructorCalldata, maxFee, nonce } = transaction
      const data = [classHash, contractAddressSalt, ...constructorCalldata]
      const address = addressOf(transaction)
      return hashOf('deploy_account', transaction, address, 0n, data, maxFee, chainId, [nonce])
    }
    case 'DEPLOY': {
      const { constructorCalldata } = transaction
      const address = addressOf(transaction)
      const selector = CONSTRUCTOR_SELECTOR
      return hashOf('deploy', transaction, address, selector, constructorCalldata, 0n, chainId, [])
    }
    case 'L1_HANDLER': {
      const { contractAddress: address, entryPointSelector, calldata, nonce } = transaction
      return hashOf('l1_handler', transaction, address, entryPointSelector, calldata, 0n, chainId, [
        nonce,
      ])
    }
  }
}

function addressOf({ contractAddressSalt, classHash, constructorCalldata }: LegacyDeploy): bigint {
  return contractAddress(0n, contractAddressSalt, classHash, constructorCalldata)
}

function hashOf(
  kind: string,
  { version }: LegacyTransaction,
  address: bigint,
  selector: bigint,
  data: bigint[],
  maxFee: bigint,
  chainId: bigint,
  tail: bigint[],
): bigint {
  const name = encodeShortString(kind)
  const hash = pedersenArray(data)
  return pedersenArray([name, version, address, selector, hash, maxFee, chainId, ...tail])
}
