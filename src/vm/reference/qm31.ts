/**
 * QM31: the field of four coordinates mod 2^31 - 1, (a + b i) + (c + d i) u with i² = -1 and u² = 2 + i, packed in one
 * felt at bits 0, 36, 72 and 108. Invariant: a packing in use is reduced, nothing lies above bit 144.
 */
import { Fault, invert, modulo } from './value.ts'

const M = (1n << 31n) - 1n
type Quad = [bigint, bigint, bigint, bigint]
type Pair = [bigint, bigint]

export function qm31Add(x: bigint, y: bigint): bigint {
  const [a, b] = [unpack(x), unpack(y)]
  return pack(a.map((coordinate, i) => coordinate + b[i]!) as Quad)
}

export function qm31Subtract(x: bigint, y: bigint): bigint {
  const [a, b] = [unpack(x), unpack(y)]
  return pack(a.map((coordinate, i) => coordinate - b[i]!) as Quad)
}

export function qm31Multiply(x: bigint, y: bigint): bigint {
  return pack(multiply(unpack(x), unpack(y)))
}

export function qm31Divide(x: bigint, y: bigint): bigint {
  const [dividend, divisor] = [unpack(x), unpack(y)]
  if (y === 0n) throw new Fault('Attempted to divide by zero')
  return pack(multiply(dividend, reciprocal(divisor)))
}

function multiply(x: Quad, y: Quad): Quad {
  const [x0, x1]: [Pair, Pair] = [
    [x[0], x[1]],
    [x[2], x[3]],
  ]
  const [y0, y1]: [Pair, Pair] = [
    [y[0], y[1]],
    [y[2], y[3]],
  ]
  const low = product(x0, y0)
  const high = timesU2(product(x1, y1))
  const [m1, m2] = [product(x0, y1), product(x1, y0)]
  return [low[0] + high[0], low[1] + high[1], m1[0] + m2[0], m1[1] + m2[1]]
}

/** 1 / (p + q u) = (p - q u) / (p² - q² u²), and 1 / (a + b i) = (a - b i) / (a² + b²). */
function reciprocal([a, b, c, d]: Quad): Quad {
  const p: Pair = [a, b]
  const q: Pair = [c, d]
  const square = timesU2(product(q, q))
  const norm: Pair = [product(p, p)[0] - square[0], product(p, p)[1] - square[1]]
  const inverse = invert(modulo(norm[0] * norm[0] + norm[1] * norm[1], M), M)
  const factor: Pair = [norm[0] * inverse, -norm[1] * inverse]
  const [r, s] = [product(p, factor), product([-c, -d], factor)]
  return [r[0], r[1], s[0], s[1]]
}

function product(x: Pair, y: Pair): Pair {
  return [modulo(x[0] * y[0] - x[1] * y[1], M), modulo(x[0] * y[1] + x[1] * y[0], M)]
}

function timesU2(x: Pair): Pair {
  return product(x, [2n, 1n])
}

function pack(quad: Quad): bigint {
  return quad.reduce((felt, coordinate, i) => felt | (modulo(coordinate, M) << BigInt(36 * i)), 0n)
}

function unpack(felt: bigint): Quad {
  const quad = [0n, 36n, 72n, 108n].map((bit) => BigInt.asUintN(36, felt >> bit)) as Quad
  if (felt >> 144n !== 0n || quad.some((coordinate) => coordinate >= M)) {
    throw new Fault(`Number is not a packing of a QM31 in reduced form: ${felt})`)
  }
  return quad
}
