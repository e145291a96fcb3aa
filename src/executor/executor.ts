/**
 * The executor: what one worker does during a block. Block-STM with a rolling commit (Gelashvili et al., 2022, whose
 * algorithms 1-4 this follows), and these deviations: transactions commit strictly in order, and **only the validation at
 * commit decides**; so estimates, waves, stacks of dependants and window are accelerators, and there is no termination
 * protocol: the block is over when its last transaction is committed.
 *
 * One turn: commit what can be, then run what was handed over, else validate, else start the next transaction (with a
 * look at those behind it, see `preparation.ts`), else wait.
 *
 * Order of stores (what makes races harmless):
 *   publish   versions, retractions, OUT, status, then dependants, then the wave
 *   abort     status, ESTIMATE marks, the wave, then the next status
 *   block     blocker, status, push, then a look at the blocker
 */
import type { EngineMemory } from '../mvmemory/memory.ts'
import { WORKER } from '../mvmemory/regions.ts'
import { DELTA as DELTA_FLAG, Versions } from '../mvmemory/versions.ts'
import { Arena, MemoryFull } from '../shared/arena.ts'
import { Committer } from './committer.ts'
import * as Counter from './counters.ts'
import { ABORTS, OUT, USEFUL } from './line.ts'
import { COMPLETED, REJECTED, type VirtualMachine } from './machine.ts'
import * as Out from './out.ts'
import { NO_EARLY_VALIDATION, NO_ESTIMATES } from './policy.ts'
import { Preparation } from './preparation.ts'
import { FAILED, Scheduler } from './scheduler.ts'
import * as Status from './status.ts'
import { Validator } from './validator.ts'
import { WorkerView } from './view.ts'

/** Aborts of one transaction after which something is wrong: the block then runs sequentially. */
const MOST_ABORTS = 400

export class Executor {
  private readonly memory: EngineMemory
  private readonly words: Int32Array
  private readonly machine: VirtualMachine
  private readonly arena: Arena
  private readonly worker: number
  private readonly versions: Versions
  private readonly scheduler: Scheduler
  private readonly validator: Validator
  private readonly committer: Committer
  private readonly view: WorkerView
  private readonly preparation: Preparation

  /** `index` is 1 or more; 0 is the owner of the memory. */
  constructor(memory: EngineMemory, machine: VirtualMachine, index: number) {
    const { words, layout, sizes } = memory
    const start = layout.arenas + index * sizes.arenaWords
    this.memory = memory
    this.words = words
    this.machine = machine
    this.arena = new Arena(start, start + sizes.arenaWords)
    this.worker = layout.workers + index * WORKER
    this.versions = new Versions(words, layout, this.arena, this.worker + Counter.TOUCHED)
    this.scheduler = new Scheduler(memory, this.versions)
    this.validator = new Validator(memory, this.versions, this.arena)
    this.view = new WorkerView(memory, this.versions, this.arena, this.worker)
    this.committer = new Committer(memory, machine, this.versions, this.validator, index)
    this.preparation = new Preparation(memory, machine)
  }

  /** Takes part in the block that lies in the memory, until it is over. */
  run(): void {
    this.begin()
    while (!this.view.stopped()) if (!this.turn()) this.scheduler.idle()
  }

  /** Forgets the block before. */
  begin(): void {
    this.arena.top = this.arena.start
    this.arena.isFull = false
    this.scheduler.handed = -1
  }

  /** One turn. False if there was nothing to do. */
  turn(): boolean {
    try {
      return this.takeTurn()
    } catch (error) {
      this.fail(error instanceof MemoryFull ? Counter.MEMORY_FULL : Counter.FAILED_CHECK)
      return true
    }
  }

  private takeTurn(): boolean {
    const { scheduler, words } = this
    this.commit()
    const { handed } = scheduler
    if (handed >= 0) {
      scheduler.handed = -1
      this.execute(handed)
      return true
    }
    const validate = scheduler.claimValidation()
    if (validate >= 0) {
      if ((words[this.memory.layout.policy]! & NO_EARLY_VALIDATION) === 0) this.validate(validate)
      return true
    }
    this.preparation.claim()
    const execute = scheduler.claimExecution()
    if (execute >= 0) this.execute(execute)
    return execute >= 0 || scheduler.hasWork()
  }

  /** Runs an incarnation that this thread owns, and publishes it or lets it wait. */
  private execute(txIndex: number): void {
    const { view, words, machine } = this
    const startMs = performance.now()
    let outcome: number
    view.begin(txIndex)
    this.count(Counter.EXECUTIONS, 1)
    words[this.worker + Counter.LEASE] = txIndex + 1
    try {
      outcome = machine.execute(txIndex, view)
      if (outcome === COMPLETED && view.deltaLow >= 0 && view.blocker < 0) view.settle()
    } catch {
      // A stale read may have led there: it counts only if the reads hold.
      outcome = Out.FAULT
    }
    words[this.worker + Counter.LEASE] = 0
    if (this.memory.table.failure !== null) {
      this.fail(Counter.UNREADABLE)
      return
    }
    if (this.arena.isFull || this.memory.table.isFull) {
      this.fail(Counter.MEMORY_FULL)
      return
    }
    const micros = Math.round((performance.now() - startMs) * 1000)
    if (view.blocker >= 0) {
      this.count(Counter.BLOCKS, 1)
      this.count(Counter.WASTED_MICROS, micros)
      this.scheduler.block(txIndex, view.blocker, view.blockLocation)
    } else if (!view.stopped()) {
      words[this.scheduler.line(txIndex) + USEFUL] = micros
      const known = outcome === COMPLETED || outcome === REJECTED
      this.publish(txIndex, known ? outcome : Out.FAULT)
    }
  }

