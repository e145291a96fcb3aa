/**
 * The ghost: a virtual machine that replays a recorded trace. It reads what was read, burns the time between, and writes,
 * instead of values, a hash of all it has read so far; so a stale read changes the result.
 *
 *     recorded transaction: operations of 18 words each
 *     word  0     READ, WRITE, ADD_LOW, ADD_HIGH
 *           1     iterations of work before it
 *           2-17  key
 *     closed by one operation END, whose word 1 is the work at the end and word 2 the outcome
 *
 * An addition is two operations in a row. The trace is taken in a sequential run of any virtual machine, by wrapping it.
 */
import type { BlockInput } from '../executor/block.ts'
import { BLOCKED, type View, type VirtualMachine } from '../executor/machine.ts'
import { executeSequentially } from '../executor/sequential.ts'
import type { BaseReader } from '../mvmemory/memory.ts'
import { CELL_WORDS, KEY_WORDS } from '../state/location.ts'
import { iterationsPerMicro, work } from './work.ts'

const END = 0
const READ = 1
const WRITE = 2
const ADD_LOW = 3
const ADD_HIGH = 4
const OPERATION_WORDS = 2 + KEY_WORDS

/** Words of a ghost's result: the hash, then the four cells of `finish`. */
const RESULT_WORDS = 4 + 4 * CELL_WORDS

export class GhostMachine implements VirtualMachine {
  private readonly cell = new Int32Array(CELL_WORDS)

  execute(txIndex: number, view: View): number {
    const { words, transaction } = view
    let hash = txIndex
    let low = 0
    for (let at = transaction; ; at += OPERATION_WORDS) {
      hash = work(view, hash, words[at + 1]!)
      if (view.stopped()) return BLOCKED
      const kind = words[at]!
      if (kind === END) {
        const result = view.result(RESULT_WORDS)
        words.fill(0, result, result + RESULT_WORDS)
        words[result] = hash
        return words[at + 2]!
      }
      const location = view.intern(words, at + 2)
      if (kind === READ) {
        const cell = view.read(location)
        if (cell < 0) return BLOCKED
        for (let word = 0; word < CELL_WORDS; word++) {
          hash = Math.imul(hash ^ words[cell + word]!, 0x2c1b3c6d) ^ (hash >>> 15)
        }
        continue
      }
      this.cell[0] = hash
      this.cell[2] = 1
      if (kind === WRITE) view.write(location, this.cell, 0)
      else if (kind === ADD_LOW) low = location
      else view.add(low, location, this.cell, 0)
    }
  }

  finish(words: Int32Array, result: number, delta: number): void {
    words.copyWithin(result + 4, delta, delta + 4 * CELL_WORDS)
  }

  accept(): void {}
}

/** The block that a ghost replays: what `machine` read, wrote and added in a sequential run, and how long it took. */
export function recordTrace(
  input: BlockInput,
  machine: VirtualMachine,
  base: BaseReader,
): BlockInput {
  const recorder = new Recorder(machine)
  executeSequentially(input, recorder, base)
  return { constants: new Int32Array(0), transactions: recorder.transactions }
}

class Recorder implements VirtualMachine {
  readonly transactions: Int32Array[] = []
  private readonly machine: VirtualMachine

  constructor(machine: VirtualMachine) {
    this.machine = machine
  }

  execute(txIndex: number, view: View): number {
    const recording = new RecordingView(view)
    const outcome = this.machine.execute(txIndex, recording)
    this.transactions[txIndex] = recording.close(outcome)
    return outcome
  }

  finish(words: Int32Array, result: number, delta: number): void {
    this.machine.finish(words, result, delta)
  }

  accept(message: unknown): void {
    this.machine.accept(message)
  }
}

/** Passes everything on and notes it, with the time since the note before. */
class RecordingView implements View {
  readonly words: Int32Array
  readonly transaction: number
  readonly transactionWords: number
  readonly constants: number
  private readonly view: View
  private readonly operations: number[] = []
  private readonly keys = new Map<number, number[]>()
  private lastMs = performance.now()

  constructor(view: View) {
    this.view = view
    this.words = view.words
    this.transaction = view.transaction
    this.transactionWords = view.transactionWords
    this.constants = view.constants
  }

  intern(source: Int32Array, offset: number): number {
    const location = this.view.intern(source, offset)
    if (!this.keys.has(location)) {
      this.keys.set(location, [...source.subarray(offset, offset + KEY_WORDS)])
    }
    return location
  }

  read(location: number): number {
    this.note(READ, location)
    return this.view.read(location)
  }

  write(location: number, source: Int32Array, offset: number): void {
    this.note(WRITE, location)
    this.view.write(location, source, offset)
  }

  add(low: number, high: number, source: Int32Array, offset: number): void {
    this.note(ADD_LOW, low)
    this.note(ADD_HIGH, high)
    this.view.add(low, high, source, offset)
  }

  stopped(): boolean {
    return this.view.stopped()
  }

  result(count: number): number {
    return this.view.result(count)
  }

  close(outcome: number): Int32Array {
    this.operations.push(END, this.elapsed(), outcome)
    return Int32Array.from(this.operations)
  }

  private note(kind: number, location: number): void {
    this.operations.push(kind, this.elapsed(), ...(this.keys.get(location) ?? []))
  }

  private elapsed(): number {
    const nowMs = performance.now()
    const iterations = Math.round((nowMs - this.lastMs) * 1000 * iterationsPerMicro())
    this.lastMs = performance.now()
    return iterations
  }
}
