/**
 * A pool of executors on one memory: starts them, wakes them for a block, watches them, replaces the dead.
 *
 * It owns the memory, the doorbell and the threads. It promises that when `run` resolves no worker touches the memory:
 * all have left the block, or those that have not are dead, their end awaited. A block costs one notification; Comlink is
 * used to start and to end a worker, and every call is raced against the worker's death, for a dead one never answers.
 */

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { HEARTBEAT, LEASE, LEFT } from '../src/executor/counters.ts'
import type { ExecutorPool } from '../src/executor/execute-block.ts'
import type { VirtualMachine } from '../src/executor/machine.ts'
import { FAILED } from '../src/executor/scheduler.ts'
import {
  createEngineMemory,
  type EngineMemory,
  type MemoryOptions,
} from '../src/mvmemory/memory.ts'
import { WORKER } from '../src/mvmemory/regions.ts'
import { waitWhileAsync } from '../src/shared/waiting.ts'
import type { CompiledModule } from '../src/vm/tier/tier.ts'
import {
  CALL,
  CLOSING,
  DOORBELL_WORDS,
  MOST_WORKERS,
  NEWS,
  nextCall,
  type PortMessage,
  type WorkerBirth,
} from './doorbell.ts'
import { entryOf } from './entry.ts'
import type { ExecutorApi } from './executor.ts'
import { buildMachine, type MachineKind } from './machines.ts'
import { ProgramCompiler, type Wish } from './program-compiler.ts'
import type { WarmBlock } from './warm-up.ts'

export interface PoolOptions {
  workers: number
  machine: MachineKind
  memory?: MemoryOptions
  /** File of the database, which main has open: workers read there what the memory does not hold. */
  database?: string | null
  /** A worker that gives no sign of life for this long is stuck: 20 times the longest legal transaction, or more. */
  stuckMs?: number
}

/** How often main looks at heartbeats while a block runs. */
const LOOK_MS = 100

interface Member {
  index: number
  thread: Worker
  port: MessagePort
  /** Resolves to the reason when the thread has ended; never rejects. */
  death: Promise<string>
  isDead: boolean
  /** Resolves when the worker has left its loop because the pool closes. */
  served: Promise<unknown>
  /** Last heartbeat that was seen to change, and when. */
  beat: number
  seenMs: number
  /** Generation of the memory that was sent last. */
  generation: number
}

export class Pool implements ExecutorPool {
  readonly memory: EngineMemory
  readonly machine: VirtualMachine
  readonly workers: number
  /** Workers that were replaced so far. */
  replacements = 0
  private readonly kind: MachineKind
  private readonly database: string | null
  private readonly stuckMs: number
  private readonly doorbell = new Int32Array(new SharedArrayBuffer(DOORBELL_WORDS * 4))
  private readonly members: Member[] = []
  /** The newest thread of each index, also while it starts. */
  private readonly threads = new Map<number, Worker>()
  /** Everything published so far, for workers that come later. */
  private readonly published: unknown[] = []
  private readonly compiler: ProgramCompiler
  /** What new workers warm up on. */
  private warmBlock: WarmBlock | null = null
  private inBlock = false
  private isClosed = false
  /** The stop, once it was asked for. */
  private closing: Promise<void> | null = null

  private constructor(options: PoolOptions, machine: VirtualMachine) {
    if (!(options.workers >= 1 && options.workers <= MOST_WORKERS)) {
      throw new RangeError(`a pool has 1 to ${MOST_WORKERS} workers, not ${options.workers}`)
    }
    this.kind = options.machine
    this.database = options.database ?? null
    this.workers = options.workers
    this.stuckMs = options.stuckMs ?? 5000
    this.machine = machine
    this.compiler = new ProgramCompiler((compiled) => this.hand(compiled))
    this.memory = createEngineMemory({ ...options.memory, executors: options.workers + 1 })
  }

