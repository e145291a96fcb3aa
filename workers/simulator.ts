/**
 * A simulation thread: runs one request after the other on its mirror of the state, with a virtual machine of its own, and
 * answers each. Main tells it by a shared word which request is wanted no more.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { ExecutionStopped } from '../src/executor/sequential.ts'
import type { Answers, Kind, Request, SimulationFailure } from '../src/simulation/request.ts'
import { Simulator } from '../src/simulation/simulator.ts'
import type { StateNews } from '../src/simulation/state-feed.ts'
import { StateMirror } from '../src/simulation/state-mirror.ts'
import { openDatabase } from '../src/storage/database.ts'
import { buildMachine, type MachineKind } from './machines.ts'

/** What a simulation thread is born with. */
export interface SimulatorBirth {
  kind: MachineKind
  /** Its number among the threads of the kernels' memory. */
  index: number
  /** File of the database, which main has open; null: the mirror is told what blocks changed. */
  file: string | null
  /** One word: number of the request that is to be given up. */
  control: Int32Array
}

/** What main sends: requests are numbered from 1. */
export type SimulatorMessage =
  | { published: unknown }
  | { number: number; news: StateNews | null; request: Request }
  | { stop: true }

export type SimulatorAnswer =
  | { number: number; answer: Answers[Kind] }
  | { number: number; failure: SimulationFailure; reason: string }

const { kind, index, file, control } = workerData as SimulatorBirth
const port = parentPort!
const machine = await buildMachine(kind, index)
const database = file === null ? null : openDatabase(file, { readOnly: true })
const mirror = new StateMirror(database)
let running = 0
const simulator = new Simulator(machine, () => Atomics.load(control, 0) === running)

port.on('message', (message: SimulatorMessage) => {
  if ('published' in message) machine.accept(message.published)
  else if ('stop' in message) void stop()
  else port.postMessage(answer(message))
})

function answer(message: Extract<SimulatorMessage, { number: number }>): SimulatorAnswer {
  const { number, news, request } = message
  running = number
  const failed = (failure: SimulationFailure, reason: string) => ({ number, failure, reason })
  try {
    if (news !== null) mirror.take(news)
    const state = mirror.state(request.at)
    if (state === null) return failed('gone', `block ${request.at} is not there`)
    return { number, answer: simulator.answer(request, state) }
  } catch (error) {
    if (error instanceof ExecutionStopped) return failed('stopped', error.message)
    return failed('fault', error instanceof Error ? error.message : String(error))
  } finally {
    mirror.release()
  }
}

async function stop(): Promise<void> {
  await database?.close()
  port.close()
}
