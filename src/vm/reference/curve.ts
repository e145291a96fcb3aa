/**
 * Short Weierstrass curves y² = x³ + a x + b over a prime field, in affine coordinates: slow and plain.
 *
 * A point is [x, y], infinity is null. The three curves of Starknet are here, with the square root of the Stark field
 * (Tonelli-Shanks; its 2^192 factor makes it slow, which is why the kernels do it otherwise).
 */
import { P } from '../../felt/felt.ts'
import { invert, minimum, modulo, power } from './value.ts'

export type Point = readonly [bigint, bigint] | null

export interface Curve {
  p: bigint
  a: bigint
  b: bigint
}

export const stark: Curve = {
  p: P,
  a: 1n,
  b: 0x6f21413efbe40de150e596d72f7a8c5609ad26c15c915c1f4cdfcb99cee9e89n,
}

export const secp256k1: Curve = { p: 2n ** 256n - 2n ** 32n - 977n, a: 0n, b: 7n }

const p256 = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n

export const secp256r1: Curve = {
  p: p256,
  a: p256 - 3n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
}

/** A generator of the Stark curve. */
export const starkGenerator: Point = [
  0x1ef15c18599971b7beced415a40f0c7deacfd9b0d1819e03d723d8bc943cfcan,
  0x5668060aa49730b7be4801df46ec62de53ecd11abe43a32873000c36e8dc1fn,
]

export function isOnCurve({ p, a, b }: Curve, [x, y]: readonly [bigint, bigint]): boolean {
  return modulo(y * y - (x * x * x + a * x + b), p) === 0n
}

export function addPoints({ p, a }: Curve, left: Point, right: Point): Point {
  if (left === null) return right
  if (right === null) return left
  const [[x1, y1], [x2, y2]] = [left, right]
  if (x1 === x2 && modulo(y1 + y2, p) === 0n) return null
  const slope =
    x1 === x2
      ? modulo((3n * x1 * x1 + a) * invert(modulo(2n * y1, p), p), p)
      : modulo((y2 - y1) * invert(modulo(x2 - x1, p), p), p)
  const x = modulo(slope * slope - x1 - x2, p)
  return [x, modulo(slope * (x1 - x) - y1, p)]
}

export function multiplyPoint(curve: Curve, point: Point, scalar: bigint): Point {
  let result: Point = null
  let double = point
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = addPoints(curve, result, double)
    double = addPoints(curve, double, double)
  }
  return result
}

/** The two y of an x on a curve with p = 3 mod 4, even one first; null when there is none. */
export function evenAndOddY({ p, a, b }: Curve, x: bigint): [bigint, bigint] | null {
  const square = modulo(x * x * x + a * x + b, p)
  const y = power(square, (p + 1n) >> 2n, p)
  if (modulo(y * y - square, p) !== 0n) return null
  const other = modulo(-y, p)
  return y % 2n === 0n ? [y, other] : [other, y]
}

/** The smaller square root of a felt, or null when it is no square. */
export function squareRoot(felt: bigint): bigint | null {
  if (felt === 0n) return 0n
  if (power(felt, (P - 1n) >> 1n) !== 1n) return null
  // P - 1 = 2^192 q. The root x of felt·t shrinks t, of order 2^k, until t is 1.
  const q = (P - 1n) >> 192n
  let k = 192
  let z = power(3n, q)
  let x = power(felt, (q + 1n) >> 1n)
  let t = power(felt, q)
  while (t !== 1n) {
    let order = 0
    for (let u = t; u !== 1n; order++) u = (u * u) % P
    const step = power(z, 1n << BigInt(k - order - 1))
    k = order
    z = (step * step) % P
    x = (x * step) % P
    t = (t * z) % P
  }
  return minimum(x, P - x)
}

/** floor of the square root of an integer. */
export function integerRoot(value: bigint): bigint {
  if (value < 2n) return value
  let x = 1n << BigInt((value.toString(2).length + 1) >> 1)
  for (;;) {
    const next = (x + value / x) >> 1n
    if (next >= x) return x
    x = next
  }
}
