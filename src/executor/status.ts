/**
 * The status of a transaction: one shared word, the first of its line.
 *
 *     bits 0-2    state         MISSING, READY, EXECUTING, BLOCKED, EXECUTED, ABORTING or COMMITTED
 *     bits 3-30   incarnation   how often it was started again, from 0
 *
 *              admit          claim              publish             commit
 *     MISSING ──────▶ READY ────────▶ EXECUTING ────────▶ EXECUTED ────────▶ COMMITTED
 *                       ▲              │  ▲   ▲               │ tryAbort
 *                       │        block ▼  │   └── ABORTING ◀──┘
 *                       └─ wake ── BLOCKED         rerun
 *                                   handOff
 *
 * The arrows wake, handOff and rerun raise the incarnation.
 * Invariant: an arrow is one compare-and-exchange, or a store by the owner, so one thread takes it. Hence an incarnation
 * runs once and is aborted at most once. BLOCKED is not ABORTING on purpose: a late wake must not restart an abort.
 */

export const MISSING = 0
export const READY = 1
export const EXECUTING = 2
export const BLOCKED = 3
export const EXECUTED = 4
export const ABORTING = 5
export const COMMITTED = 6

export const stateNames = [
  'MISSING',
  'READY',
  'EXECUTING',
  'BLOCKED',
  'EXECUTED',
  'ABORTING',
  'COMMITTED',
]

export function stateOf(word: number): number {
  return word & 7
}

export function incarnationOf(word: number): number {
  return word >>> 3
}

export function pack(state: number, incarnation: number): number {
  return (incarnation << 3) | state
}

/** Puts a transaction into the block; main does, before the block starts. */
export function admit(words: Int32Array, line: number): void {
  step(words, line, MISSING, READY, 0)
}

/** Claims a ready transaction. Returns its incarnation, or -1 if someone else has it. */
export function claim(words: Int32Array, line: number): number {
  const word = Atomics.load(words, line)
  if (stateOf(word) !== READY) return -1
  const incarnation = incarnationOf(word)
  // Only this arrow leaves READY: to lose here is to find it already claimed.
  return replace(words, line, word, pack(EXECUTING, incarnation)) ? incarnation : -1
}

/** The owner has published everything that the incarnation did. */
export function publish(words: Int32Array, line: number): void {
  step(words, line, EXECUTING, EXECUTED, 0)
}

/** The owner met an ESTIMATE and gives the incarnation up. */
export function block(words: Int32Array, line: number): void {
  step(words, line, EXECUTING, BLOCKED, 0)
}

/** Who took it from a stack of dependants runs it next. */
export function handOff(words: Int32Array, line: number): void {
  step(words, line, BLOCKED, EXECUTING, 1)
}

/** Who took it from a stack of dependants lets anybody run it. */
export function wake(words: Int32Array, line: number): void {
  step(words, line, BLOCKED, READY, 1)
}

/** Aborts an incarnation whose reads did not hold. One thread wins. */
export function tryAbort(words: Int32Array, line: number, incarnation: number): boolean {
  return replace(words, line, pack(EXECUTED, incarnation), pack(ABORTING, incarnation))
}

/** The thread that aborted runs the next incarnation itself. */
export function rerun(words: Int32Array, line: number): void {
  step(words, line, ABORTING, EXECUTING, 1)
}

/** Makes an incarnation final; false if a validator aborted it first. */
export function commit(words: Int32Array, line: number, incarnation: number): boolean {
  return replace(words, line, pack(EXECUTED, incarnation), pack(COMMITTED, incarnation))
}

function replace(words: Int32Array, line: number, from: number, to: number): boolean {
  return Atomics.compareExchange(words, line, from, to) === from
}

/** An arrow that only the owner takes: to find another state is a bug. */
function step(words: Int32Array, line: number, from: number, to: number, more: number): void {
  const word = words[line]!
  if (stateOf(word) !== from) {
    throw new Error(`expected ${stateNames[from]} on the way to ${stateNames[to]}, got ${word}`)
  }
  Atomics.store(words, line, pack(to, incarnationOf(word) + more))
}
