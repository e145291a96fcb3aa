/**
 * Regions of one memory, laid out one behind the other.
 *
 * Memory is one `Int32Array`; a pointer is a word offset into it, and 0 is null. A layout hands out regions upward, each
 * on a cache line of its own, so that two regions never share one. Offsets stay below 2^29: the upper bits of a pointer
 * are free for flags.
 */

/** Words of a cache line. */
export const LINE_WORDS = 16

/** Pointers are below this, 2 GiB of words. */
export const MAX_WORDS = 2 ** 29

export class Layout {
  /** Words handed out so far. */
  size = 0

  /** The offset of a new region of `count` words. */
  region(count: number): number {
    const offset = this.size
    this.size = Math.ceil((offset + count) / LINE_WORDS) * LINE_WORDS
    if (count < 0 || this.size > MAX_WORDS) {
      throw new RangeError(`a memory holds at most ${MAX_WORDS} words, the layout wants more`)
    }
    return offset
  }
}
