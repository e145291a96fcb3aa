/**
 * Blake2s: the compression of the opcode over words in cells, and the hash of Starknet over felts.
 *
 *     felt below 2^63    2 words   high, low
 *     other felts        8 words   big endian, the top bit of the first one set
 *
 * Words enter the message little endian; the digest of 32 bytes is a little-endian number, taken mod P.
 *
 *     scratch   0 chaining words (32), 32 message (64), 96 words in the message, 100 bytes hashed
 *
 * The four rows of the working state are four SIMD vectors: a round is two steps over all columns at once.
 */
import { isBig, limb0, limb1, limb2, limb3, setSmall } from './cell'
import { f29PlainToCell, f29Unpack } from './field29-border'
import { f29Reduce } from './field29-reduce'
import { BLAKE_IV, BLAKE_SIGMA, byteConstants, byteScratch } from './layout'

const ROUNDS: usize = 10
const BLOCK_WORDS: u32 = 16
const MESSAGE: usize = 32
const FILLED: usize = 96
const HASHED: usize = 100
/** Parameters of the plain hash: no key, fan-out and depth 1, a digest of 32 bytes. */
const PARAMETERS: u32 = 0x01010020

/** out (8 cells) = the state after compressing 16 cells; counter in bytes, `last` marks the final block. */
export function blake2sBlock(
  state: usize,
  message: usize,
  counter: u32,
  last: bool,
  out: usize,
): void {
  const words = byteScratch()
  for (let i: usize = 0; i < 8; i++) store<u32>(words + i * 4, <u32>limb0(state + i * 32))
  for (let i: usize = 0; i < 16; i++) {
    store<u32>(words + MESSAGE + i * 4, <u32>limb0(message + i * 32))
  }
  compress(words, counter, last)
  for (let i: usize = 0; i < 8; i++) setSmall(out + i * 32, <u64>load<u32>(words + i * 4))
}

/** Starts a hash of felts. */
export function blake2sStart(): void {
  const words = byteScratch()
  memory.copy(words, byteConstants() + BLAKE_IV, 32)
  store<u32>(words, load<u32>(words) ^ PARAMETERS)
  memory.fill(words + MESSAGE, 0, 72)
}

/** Absorbs `count` cells. */
export function blake2sAbsorb(cells: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const l0 = limb0(cells)
    if (!isBig(cells) && <i64>l0 >= 0) {
      absorb(l0)
    } else {
      absorb(limb3(cells) | 0x8000000000000000)
      absorb(limb2(cells))
      absorb(limb1(cells))
      absorb(l0)
    }
    cells += 32
  }
}

/** out = the hash of what was absorbed. */
export function blake2sFinish(out: usize): void {
  const words = byteScratch()
  const filled = load<u32>(words, FILLED)
  const rest = (BLOCK_WORDS - filled) << 2
  memory.fill(words + MESSAGE + (<usize>filled << 2), 0, rest)
  compress(words, load<u32>(words, HASHED) + (filled << 2), true)
  const value = words + 128
  f29Unpack(value, words)
  f29Reduce(value, value)
  f29PlainToCell(out, value)
}

/** Absorbs two words, the high one first. A full block waits until it is known not to be the last. */
function absorb(pair: u64): void {
  const words = byteScratch()
  let filled = load<u32>(words, FILLED)
  if (filled == BLOCK_WORDS) {
    const hashed = load<u32>(words, HASHED) + 64
    store<u32>(words, hashed, HASHED)
    compress(words, hashed, false)
    filled = 0
  }
  store<u64>(words + MESSAGE + (<usize>filled << 2), rotl<u64>(pair, 32))
  store<u32>(words, filled + 2, FILLED)
}

/** Compresses the message behind eight chaining words into them. */
function compress(words: usize, counter: u32, last: bool): void {
  const message = words + MESSAGE
  const iv = byteConstants() + BLAKE_IV
  const before0 = v128.load(words)
  const before1 = v128.load(words, 16)
  let a = before0
  let b = before1
  let c = v128.load(iv)
  let d = v128.xor(v128.load(iv, 16), finalRow(counter, last))
  let sigma = byteConstants() + BLAKE_SIGMA
  for (let round: usize = 0; round < ROUNDS; round++) {
    a = i32x4.add(i32x4.add(a, b), pick(message, sigma))
    d = rotate16(v128.xor(d, a))
    c = i32x4.add(c, d)
    b = rotate12(v128.xor(b, c))
    a = i32x4.add(i32x4.add(a, b), pick(message, sigma + 4))
    d = rotate8(v128.xor(d, a))
    c = i32x4.add(c, d)
    b = rotate7(v128.xor(b, c))
    // Turn the rows so that diagonals become columns.
    b = v128.shuffle<i32>(b, b, 1, 2, 3, 0)
    c = v128.shuffle<i32>(c, c, 2, 3, 0, 1)
    d = v128.shuffle<i32>(d, d, 3, 0, 1, 2)
    a = i32x4.add(i32x4.add(a, b), pick(message, sigma + 8))
    d = rotate16(v128.xor(d, a))
    c = i32x4.add(c, d)
    b = rotate12(v128.xor(b, c))
    a = i32x4.add(i32x4.add(a, b), pick(message, sigma + 12))
    d = rotate8(v128.xor(d, a))
    c = i32x4.add(c, d)
    b = rotate7(v128.xor(b, c))
    b = v128.shuffle<i32>(b, b, 3, 0, 1, 2)
    c = v128.shuffle<i32>(c, c, 2, 3, 0, 1)
    d = v128.shuffle<i32>(d, d, 1, 2, 3, 0)
    sigma += 16
  }
  v128.store(words, v128.xor(before0, v128.xor(a, c)))
  v128.store(words, v128.xor(before1, v128.xor(b, d)), 16)
}

/** What the counter and the mark of the last block change in the fourth row. */
function finalRow(counter: u32, last: bool): v128 {
  const row = i32x4.replace_lane(i32x4.splat(0), 0, counter)
  return i32x4.replace_lane(row, 2, last ? -1 : 0)
}

/** Four words of the message, at the byte offsets that `sigma` lists. */
// @ts-ignore: decorator
@inline
function pick(message: usize, sigma: usize): v128 {
  let words = v128.load_zero<u32>(message + <usize>load<u8>(sigma))
  words = v128.load_lane<u32>(message + <usize>load<u8>(sigma, 1), words, 1)
  words = v128.load_lane<u32>(message + <usize>load<u8>(sigma, 2), words, 2)
  return v128.load_lane<u32>(message + <usize>load<u8>(sigma, 3), words, 3)
}

// @ts-ignore: decorator
@inline
function rotate16(a: v128): v128 {
  return v128.shuffle<u8>(a, a, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
}

// @ts-ignore: decorator
@inline
function rotate12(a: v128): v128 {
  return v128.or(i32x4.shr_u(a, 12), i32x4.shl(a, 20))
}

// @ts-ignore: decorator
@inline
function rotate8(a: v128): v128 {
  return v128.shuffle<u8>(a, a, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)
}

// @ts-ignore: decorator
@inline
function rotate7(a: v128): v128 {
  return v128.or(i32x4.shr_u(a, 7), i32x4.shl(a, 25))
}
