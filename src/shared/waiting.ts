/**
 * Waiting is a policy, and this is the only place that has one: look a bounded number of times, then sleep on the word
 * with a time-out. Nobody spins without a limit, because two spinning threads on one core cost whole time slices.
 */

declare global {
  interface Atomics {
    waitAsync(
      words: Int32Array,
      index: number,
      value: number,
      timeoutMs?: number,
    ): { async: false; value: string } | { async: true; value: Promise<string> }
  }
}

/** Plain looks before sleeping: about 2 µs, a third of what it costs to be woken. */
export const SPINS = 2000

/** A sleeper looks again after this long even if nobody woke it: bounds what a lost wake-up would cost. */
export const NAP_MS = 50

/** Waits while `words[index]` is `value`, at most for one nap. For worker threads. */
export function waitWhile(words: Int32Array, index: number, value: number): void {
  for (let spin = 0; spin < SPINS; spin++) if (words[index] !== value) return
  Atomics.wait(words, index, value, NAP_MS)
}

/** The same for the main thread, which must not block: resolves when the word changed or the time is over. */
export async function waitWhileAsync(
  words: Int32Array,
  index: number,
  value: number,
  timeoutMs: number,
): Promise<void> {
  const outcome = Atomics.waitAsync(words, index, value, timeoutMs)
  if (outcome.async) await outcome.value
}
