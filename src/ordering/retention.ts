/**
 * Which segments of the journal are still needed: those with a submission that waits, and those that hold a record or a
 * transaction of a block that is not stored yet. A rewind is needed until the block above its height is stored, for as
 * long nothing else says that a longer stored chain is void; what it made void is not needed.
 *
 * Invariant: `live` of a segment is the number of waiting submissions whose newest copy it holds.
 */
import {
  type EngineRecord,
  EXTEND,
  heightOf,
  type Placed,
  REWIND,
  readExtend,
  readRewind,
  readSubmit,
  SUBMIT,
} from './record.ts'

interface Need {
  live: number
  submitted: number
  /** Highest block that needs it. */
  height: number
}

export class Retention {
  /** Ascending, for segments are added in order. */
  readonly #needs = new Map<number, Need>()
  /** Segment of the newest copy of each waiting submission. */
  readonly #homes = new Map<bigint, number>()
  #nextPlace = 0

  /** Place of the next submission: above all that were ever noted. */
  get nextPlace(): number {
    return this.#nextPlace
  }

  /** Takes note of a record that is durable in a segment. */
  note(record: EngineRecord, segment: number): void {
    const need = this.#needOf(segment)
    need.height = Math.max(need.height, heightOf(record) ?? -1)
    if (record.type === SUBMIT) this.#noteSubmissions(readSubmit(record.body), segment, need)
    if (record.type === REWIND) this.#noteRewind(readRewind(record.body), need)
    if (record.type !== EXTEND) return
    const { height, included, dropped } = readExtend(record.body)
    for (const hash of included) {
      const home = this.#release(hash)
      if (home !== null) home.height = Math.max(home.height, height)
    }
    for (const hash of dropped) this.#release(hash)
  }

  /** Whether the newest copy of a waiting submission is in the segment. */
  isLive(hash: bigint, segment: number): boolean {
    return this.#homes.get(hash) === segment
  }

  /** The segments, oldest first. */
  get segments(): number[] {
    return [...this.#needs.keys()]
  }

  /** Whether nothing in a segment is needed when blocks below a height are stored. */
  isFree(segment: number, below: number): boolean {
    const need = this.#needs.get(segment)
    return need === undefined || (need.live === 0 && need.height < below)
  }

  /** Whether only few submissions keep a segment: then copying them costs less than keeping it. */
  isSparse(segment: number, below: number): boolean {
    const need = this.#needs.get(segment)
    return need !== undefined && need.height < below && need.live * 2 < need.submitted
  }

  forget(segment: number): void {
    this.#needs.delete(segment)
  }

  #noteSubmissions(batch: Placed[], segment: number, need: Need): void {
    for (const { place, hash } of batch) {
      this.#nextPlace = Math.max(this.#nextPlace, place + 1)
      this.#release(hash)
      this.#homes.set(hash, segment)
      need.live++
      need.submitted++
    }
  }

  #noteRewind(height: number, home: Need): void {
    for (const need of this.#needs.values()) need.height = Math.min(need.height, height)
    home.height = height + 1
  }

  /** A submission waits no longer, or has a newer copy; returns the need of the segment that holds it. */
  #release(hash: bigint): Need | null {
    const segment = this.#homes.get(hash)
    if (segment === undefined) return null
    this.#homes.delete(hash)
    const home = this.#needOf(segment)
    home.live--
    return home
  }

  #needOf(segment: number): Need {
    let need = this.#needs.get(segment)
    if (need === undefined) this.#needs.set(segment, (need = { live: 0, submitted: 0, height: -1 }))
    return need
  }
}
