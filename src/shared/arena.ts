/**
 * An arena: a stretch of words that one thread hands out from both ends and forgets as a whole.
 *
 *     start ── taken ──▶ top      free      bottom ◀── taken at the end ── end
 *
 * Invariant: what was handed out is not handed out again before it is given back, so an offset names one thing.
 */

/** Thrown when an arena or a table is full. The block is thrown away and the memory grown. */
export class MemoryFull extends Error {
  override readonly name = 'MemoryFull'
}

export class Arena {
  readonly start: number
  readonly end: number
  top: number
  bottom: number
  /** Set when there was no room: who catches the exception still finds out. */
  isFull = false

  constructor(start: number, end: number) {
    this.start = start
    this.end = end
    this.top = start
    this.bottom = end
  }

  /** The offset of `count` new words, a multiple of four. What they hold is undefined. */
  take(count: number): number {
    const offset = this.top
    const top = (offset + count + 3) & ~3
    if (top > this.bottom) this.refuse(count)
    this.top = top
    return offset
  }

  /** The same at the end; given back by `bottom = end`. */
  takeAtEnd(count: number): number {
    const offset = (this.bottom - count) & ~3
    if (offset < this.top) this.refuse(count)
    this.bottom = offset
    return offset
  }

  private refuse(count: number): never {
    this.isFull = true
    throw new MemoryFull(`an arena of ${this.end - this.start} words has no room for ${count}`)
  }
}
