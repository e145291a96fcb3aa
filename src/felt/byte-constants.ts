/**
 * The constants of the byte hashes, computed from their definitions, as the bytes that the kernels read.
 *
 *     0     24 lanes of Keccak: bits of a linear feedback register
 *     192   64 words of SHA-256: fractions of cube roots of primes
 *     448   8 words of Blake2s (SHA-256's start): fractions of square roots of primes
 *     480   160 message offsets of Blake2s: 10 permutations, in the order in which the kernel's rows take them
 *     640   80 long words of SHA-512: the same fractions, longer
 */

const BYTES = 1280
const ROUNDS = 10

/** The permutations of Blake2s' message words, one a round (RFC 7693). */
export const SIGMA = [
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

/** All of them, little endian, in the layout above. */
export function byteConstants(): Uint8Array {
  const bytes = new Uint8Array(BYTES)
  const view = new DataView(bytes.buffer)
  keccakLanes().forEach((lane, i) => void view.setBigUint64(i * 8, lane, true))
  const primes = firstPrimes(80)
  primes.forEach((prime, i) => {
    const long = rootFraction(prime, 3)
    view.setBigUint64(640 + i * 8, long, true)
    if (i < 64) view.setUint32(192 + i * 4, Number(long >> 32n), true)
    if (i < 8) view.setUint32(448 + i * 4, Number(rootFraction(prime, 2) >> 32n), true)
  })
  for (let round = 0; round < ROUNDS; round++) {
    // A step over four columns takes the even places of eight, then the odd ones.
    const places = [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15]
    places.forEach((place, i) => {
      bytes[480 + round * 16 + i] = SIGMA[round]![place]! * 4
    })
  }
  return bytes
}

/** Round constants: bit 2^j - 1 of round i is the register's output at 7 i + j. */
function keccakLanes(): bigint[] {
  let register = 1
  return Array.from({ length: 24 }, () => {
    let lane = 0n
    for (let j = 0; j < 7; j++) {
      if (register & 1) lane |= 1n << BigInt(2 ** j - 1)
      // x^8 + x^6 + x^5 + x^4 + 1
      register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1
    }
    return lane
  })
}

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  }
  return primes
}

/** The first 64 bits of the fraction of a root of a prime. */
function rootFraction(prime: number, degree: number): bigint {
  const target = BigInt(prime) << BigInt(64 * degree)
  let root = 0n
  for (let bit = 1n << 72n; bit > 0n; bit >>= 1n) {
    if ((root | bit) ** BigInt(degree) <= target) root |= bit
  }
  return BigInt.asUintN(64, root)
}
