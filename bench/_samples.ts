/**
 * A long run looked at now and then: what the process holds in memory, and how long readers wait. `tenths` says whether a
 * figure is the same at the end as at the beginning.
 */
import { readFileSync } from 'node:fs'
import { median } from './_figures.ts'

/** Megabytes. */
export interface Memory {
  /** What the process holds alone: heaps of all threads, shared memory. The map of the database is not in it. */
  own: number
  /** Pages of files that are in memory: the map of the database, programs. The system takes them back as it likes. */
  mapped: number
  /** Heap of the main thread in use. */
  heap: number
}

const MB = 2 ** 20

export function memoryNow(): Memory {
  const { rss, heapUsed } = process.memoryUsage()
  const mapped = statusOf('RssFile') / 1024
  return { own: rss / MB - mapped, mapped, heap: heapUsed / MB }
}

/** A figure of this process in kB, where the system tells it; else 0. */
function statusOf(name: string): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8')
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Medians of the second tenth of a run, when it is warm, and of the last one. */
export function tenths(values: readonly number[]): { early: number; late: number } {
  const tenth = Math.max(1, Math.floor(values.length / 10))
  return {
    early: median(values.slice(tenth, 2 * tenth)),
    late: median(values.slice(-tenth)),
  }
}
