/**
 * The committer: whoever comes by takes the clock, a lock held for microseconds, and commits in order what is executed
 * and still holds. Nobody waits for the clock, and no virtual machine runs under it (but `finish`, which only copies).
 *
 * It is also the fast control loop. After some commits it compares the microseconds that counted with those that were
 * wasted, and sets the window: mostly wasted, one transaction at a time, which is sequential execution; then, at growing
 * intervals, it opens the window for a probe.
 */
import type { EngineMemory } from '../mvmemory/memory.ts'
import { WORKER } from '../mvmemory/regions.ts'
import type { Versions } from '../mvmemory/versions.ts'
import * as Counter from './counters.ts'
import { OUT, USEFUL } from './line.ts'
import type { VirtualMachine } from './machine.ts'
import * as Out from './out.ts'
import { NO_DEGRADATION } from './policy.ts'
import { FINISHED, RUNNING, type Scheduler } from './scheduler.ts'
import * as Status from './status.ts'
import type { Validator } from './validator.ts'

/** Commits between two looks at the waste: enough to average, few enough to matter in a block of 1,000. */
const LOOK = 64
/** Commits of a probe, and of the first look at a block. */
export const PROBE = 16
/** Longest interval between two probes, in commits. */
const MOST_INTERVAL = 1024
/** Speed-up below which the other cores are better left alone. */
const WORTH = 1.1

export class Committer {
  /** Of the last `commit`: validations made, microseconds committed, location that failed, reason to fail the block. */
  validations = 0
  usefulMicros = 0
  failing = -1
  failure = 0
  private readonly memory: EngineMemory
  private readonly words: Int32Array
  private readonly machine: VirtualMachine
  private readonly versions: Versions
  private readonly validator: Validator
  private readonly index: number

  constructor(
    memory: EngineMemory,
    machine: VirtualMachine,
    versions: Versions,
    validator: Validator,
    index: number,
  ) {
    this.memory = memory
    this.words = memory.words
    this.machine = machine
    this.versions = versions
    this.validator = validator
    this.index = index
  }

  /**
   * Commits as much as it can. Returns the head of line if its reads do not hold, its status ABORTING: the caller runs it
   * again. Else -1.
   */
  commit(scheduler: Scheduler): number {
    const { words } = this
    const { commit, added, clock, stop } = this.memory.layout
    this.validations = 0
    this.usefulMicros = 0
    this.failure = 0
    // A plain look: mostly the head is not executed, and what is stale costs a turn.
    if (Status.stateOf(words[scheduler.line(words[commit]!)]!) !== Status.EXECUTED) return -1
    for (;;) {
      if (Atomics.compareExchange(words, clock, 0, this.index) !== 0) return -1
      const failed = Atomics.load(words, stop) === RUNNING ? this.advance(scheduler) : -1
      Atomics.store(words, clock, 0)
      this.afterwards(scheduler)
      if (failed >= 0 || this.failure !== 0) return failed
      // A head that was published while the clock was held found it held: hence another look.
      const head = Atomics.load(words, commit)
      if (head >= words[added]! || Atomics.load(words, stop) !== RUNNING) return -1
      const state = Status.stateOf(Atomics.load(words, scheduler.line(head)))
      if (state !== Status.EXECUTED) return -1
    }
  }

  /** Holds the clock. Commits until a transaction is not executed (-1) or does not hold (its position). */
  private advance(scheduler: Scheduler): number {
    const { words, memory } = this
    const { layout } = memory
    const count = words[layout.added]!
    for (let txIndex = words[layout.commit]!; txIndex < count; txIndex++) {
      const line = scheduler.line(txIndex)
      const status = Atomics.load(words, line)
      if (Status.stateOf(status) !== Status.EXECUTED) return -1
      const incarnation = Status.incarnationOf(status)
      const out = Atomics.load(words, line + OUT)
      this.validations++
      this.failing = this.validator.failing(txIndex, out)
      if (this.failing >= 0) return Status.tryAbort(words, line, incarnation) ? txIndex : -1
      if (words[out + Out.OUTCOME] === Out.FAULT) {
        this.failure = Counter.FAULTED
        return -1
      }
      // A validator with an older view may have aborted it: then it runs again.
      if (!Status.commit(words, line, incarnation)) return -1
      if (words[out + Out.DELTA] !== 0) this.finish(txIndex, out)
      this.usefulMicros += words[line + USEFUL]!
      Atomics.store(words, layout.commit, txIndex + 1)
      if (txIndex + 1 >= words[layout.look]!) this.adapt(txIndex + 1)
    }
    return -1
  }

  /** Turns an addition into values and hands the virtual machine what they are. */
  private finish(txIndex: number, out: number): void {
    const { words } = this
    const amount = words[out + Out.AMOUNT]!
    const delta = words[out + Out.DELTA]!
    if (amount !== 0) {
      // The two records of an addition are the last of the write set.
      const writes = words[out + Out.READS]! + words[out + Out.WRITES]!
      const last = out + Out.SETS + 2 * writes
      this.versions.settle(txIndex, amount, words[last - 3]!, words[last - 1]!, delta)
    }
    this.machine.finish(words, words[out + Out.RESULT]!, delta)
  }

  /** After the clock was let go: ends the block, or wakes a sleeper when enough places became free. */
  private afterwards(scheduler: Scheduler): void {
    const { words, memory } = this
    const { layout } = memory
    const head = Atomics.load(words, layout.commit)
    const count = words[layout.added]!
    if (head >= count) {
      scheduler.stop(FINISHED)
      return
    }
    const window = words[layout.window]!
    const free = Math.min(count, head + window) - Atomics.load(words, layout.exec)
    // One place is taken by this thread; waking for each would cost more than it gives.
    if (free >= Math.max(2, window >> 1)) scheduler.wakeOne()
  }

  /** Holds the clock. Sets the window by what was wasted since the last look. */
  private adapt(committed: number): void {
    const { words, memory } = this
    const { layout, sizes } = memory
    let useful = this.usefulMicros
    let wasted = 0
    for (let index = 1; index < sizes.executors; index++) {
      const worker = layout.workers + index * WORKER
      useful += words[worker + Counter.USEFUL_MICROS]!
      wasted += words[worker + Counter.WASTED_MICROS]!
    }
    const share =
      (wasted - words[layout.wastedSeen]!) /
      Math.max(1, useful + wasted - words[layout.wastedSeen]! - words[layout.usefulSeen]!)
    words[layout.usefulSeen] = useful
    words[layout.wastedSeen] = wasted
    if ((words[layout.policy]! & NO_DEGRADATION) !== 0) {
      words[layout.look] = committed + LOOK
      return
    }
    const window = words[layout.window]!
    const limit = words[layout.windowLimit]!
    const interval = words[layout.interval]!
    const isWasteful = share > 0.5 || words[layout.active]! * (1 - share) < WORTH
    let next = Math.min(limit, window + 2)
    words[layout.look] = committed + LOOK
    if (window === 1 && limit > 1) {
      next = Math.max(2, limit >> 1)
      words[layout.probing] = 1
      words[layout.look] = committed + PROBE
    } else if (isWasteful) {
      next = 1
      const longer = Math.min(MOST_INTERVAL, interval * 2)
      words[layout.interval] = words[layout.probing] === 1 ? longer : LOOK
      words[layout.look] = committed + words[layout.interval]!
    } else {
      if (share > 0.05) next = Math.max(2, window >> 1)
      words[layout.probing] = 0
    }
    Atomics.store(words, layout.window, next)
  }
}
