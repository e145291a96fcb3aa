/**
 * The simulation threads: queue requests for them, watch them, replace the dead.
 *
 *     request ──▶ queue, bounded ──▶ a free thread: news of the state, then the request ──▶ answer
 *
 * A request gets the state of the moment in which it is sent to a thread. The first thread validates for intake, the others
 * do the rest, so that a transaction never waits for somebody's call; one thread alone does both.
 *
 * Invariant: every request is settled, once: by its answer, by its caller going away, or by the end of its thread.
 */
import { Worker } from 'node:worker_threads'
import {
  type Answers,
  type Kind,
  type Request,
  SimulationError,
} from '../src/simulation/request.ts'
import { type FedState, StateFeed, type StateNews } from '../src/simulation/state-feed.ts'
import { entryOf } from './entry.ts'
import type { MachineKind } from './machines.ts'
import type { SimulatorAnswer, SimulatorBirth, SimulatorMessage } from './simulator.ts'

export interface SimulatorsOptions {
  /** The first validates. */
  threads: number
  machine: MachineKind
  /** Number of the first one among the threads of the kernels' memory. */
  firstIndex: number
  /** File of the database, which main has open; null when the chain is in memory. */
  file: string | null
  state: FedState
  /** Simulations that may wait; more are refused. */
  queueLimit?: number
  /** How long a thread may take to give up a request. */
  stopMs?: number
}

/** As many as a node has connections. */
const QUEUE_LIMIT = 1024
const STOP_MS = 5000
/** A thread that ended before its first answer is replaced so much later, for its successor may fare alike. */
const REBIRTH_MS = 1000

interface Job {
  /** Makes the request when its turn has come, with what the chain is then. */
  make: () => Request
  resolve(answer: unknown): void
  reject(reason: unknown): void
  /** Stops to listen whether the caller goes away. */
  release(): void
}

interface Member {
  index: number
  thread: Worker
  feed: StateFeed
  control: Int32Array
  job: Job | null
  /** Number of the newest request. */
  number: number
  hasAnswered: boolean
  isDead: boolean
  /** Ends the thread if it does not give up its request. */
  overtime: NodeJS.Timeout | undefined
  death: Promise<void>
}

export class Simulators {
  readonly #options: Required<SimulatorsOptions>
  readonly #members: Member[] = []
  readonly #simulations: Job[] = []
  readonly #validations: Job[] = []
  /** Everything published so far, for threads that come later. */
  readonly #published: unknown[] = []
  /** Threads that were replaced so far. */
  replacements = 0
  #isClosed = false

  /** Starts the threads, and does not wait for them. */
  constructor(options: SimulatorsOptions) {
    this.#options = { queueLimit: QUEUE_LIMIT, stopMs: STOP_MS, ...options }
    for (let place = 0; place < options.threads; place++) {
      this.#members.push(this.#spawn(options.firstIndex + place))
    }
  }

  /** Requests that wait for a thread. */
  get waiting(): number {
    return this.#simulations.length + this.#validations.length
  }

