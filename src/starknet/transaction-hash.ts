/**
 * Hashes of transactions of version 3. Older forms, which only verify history, are in `legacy-transaction-hash.ts`.
 *
 *     version 3    P(kind, version, sender, fee, P(paymaster), chain, nonce, da modes, …by kind)
 *     fee          P(tip, bound of L1 gas, of L2 gas [, of L1 data gas])      one felt per bound
 *
 * The version of a query transaction enters the hash as it is, 2^128 and all.
 */
import { encodeShortString } from '../felt/felt.ts'
import { poseidonMany } from '../felt/hash.ts'
import { contractAddress } from './addresses.ts'
import type { ResourceBound, ResourceBounds, Transaction } from './transaction.ts'

const INVOKE = encodeShortString('invoke')
const DECLARE = encodeShortString('declare')
const DEPLOY_ACCOUNT = encodeShortString('deploy_account')

/** Name of a bound in the highest 7 bytes below the top one. */
const L1_GAS = encodeShortString('L1_GAS') << 192n
const L2_GAS = encodeShortString('L2_GAS') << 192n
const L1_DATA = encodeShortString('L1_DATA') << 192n

/** Hash of a transaction of version 3 on the chain named by `chainId`. */
export function transactionHash(transaction: Transaction, chainId: bigint): bigint {
  switch (transaction.type) {
    case 'INVOKE': {
      const { senderAddress, accountDeploymentData, calldata, proofFacts } = transaction
      const felts = common(INVOKE, transaction, senderAddress, chainId)
      felts.push(poseidonMany(accountDeploymentData), poseidonMany(calldata))
      if (proofFacts.length > 0) felts.push(poseidonMany(proofFacts))
      return poseidonMany(felts)
    }
    case 'DECLARE': {
      const { senderAddress, accountDeploymentData, classHash, compiledClassHash } = transaction
      const felts = common(DECLARE, transaction, senderAddress, chainId)
      felts.push(poseidonMany(accountDeploymentData), classHash, compiledClassHash)
      return poseidonMany(felts)
    }
    case 'DEPLOY_ACCOUNT': {
      const { constructorCalldata, classHash, contractAddressSalt } = transaction
      const address = contractAddress(0n, contractAddressSalt, classHash, constructorCalldata)
      const felts = common(DEPLOY_ACCOUNT, transaction, address, chainId)
      felts.push(poseidonMany(constructorCalldata), classHash, contractAddressSalt)
      return poseidonMany(felts)
    }
  }
}

function common(kind: bigint, transaction: Transaction, sender: bigint, chainId: bigint): bigint[] {
  const nonceMode = transaction.nonceDataAvailabilityMode === 'L2' ? 1n : 0n
  const feeMode = transaction.feeDataAvailabilityMode === 'L2' ? 1n : 0n
  return [
    kind,
    transaction.version,
    sender,
    feeHash(transaction.tip, transaction.resourceBounds),
    poseidonMany(transaction.paymasterData),
    chainId,
    transaction.nonce,
    (nonceMode << 32n) | feeMode,
  ]
}

function feeHash(tip: bigint, { l1Gas, l2Gas, l1DataGas }: ResourceBounds): bigint {
  const felts = [tip, boundFelt(L1_GAS, l1Gas), boundFelt(L2_GAS, l2Gas)]
  if (l1DataGas !== null) felts.push(boundFelt(L1_DATA, l1DataGas))
  return poseidonMany(felts)
}

/** `[8 zero bits | name, 56 | amount, 64 | price, 128]`. */
function boundFelt(name: bigint, { maxAmount, maxPricePerUnit }: ResourceBound): bigint {
  return name | (maxAmount << 128n) | maxPricePerUnit
}
