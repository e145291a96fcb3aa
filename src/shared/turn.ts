/**
 * Giving way: long work on the thread that answers everybody stops now and then, and whatever else waits goes first.
 */

/** Work goes on for so long before others have their turn. */
const TURN_MS = 10

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Tells a piece of long work when it has had its turn. */
export class Turns {
  readonly #nowMs: () => number
  #startMs: number

  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs
    this.#startMs = nowMs()
  }

  /** Whether the work should give way now. */
  get isOver(): boolean {
    return this.#nowMs() - this.#startMs >= TURN_MS
  }

  /** Begins the next turn, when others had theirs. */
  begin(): void {
    this.#startMs = this.#nowMs()
  }

  /** Gives way if it is time to. */
  async give(): Promise<void> {
    if (!this.isOver) return
    await turn()
    this.begin()
  }
}
