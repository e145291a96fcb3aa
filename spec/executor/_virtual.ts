/**
 * Virtual workers: several executors on one thread, interleaved by a seed. Before any access of a virtual machine, and
 * before any atomic operation of the engine, others may take whole turns; so one executor can be stopped between any two
 * of its synchronising steps while the others go on, and a run is reproducible to the last step.
 */
import type { BlockInput, BlockResult } from '../../src/executor/block.ts'
import { type Advice, type ExecutorPool, executeBlock } from '../../src/executor/execute-block.ts'
import { Executor } from '../../src/executor/executor.ts'
import type { View, VirtualMachine } from '../../src/executor/machine.ts'
import type { Random } from '../../src/lab/random.ts'
import type { EngineMemory } from '../../src/mvmemory/memory.ts'

export function executeVirtually(
  input: BlockInput,
  memory: EngineMemory,
  makeMachine: () => VirtualMachine,
  workers: number,
  random: Random,
  advice: Advice = {},
): Promise<BlockResult> {
  const pool: ExecutorPool = {
    memory,
    machine: makeMachine(),
    workers,
    run: async () => {
      new VirtualWorkers(memory, makeMachine, workers, random).run()
      return null
    },
  }
  return executeBlock(input, pool, { ...advice, workers })
}

class VirtualWorkers {
  private readonly memory: EngineMemory
  private readonly random: Random
  private readonly executors: Executor[] = []
  /** Executors in the middle of a transaction, which cannot take another turn. */
  private readonly busy = new Set<number>()
  /** One atomic operation in so many is a chance for others. */
  private readonly calm: number

  constructor(
    memory: EngineMemory,
    makeMachine: () => VirtualMachine,
    workers: number,
    random: Random,
  ) {
    this.memory = memory
    this.random = random
    this.calm = random.pick([4, 20, 200])
    for (let index = 0; index < workers; index++) {
      const machine = new Interrupted(makeMachine(), () => this.interrupt())
      this.executors.push(new Executor(memory, machine, index + 1))
    }
  }

  run(): void {
    for (const executor of this.executors) executor.begin()
    const { words, layout } = this.memory
    const atomics = globalThis.Atomics
    globalThis.Atomics = interruptible(atomics, () => {
      if (this.busy.size > 0 && this.random.oneIn(this.calm)) this.interrupt()
    })
    try {
      for (let idle = 0; words[layout.stop] === 0; ) {
        idle = this.turn(this.random.below(this.executors.length)) ? 0 : idle + 1
        if (idle > 1000) throw new Error('nobody has anything to do and the block is not over')
      }
    } finally {
      globalThis.Atomics = atomics
    }
  }

  /** Between two steps of a transaction: sometimes others go on. */
  private interrupt(): void {
    while (this.random.oneIn(3)) this.turn(this.random.below(this.executors.length))
  }

  private turn(index: number): boolean {
    if (this.busy.has(index) || this.memory.words[this.memory.layout.stop] !== 0) return false
    this.busy.add(index)
    const found = this.executors[index]!.turn()
    this.busy.delete(index)
    return found
  }
}

/** Atomics that call `interrupt` before every operation. */
function interruptible(atomics: Atomics, interrupt: () => void): Atomics {
  return {
    ...(atomics as object),
    load: (words: Int32Array, index: number) => {
      interrupt()
      return atomics.load(words, index)
    },
    store: (words: Int32Array, index: number, value: number) => {
      interrupt()
      return atomics.store(words, index, value)
    },
    add: (words: Int32Array, index: number, value: number) => {
      interrupt()
      return atomics.add(words, index, value)
    },
    exchange: (words: Int32Array, index: number, value: number) => {
      interrupt()
      return atomics.exchange(words, index, value)
    },
    compareExchange: (words: Int32Array, index: number, from: number, to: number) => {
      interrupt()
      return atomics.compareExchange(words, index, from, to)
    },
    notify: () => 0,
  } as unknown as Atomics
}

/** A virtual machine whose every access is a chance for others. */
class Interrupted implements VirtualMachine {
  private readonly machine: VirtualMachine
  private readonly interrupt: () => void

  constructor(machine: VirtualMachine, interrupt: () => void) {
    this.machine = machine
    this.interrupt = interrupt
  }

  execute(txIndex: number, view: View): number {
    const { interrupt } = this
    const outcome = this.machine.execute(txIndex, {
      words: view.words,
      transaction: view.transaction,
      transactionWords: view.transactionWords,
      constants: view.constants,
      intern: (source, offset) => view.intern(source, offset),
      read: (location) => {
        interrupt()
        return view.read(location)
      },
      write: (location, source, offset) => {
        interrupt()
        view.write(location, source, offset)
      },
      add: (low, high, source, offset) => view.add(low, high, source, offset),
      stopped: () => view.stopped(),
      result: (count) => view.result(count),
    })
    interrupt()
    return outcome
  }

  finish(words: Int32Array, result: number, delta: number): void {
    this.machine.finish(words, result, delta)
  }

  accept(message: unknown): void {
    this.machine.accept(message)
  }
}
