/**
 * The executors of a chain: a pool of threads, or the sequential executor on this one, and the programs that they know.
 */
import { buildMachine, type MachineKind } from '../../workers/machines.ts'
import { Pool } from '../../workers/pool.ts'
import { executeBlock } from '../executor/execute-block.ts'
import { executeSequentially } from '../executor/sequential.ts'
import { createEngineMemory, type EngineMemory, loadState } from '../mvmemory/memory.ts'
import { refusal } from '../node/errors.ts'
import type { RunEngine } from '../node/run-engine.ts'
import { classMessage } from '../starknet/class-message.ts'
import type { ClassMessage } from '../starknet/machine.ts'
import { changesOfStateDiff } from '../starknet/state-diff.ts'
import type { SierraClass } from '../starknet/transaction.ts'
import type { ChainStore, StoredClass } from '../storage/chain-store.ts'
import type { Storage } from '../storage/storage.ts'
import { StoredBase } from '../storage/stored-base.ts'
import { ProgramError } from '../vm/program.ts'

export interface Executors {
  pool: Pool | null
  engine: RunEngine
  /**
   * Makes a class known to all machines. Until a declare of it is admitted (`isFinal`) another compilation may take its
   * place, so that a wrong one that was only tried harms nobody.
   */
  publishClass(declared: StoredClass, isFinal: boolean): void
  stop(): Promise<void>
}

/**
 * Executor threads, or with 0 workers the sequential executor alone; both on this thread's machine and memory. `alsoTo` is
 * told of every class too.
 */
export async function startExecutors(
  workers: number,
  kind: MachineKind,
  { store, disk }: Storage,
  alsoTo: (message: ClassMessage) => void,
): Promise<Executors> {
  // What the engine's table does not hold, each thread reads from the database for itself.
  const base = disk === null ? null : new StoredBase(disk.database)
  const behind = base === null ? {} : { base }
  const database = disk?.folder.database ?? null
  const pool =
    workers > 0 ? await Pool.start({ workers, machine: kind, memory: behind, database }) : null
  const machine = pool?.machine ?? (await buildMachine(kind, 0))
  const memory = pool?.memory ?? createEngineMemory({ ...behind, executors: 1, shared: false })
  if (disk !== null) memory.restart(disk.store.height())
  const published = new Map<bigint, { compiledClassHash: bigint; isFinal: boolean }>()
  return {
    pool,
    engine: {
      executeInParallel: async (input, advice) =>
        pool ? executeBlock(input, pool, advice) : executeSequentially(input, machine, memory),
      executeSequentially: (input) => executeSequentially(input, machine, memory),
      load: (changes) => loadState(memory, changes),
      begin: (number) => {
        memory.block = number
      },
      stored: (number) => {
        if (base !== null) memory.durable = number
      },
      returnTo: (height) => {
        // This thread may have a snapshot of before.
        base?.refresh()
        memory.restart(base === null ? -1 : height)
        if (base === null) loadBlocks(memory, store)
        for (const [classHash, known] of published) {
          known.isFinal &&= store.classByHash(classHash) !== null
        }
      },
    },
    publishClass: ({ classHash, compiledClassHash, sierra, casm }, isFinal) => {
      const known = published.get(classHash)
      if (known?.compiledClassHash === compiledClassHash) {
        known.isFinal ||= isFinal
        return
      }
      if (known?.isFinal) throw refusal(60)
      const message = messageOf(classHash, sierra, casm)
      if (pool) pool.publish(message)
      else machine.accept(message)
      alsoTo(message)
      published.set(classHash, { compiledClassHash, isFinal })
    },
    stop: async () => pool?.stop(),
  }
}

/** A class for all machines; its CASM has the right hash and may still be no program that can run. */
function messageOf(classHash: bigint, sierra: SierraClass | null, casm: unknown): ClassMessage {
  try {
    return classMessage(classHash, sierra, casm)
  } catch (error) {
    if (error instanceof ProgramError) throw refusal(56, error.message)
    throw error
  }
}

/** The state of a chain in memory, block by block. */
function loadBlocks(memory: EngineMemory, store: ChainStore): void {
  for (let number = 0; number <= store.height(); number++) {
    loadState(memory, changesOfStateDiff(store.blockByNumber(number)!.stateDiff, emptyState))
  }
}

/** State before genesis. */
export const emptyState = {
  storageAt: () => 0n,
  nonceAt: () => 0n,
  classHashAt: () => 0n,
  compiledClassHashAt: () => 0n,
}
