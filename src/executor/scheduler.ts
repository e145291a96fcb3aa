/**
 * Who runs what next: the shared indices, the stacks of dependants, sleep and wake.
 *
 *     0 ... commit ......... val ........ exec ......... added
 *     final   │ executed, being validated │ not yet started, up to commit + window
 *
 * Claims raise `exec` and `val` by compare-and-exchange, never past what there is; whoever makes earlier work lowers
 * them. Invariants: who stores READY lowers `exec` afterwards, so no ready transaction is forgotten; who makes work wakes
 * a sleeper, and a sleeper looks at every source of work after it said that it sleeps, so no wake-up is lost.
 */
import type { EngineMemory } from '../mvmemory/memory.ts'
import { LINE, type MemoryLayout } from '../mvmemory/regions.ts'
import type { Versions } from '../mvmemory/versions.ts'
import { NAP_MS, SPINS } from '../shared/waiting.ts'
import { BLOCK_LOC, BLOCKER, DEPENDANT, DEPENDANTS } from './line.ts'
import { NO_HAND_OFF } from './policy.ts'
import * as Status from './status.ts'

/** Values of the control word `stop`; it only rises. */
export const RUNNING = 0
export const FINISHED = 1
export const FAILED = 2

export class Scheduler {
  private readonly words: Int32Array
  private readonly layout: MemoryLayout
  private readonly versions: Versions
  /** A transaction handed to this worker, which it runs next; -1 without. Its status is EXECUTING already. */
  handed = -1
  /** Taken from a stack, by position. */
  private readonly dependants: number[] = []

  constructor(memory: EngineMemory, versions: Versions) {
    this.words = memory.words
    this.layout = memory.layout
    this.versions = versions
  }

  line(txIndex: number): number {
    return this.layout.lines + txIndex * LINE
  }

  /** The next transaction to validate, claimed, or -1. */
  claimValidation(): number {
    const { words, layout } = this
    const val = words[layout.val]!
    if (val >= words[layout.exec]!) return -1
    return Atomics.compareExchange(words, layout.val, val, val + 1) === val ? val : -1
  }

  /** The next transaction to start inside the window, its status EXECUTING, or -1. */
  claimExecution(): number {
    const { words, layout } = this
    const exec = words[layout.exec]!
    // Plain looks: what is stale costs a turn, and `hasWork` looks properly before anyone sleeps.
    if (exec >= Math.min(words[layout.added]!, words[layout.commit]! + words[layout.window]!))
      return -1
    if (Atomics.compareExchange(words, layout.exec, exec, exec + 1) !== exec) return -1
    // It may be someone else's by now, when `exec` was lowered below it.
    return Status.claim(words, this.line(exec)) < 0 ? -1 : exec
  }

  /** Whether a turn could find anything to do. */
  hasWork(): boolean {
    const { words, layout } = this
    if (Atomics.load(words, layout.stop) !== RUNNING) return true
    const exec = Atomics.load(words, layout.exec)
    const head = Atomics.load(words, layout.commit)
    const count = Atomics.load(words, layout.added)
    const limit = Math.min(count, head + Atomics.load(words, layout.window))
    if (Atomics.load(words, layout.val) < exec || exec < limit) return true
    if (head >= count) return false
    const isReady = Status.stateOf(Atomics.load(words, this.line(head))) === Status.EXECUTED
    // Whoever holds the clock looks at the head again after letting it go.
    return isReady && Atomics.load(words, layout.clock) === 0
  }

  /** Nothing to do: looks a while, then sleeps. */
  idle(): void {
    const { words, layout } = this
    for (let spin = 0; spin < SPINS; spin += 50) if (this.looksBusy()) return
    const seen = Atomics.load(words, layout.wake)
    Atomics.add(words, layout.sleep, 1)
    if (!this.hasWork()) Atomics.wait(words, layout.wake, seen, NAP_MS)
    Atomics.sub(words, layout.sleep, 1)
  }

  /** Wakes one sleeper, if any: after work was made. */
  wakeOne(): void {
    const { words, layout } = this
    if (Atomics.load(words, layout.sleep) === 0) return
    Atomics.add(words, layout.wake, 1)
    Atomics.notify(words, layout.wake, 1)
  }

