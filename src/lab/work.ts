/**
 * Work that takes time and nothing else: a counted loop, calibrated once per process. Never a clock: a clock counts the
 * time in which another process ran as work done, and fakes speed-up on a crowded machine.
 */
import type { View } from '../executor/machine.ts'

/** Iterations between two looks at `view.stopped()`: about 8 µs. */
const POLL_ITERATIONS = 4096

/** One stretch of work: a chain of dependent operations, whose result the caller keeps so that none is dropped. */
function churn(seed: number, iterations: number): number {
  let word = seed
  for (let left = iterations; left > 0; left--) {
    word = (Math.imul(word ^ (word >>> 15), 0x2c1b3c6d) + left) | 0
  }
  return word
}

/** The same in pieces, given up when the block was stopped: then the result means nothing. */
export function work(view: View, seed: number, iterations: number): number {
  let word = seed
  for (let left = iterations; left > 0; left -= POLL_ITERATIONS) {
    word = churn(word, Math.min(left, POLL_ITERATIONS))
    if (left > POLL_ITERATIONS && view.stopped()) return word
  }
  return word
}

let perMicro = 0
/** Each run goes on where the last one ended, so that none can be left out. */
let chained = 1

/**
 * Iterations of `churn` per microsecond on this machine: the best of many short runs, which preemption spares. The runs
 * are as long as those of `work`, and enough for the compiler to treat both alike.
 */
export function iterationsPerMicro(): number {
  for (let run = perMicro > 0 ? RUNS : 0; run < RUNS; run++) {
    const startMs = performance.now()
    for (let piece = 0; piece < 16; piece++) chained = churn(chained, POLL_ITERATIONS)
    const micros = (performance.now() - startMs) * 1000
    perMicro = Math.max(perMicro, (16 * POLL_ITERATIONS) / micros)
  }
  return perMicro
}

const RUNS = 400
