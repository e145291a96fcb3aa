/**
 * What a new worker does while nobody calls it: it runs a made-up block on a memory of its own, again and again, so that
 * its JavaScript is compiled before the first real block. Kernels, tables and images are shared and need none of this.
 *
 * Invariant: nothing of it is seen anywhere. The virtual machine knows a class by the hash of its content, its memos are
 * memos, and the memory is thrown away.
 */
import type { BlockInput } from '../src/executor/block.ts'
import { type ExecutorPool, executeBlock } from '../src/executor/execute-block.ts'
import { Executor } from '../src/executor/executor.ts'
import type { VirtualMachine } from '../src/executor/machine.ts'
import { createEngineMemory, loadState } from '../src/mvmemory/memory.ts'

/** A block, what to publish for it, and the state before it. */
export interface WarmBlock {
  messages: unknown[]
  input: BlockInput
  state: { key: Int32Array; after: Int32Array }[]
}

/** Transactions after which little is left to gain; a core needs a few tenths of a second for them. */
const TRANSACTIONS = 1500
/** Much smaller than the engine's own: the block is. */
const SIZES = {
  executors: 2,
  locations: 2 ** 13,
  transactions: 256,
  inputWords: 2 ** 18,
  arenaWords: 2 ** 18,
}

/** Runs the block until the machine is warm or `isCalled`. A block that fails ends it, and nothing else. */
export async function warmUp(
  machine: VirtualMachine,
  { messages, input, state }: WarmBlock,
  isCalled: () => boolean,
): Promise<void> {
  try {
    for (const message of messages) machine.accept(message)
    await runAgain(machine, input, state, isCalled)
  } catch {
    // The blocks that count will tell.
  }
}

async function runAgain(
  machine: VirtualMachine,
  input: BlockInput,
  state: WarmBlock['state'],
  isCalled: () => boolean,
): Promise<void> {
  const memory = createEngineMemory(SIZES)
  const executor = new Executor(memory, machine, 1)
  const run = async () => {
    executor.run()
    return null
  }
  const pool: ExecutorPool = { memory, machine, workers: 1, run }
  for (let done = 0; done < TRANSACTIONS && !isCalled(); done += input.transactions.length) {
    loadState(memory, state)
    const { statistics } = await executeBlock(input, pool)
    if (statistics.fallback !== null) return
  }
}
