/**
 * The sequential executor: one transaction after the other, on any thread. It is the oracle that every parallel run must
 * equal, the way out when a parallel run is thrown away, and the baseline of all figures.
 *
 * Until the block is whole the base state is untouched: while it runs, `heads` holds the newest cell of each location.
 * A cell above `mark` was written by the running transaction, so writing again overwrites it; to reject the transaction
 * is to put back the old heads and the mark.
 */
import {
  addNumber,
  addToCells,
  assertSamePair,
  DELTA_WORDS,
  numberOfCell,
} from '../mvmemory/delta.ts'
import { type BaseReader, EngineMemory } from '../mvmemory/memory.ts'
import { LINE } from '../mvmemory/regions.ts'
import { Arena, MemoryFull } from '../shared/arena.ts'
import { copyCell, sameCell, WordList } from '../shared/words.ts'
import type { BlockInput, BlockResult, Change } from './block.ts'
import { Copies, idleStatistics } from './changes.ts'
import { TransactionFault } from './fault.ts'
import { INPUT, INPUT_WORDS, writeInput } from './line.ts'
import { BLOCKED, COMPLETED, REJECTED, type View, type VirtualMachine } from './machine.ts'
import { Overlay } from './overlay.ts'
import { Preparation, TOGETHER } from './preparation.ts'

/**
 * Runs a block. With an `EngineMemory`, whose owner calls, the changes are written to it; any other reader (a snapshot
 * for simulations, say) is only read. Throws `TransactionFault` and changes nothing when the virtual machine fails, and
 * what a reader threw when the state cannot be read; `ExecutionStopped` when `isStopped` said so meanwhile.
 */
export function executeSequentially(
  input: BlockInput,
  machine: VirtualMachine,
  base: EngineMemory | BaseReader,
  isStopped: () => boolean = () => false,
): BlockResult {
  const memory = base instanceof EngineMemory ? base : new Overlay().over(base)
  for (;;) {
    writeInput(memory, input)
    try {
      return new SequentialRun(memory, machine, isStopped).run(input.transactions.length)
    } catch (error) {
      if (!(error instanceof MemoryFull)) throw error
      const { arenaWords, locations } = memory.sizes
      if (memory.table.isFull) memory.makeRoom(locations * 2)
      else memory.grow({ arenaWords: arenaWords * 2 })
    }
  }
}

/** The execution was given up, because `isStopped` said so. */
export class ExecutionStopped extends Error {
  override readonly name = 'ExecutionStopped'

  constructor() {
    super('the execution was stopped')
  }
}

class SequentialRun implements View {
  readonly words: Int32Array
  transaction = 0
  transactionWords = 0
  readonly constants: number
  private readonly memory: EngineMemory
  private readonly machine: VirtualMachine
  private readonly isStopped: () => boolean
  private readonly arena: Arena
  private readonly heads: number
  private readonly base: number
  private readonly copies = new Copies()
  /** Arena's top when the transaction started: cells above are its own. */
  private mark = 0
  /** Location and former head of each location that the transaction wrote. */
  private readonly undo = new WordList()
  /** Locations that the block wrote. */
  private readonly written = new WordList()
  private resultOffset = 0
  private resultWords = 0
  /** Delta of the transaction: its pair of locations, -1 without, and where its amount is. */
  private deltaLow = -1
  private deltaHigh = -1
  private amount = 0

  constructor(memory: EngineMemory, machine: VirtualMachine, isStopped: () => boolean) {
    const { words, layout, sizes } = memory
    this.memory = memory
    this.machine = machine
    this.isStopped = isStopped
    this.words = words
    this.constants = layout.input
    this.arena = new Arena(layout.arenas, layout.arenas + sizes.arenaWords)
    this.heads = layout.heads
    this.base = layout.base
  }

  run(count: number): BlockResult {
    const startMs = performance.now()
    const outcomes = new Uint8Array(count)
    const results: Int32Array[] = []
    const preparation = new Preparation(this.memory, this.machine)
    try {
      for (let txIndex = 0; txIndex < count; txIndex++) {
        if (txIndex % TOGETHER === 0) {
          preparation.prepare(txIndex, Math.min(count, txIndex + TOGETHER))
        }
        outcomes[txIndex] = this.step(txIndex)
        results.push(this.copies.copy(this.words, this.resultOffset, this.resultWords))
      }
    } catch (error) {
      this.revert()
      for (let index = 0; index < this.written.length; index++) {
        this.words[this.heads + this.written.words[index]!] = 0
      }
      throw error
    }
    const changes = this.flush()
    const micros = Math.round((performance.now() - startMs) * 1000)
    const statistics = idleStatistics('sequential', count)
    return {
      outcomes,
      results,
      changes,
      statistics: { ...statistics, executions: count, usefulMicros: micros, totalMicros: micros },
    }
  }

