/**
 * One thread of a lockstep pool: an executor that runs only while it has the baton.
 */
import { workerData } from 'node:worker_threads'
import { Executor } from '../../src/executor/executor.ts'
import type { View, VirtualMachine } from '../../src/executor/machine.ts'
import { LedgerMachine } from '../../src/lab/ledger.ts'
import { attachEngineMemory } from '../../src/mvmemory/memory.ts'
import { interruptAtomics, Player } from './_baton.ts'

const { words, baton, thread } = workerData as {
  words: Int32Array
  baton: Int32Array
  thread: number
}
const player = new Player(baton, thread)

/** Virtual machines take longer than the engine: others get much done meanwhile. */
function think(): void {
  for (let step = 0; step < 12; step++) player.step()
}

/** Reads walk by plain loads, which no wrapper sees: so each access is a step as well. */
class Stepped extends LedgerMachine implements VirtualMachine {
  override execute(txIndex: number, view: View): number {
    const stepped: View = {
      words: view.words,
      transaction: view.transaction,
      transactionWords: view.transactionWords,
      constants: view.constants,
      intern: (source, offset) => view.intern(source, offset),
      read: (location) => {
        think()
        return view.read(location)
      },
      write: (location, source, offset) => view.write(location, source, offset),
      add: (low, high, source, offset) => view.add(low, high, source, offset),
      stopped: () => view.stopped(),
      result: (count) => view.result(count),
    }
    const outcome = super.execute(txIndex, stepped)
    think()
    return outcome
  }
}

const executor = new Executor(attachEngineMemory(words), new Stepped(), thread + 1)
interruptAtomics(player)
player.play(() => executor.run())
