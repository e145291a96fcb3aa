/**
 * Random numbers from a seed: the same on every machine, so that a printed seed is a test case.
 */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed | 0
  }

  /** A 32-bit word. */
  word(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let word = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return word ^ (word >>> 14)
  }

  /** An integer from 0 to `bound - 1`. */
  below(bound: number): number {
    return (this.word() >>> 0) % bound
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  /** One of the elements. */
  pick<T>(elements: readonly T[]): T {
    return elements[this.below(elements.length)]!
  }
}
