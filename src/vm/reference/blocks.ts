/**
 * The block functions of four hashes, over `bigint` words, written from their standards: Keccak-f[1600] (FIPS 202),
 * SHA-256 and SHA-512 (FIPS 180-4), Blake2s (RFC 7693).
 */
import { integerRoot } from './curve.ts'

const rotateLeft = (word: bigint, count: bigint) =>
  BigInt.asUintN(64, (word << count) | (word >> (64n - count)))

/** Permutes 25 words of 64 bits in place; word x + 5 y is lane (x, y). */
export function keccakF(state: bigint[]): void {
  let lfsr = 1
  for (let round = 0; round < 24; round++) {
    const column = [0, 1, 2, 3, 4].map((x) =>
      [0, 5, 10, 15, 20].reduce((sum, y) => sum ^ state[x + y]!, 0n),
    )
    for (let i = 0; i < 25; i++) {
      state[i]! ^= column[(i + 4) % 5]! ^ rotateLeft(column[(i + 1) % 5]!, 1n)
    }
    let [x, y, lane] = [1, 0, state[1]!]
    for (let t = 0; t < 24; t++) {
      ;[x, y] = [y, (2 * x + 3 * y) % 5]
      const moved = state[x + 5 * y]!
      state[x + 5 * y] = rotateLeft(lane, BigInt((((t + 1) * (t + 2)) / 2) % 64))
      lane = moved
    }
    for (let row = 0; row < 25; row += 5) {
      const old = state.slice(row, row + 5)
      for (let i = 0; i < 5; i++) {
        state[row + i] = old[i]! ^ (BigInt.asUintN(64, ~old[(i + 1) % 5]!) & old[(i + 2) % 5]!)
      }
    }
    for (let j = 0; j < 7; j++) {
      if (lfsr & 1) state[0]! ^= 1n << ((1n << BigInt(j)) - 1n)
      lfsr = lfsr & 0x80 ? ((lfsr << 1) & 0xff) ^ 0x71 : lfsr << 1
    }
  }
}

interface Sha {
  bits: bigint
  rounds: number
  /** Rotations of Σ0, Σ1, σ0, σ1; the last of σ is a shift. */
  rotations: [bigint, bigint, bigint][]
}

const sha256: Sha = {
  bits: 32n,
  rounds: 64,
  rotations: [
    [2n, 13n, 22n],
    [6n, 11n, 25n],
    [7n, 18n, 3n],
    [17n, 19n, 10n],
  ],
}

const sha512: Sha = {
  bits: 64n,
  rounds: 80,
  rotations: [
    [28n, 34n, 39n],
    [14n, 18n, 41n],
    [1n, 8n, 7n],
    [19n, 61n, 6n],
  ],
}

export const sha256Block = (state: bigint[], block: bigint[]) => shaBlock(sha256, state, block)
export const sha512Block = (state: bigint[], block: bigint[]) => shaBlock(sha512, state, block)

function shaBlock({ bits, rounds, rotations }: Sha, state: bigint[], block: bigint[]): bigint[] {
  const cut = (word: bigint) => BigInt.asUintN(Number(bits), word)
  const rotate = (word: bigint, by: bigint) => cut((word >> by) | (word << (bits - by)))
  const big = (i: number, w: bigint) => rotations[i]!.reduce((sum, by) => sum ^ rotate(w, by), 0n)
  const small = (i: number, w: bigint) => {
    const [one, two, shift] = rotations[i]!
    return rotate(w, one) ^ rotate(w, two) ^ (w >> shift)
  }
  const constants = roundConstants(rounds, bits)
  const words = [...block]
  for (let i = 16; i < rounds; i++) {
    words.push(
      cut(small(3, words[i - 2]!) + words[i - 7]! + small(2, words[i - 15]!) + words[i - 16]!),
    )
  }
  let [a, b, c, d, e, f, g, h] = state as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ]
  for (let i = 0; i < rounds; i++) {
    const choice = (e & f) ^ (cut(~e) & g)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const t1 = h + big(1, e) + choice + constants[i]! + words[i]!
    const t2 = big(0, a) + majority
    ;[h, g, f, e, d, c, b, a] = [g, f, e, cut(d + t1), c, b, a, cut(t1 + t2)]
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => cut(word + state[i]!))
}

/** The first bits of the fractional parts of the cube roots of the first primes. */
function roundConstants(count: number, bits: bigint): bigint[] {
  const constants: bigint[] = []
  for (let n = 2n; constants.length < count; n++) {
    if (!isPrime(n)) continue
    constants.push(BigInt.asUintN(Number(bits), cubeRoot(n << (3n * bits))))
  }
  return constants
}

function isPrime(n: bigint): boolean {
  for (let divisor = 2n; divisor <= integerRoot(n); divisor++) if (n % divisor === 0n) return false
  return true
}

function cubeRoot(value: bigint): bigint {
  let low = 0n
  let high = 1n << BigInt(Math.ceil(value.toString(2).length / 3) + 1)
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (middle * middle * middle <= value) low = middle
    else high = middle
  }
  return low
}

const blakeStart = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]

const blakeOrder = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
]

/** Blake2s compression of 8 state and 16 message words, after `counter` bytes. */
export function blake2sBlock(
  state: number[],
  message: number[],
  counter: number,
  last: boolean,
): number[] {
  const v = [...state, ...blakeStart]
  v[12]! ^= counter
  if (last) v[14]! ^= 0xffffffff
  const rotate = (word: number, by: number) => (word >>> by) | (word << (32 - by))
  const mix = (a: number, b: number, c: number, d: number, x: number, y: number) => {
    v[a] = (v[a]! + v[b]! + x) | 0
    v[d] = rotate(v[d]! ^ v[a]!, 16)
    v[c] = (v[c]! + v[d]!) | 0
    v[b] = rotate(v[b]! ^ v[c]!, 12)
    v[a] = (v[a]! + v[b]! + y) | 0
    v[d] = rotate(v[d]! ^ v[a]!, 8)
    v[c] = (v[c]! + v[d]!) | 0
    v[b] = rotate(v[b]! ^ v[c]!, 7)
  }
  for (const order of blakeOrder) {
    const m = order.map((index) => message[index]!)
    for (let i = 0; i < 4; i++) mix(i, 4 + i, 8 + i, 12 + i, m[2 * i]!, m[2 * i + 1]!)
    for (let i = 0; i < 4; i++) {
      const [b, c, d] = [4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4)]
      mix(i, b, c, d, m[8 + 2 * i]!, m[9 + 2 * i]!)
    }
  }
  return state.map((word, i) => (word ^ v[i]! ^ v[i + 8]!) >>> 0)
}
