/**
 * One block on parallel workers: lay it into the memory, let the workers run, copy out what they left. Whatever goes
 * wrong (a dead or stuck worker, a full memory, a failed check) has one answer: the base state is untouched, so the block
 * is thrown away and runs sequentially on this thread.
 */

import type { EngineMemory } from '../mvmemory/memory.ts'
import { KEY, LINE, MOST_ARENA_WORDS, WORKER } from '../mvmemory/regions.ts'
import { CURRENT, NEXT } from '../mvmemory/versions.ts'
import { sameCell } from '../shared/words.ts'
import type { BlockInput, BlockResult, BlockStatistics, Change } from './block.ts'
import { Copies, idleStatistics } from './changes.ts'
import { PROBE } from './committer.ts'
import * as Counter from './counters.ts'
import { OUT, writeInput } from './line.ts'
import type { VirtualMachine } from './machine.ts'
import * as Out from './out.ts'
import { executeSequentially } from './sequential.ts'
import * as Status from './status.ts'

/** The workers of one memory, as `executeBlock` sees them. */
export interface ExecutorPool {
  readonly memory: EngineMemory
  /** The virtual machine of this thread. */
  readonly machine: VirtualMachine
  readonly workers: number
  /**
   * Lets `active` workers run the block that lies in the memory. Resolves when none touches the memory any more: to null
   * if all left by themselves, else to what happened.
   */
  run(active: number): Promise<string | null>
}

/** Advice changes speed, never results. */
export interface Advice {
  /** Workers that take part, at most those of the pool. */
  workers?: number
  /** How far ahead of the committed prefix transactions may start; 4 per worker by default. */
  window?: number
  /** Switches (src/executor/policy.ts). */
  policy?: number
}

/** Hottest locations that the statistics name. */
const HOT = 16

/** Executes a block and writes its changes to the base state. Equal to `executeSequentially` in all but statistics. */
export async function executeBlock(
  input: BlockInput,
  pool: ExecutorPool,
  advice: Advice = {},
): Promise<BlockResult> {
  const startMs = performance.now()
  const { memory } = pool
  const active = Math.max(1, Math.min(pool.workers, advice.workers ?? pool.workers))
  const count = input.transactions.length
  writeInput(memory, input)
  prepare(memory, count, active, advice)
  const failure = count === 0 ? null : ((await pool.run(active)) ?? failureOf(memory))
  if (failure !== null) {
    discard(memory)
    const result = executeSequentially(input, pool.machine, memory)
    return { ...result, statistics: { ...result.statistics, fallback: failure } }
  }
  const { outcomes, results } = collect(memory, count)
  const statistics = count === 0 ? idleStatistics('parallel', 0) : statisticsOf(memory, count)
  const changes = flush(memory, statistics)
  statistics.totalMicros = Math.round((performance.now() - startMs) * 1000)
  return { outcomes, results, changes, statistics }
}

/** Sets the words of a block that has not started. */
function prepare(memory: EngineMemory, count: number, active: number, advice: Advice): void {
  const { words, layout, sizes } = memory
  const window = Math.max(1, advice.window ?? 4 * active)
  for (let txIndex = 0; txIndex < count; txIndex++)
    Status.admit(words, layout.lines + txIndex * LINE)
  for (let index = 0; index < sizes.executors; index++) {
    const worker = layout.workers + index * WORKER
    words.fill(0, worker + Counter.TOUCHED, worker + Counter.CLEARED_TO)
  }
  words[layout.added] = count
  words[layout.exec] = 0
  words[layout.val] = 0
  words[layout.prepared] = 0
  words[layout.commit] = 0
  words[layout.clock] = 0
  words[layout.stop] = 0
  words[layout.window] = window
  words[layout.windowLimit] = window
  words[layout.look] = PROBE
  words[layout.interval] = PROBE
  words[layout.probing] = 0
  words[layout.usefulSeen] = 0
  words[layout.wastedSeen] = 0
  words[layout.active] = active
  words[layout.policy] = advice.policy ?? 0
  words[layout.sleep] = 0
  words[layout.delta] = 0
}