  private publish(txIndex: number, outcome: number): void {
    const { words, arena, view } = this
    const { sets } = view
    const line = this.scheduler.line(txIndex)
    const previous = words[line + OUT]!
    const out = arena.take(Out.SETS + 4 * sets.count + 4)
    let reads = 0
    for (let entry = 0; entry < sets.count; entry++) {
      if (sets.reads[entry] === 0) continue
      words[out + Out.SETS + 2 * reads] = sets.locations[entry]!
      words[out + Out.SETS + 2 * reads + 1] = sets.reads[entry]!
      reads++
    }
    const writes = out + Out.SETS + 2 * reads
    let changed = false
    let end = writes
    if (outcome === COMPLETED) {
      for (let entry = 0; entry < sets.count; entry++) {
        const cell = sets.writes[entry]!
        if (cell === 0) continue
        changed = this.putVersion(end, sets.locations[entry]!, txIndex, cell) || changed
        end += 2
      }
      if (view.amount !== 0) {
        const amount = view.amount | DELTA_FLAG
        changed = this.putVersion(end, view.deltaLow, txIndex, amount) || changed
        changed = this.putVersion(end + 2, view.deltaHigh, txIndex, amount) || changed
        end += 4
      }
    }
    const added = outcome === COMPLETED && view.deltaLow >= 0
    words[out + Out.OUTCOME] = outcome
    words[out + Out.READS] = reads
    words[out + Out.WRITES] = (end - writes) / 2
    words[out + Out.RESULT] = view.resultOffset
    words[out + Out.RESULT_WORDS] = view.resultWords
    words[out + Out.DELTA] = added ? view.deltaCells : 0
    words[out + Out.AMOUNT] = added ? view.amount : 0
    if (previous !== 0) changed = this.retract(previous, outcome) || changed
    Atomics.store(words, line + OUT, out)
    Status.publish(words, line)
    this.scheduler.release(txIndex)
    // A re-execution that changes nothing disturbs nobody.
    if (changed) this.scheduler.lowerVal(txIndex + 1)
  }

  /** Puts a version and notes its record at `entry` of the write set; true if the version is another than before. */
  private putVersion(entry: number, location: number, txIndex: number, current: number): boolean {
    const record = this.versions.put(location, txIndex, current)
    this.words[entry] = location
    this.words[entry + 1] = Math.abs(record)
    return record > 0
  }

  /** Retracts what the previous incarnation wrote and this one did not. */
  private retract(previous: number, outcome: number): boolean {
    const { words, view } = this
    let changed = false
    let old = previous + Out.SETS + 2 * words[previous + Out.READS]!
    for (let left = words[previous + Out.WRITES]!; left > 0; left--, old += 2) {
      if (outcome === COMPLETED && view.writes(words[old]!)) continue
      changed = this.versions.retract(words[old + 1]!) || changed
    }
    return changed
  }

  /** Validates a claimed transaction before its commit; it may have another status by now, then nothing is to do. */
  private validate(txIndex: number): void {
    const { words, scheduler } = this
    const line = scheduler.line(txIndex)
    const status = Atomics.load(words, line)
    if (Status.stateOf(status) !== Status.EXECUTED) return
    const out = Atomics.load(words, line + OUT)
    this.count(Counter.VALIDATIONS, 1)
    const location = this.validator.failing(txIndex, out)
    // If a newer incarnation replaced `out` meanwhile, its status differs and this loses.
    if (location < 0 || !Status.tryAbort(words, line, Status.incarnationOf(status))) return
    this.abort(txIndex, location)
    Status.rerun(words, line)
    // Who validates owes no hand-off: the next turn runs it.
    scheduler.handed = txIndex
  }

  /** Marks what an aborted incarnation wrote, and counts. */
  private abort(txIndex: number, location: number): void {
    const { words, memory } = this
    const line = this.scheduler.line(txIndex)
    const out = words[line + OUT]!
    if ((words[memory.layout.policy]! & NO_ESTIMATES) === 0) {
      let entry = out + Out.SETS + 2 * words[out + Out.READS]!
      for (let left = words[out + Out.WRITES]!; left > 0; left--, entry += 2) {
        this.versions.markEstimate(words[entry + 1]!)
      }
    }
    this.count(Counter.ABORTED, 1)
    this.count(Counter.WASTED_MICROS, words[line + USEFUL]!)
    words[memory.layout.heat + location]!++
    words[line + ABORTS]!++
    if (words[line + ABORTS]! > MOST_ABORTS) this.fail(Counter.ABORTS_EXCEEDED)
    this.scheduler.lowerVal(txIndex + 1)
  }

  /** Commits what can be committed; a head of line that does not hold runs again here, and then commits. */
  private commit(): void {
    const { words, scheduler, committer } = this
    for (;;) {
      const head = committer.commit(scheduler)
      this.count(Counter.VALIDATIONS, committer.validations)
      this.count(Counter.USEFUL_MICROS, committer.usefulMicros)
      if (committer.failure !== 0) this.fail(committer.failure)
      if (head < 0) return
      this.abort(head, committer.failing)
      Status.rerun(words, scheduler.line(head))
      this.execute(head)
    }
  }

  private count(counter: number, more: number): void {
    this.words[this.worker + counter]! += more
  }

  /** Stops the block, which then runs sequentially on main. */
  fail(reason: number): void {
    if (this.words[this.worker + Counter.FAILURE] === 0) {
      this.words[this.worker + Counter.FAILURE] = reason
    }
    this.scheduler.stop(FAILED)
  }
}
