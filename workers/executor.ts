/**
 * The thread of one executor. Comlink starts it; between blocks it sleeps on the doorbell, so that from then on nothing
 * reaches it but shared memory and, before each block, the messages that wait at its port.
 *
 * What the memory does not hold it reads from the database, if it was given one: through a snapshot of the block's time,
 * which is at least as high as the memory's floor, and is given back before the thread sleeps.
 */

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { LEFT, OLD_SNAPSHOT } from '../src/executor/counters.ts'
import { Executor } from '../src/executor/executor.ts'
import type { VirtualMachine } from '../src/executor/machine.ts'
import { attachEngineMemory, type EngineMemory, zeroBase } from '../src/mvmemory/memory.ts'
import { WORKER } from '../src/mvmemory/regions.ts'
import { turn } from '../src/shared/turn.ts'
import { waitWhile } from '../src/shared/waiting.ts'
import { StoredBase } from '../src/storage/stored-base.ts'
import { activeOf, CALL, CLOSING, NEWS, type PortMessage, type WorkerBirth } from './doorbell.ts'
import { buildMachine, type MachineKind } from './machines.ts'
import { type WarmBlock, warmUp } from './warm-up.ts'

const { index, doorbell, port } = workerData as WorkerBirth
let machine: VirtualMachine
let memory: EngineMemory
let executor: Executor
let base: StoredBase | null = null
/** What to warm up on, while there is nothing else to do. */
let warm: WarmBlock | null = null

/** lmdb leaves a timer behind for each snapshot; they end when the thread returns to its event loop now and then. */
const BLOCKS_PER_TURN = 256

const api = {
  /** Builds the virtual machine and opens the database, which main has open. */
  async prepare(kind: MachineKind, database: string | null): Promise<void> {
    machine = await buildMachine(kind, index, (wish) => port.postMessage(wish))
    if (database !== null) base = StoredBase.open(database)
  },

  /** Takes part in every block after `call`, until the pool closes: messages by Comlink have to wait for that. */
  async serve(call: number): Promise<void> {
    let blocks = 0
    for (let seen = call; Atomics.load(doorbell, CLOSING) === 0; ) {
      if (warm !== null) await warmUp(machine, warm, () => Atomics.load(doorbell, CALL) !== seen)
      warm = null
      waitWhile(doorbell, CALL, seen)
      const next = Atomics.load(doorbell, CALL)
      // A pool may close before its first block, when there is no memory yet.
      if (next === seen || Atomics.load(doorbell, CLOSING) !== 0) continue
      seen = next
      if (activeOf(seen) === 0) emptyPort()
      if (index > activeOf(seen)) continue
      emptyPort()
      runBlock()
      leave(seen)
      if (++blocks % BLOCKS_PER_TURN === 0) await turn()
    }
    await base?.close()
  },
}
export type ExecutorApi = typeof api

function emptyPort(): void {
  for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
    const message: PortMessage = got.message
    if ('memory' in message) {
      memory = attachEngineMemory(message.memory, base ?? zeroBase)
      executor = new Executor(memory, machine, index)
    } else if ('warm' in message) warm = message.warm
    else machine.accept(message.published)
  }
}

function runBlock(): void {
  if (base === null) {
    executor.run()
    return
  }
  if (base.refresh() >= memory.floor) executor.run()
  else executor.fail(OLD_SNAPSHOT)
  base.done()
}

/** Tells main that this thread touches the block no more. */
function leave(call: number): void {
  Atomics.store(memory.words, memory.layout.workers + index * WORKER + LEFT, call)
  Atomics.add(doorbell, NEWS, 1)
  Atomics.notify(doorbell, NEWS)
}

expose(api, nodeEndpoint(parentPort!))
