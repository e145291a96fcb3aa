/**
 * Seeded random numbers for the virtual machine's specs: the same seed gives the same calls on every machine.
 */
import { P } from '../../src/felt/felt.ts'

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
    for (let i = 0; i < 4; i++) this.bits()
  }

  /** 32 random bits (Mulberry32). */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let word = this.#state
    word = Math.imul(word ^ (word >>> 15), word | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return (word ^ (word >>> 14)) >>> 0
  }

  /** An integer in [0, count). */
  below(count: number): number {
    return this.bits() % count
  }

  /** An integer in [from, to]. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1)
  }

  chance(probability: number): boolean {
    return this.bits() < probability * 2 ** 32
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  /** One of the keys, by weight. */
  weighted<T extends string>(weights: Record<T, number>): T {
    const entries = Object.entries(weights) as [T, number][]
    let left = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0))
    for (const [key, weight] of entries) {
      if (left < weight) return key
      left -= weight
    }
    return entries[0]![0]
  }

  bigBits(count: number): bigint {
    let value = 0n
    for (let i = 0; i < count; i += 32) value = (value << 32n) | BigInt(this.bits())
    return BigInt.asUintN(count, value)
  }

  /** A felt from the places where code changes its mind: near powers of two and near P, small, and any. */
  felt(): bigint {
    switch (this.below(9)) {
      case 0:
        return 0n
      case 1:
        return 1n
      case 2:
        return BigInt(this.below(300))
      case 3:
        return this.bigBits(this.pick([8, 32, 64]))
      case 4:
        return near(
          this,
          1n << BigInt(this.pick([16, 31, 32, 63, 64, 96, 128, 160, 192, 250, 251])),
        )
      case 5:
        return (P - 1n - BigInt(this.below(300))) % P
      case 6:
        return this.bigBits(128)
      case 7:
        return this.qm31()
      default:
        return this.bigBits(256) % P
    }
  }

  /** A packing of four coordinates mod 2^31 - 1. */
  qm31(): bigint {
    let felt = 0n
    for (let i = 0n; i < 4n; i++) felt |= (this.bigBits(31) % 0x7fffffffn) << (36n * i)
    return felt
  }
}

function near(random: Random, value: bigint): bigint {
  return (value + BigInt(random.between(-2, 2)) + P) % P
}

/** How many runs: `FUGUE_RUNS`, else what the spec finds modest. */
export function runsOf(modest: number): number {
  return process.env.FUGUE_RUNS === undefined ? modest : Number(process.env.FUGUE_RUNS)
}
