/**
 * Signatures of the Stark curve, verified natively: for tools, tests and block signatures.
 *
 * Never a replacement of an account's own check: Cairo's library tests other things and its steps are counted.
 */
import { CELL_LONGS, readCell, writeCells } from './cell.ts'
import { OK } from './crypto.ts'
import { CURVE_ORDER, type Point } from './curve.ts'
import { P } from './felt.ts'
import { defaultCrypto } from './hash.ts'

/** Message hashes, r and the inverse of s must be below this. */
const LIMIT = 2n ** 251n

/** Whether (r, s) signs the message hash under the key whose point has this x. Out of range is false, not an error. */
export function verifySignature(
  publicKey: bigint,
  messageHash: bigint,
  r: bigint,
  s: bigint,
): boolean {
  if (messageHash < 0n || messageHash >= LIMIT) return false
  if (r < 1n || r >= LIMIT || s < 1n || s >= CURVE_ORDER) return false
  if (publicKey < 0n || publicKey >= P) return false
  const w = inverse(s)
  if (w < 1n || w >= LIMIT) return false
  const crypto = defaultCrypto()
  const { scratch, cells } = crypto
  const at = scratch >> 3
  const u = (messageHash * w) % CURVE_ORDER
  const v = (r * w) % CURVE_ORDER
  writeCells(cells, at, [u, v, publicKey, publicKey])
  if (crypto.curveY(scratch + 64, scratch + 96) !== OK) return false
  if (crypto.verifySums(scratch, scratch + 128) !== OK) return false
  return readCell(cells, at + 4 * CELL_LONGS) === r || readCell(cells, at + 5 * CELL_LONGS) === r
}

/** The point of a private key in [1, N). */
export function publicPoint(privateKey: bigint): Point {
  if (privateKey < 1n || privateKey >= CURVE_ORDER) {
    throw new RangeError('expected a private key from 1 to the order of the curve')
  }
  const { scratch, cells, generatorMul } = defaultCrypto()
  const at = scratch >> 3
  writeCells(cells, at, [privateKey])
  generatorMul(scratch, scratch)
  return { x: readCell(cells, at), y: readCell(cells, at + CELL_LONGS) }
}

/** 1 / a modulo the order of the curve, by Euclid. */
function inverse(a: bigint): bigint {
  let [low, high] = [a, CURVE_ORDER]
  let [x, y] = [1n, 0n]
  while (low > 1n) {
    const quotient = high / low
    ;[low, high] = [high - quotient * low, low]
    ;[x, y] = [y - quotient * x, x]
  }
  return x < 0n ? x + CURVE_ORDER : x
}
