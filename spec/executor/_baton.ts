/**
 * A baton: of several threads one runs at a time, and a seed decides who. Each thread passes the baton before some of its
 * atomic operations, so every interleaving of them can happen and each can be had again.
 *
 * Sleeping is part of it: `Atomics.wait` takes a thread out of the game until `Atomics.notify` brings it back. When
 * nobody is left who could run, a wake-up was lost.
 */

/** Words of a baton. */
const RANDOM = 0
/** Steps before the baton is passed on. */
const BURST = 1
/** Bits of the threads that can run, and of those that sleep. */
const RUNNABLE = 2
const SLEEPING = 3
const LOST = 4
const DONE = 5
const CLOSING = 6
/** Passes so far. */
const PASSES = 7
/** One word per thread: 1 = it has the baton. */
const HANDS = 8

const BATON_WORDS = 16

const real = globalThis.Atomics

/** What main does with a baton. */
export class Conductor {
  readonly words = new Int32Array(new SharedArrayBuffer(BATON_WORDS * 4))
  private readonly threads: number

  constructor(threads: number) {
    this.threads = threads
  }

  /** Runs all threads once. Returns whether no wake-up was lost. */
  async perform(seed: number): Promise<boolean> {
    const { words, threads } = this
    words[RANDOM] = seed
    words[RUNNABLE] = (1 << threads) - 1
    words[SLEEPING] = 0
    words[LOST] = 0
    real.store(words, DONE, 0)
    pass(words)
    for (;;) {
      const outcome = real.waitAsync(words, DONE, 0, 10_000)
      if (outcome.async && (await outcome.value) === 'timed-out') throw new Error('nobody plays')
      if (real.load(words, DONE) !== 0) return words[LOST] === 0
    }
  }

  get passes(): number {
    return this.words[PASSES]!
  }

  close(): void {
    const { words, threads } = this
    real.store(words, CLOSING, 1)
    for (let thread = 0; thread < threads; thread++) give(words, thread)
  }
}

/** What a thread does with it. */
export class Player {
  private readonly words: Int32Array
  private readonly thread: number

  constructor(words: Int32Array, thread: number) {
    this.words = words
    this.thread = thread
  }

  /** Takes part in one performance after the other until the conductor closes. */
  play(piece: () => void): void {
    const { words, thread } = this
    for (;;) {
      this.await()
      if (real.load(words, CLOSING) !== 0) return
      piece()
      words[RUNNABLE]! &= ~(1 << thread)
      if (words[RUNNABLE] === 0 && words[SLEEPING] === 0) {
        real.store(words, DONE, 1)
        real.notify(words, DONE)
      } else pass(words)
    }
  }

  /** Sometimes lets another run. */
  step(): void {
    const { words } = this
    if (--words[BURST]! > 0) return
    pass(words)
    this.await()
  }

  /** Sleeps until somebody notifies. */
  sleep(): void {
    const { words, thread } = this
    words[RUNNABLE]! &= ~(1 << thread)
    words[SLEEPING]! |= 1 << thread
    pass(words)
    this.await()
  }

  /** Brings back at most `count` sleepers. */
  wake(count: number): void {
    const { words } = this
    for (let left = count; left > 0 && words[SLEEPING] !== 0; left--) {
      const lowest = words[SLEEPING]! & -words[SLEEPING]!
      words[SLEEPING]! &= ~lowest
      words[RUNNABLE]! |= lowest
    }
  }

  private await(): void {
    const { words, thread } = this
    while (real.load(words, HANDS + thread) === 0) real.wait(words, HANDS + thread, 0)
    real.store(words, HANDS + thread, 0)
  }
}

/** Gives the baton to someone who can run. */
function pass(words: Int32Array): void {
  if (words[RUNNABLE] === 0) {
    // All that are left sleep: they go on as if their time were over, and the loss is noted.
    words[LOST] = 1
    words[RUNNABLE] = words[SLEEPING]!
    words[SLEEPING] = 0
  }
  let thread = draw(words) % 32
  while ((words[RUNNABLE]! & (1 << thread)) === 0) thread = (thread + 1) % 32
  // Short and long bursts alike: races are lost by who stops for long in the wrong place.
  words[BURST] = 1 << (draw(words) % 7)
  words[PASSES]!++
  give(words, thread)
}

function give(words: Int32Array, thread: number): void {
  real.store(words, HANDS + thread, 1)
  real.notify(words, HANDS + thread)
}

/** The next random number of the performance. */
function draw(words: Int32Array): number {
  words[RANDOM] = (words[RANDOM]! + 0x6d2b79f5) | 0
  let word = Math.imul(words[RANDOM]! ^ (words[RANDOM]! >>> 15), words[RANDOM]! | 1)
  word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
  return (word ^ (word >>> 14)) >>> 0
}

/** Atomics whose every operation is a step of the player, for the rest of this thread's life. */
export function interruptAtomics(player: Player): void {
  const stepped = (name: 'load' | 'store' | 'add' | 'sub' | 'exchange' | 'compareExchange') => {
    const operation = real[name] as unknown as (...args: unknown[]) => number
    return (...args: unknown[]) => {
      player.step()
      return operation(...args)
    }
  }
  globalThis.Atomics = {
    load: stepped('load'),
    store: stepped('store'),
    add: stepped('add'),
    sub: stepped('sub'),
    exchange: stepped('exchange'),
    compareExchange: stepped('compareExchange'),
    wait: (words: Int32Array, index: number, value: number) => {
      player.step()
      if (real.load(words, index) !== value) return 'not-equal'
      player.sleep()
      return 'ok'
    },
    notify: (_words: Int32Array, _index: number, count = 32) => {
      player.step()
      player.wake(count)
      return 0
    },
  } as unknown as Atomics
}
