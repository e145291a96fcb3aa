/**
 * Where things are: contract addresses, keys of storage variables, the selectors that the protocol itself calls. Addresses
 * and keys are hashes reduced below a bound, so that they fit the 251-bit tries.
 */

import { encodeShortString } from '../felt/felt.ts'
import { pedersen, pedersenArray, starknetKeccak } from '../felt/hash.ts'

/** Bound of contract addresses and storage keys that are made by hashing. */
export const ADDRESS_BOUND = 2n ** 251n - 256n

/** Contract whose storage maps block numbers to block hashes. */
export const BLOCK_HASH_CONTRACT = 1n
/** Contract whose storage numbers the keys and addresses in use, for compressed state diffs. */
export const ALIAS_CONTRACT = 2n

export const EXECUTE_SELECTOR = 0x15d40a3d6ca2ac30f4031e42be28da9b056fef9bb7357ac5e85627ee876e5adn
export const VALIDATE_SELECTOR = 0x162da33a4585851fe8d3af3c2a9c60b557814e221e0d4f30ff0b2189d9c7775n
export const VALIDATE_DECLARE_SELECTOR =
  0x289da278a8dc833409cabfdad1581e8e7d40e42dcaed693fa4008dcdb4963b3n
export const VALIDATE_DEPLOY_SELECTOR =
  0x36fcbf06cd96843058359e1a75928beacfac10727dab22a3972f0af8aa92895n
export const CONSTRUCTOR_SELECTOR =
  0x28ffe4ff0f226a9107253e17a904099aa4f63a02a5621de0576e5aa71bc5194n
export const TRANSFER_SELECTOR = 0x83afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12en

const ADDRESS_TAG = encodeShortString('STARKNET_CONTRACT_ADDRESS')

/** Address of a contract; `deployer` is 0 for an account that deploys itself and for `deploy_from_zero`. */
export function contractAddress(
  deployer: bigint,
  salt: bigint,
  classHash: bigint,
  constructorCalldata: readonly bigint[],
): bigint {
  const calldata = pedersenArray(constructorCalldata)
  return pedersenArray([ADDRESS_TAG, deployer, salt, classHash, calldata]) % ADDRESS_BOUND
}

/** Key of a storage variable, or of an entry of a mapping. */
export function storageKey(variable: string, ...keys: readonly bigint[]): bigint {
  let key = starknetKeccak(variable)
  for (const argument of keys) key = pedersen(key, argument)
  return key % ADDRESS_BOUND
}

/** Key of the low half of an account's balance in a fee token; the high half is at the next key. */
export function feeBalanceKey(account: bigint): bigint {
  return storageKey('ERC20_balances', account)
}