  /** Ends the block for everybody. */
  stop(reason: number): void {
    const { words, layout } = this
    for (;;) {
      const stop = Atomics.load(words, layout.stop)
      if (stop >= reason || Atomics.compareExchange(words, layout.stop, stop, reason) === stop)
        break
    }
    Atomics.add(words, layout.wake, 1)
    Atomics.notify(words, layout.wake)
  }

  /** Starts a wave: everything from `txIndex` on is to be validated again. */
  lowerVal(txIndex: number): void {
    if (!lower(this.words, this.layout.val, txIndex)) return
    if (txIndex < Atomics.load(this.words, this.layout.exec)) this.wakeOne()
  }

  /** A ready transaction is to be found again. */
  lowerExec(txIndex: number): void {
    lower(this.words, this.layout.exec, txIndex)
    this.wakeOne()
  }

  /** Lets `txIndex`, which this thread was running, wait for `blocker`. */
  block(txIndex: number, blocker: number, location: number): void {
    const line = this.line(txIndex)
    this.words[line + BLOCKER] = blocker
    this.words[line + BLOCK_LOC] = location
    Status.block(this.words, line)
    // After the push the transaction is no longer this thread's.
    if (this.push(txIndex, blocker)) this.release(blocker)
  }

  /** Takes the dependants of a transaction that is executed: one is handed to this thread, the others wait on or wake. */
  release(blocker: number): void {
    const { words, dependants } = this
    if (Atomics.load(words, this.line(blocker) + DEPENDANTS) === 0) return
    const keeps = (words[this.layout.policy]! & NO_HAND_OFF) === 0
    const blockers = [blocker]
    for (let next = blockers.pop(); next !== undefined; next = blockers.pop()) {
      this.takeStack(next)
      for (const txIndex of dependants) {
        const line = this.line(txIndex)
        if (keeps && this.handed < 0) {
          Status.handOff(words, line)
          this.handed = txIndex
          continue
        }
        const met = this.versions.resolve(words[line + BLOCK_LOC]!, txIndex)
        if (met < 0) {
          // Another one is in the way: it moves there without being started in vain.
          words[line + BLOCKER] = -1 - met
          if (this.push(txIndex, -1 - met)) blockers.push(-1 - met)
        } else {
          Status.wake(words, line)
          this.lowerExec(txIndex)
        }
      }
    }
  }

  /** Pushes onto the blocker's stack. True if the blocker ended meanwhile: then who pushed takes the stack. */
  private push(txIndex: number, blocker: number): boolean {
    const { words } = this
    const stack = this.line(blocker) + DEPENDANTS
    const link = this.line(txIndex) + DEPENDANT
    for (;;) {
      const top = Atomics.load(words, stack)
      words[link] = top
      if (Atomics.compareExchange(words, stack, top, txIndex + 1) === top) break
    }
    const state = Status.stateOf(Atomics.load(words, this.line(blocker)))
    return state === Status.EXECUTED || state === Status.COMMITTED
  }

  /** Empties a stack into `dependants`, lowest position first. */
  private takeStack(blocker: number): void {
    const { words, dependants } = this
    dependants.length = 0
    let top = Atomics.exchange(words, this.line(blocker) + DEPENDANTS, 0)
    while (top !== 0) {
      dependants.push(top - 1)
      // Read before any status is stored that would let another thread push it elsewhere.
      top = words[this.line(top - 1) + DEPENDANT]!
    }
    if (dependants.length > 1) dependants.sort((one, other) => one - other)
  }

  /** `hasWork` by plain loads: what is stale costs a turn. */
  private looksBusy(): boolean {
    const { words, layout } = this
    for (let look = 0; look < 50; look++) {
      const exec = words[layout.exec]!
      const head = words[layout.commit]!
      if (words[layout.stop] !== RUNNING || words[layout.val]! < exec) return true
      if (exec < Math.min(words[layout.added]!, head + words[layout.window]!)) return true
      const status = words[this.line(head)]!
      if (Status.stateOf(status) === Status.EXECUTED && words[layout.clock] === 0) return true
    }
    return false
  }
}

/** True if the word was lowered. */
function lower(words: Int32Array, index: number, value: number): boolean {
  for (;;) {
    const current = Atomics.load(words, index)
    if (current <= value) return false
    if (Atomics.compareExchange(words, index, current, value) === current) return true
  }
}