  /** A pool whose workers are ready. */
  static async start(options: PoolOptions): Promise<Pool> {
    let compiler: ProgramCompiler | null = null
    const machine = await buildMachine(options.machine, 0, (wish) => compiler?.want(wish))
    const pool = new Pool(options, machine)
    compiler = pool.compiler
    const indices = Array.from({ length: options.workers }, (_, index) => index + 1)
    try {
      pool.members.push(...(await Promise.all(indices.map((index) => pool.spawn(index)))))
    } catch (error) {
      await pool.stop()
      throw error
    }
    return pool
  }

  /** Gives a message (a program image, say) to every virtual machine, before the next block. */
  publish(message: unknown): void {
    // What this thread's machine refuses would kill every worker.
    this.machine.accept(message)
    this.published.push(message)
    for (const member of this.members) this.send(member, { published: message })
  }

  /** Gives a compiled program to every virtual machine. */
  private hand(compiled: CompiledModule): void {
    this.machine.accept(compiled)
    for (const member of this.members) this.send(member, { published: compiled })
  }

  /** Lets workers warm up on a block while nobody calls them: these, and those that come later. */
  warm(block: WarmBlock): void {
    this.warmBlock = block
    for (const member of this.members) this.send(member, { warm: block })
    // Who sleeps is told that there is mail; in a block, workers find it at the next one.
    if (!this.inBlock) this.ring(0)
  }

  async run(active: number): Promise<string | null> {
    if (this.isClosed) throw new Error('the pool is closed')
    try {
      await this.replaceDead()
    } catch (error) {
      return String(error)
    }
    for (const member of this.members) this.attach(member)
    this.inBlock = true
    try {
      return await this.watch(this.members.slice(0, active), this.ring(active))
    } finally {
      this.inBlock = false
    }
  }

  /** Calls this many workers; the call. */
  private ring(active: number): number {
    const { doorbell } = this
    const call = nextCall(Atomics.load(doorbell, CALL), active)
    Atomics.store(doorbell, CALL, call)
    Atomics.notify(doorbell, CALL)
    return call
  }

  /** Ends a worker at once, wherever it is. For specs and campaigns. */
  async kill(index: number): Promise<void> {
    await this.threads.get(index)?.terminate()
  }

  /** Ends the workers; the memory stays readable. */
  stop(): Promise<void> {
    this.closing ??= this.close()
    return this.closing
  }

  private async close(): Promise<void> {
    this.isClosed = true
    Atomics.store(this.doorbell, CLOSING, 1)
    Atomics.add(this.doorbell, CALL, 1)
    Atomics.notify(this.doorbell, CALL)
    await Promise.all(
      this.members.map(async (member) => {
        await Promise.race([member.served, member.death])
        await this.end(member)
      }),
    )
    // A successor may have been starting meanwhile.
    await Promise.all([...this.threads.values()].map((thread) => thread.terminate()))
    await this.compiler.stop()
  }

  /** Resolves when all workers have left the block, or those that have not are dead. */
  private async watch(members: Member[], call: number): Promise<string | null> {
    const { doorbell, memory } = this
    let failure: string | null = null
    let committed = 0
    let progressMs = performance.now()
    for (const member of members) member.seenMs = progressMs
    for (;;) {
      const news = Atomics.load(doorbell, NEWS)
      const inside = members.filter((member) => !this.hasLeft(member, call))
      if (inside.some((member) => member.isDead)) failure ??= 'a worker died'
      if (inside.every((member) => member.isDead)) return failure
      const nowMs = performance.now()
      const stuck = inside.filter((member) => !member.isDead && this.isStuck(member, nowMs))
      if (stuck.length > 0) failure ??= 'a worker is stuck'
      const count = Atomics.load(memory.words, memory.layout.commit)
      // Nobody runs a transaction and none is committed: a bug in the engine, or a stopped clock.
      if (count !== committed || inside.some((member) => this.isRunning(member))) progressMs = nowMs
      committed = count
      if (nowMs - progressMs > this.stuckMs) failure ??= 'the block is stalled'
      if (failure !== null) this.fail()
      await Promise.all(stuck.map((member) => this.end(member)))
      await waitWhileAsync(doorbell, NEWS, news, LOOK_MS)
    }
  }

