/**
 * The curves of the secp syscalls, y^2 = x^3 + a x + b over p, in plain `bigint`. Null is the point at infinity.
 *
 * Points are multiplied in Jacobian coordinates (X / Z^2, Y / Z^3), with one inversion at the end.
 */

export interface Curve {
  p: bigint
  a: bigint
  b: bigint
}

export interface AffinePoint {
  x: bigint
  y: bigint
}

export const secp256k1: Curve = { p: 2n ** 256n - 2n ** 32n - 977n, a: 0n, b: 7n }

export const secp256r1: Curve = {
  p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  a: -3n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
}

interface Jacobian {
  x: bigint
  y: bigint
  z: bigint
}

const INFINITY: Jacobian = { x: 1n, y: 1n, z: 0n }

export function isOnCurve(curve: Curve, { x, y }: AffinePoint): boolean {
  return modulo(y * y - rightSide(curve, x), curve.p) === 0n
}

/** The y of that parity above an x, or null when there is none. */
export function rootY(curve: Curve, x: bigint, isOdd: boolean): bigint | null {
  const square = rightSide(curve, x)
  // Both primes are 3 modulo 4.
  const root = power(square, (curve.p + 1n) >> 2n, curve.p)
  if (modulo(root * root - square, curve.p) !== 0n) return null
  return (root & 1n) === (isOdd ? 1n : 0n) ? root : modulo(-root, curve.p)
}

export function addPoints(
  curve: Curve,
  a: AffinePoint | null,
  b: AffinePoint | null,
): AffinePoint | null {
  return toAffine(curve, add(curve, fromAffine(a), fromAffine(b)))
}

/** scalar * point; the scalar may exceed the order. */
export function multiplyPoint(
  curve: Curve,
  point: AffinePoint | null,
  scalar: bigint,
): AffinePoint | null {
  let sum = INFINITY
  const base = fromAffine(point)
  for (const bit of scalar.toString(2)) {
    sum = double(curve, sum)
    if (bit === '1') sum = add(curve, sum, base)
  }
  return toAffine(curve, sum)
}

function rightSide({ p, a, b }: Curve, x: bigint): bigint {
  return modulo((x * x + a) * x + b, p)
}

function fromAffine(point: AffinePoint | null): Jacobian {
  return point === null ? INFINITY : { ...point, z: 1n }
}

function toAffine({ p }: Curve, { x, y, z }: Jacobian): AffinePoint | null {
  if (z === 0n) return null
  const inverse = power(z, p - 2n, p)
  const square = (inverse * inverse) % p
  return { x: modulo(x * square, p), y: modulo(y * square * inverse, p) }
}

function double({ p, a }: Curve, { x, y, z }: Jacobian): Jacobian {
  if (z === 0n || y === 0n) return INFINITY
  const yy = (y * y) % p
  const s = (4n * x * yy) % p
  const m = modulo(3n * x * x + a * z ** 4n, p)
  const newX = modulo(m * m - 2n * s, p)
  return {
    x: newX,
    y: modulo(m * (s - newX) - 8n * yy * yy, p),
    z: (2n * y * z) % p,
  }
}

function add(curve: Curve, a: Jacobian, b: Jacobian): Jacobian {
  if (a.z === 0n) return b
  if (b.z === 0n) return a
  const { p } = curve
  const az = (a.z * a.z) % p
  const bz = (b.z * b.z) % p
  const u = (a.x * bz) % p
  const s = modulo(a.y * bz * b.z, p)
  const h = modulo(b.x * az - u, p)
  const r = modulo(b.y * az * a.z - s, p)
  if (h === 0n) return r === 0n ? double(curve, a) : INFINITY
  const hh = (h * h) % p
  const hhh = (hh * h) % p
  const v = (u * hh) % p
  const x = modulo(r * r - hhh - 2n * v, p)
  return { x, y: modulo(r * (v - x) - s * hhh, p), z: (a.z * b.z * h) % p }
}

function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n
  let square = modulo(base, p)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % p
    square = (square * square) % p
  }
  return result
}

function modulo(value: bigint, p: bigint): bigint {
  const rest = value % p
  return rest < 0n ? rest + p : rest
}
