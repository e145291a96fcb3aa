/**
 * Starknet's hashes over `bigint` felts, for cold paths: one process-wide instance of the kernels, made on first use.
 *
 * Hot paths put cells into their own `Crypto` instead. A worker that has one shares it with `useCrypto`, which saves
 * the tables of a second.
 */
import { CELL_BYTES, CELL_LONGS, readCell, writeCell } from './cell.ts'
import { attachCrypto, type Crypto, createCryptoMemory, OK } from './crypto.ts'

let shared: Crypto | null = null

/** Makes this thread's hashes use the kernels it has attached already. */
export function useCrypto(crypto: Crypto): void {
  shared = crypto
}

/** The kernels that the functions below use. */
export function defaultCrypto(): Crypto {
  shared ??= attachCrypto(createCryptoMemory(1), 0)
  return shared
}

/** The Pedersen hash of two felts. */
export function pedersen(x: bigint, y: bigint): bigint {
  const crypto = defaultCrypto()
  const { scratch } = crypto
  put(crypto, 0, x)
  put(crypto, 1, y)
  const status = crypto.pedersen(scratch, scratch + CELL_BYTES, scratch + 2 * CELL_BYTES)
  if (status !== OK) throw new Error(`pedersen of ${x} and ${y} is not a point's`)
  return get(crypto, 2)
}

/** The chain h(…h(h(0, a), b)…, length) of a list. */
export function pedersenArray(felts: readonly bigint[]): bigint {
  let hash = 0n
  for (const felt of felts) hash = pedersen(hash, felt)
  return pedersen(hash, BigInt(felts.length))
}

/** The three felts of a permuted state. */
export function poseidonPermute(state: readonly [bigint, bigint, bigint]): bigint[] {
  const crypto = defaultCrypto()
  for (let i = 0; i < 3; i++) put(crypto, i, state[i]!)
  crypto.poseidonPermute(crypto.scratch)
  return [get(crypto, 0), get(crypto, 1), get(crypto, 2)]
}

/** The Poseidon hash of two felts. */
export function poseidon(x: bigint, y: bigint): bigint {
  const crypto = defaultCrypto()
  const { scratch } = crypto
  put(crypto, 0, x)
  put(crypto, 1, y)
  crypto.poseidonPair(scratch, scratch + CELL_BYTES, scratch)
  return get(crypto, 0)
}

/** The Poseidon hash of one felt. */
export function poseidonSingle(x: bigint): bigint {
  return poseidonPermute([x, 0n, 1n])[0]!
}

/** The hash of the empty list, which every transaction has two of, once it is known. */
let ofNothing: bigint | null = null

/** The Poseidon hash of a list of any length. */
export function poseidonMany(felts: readonly bigint[]): bigint {
  if (felts.length > 0) return hashList(felts)
  ofNothing ??= hashList(felts)
  return ofNothing
}

function hashList(felts: readonly bigint[]): bigint {
  const crypto = defaultCrypto()
  const { scratch, scratchCells } = crypto
  const even = felts.length - (felts.length % 2)
  crypto.poseidonStart()
  for (let start = 0; start < even; start += scratchCells) {
    const count = Math.min(scratchCells, even - start)
    for (let i = 0; i < count; i++) put(crypto, i, felts[start + i]!)
    crypto.poseidonAbsorb(scratch, count)
  }
  if (even < felts.length) put(crypto, 0, felts[even]!)
  crypto.poseidonFinish(scratch, felts.length - even, scratch)
  return get(crypto, 0)
}

/** Keccak-256 of bytes, or of a text in UTF-8, as a number of 256 bits. */
export function keccak256(input: Uint8Array | string): bigint {
  const crypto = absorbPadded(input)
  const { scratch } = crypto
  crypto.keccakResult(scratch, scratch + CELL_BYTES)
  let hash = 0n
  for (let half = 0; half < 2; half++) {
    for (let rest = get(crypto, half), i = 0; i < 16; i++, rest >>= 8n) {
      hash = (hash << 8n) | (rest & 0xffn)
    }
  }
  return hash
}

/** Keccak-256 with its top 6 bits cleared: a felt. */
export function starknetKeccak(input: Uint8Array | string): bigint {
  const crypto = absorbPadded(input)
  crypto.keccakMasked(crypto.scratch)
  return get(crypto, 0)
}

/** The selector of an entry point or event; the two default entry points have selector 0. */
export function selector(name: string): bigint {
  return name === '__default__' || name === '__l1_default__' ? 0n : starknetKeccak(name)
}

/** Starknet's Blake2s over a list of felts. */
export function blake2sFelts(felts: readonly bigint[]): bigint {
  const crypto = defaultCrypto()
  const { scratch, scratchCells } = crypto
  crypto.blake2sStart()
  for (let start = 0; start < felts.length; start += scratchCells) {
    const count = Math.min(scratchCells, felts.length - start)
    for (let i = 0; i < count; i++) put(crypto, i, felts[start + i]!)
    crypto.blake2sAbsorb(scratch, count)
  }
  crypto.blake2sFinish(scratch)
  return get(crypto, 0)
}

const KECCAK_CHUNK_BYTES = 136

/** Pads bytes with 0x01 … 0x80 and puts them through the sponge. */
function absorbPadded(input: Uint8Array | string): Crypto {
  const crypto = defaultCrypto()
  const { bytes, scratch } = crypto
  const message = typeof input === 'string' ? Buffer.from(input, 'utf8') : input
  crypto.keccakStart()
  for (let start = 0; start <= message.length; start += KECCAK_CHUNK_BYTES) {
    const chunk = message.subarray(start, start + KECCAK_CHUNK_BYTES)
    bytes.set(chunk, scratch)
    if (chunk.length < KECCAK_CHUNK_BYTES) {
      bytes.fill(0, scratch + chunk.length, scratch + KECCAK_CHUNK_BYTES)
      bytes[scratch + chunk.length]! ^= 0x01
      bytes[scratch + KECCAK_CHUNK_BYTES - 1]! ^= 0x80
    }
    crypto.keccakAbsorbBytes(scratch, 1)
  }
  return crypto
}

function put(crypto: Crypto, index: number, felt: bigint): void {
  writeCell(crypto.cells, (crypto.scratch >> 3) + index * CELL_LONGS, felt)
}

function get(crypto: Crypto, index: number): bigint {
  return readCell(crypto.cells, (crypto.scratch >> 3) + index * CELL_LONGS)
}