  /** Whether a worker gave no sign of life for too long. */
  private isStuck(member: Member, nowMs: number): boolean {
    const beat = Atomics.load(this.memory.words, this.wordOf(member, HEARTBEAT))
    if (beat !== member.beat) member.seenMs = nowMs
    member.beat = beat
    return nowMs - member.seenMs > this.stuckMs
  }

  private isRunning(member: Member): boolean {
    return Atomics.load(this.memory.words, this.wordOf(member, LEASE)) !== 0
  }

  /** Makes everybody leave the block. */
  private fail(): void {
    const { words, layout } = this.memory
    Atomics.store(words, layout.stop, FAILED)
    Atomics.add(words, layout.wake, 1)
    Atomics.notify(words, layout.wake)
  }

  private hasLeft(member: Member, call: number): boolean {
    return Atomics.load(this.memory.words, this.wordOf(member, LEFT)) === call
  }

  private wordOf(member: Member, counter: number): number {
    return this.memory.layout.workers + member.index * WORKER + counter
  }

  /** Sends the memory to a worker that has another one, or none. */
  private attach(member: Member): void {
    if (member.generation === this.memory.generation) return
    member.generation = this.memory.generation
    this.send(member, { memory: this.memory.words })
  }

  private send(member: Member, message: PortMessage): void {
    member.port.postMessage(message)
  }

  private async replaceDead(): Promise<void> {
    for (const [at, member] of this.members.entries()) {
      if (!member.isDead) continue
      this.members[at] = await this.spawn(member.index)
      this.replacements++
    }
  }

  /** Starts a worker and waits until it is ready. */
  private async spawn(index: number): Promise<Member> {
    if (this.isClosed) throw new Error('the pool is closed')
    const { port1, port2 } = new MessageChannel()
    const { doorbell } = this
    const birth: WorkerBirth = { index, doorbell, port: port2 }
    const thread = new Worker(entryOf('executor'), { workerData: birth, transferList: [port2] })
    this.threads.set(index, thread)
    const remote = wrap<ExecutorApi>(nodeEndpoint(thread))
    let reason = 'it ended'
    thread.on('error', (error) => {
      reason = `${error}`
    })
    const death = new Promise<string>((resolve) => thread.once('exit', () => resolve(reason)))
    const state = { isDead: false, generation: -1, beat: 0, seenMs: 0 }
    const member: Member = { index, thread, port: port1, death, served: death, ...state }
    void death.then(() => {
      member.isDead = true
      port1.close()
      Atomics.add(doorbell, NEWS, 1)
      Atomics.notify(doorbell, NEWS)
    })
    for (const message of this.published) this.send(member, { published: message })
    for (const compiled of this.compiler.modules) this.send(member, { published: compiled })
    port1.on('message', (wish: Wish) => this.compiler.want(wish))
    // A listener alone keeps no process alive.
    port1.unref()
    if (this.warmBlock !== null) this.send(member, { warm: this.warmBlock })
    try {
      await this.alive(member, remote.prepare(this.kind, this.database))
    } catch (error) {
      await this.end(member)
      throw error
    }
    // Answered when the pool closes: until then the worker looks at shared memory only. An error there ends the worker.
    member.served = remote.serve(Atomics.load(doorbell, CALL)).catch(async (error) => {
      reason = `${error}`
      await thread.terminate()
    })
    return member
  }

  /** The answer of a call, or an error if the worker dies first. */
  private async alive<T>(member: Member, call: Promise<T>): Promise<T> {
    const died = member.death.then((reason) => {
      throw new Error(`expected an answer of executor ${member.index}: ${reason}`)
    })
    return await Promise.race([call, died])
  }

  private async end(member: Member): Promise<void> {
    await member.thread.terminate()
    await member.death
  }
}
