/**
 * The values of one cell over time: rising heights, and the value from each height on. Unwritten is 0.
 */
export class History {
  readonly #heights: number[] = []
  readonly #values: bigint[] = []

  /** Records the value from a height on; heights rise, a second value of one height replaces the first. */
  record(height: number, value: bigint): void {
    const last = this.#heights.length - 1
    if (last >= 0 && this.#heights[last] === height) {
      this.#values[last] = value
      return
    }
    if (last >= 0 && this.#heights[last]! > height) {
      throw new Error(`expected a height above ${this.#heights[last]}, got ${height}`)
    }
    this.#heights.push(height)
    this.#values.push(value)
  }

  /** Forgets what was recorded above a height. */
  returnTo(height: number): void {
    const count = this.#indexAt(height) + 1
    this.#heights.length = count
    this.#values.length = count
  }

  /** Value after block `height`. */
  at(height: number): bigint {
    const index = this.#indexAt(height)
    return index < 0 ? 0n : this.#values[index]!
  }

  /** The last height up to `height` that wrote the cell, or null. */
  lastUpdate(height: number): number | null {
    const index = this.#indexAt(height)
    return index < 0 ? null : this.#heights[index]!
  }

  /** Last index whose height is at most `height`, -1 if none. Most readers want the newest. */
  #indexAt(height: number): number {
    const heights = this.#heights
    let high = heights.length - 1
    if (high < 0 || heights[high]! <= height) return high
    let low = 0
    while (low < high) {
      const middle = (low + high) >> 1
      if (heights[middle]! <= height) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** Histories by key, made when first written. */
export class Histories {
  readonly #byKey = new Map<bigint, History>()

  record(key: bigint, height: number, value: bigint): void {
    let history = this.#byKey.get(key)
    if (history === undefined) this.#byKey.set(key, (history = new History()))
    history.record(height, value)
  }

  returnTo(height: number): void {
    for (const history of this.#byKey.values()) history.returnTo(height)
  }

  at(key: bigint, height: number): bigint {
    return this.#byKey.get(key)?.at(height) ?? 0n
  }

  lastUpdate(key: bigint, height: number): number | null {
    return this.#byKey.get(key)?.lastUpdate(height) ?? null
  }
}
