/**
 * Carries cells between an interpreter's memory and the crypto kernels, which live in another one.
 *
 * Random points are a function of the transaction's seed, so every incarnation of a transaction asks for the same
 * EcOps. A point that came from one, directly or through EcOps, is *blinded*: no ladder that starts there can meet a
 * collision but with negligible probability, and the faster ladder is right.
 */

import { type Crypto, FIRST_OFF_CURVE, OK, SAME_X, SECOND_OFF_CURVE } from '../felt/crypto.ts'
import { P } from '../felt/felt.ts'
import { type AffinePoint, addPoints } from './affine-points.ts'
import type { Segments } from './segments.ts'

/** What the kernel hears about an EcOp. */
const EC_OFF_CURVE = 1
const EC_SAME_X = 2
const EC_INFINITY = 3

/** Blinded points that are remembered; each EcOp chain needs its last one. */
const BLINDED_POINTS = 16
const POINT_WORDS = 16
/** Bytes of a transaction's seed; each names one of 256 random points. */
const SEED_BYTES = 31

export class KernelCrypto {
  private readonly crypto: Crypto
  private readonly segments: Segments
  private readonly blinded = new Int32Array(BLINDED_POINTS * POINT_WORDS)
  private blindedCount = 0
  private seed = 0n
  private randomCount = 0

  constructor(crypto: Crypto, segments: Segments) {
    this.crypto = crypto
    this.segments = segments
  }

  /** Starts a transaction. */
  begin(seed: bigint): void {
    this.seed = seed
    this.randomCount = 0
    this.blindedCount = 0
  }

  pedersen(x: number, y: number, out: number): void {
    const { scratch } = this.crypto
    this.load(x, scratch, 1)
    this.load(y, scratch + 32, 1)
    this.crypto.pedersen(scratch, scratch + 32, scratch + 64)
    this.store(scratch + 64, out, 1)
  }

  poseidon(state: number, out: number): void {
    const { scratch } = this.crypto
    this.load(state, scratch, 3)
    this.crypto.poseidonPermute(scratch)
    this.store(scratch, out, 3)
  }

  blake(state: number, message: number, counter: number, last: number, out: number): void {
    const { scratch } = this.crypto
    this.load(state, scratch, 8)
    this.load(message, scratch + 256, 16)
    this.crypto.blake2sBlock(scratch, scratch + 256, counter, last, scratch + 768)
    this.store(scratch + 768, out, 8)
  }

  /** P + m Q of five cells; 0 or why not. */
  ecOp(inputs: number, out: number): number {
    const { crypto, segments } = this
    const { scratch } = crypto
    this.load(inputs, scratch, 5)
    const isBlinded = this.isBlinded(inputs)
    const status = crypto.ecOp(scratch, scratch + 160, isBlinded ? 1 : 0)
    if (status === OK) {
      this.store(scratch + 160, out, 2)
      if (isBlinded) this.remember(out)
      return 0
    }
    if (status === SAME_X) {
      segments.text = this.sameX(inputs)
      return EC_SAME_X
    }
    if (status === SECOND_OFF_CURVE)
      segments.words.copyWithin(inputs >> 2, (inputs >> 2) + 16, (inputs >> 2) + 32)
    return status === FIRST_OFF_CURVE || status === SECOND_OFF_CURVE ? EC_OFF_CURVE : EC_INFINITY
  }

  /** Walks the ladder again, for the points that the text names. */
  private sameX(inputs: number): string {
    const [px, py, qx, qy, m] = [0, 1, 2, 3, 4].map((i) => this.segments.felt(inputs + i * 32)) as [
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
    ]
    let sum: AffinePoint | null = { x: px, y: py }
    let double: AffinePoint | null = { x: qx, y: qy }
    for (let rest = m; rest > 0n && sum?.x !== double?.x; rest >>= 1n) {
      if (rest & 1n) sum = addPoints(stark, sum, double)
      double = addPoints(stark, double, double)
    }
    return (
      'Cannot apply EC operation: computation reached two points with the same x coordinate. \n\n' +
      `    Attempting to compute P + m * Q where:\n\n    P = ${show(sum)} \n\n    m = ${m}\n\n    Q = ${show(double)}.`
    )
  }

  /** x and y of the transaction's next random point: the bytes of its seed name them. */
  randomPoint(out: number): void {
    const { crypto } = this
    const byte = BigInt(8 * (this.randomCount++ % SEED_BYTES))
    const index = Number((this.seed >> byte) & 0xffn)
    this.store(crypto.randomPoints() + index * 64, out, 2)
    this.remember(out)
  }

  /** The root of a felt, or of three times it; the smaller one. */
  fieldSqrt(value: number, out: number): void {
    const { scratch } = this.crypto
    this.load(value, scratch, 1)
    this.crypto.fieldSqrt(scratch, scratch + 32)
    this.store(scratch + 32, out, 1)
  }

  private isBlinded(point: number): boolean {
    const { words } = this.segments
    const at = point >> 2
    const known = Math.min(this.blindedCount, BLINDED_POINTS)
    for (let i = 0; i < known; i++) {
      let word = 0
      while (word < POINT_WORDS && this.blinded[i * POINT_WORDS + word] === words[at + word]) word++
      if (word === POINT_WORDS) return true
    }
    return false
  }

  private remember(point: number): void {
    const slot = (this.blindedCount++ % BLINDED_POINTS) * POINT_WORDS
    const at = point >> 2
    for (let word = 0; word < POINT_WORDS; word++) {
      this.blinded[slot + word] = this.segments.words[at + word]!
    }
  }

  private load(from: number, to: number, count: number): void {
    const source = this.segments.words
    const target = this.crypto.words
    for (let i = 0; i < count * 8; i++) target[(to >> 2) + i] = source[(from >> 2) + i]!
  }

  private store(from: number, to: number, count: number): void {
    const source = this.crypto.words
    const target = this.segments.words
    for (let i = 0; i < count * 8; i++) target[(to >> 2) + i] = source[(from >> 2) + i]!
  }
}

const stark = { p: P, a: 1n }

function show(point: AffinePoint | null): string {
  const { x, y } = point ?? { x: 0n, y: 0n }
  return `(0x${x.toString(16)}, 0x${y.toString(16)})`
}
