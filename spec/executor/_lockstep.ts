/**
 * A pool of real threads of which one runs at a time, as a seed decides (`_baton.ts`).
 */
import { Worker } from 'node:worker_threads'
import type { ExecutorPool } from '../../src/executor/execute-block.ts'
import { LedgerMachine } from '../../src/lab/ledger.ts'
import { createEngineMemory } from '../../src/mvmemory/memory.ts'
import { Conductor } from './_baton.ts'

export class LockstepPool implements ExecutorPool {
  readonly memory = createEngineMemory({ arenaWords: 2 ** 18, locations: 2 ** 12 })
  /** Where the sequential run goes. */
  readonly oracle = createEngineMemory({ arenaWords: 2 ** 18, locations: 2 ** 12, executors: 1 })
  readonly machine = new LedgerMachine()
  readonly workers: number
  /** Of the schedule of the next block. */
  seed = 0
  readonly conductor: Conductor
  private readonly threads: Worker[]

  constructor(workers: number) {
    this.workers = workers
    this.conductor = new Conductor(workers)
    const entry = new URL('./_lockstep-thread.js', import.meta.url)
    const shared = { words: this.memory.words, baton: this.conductor.words }
    this.threads = Array.from(
      { length: workers },
      (_, thread) => new Worker(entry, { workerData: { ...shared, thread } }),
    )
  }

  async run(): Promise<string | null> {
    return (await this.conductor.perform(this.seed)) ? null : 'a wake-up was lost'
  }

  async stop(): Promise<void> {
    this.conductor.close()
    await Promise.all(this.threads.map((thread) => thread.terminate()))
  }
}
