/**
 * The accounts that a development chain funds at genesis. Keys and addresses are those of starknet-devnet for the same
 * seed, so scripts that hold them keep working.
 *
 * The seed becomes two 32-bit words by a permuted congruential generator (PCG-XSH-RR), these seed a Mersenne Twister of
 * 64 bits, and two of its outputs are a private key. The address is that of starknet-devnet's default account class,
 * whatever class is really deployed.
 */
import { publicPoint } from '../felt/ecdsa.ts'
import { contractAddress } from '../starknet/addresses.ts'
import { mersenneTwister64 } from './mersenne-twister.ts'

export interface PredeployedAccount {
  address: bigint
  publicKey: bigint
  privateKey: bigint
}

/** Salt and class of the address formula. */
const SALT = 20n
const ADDRESS_CLASS_HASH = 0x3fcbf77b28c96f4f2fb5bd2d176ab083a12a5e123adeb0de955d7ee228c9854n

/** The first `count` accounts of a 32-bit seed. */
export function predeployedAccounts(seed: number, count: number): PredeployedAccount[] {
  const next = mersenneTwister64(mixSeed(seed))
  return Array.from({ length: count }, () => {
    const low = next()
    const privateKey = (next() << 64n) | low
    const publicKey = publicKeyOf(privateKey)
    const address = contractAddress(0n, SALT, ADDRESS_CLASS_HASH, [publicKey])
    return { address, publicKey, privateKey }
  })
}

/** The x coordinate of the key's point. */
export function publicKeyOf(privateKey: bigint): bigint {
  return publicPoint(privateKey).x
}

/** The 64-bit seed of the twister: two outputs of the congruential generator, the first one low. */
export function mixSeed(seed: number): bigint {
  let state = BigInt(seed)
  let mixed = 0n
  for (const shift of [0n, 32n]) {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 11634580027462260723n)
    const word = Number(BigInt.asUintN(32, ((state >> 18n) ^ state) >> 27n))
    mixed |= BigInt(rotateRight32(word, Number(state >> 59n))) << shift
  }
  return mixed
}

function rotateRight32(word: number, distance: number): number {
  return ((word >>> distance) | (word << (-distance & 31))) >>> 0
}
