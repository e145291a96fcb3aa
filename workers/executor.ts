/**
 * The thread of one executor. Comlink starts it; between blocks it sleeps on the doorbell, so that from then on nothing
 * reaches it but shared memory and, before each block, the messages that wait at its port.
 */

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { LEFT } from '../src/executor/counters.ts'
import { Executor } from '../src/executor/executor.ts'
import type { VirtualMachine } from '../src/executor/machine.ts'
import { attachEngineMemory, type EngineMemory } from '../src/mvmemory/memory.ts'
import { WORKER } from '../src/mvmemory/regions.ts'
import { waitWhile } from '../src/shared/waiting.ts'
import { activeOf, CALL, CLOSING, NEWS, type PortMessage, type WorkerBirth } from './doorbell.ts'
import { buildMachine, type MachineKind } from './machines.ts'

const { index, doorbell, port } = workerData as WorkerBirth
let machine: VirtualMachine
let memory: EngineMemory
let executor: Executor

const api = {
  /** Builds the virtual machine. */
  async prepare(kind: MachineKind): Promise<void> {
    machine = await buildMachine(kind, index)
  },

  /** Takes part in every block after `call`, until the pool closes: nothing returns to the event loop before. */
  serve(call: number): void {
    for (let seen = call; Atomics.load(doorbell, CLOSING) === 0; ) {
      waitWhile(doorbell, CALL, seen)
      const next = Atomics.load(doorbell, CALL)
      // A pool may close before its first block, when there is no memory yet.
      if (next === seen || Atomics.load(doorbell, CLOSING) !== 0) continue
      seen = next
      if (index > activeOf(seen)) continue
      emptyPort()
      executor.run()
      leave(seen)
    }
  },
}
export type ExecutorApi = typeof api

function emptyPort(): void {
  for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
    const message: PortMessage = got.message
    if ('memory' in message) {
      memory = attachEngineMemory(message.memory)
      executor = new Executor(memory, machine, index)
    } else machine.accept(message.published)
  }
}

/** Tells main that this thread touches the block no more. */
function leave(call: number): void {
  Atomics.store(memory.words, memory.layout.workers + index * WORKER + LEFT, call)
  Atomics.add(doorbell, NEWS, 1)
  Atomics.notify(doorbell, NEWS)
}

expose(api, nodeEndpoint(parentPort!))