/** Why a worker stopped the block, or null. */
function failureOf(memory: EngineMemory): string | null {
  const { words, layout, sizes } = memory
  for (let index = 0; index < sizes.executors; index++) {
    const reason = words[layout.workers + index * WORKER + Counter.FAILURE]!
    if (reason !== 0) return Counter.failures[reason] ?? 'unknown'
  }
  return words[layout.commit] === words[layout.added] ? null : 'unfinished'
}

/** Throws away what a failed block left, and makes room if room was missing. */
function discard(memory: EngineMemory): void {
  const { words, layout, sizes, table } = memory
  const isFull = failureOf(memory) === Counter.failures[Counter.MEMORY_FULL]
  words.fill(0, layout.heads, layout.heads + table.count)
  words.fill(0, layout.heat, layout.heat + table.count)
  if (table.isFull) memory.makeRoom(sizes.locations * 2)
  else if (isFull && sizes.arenaWords * 2 * sizes.executors <= MOST_ARENA_WORDS)
    memory.grow({ arenaWords: sizes.arenaWords * 2 })
}

/** Outcomes and results, copied out of the arenas. */
function collect(memory: EngineMemory, count: number): Pick<BlockResult, 'outcomes' | 'results'> {
  const { words, layout } = memory
  const outcomes = new Uint8Array(count)
  const results: Int32Array[] = []
  const copies = new Copies()
  for (let txIndex = 0; txIndex < count; txIndex++) {
    const out = words[layout.lines + txIndex * LINE + OUT]!
    const result = words[out + Out.RESULT]!
    outcomes[txIndex] = words[out + Out.OUTCOME]!
    results.push(copies.copy(words, result, words[out + Out.RESULT_WORDS]!))
  }
  return { outcomes, results }
}

/** Copies the newest versions into the base state, empties the lists, and notes the hot locations. */
function flush(memory: EngineMemory, statistics: BlockStatistics): Change[] {
  const { words, layout, sizes } = memory
  const changes: Change[] = []
  const copies = new Copies()
  for (let index = 1; index < sizes.executors; index++) {
    let next = words[layout.workers + index * WORKER + Counter.TOUCHED]!
    while (next !== 0) {
      const location = next - 1
      const key = layout.keys + location * KEY
      const heat = words[layout.heat + location]!
      if (heat > 0) {
        statistics.hot.push({ key: words.slice(key, key + KEY), aborts: heat })
        words[layout.heat + location] = 0
      }
      const before = layout.base + location * 8
      const after = newestCell(words, words[layout.heads + location]!)
      words[layout.heads + location] = 0
      if (after !== 0 && !sameCell(words, before, after)) {
        changes.push(copies.change(words, key, before, after))
        memory.store(location, words, after)
      }
      next = words[layout.touched + location]!
    }
  }
  statistics.hot.sort((one, other) => other.aborts - one.aborts).splice(HOT)
  return changes
}

/** The newest version of a committed block: all are values by now, or retracted. */
function newestCell(words: Int32Array, head: number): number {
  let record = head
  while (record !== 0 && words[record + CURRENT] === 0) record = words[record + NEXT]!
  return record === 0 ? 0 : words[record + CURRENT]!
}

function statisticsOf(memory: EngineMemory, count: number): BlockStatistics {
  const { words, layout, sizes } = memory
  const statistics = idleStatistics('parallel', count)
  statistics.workers = words[layout.active]!
  statistics.window = words[layout.window]!
  for (let index = 1; index < sizes.executors; index++) {
    const worker = layout.workers + index * WORKER
    statistics.executions += words[worker + Counter.EXECUTIONS]!
    statistics.blocked += words[worker + Counter.BLOCKS]!
    statistics.validations += words[worker + Counter.VALIDATIONS]!
    statistics.aborts += words[worker + Counter.ABORTED]!
    statistics.usefulMicros += words[worker + Counter.USEFUL_MICROS]!
    statistics.wastedMicros += words[worker + Counter.WASTED_MICROS]!
  }
  return statistics
}