  intern(source: Int32Array, offset: number): number {
    return this.memory.table.intern(source, offset)
  }

  read(location: number): number {
    const head = this.words[this.heads + location]!
    return head === 0 ? this.base + location * 8 : head
  }

  write(location: number, source: Int32Array, offset: number): void {
    const head = this.words[this.heads + location]!
    if (head >= this.mark) {
      copyCell(source, offset, this.words, head)
      return
    }
    const cell = this.arena.take(8)
    copyCell(source, offset, this.words, cell)
    this.undo.push(location)
    this.undo.push(head)
    this.words[this.heads + location] = cell
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

  stopped(): boolean {
    return this.isStopped()
  }

  result(count: number): number {
    this.resultWords = count
    this.resultOffset = this.arena.takeAtEnd(count)
    return this.resultOffset
  }

  /** Runs one transaction to its end; returns its outcome. */
  private step(txIndex: number): number {
    const { words, arena, undo } = this
    const line = this.memory.layout.lines + txIndex * LINE
    this.transaction = words[line + INPUT]!
    this.transactionWords = words[line + INPUT_WORDS]!
    this.mark = arena.top
    arena.bottom = arena.end
    undo.length = 0
    this.deltaLow = -1
    this.resultWords = 0
    const outcome = this.execute(txIndex)
    if (outcome === REJECTED) this.revert()
    for (let index = 0; index < undo.length; index += 2) {
      // A former head of 0: the first write of the block to this location.
      if (undo.words[index + 1] === 0) this.written.push(undo.words[index]!)
    }
    return outcome
  }

  private execute(txIndex: number): number {
    let outcome: number
    let fault: unknown = null
    try {
      outcome = this.machine.execute(txIndex, this)
      if (outcome === COMPLETED && this.deltaLow >= 0) this.settle()
    } catch (error) {
      outcome = -1
      fault = error
    }
    if (this.arena.isFull || this.memory.table.isFull) throw new MemoryFull('the memory is full')
    // A state that cannot be read is no fault of the transaction.
    if (this.memory.table.failure !== null) throw this.memory.table.failure
    if (outcome === BLOCKED && this.isStopped()) throw new ExecutionStopped()
    if (outcome !== COMPLETED && outcome !== REJECTED) {
      throw new TransactionFault(txIndex, fault ?? `outcome ${outcome}`)
    }
    return outcome
  }

  /** Adds the amount at the end of the transaction, and hands the values before and after to the virtual machine. */
  private settle(): void {
    const { words, arena, deltaLow, deltaHigh } = this
    const delta = arena.take(DELTA_WORDS)
    copyCell(words, this.read(deltaLow), words, delta)
    copyCell(words, this.read(deltaHigh), words, delta + 8)
    addToCells(words, delta, this.amount, arena.take(8))
    this.write(deltaLow, words, delta + 16)
    this.write(deltaHigh, words, delta + 24)
    this.machine.finish(words, this.resultOffset, delta)
  }

  /** Puts back what the transaction wrote. */
  private revert(): void {
    const { words, heads, undo } = this
    for (let index = 0; index < undo.length; index += 2) {
      words[heads + undo.words[index]!] = undo.words[index + 1]!
    }
    undo.length = 0
    this.arena.top = this.mark
  }

  /** Writes the newest cells to the base state and collects what differs from before. */
  private flush(): Change[] {
    const { words, heads, base, written } = this
    const changes: Change[] = []
    for (let index = 0; index < written.length; index++) {
      const location = written.words[index]!
      const cell = words[heads + location]!
      const before = base + location * 8
      words[heads + location] = 0
      if (sameCell(words, before, cell)) continue
      changes.push(this.copies.change(words, this.memory.table.keyOffset(location), before, cell))
      this.memory.store(location, words, cell)
    }
    return changes
  }
}