  /** Gives a program to every thread, before the requests to come. */
  publish(message: unknown): void {
    this.#published.push(message)
    for (const member of this.#members) this.#send(member, { published: message })
  }

  /**
   * Asks. `make` is called when a thread is free; what it throws is the answer. Throws `SimulationError` otherwise; when
   * `signal` says so the request is given up.
   */
  ask<K extends Kind>(
    kind: K,
    make: () => Omit<Request<K>, 'kind'>,
    signal?: AbortSignal,
  ): Promise<Answers[K]> {
    const queue = kind === 'validate' ? this.#validations : this.#simulations
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new SimulationError('stopped', 'the sequencer has stopped'))
      if (signal?.aborted) return reject(givenUp())
      // Intake bounds what it wants validated.
      if (kind !== 'validate' && queue.length >= this.#options.queueLimit) {
        return reject(new SimulationError('full', `${queue.length} executions wait already`))
      }
      const giveUp = () => this.#giveUp(job)
      const job: Job = {
        make: () => ({ kind, ...make() }) as Request,
        resolve: resolve as (answer: unknown) => void,
        reject,
        release: () => signal?.removeEventListener('abort', giveUp),
      }
      signal?.addEventListener('abort', giveUp)
      queue.push(job)
      this.#dispatch()
    })
  }

  /** Ends a thread at once, wherever it is. For specs. */
  async kill(place: number): Promise<void> {
    await this.#members[place]!.thread.terminate()
  }

  /** Gives up what runs and what waits, ends the threads. */
  async stop(): Promise<void> {
    this.#isClosed = true
    const stopped = new SimulationError('stopped', 'the sequencer has stopped')
    for (const job of [...this.#validations.splice(0), ...this.#simulations.splice(0)]) {
      settle(job, () => job.reject(stopped))
    }
    await Promise.all(
      this.#members.map(async (member) => {
        Atomics.store(member.control, 0, member.number)
        this.#send(member, { stop: true })
        const timer = setTimeout(() => member.thread.terminate(), this.#options.stopMs)
        await member.death
        clearTimeout(timer)
      }),
    )
  }

  #dispatch(): void {
    for (const [place, member] of this.#members.entries()) {
      while (member.job === null && !member.isDead) {
        const job = this.#next(place)
        if (job === undefined) break
        this.#start(member, job)
      }
    }
  }

  #next(place: number): Job | undefined {
    const job = place === 0 ? this.#validations.shift() : undefined
    if (job !== undefined || (place === 0 && this.#members.length > 1)) return job
    return this.#simulations.shift()
  }

  #start(member: Member, job: Job): void {
    let request: Request
    let news: StateNews | null
    try {
      request = job.make()
      news = member.feed.news()
    } catch (error) {
      settle(job, () => job.reject(error))
      return
    }
    member.job = job
    member.number++
    this.#send(member, { number: member.number, news, request })
  }

  #giveUp(job: Job): void {
    for (const queue of [this.#simulations, this.#validations]) {
      const place = queue.indexOf(job)
      if (place >= 0) queue.splice(place, 1)
    }
    settle(job, () => job.reject(givenUp()))
    const member = this.#members.find((each) => each.job === job)
    if (member === undefined) return
    Atomics.store(member.control, 0, member.number)
    member.overtime = setTimeout(() => member.thread.terminate(), this.#options.stopMs)
  }

  #answered(member: Member, message: SimulatorAnswer): void {
    const { job } = member
    member.hasAnswered = true
    if (job === null || message.number !== member.number) return
    member.job = null
    clearTimeout(member.overtime)
    settle(job, () => {
      if ('answer' in message) job.resolve(message.answer)
      else job.reject(new SimulationError(message.failure, message.reason))
    })
    this.#dispatch()
  }

  #send(member: Member, message: SimulatorMessage): void {
    member.thread.postMessage(message)
  }

  #spawn(index: number): Member {
    const { machine, file, state } = this.#options
    const control = new Int32Array(new SharedArrayBuffer(4))
    const birth: SimulatorBirth = { kind: machine, index, file, control }
    const thread = new Worker(entryOf('simulator'), { workerData: birth })
    let reason = 'it ended'
    thread.on('error', (error) => {
      reason = `${error}`
    })
    const death = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
    const member: Member = {
      index,
      thread,
      feed: new StateFeed(state, file === null),
      control,
      job: null,
      number: 0,
      hasAnswered: false,
      isDead: false,
      overtime: undefined,
      death,
    }
    thread.on('message', (message: SimulatorAnswer) => this.#answered(member, message))
    void death.then(() => this.#died(member, reason))
    for (const message of this.#published) this.#send(member, { published: message })
    return member
  }

  /** Answers for a dead thread, and puts another in its place. */
  #died(member: Member, reason: string): void {
    const { job } = member
    member.job = null
    member.isDead = true
    clearTimeout(member.overtime)
    if (job) {
      const text = `the thread that executed this ended: ${reason}`
      settle(job, () => job.reject(new SimulationError('fault', text)))
    }
    if (member.hasAnswered) this.#replace(member)
    else setTimeout(() => this.#replace(member), REBIRTH_MS).unref()
  }

  #replace(member: Member): void {
    if (this.#isClosed) return
    this.replacements++
    this.#members[this.#members.indexOf(member)] = this.#spawn(member.index)
    this.#dispatch()
  }
}

/** Settles a job; what is settled already stays as it is. */
function settle(job: Job, answer: () => void): void {
  job.release()
  answer()
}

function givenUp(): SimulationError {
  return new SimulationError('stopped', 'nobody waits for the answer any more')
}
