/**
 * The parts of a block's result that both executors build alike, copied out of the memory: results and changes.
 *
 * Copies share large pieces and are looked at through views, for an array of its own costs more than a fast transaction.
 */
import { KEY } from '../mvmemory/regions.ts'
import type { BlockStatistics, Change } from './block.ts'

/** Words of the first piece and, each twice as large as the one before, of the last; a larger copy has its own. */
const FIRST_WORDS = 2 ** 10
const PIECE_WORDS = 2 ** 16

/** From here on a copy by the engine's own loop is slower than the built-in one. */
const LONG_WORDS = 256

/** Copies of words, packed into pieces. */
export class Copies {
  private piece = new Int32Array(0)
  private top = 0

  /** A copy of `count` words. */
  copy(words: Int32Array, offset: number, count: number): Int32Array {
    const start = this.room(count)
    const { piece } = this
    if (count < LONG_WORDS) {
      for (let word = 0; word < count; word++) piece[start + word] = words[offset + word]!
    } else piece.set(words.subarray(offset, offset + count), start)
    return piece.subarray(start, start + count)
  }

  /** A copy of one change. */
  change(words: Int32Array, key: number, before: number, after: number): Change {
    const start = this.room(CHANGE_WORDS)
    const { piece } = this
    for (let word = 0; word < KEY; word++) piece[start + word] = words[key + word]!
    for (let word = 0; word < 8; word++) {
      piece[start + BEFORE + word] = words[before + word]!
      piece[start + AFTER + word] = words[after + word]!
    }
    return new PackedChange(piece, start)
  }

  private room(count: number): number {
    if (this.top + count > this.piece.length) {
      // A run of one transaction, as admission makes many, does not pay for the copies of a block.
      const grown = Math.min(PIECE_WORDS, Math.max(FIRST_WORDS, 2 * this.piece.length))
      this.piece = new Int32Array(Math.max(count, grown))
      this.top = 0
    }
    const start = this.top
    this.top += count
    return start
  }
}

const BEFORE = KEY
const AFTER = KEY + 8
const CHANGE_WORDS = KEY + 16

/** A change whose arrays are made when somebody looks at them. */
class PackedChange implements Change {
  private readonly piece: Int32Array
  private readonly start: number

  constructor(piece: Int32Array, start: number) {
    this.piece = piece
    this.start = start
  }

  get key(): Int32Array {
    return this.piece.subarray(this.start, this.start + KEY)
  }

  get before(): Int32Array {
    return this.piece.subarray(this.start + BEFORE, this.start + AFTER)
  }

  get after(): Int32Array {
    return this.piece.subarray(this.start + AFTER, this.start + CHANGE_WORDS)
  }
}

/** Statistics of a block in which nothing was counted yet. */
export function idleStatistics(
  executor: BlockStatistics['executor'],
  transactions: number,
): BlockStatistics {
  return {
    executor,
    workers: 0,
    window: 0,
    transactions,
    executions: 0,
    blocked: 0,
    validations: 0,
    aborts: 0,
    usefulMicros: 0,
    wastedMicros: 0,
    totalMicros: 0,
    fallback: null,
    hot: [],
  }
}
