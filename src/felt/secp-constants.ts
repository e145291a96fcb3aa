/**
 * The constants of secp256k1 and secp256r1 (SEC 2), and what follows from them, as the bytes that the kernels read: 512
 * for each curve, in numbers of 32 little-endian bytes unless said otherwise.
 *
 *     0     b                 64   (p + 1) / 4     128   p
 *     32    R^2 mod p, or 1   96   the order n
 *
 * secp256k1 goes on with its endomorphism, lambda (x, y) = (beta x, y):
 *
 *     160   beta      192, 224   2^384 b2 / n, -2^384 b1 / n      256   -a1, -b1, -a2, -b2 mod 2^192, 24 bytes each
 *
 * where (a1, b1), (a2, b2) is a short basis of the pairs with a + b lambda = 0 mod n. The kernels compute with residues
 * x of secp256k1 and x R, R = 2^261, of secp256r1.
 */

/** A curve y^2 = x^3 + a x + b over the field of p, with a generator of its prime order. */
export interface SecpCurve {
  readonly p: bigint
  readonly a: bigint
  readonly b: bigint
  readonly order: bigint
  readonly generator: { readonly x: bigint; readonly y: bigint }
}

export const SECP256K1: SecpCurve = {
  p: 2n ** 256n - 2n ** 32n - 977n,
  a: 0n,
  b: 7n,
  order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  generator: {
    x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
    y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
  },
}

export const SECP256R1: SecpCurve = {
  p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  a: -3n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  generator: {
    x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  },
}

/** Cube roots of one that belong together: lambda (x, y) = (beta x, y). */
const LAMBDA = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n
const BETA = 0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501een

const CURVE_BYTES = 512
const R = 2n ** 261n

/** Both curves' constants in the layout above. */
export function secpConstants(): Uint8Array {
  const bytes = new Uint8Array(2 * CURVE_BYTES)
  for (const [i, { p, b, order }] of [SECP256K1, SECP256R1].entries()) {
    const isMontgomery = i === 1
    const numbers = [
      isMontgomery ? (b * R) % p : b,
      isMontgomery ? (R * R) % p : 1n,
      (p + 1n) / 4n,
      order,
      p,
    ]
    numbers.forEach((number, at) => void write(bytes, i * CURVE_BYTES + at * 32, number, 32))
  }
  const n = SECP256K1.order
  const [[a1, b1], [a2, b2]] = shortBasis(n, LAMBDA)
  write(bytes, 160, BETA, 32)
  write(bytes, 192, ((b2 << 384n) + n / 2n) / n, 32)
  write(bytes, 224, ((-b1 << 384n) + n / 2n) / n, 32)
  const parts = [-a1, -b1, -a2, -b2]
  parts.forEach((part, i) => void write(bytes, 256 + 24 * i, BigInt.asUintN(192, part), 24))
  return bytes
}

type Pair = readonly [bigint, bigint]

/** Two short pairs (a, b) with a + b lambda = 0 mod n, the first with b below 0: Euclid's algorithm, stopped halfway. */
function shortBasis(n: bigint, lambda: bigint): [Pair, Pair] {
  let [before, now]: [Pair, Pair] = [
    [n, 0n],
    [lambda, -1n],
  ]
  while (now[0] * now[0] >= n) [before, now] = [now, next(before, now)]
  const after = next(before, now)
  const size = ([a, b]: Pair) => a * a + b * b
  const other = size(before) < size(after) ? before : after
  return now[1] < 0n ? [now, other] : [other, now]
}

function next(before: Pair, now: Pair): Pair {
  const quotient = before[0] / now[0]
  return [before[0] - quotient * now[0], before[1] - quotient * now[1]]
}

function write(bytes: Uint8Array, at: number, number: bigint, count: number): void {
  for (let i = 0; i < count; i++) bytes[at + i] = Number((number >> BigInt(8 * i)) & 0xffn)
}
