/**
 * Virtual workers: several executors on one thread, interleaved by a seed. Whenever the virtual machine of one is about
 * to read, write or end, others may take whole turns in between; so a run is reproducible to the last step. Within a
 * publication or a commit nothing interleaves here: that needs real threads.
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

  constructor(
    memory: EngineMemory,
    makeMachine: () => VirtualMachine,
    workers: number,
    random: Random,
  ) {
    this.memory = memory
    this.random = random
    for (let index = 0; index < workers; index++) {
      const machine = new Interrupted(makeMachine(), () => this.interrupt())
      this.executors.push(new Executor(memory, machine, index + 1))
    }
  }

  run(): void {
    for (const executor of this.executors) executor.begin()
    const { words, layout } = this.memory
    for (let idle = 0; words[layout.stop] === 0; ) {
      idle = this.turn(this.random.below(this.executors.length)) ? 0 : idle + 1
      if (idle > 1000) throw new Error('nobody has anything to do and the block is not over')
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
