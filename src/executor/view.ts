/**
 * What one incarnation sees and leaves: own writes first, then what it read before (a location has one value per
 * incarnation), then mvmemory below its position, then the base state.
 *
 * One view per worker, set to another transaction by `begin`. Nothing that it collects is visible to others before the
 * executor publishes it.
 */
import {
  addNumber,
  addToCells,
  assertSamePair,
  DELTA_WORDS,
  numberOfCell,
} from '../mvmemory/delta.ts'
import type { EngineMemory } from '../mvmemory/memory.ts'
import { LINE } from '../mvmemory/regions.ts'
import type { Versions } from '../mvmemory/versions.ts'
import type { Arena } from '../shared/arena.ts'
import { copyCell } from '../shared/words.ts'
import { HEARTBEAT } from './counters.ts'
import { INPUT, INPUT_WORDS } from './line.ts'
import { UNREADABLE, type View } from './machine.ts'
import { NO_DELTAS, NO_PATIENCE } from './policy.ts'
import { Sets } from './sets.ts'
import * as Status from './status.ts'

/** Looks at an ESTIMATE of a running transaction before blocking on it: about 20 µs, it is often about to publish. */
const PATIENCE = 2500

export class WorkerView implements View {
  readonly words: Int32Array
  readonly constants: number
  transaction = 0
  transactionWords = 0
  txIndex = 0
  readonly sets = new Sets()
  /** Of a read that was UNREADABLE: the writer waited for, or -1, and the location. */
  blocker = -1
  blockLocation = 0
  resultOffset = 0
  resultWords = 0
  /** The number added to, -1 without, and how much. Four cells for the values, an amount while they are unknown. */
  deltaLow = -1
  deltaHigh = -1
  deltaCells = 0
  amount = 0
  private readonly memory: EngineMemory
  private readonly versions: Versions
  private readonly arena: Arena
  private readonly heartbeat: number
  private readonly stop: number

  constructor(memory: EngineMemory, versions: Versions, arena: Arena, workerOffset: number) {
    this.memory = memory
    this.words = memory.words
    this.constants = memory.layout.input
    this.stop = memory.layout.stop
    this.versions = versions
    this.arena = arena
    this.heartbeat = workerOffset + HEARTBEAT
  }

  /** Starts an incarnation. */
  begin(txIndex: number): void {
    const line = this.memory.layout.lines + txIndex * LINE
    this.txIndex = txIndex
    this.transaction = this.words[line + INPUT]!
    this.transactionWords = this.words[line + INPUT_WORDS]!
    this.sets.clear()
    this.blocker = -1
    this.resultOffset = 0
    this.resultWords = 0
    this.deltaLow = -1
    this.deltaHigh = -1
    this.deltaCells = 0
    this.amount = 0
  }

  intern(source: Int32Array, offset: number): number {
    return this.memory.table.intern(source, offset)
  }

  read(location: number): number {
    const { sets } = this
    const entry = sets.find(location)
    if (entry >= 0) {
      const own = sets.writes[entry]!
      if (own !== 0) return own
      if (sets.reads[entry] !== 0) return sets.reads[entry]!
    }
    let cell = this.versions.resolve(location, this.txIndex)
    if (cell < 0) cell = this.lookAgain(location, cell)
    if (cell < 0) {
      this.blocker = -1 - cell
      this.blockLocation = location
      return UNREADABLE
    }
    sets.reads[entry >= 0 ? entry : sets.add(location)] = cell
    return cell
  }

  write(location: number, source: Int32Array, offset: number): void {
    const { sets } = this
    let entry = sets.find(location)
    if (entry < 0) entry = sets.add(location)
    let cell = sets.writes[entry]!
    if (cell === 0) {
      cell = this.arena.take(8)
      sets.writes[entry] = cell
    }
    copyCell(source, offset, this.words, cell)
  }

  add(low: number, high: number, source: Int32Array, offset: number): void {
    const number = this.arena.take(8)
    numberOfCell(source, offset, this.words, number)
    if (this.deltaLow < 0) {
      this.deltaLow = low
      this.deltaHigh = high
      this.amount = number
    } else {
      assertSamePair(this.deltaLow, this.deltaHigh, low, high)
      addNumber(this.words, number, this.amount)
    }
  }

  /** Whether the incarnation, if it completes, leaves a version at the location. */
  writes(location: number): boolean {
    const entry = this.sets.find(location)
    if (entry >= 0 && this.sets.writes[entry] !== 0) return true
    return this.amount !== 0 && (location === this.deltaLow || location === this.deltaHigh)
  }

  stopped(): boolean {
    const beats = this.words[this.heartbeat]!
    this.words[this.heartbeat] = (beats + 1) | 0
    return this.words[this.stop] !== 0
  }

  result(count: number): number {
    this.resultOffset = this.arena.take(count)
    this.resultWords = count
    return this.resultOffset
  }

  /**
   * At the end of a transaction that added: leaves the amount to the commit, if this is the number that the block adds to
   * and the incarnation touched neither half; else reads both halves and writes the sums. False if a read was UNREADABLE.
   */
  settle(): boolean {
    const { words, deltaLow, deltaHigh, arena, memory } = this
    const policy = words[memory.layout.policy]!
    this.deltaCells = arena.take(DELTA_WORDS)
    const touched = this.sets.find(deltaLow) >= 0 || this.sets.find(deltaHigh) >= 0
    if (!touched && (policy & NO_DELTAS) === 0 && deltaLow !== deltaHigh) {
      if (this.versions.choosePair(deltaLow, deltaHigh)) return true
    }
    const low = this.read(deltaLow)
    if (low < 0) return false
    const high = this.read(deltaHigh)
    if (high < 0) return false
    copyCell(words, low, words, this.deltaCells)
    copyCell(words, high, words, this.deltaCells + 8)
    addToCells(words, this.deltaCells, this.amount, arena.take(8))
    this.write(deltaLow, words, this.deltaCells + 16)
    this.write(deltaHigh, words, this.deltaCells + 24)
    this.amount = 0
    return true
  }

  /** Looks at the location for a while as long as the writer of the ESTIMATE runs. */
  private lookAgain(location: number, met: number): number {
    const { words, memory } = this
    if ((words[memory.layout.policy]! & NO_PATIENCE) !== 0) return met
    let cell = met
    for (let look = 0; look < PATIENCE && cell < 0; look++) {
      const status = Atomics.load(words, memory.layout.lines + (-1 - cell) * LINE)
      if (Status.stateOf(status) !== Status.EXECUTING || words[this.stop] !== 0) {
        // It may have published in between: one last look.
        return this.versions.resolve(location, this.txIndex)
      }
      if ((look & 15) === 15) cell = this.versions.resolve(location, this.txIndex)
    }
    return cell
  }
}
