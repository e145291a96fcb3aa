/**
 * The reference machine: the plain `bigint` Cairo VM behind the same `Machine` as the fast one, written from the rules
 * alone. It is the oracle of the specs and the last resort of a call that the fast machine cannot judge.
 */
import { poseidonSmall } from '@scure/starknet'
import type { Call, CallResult, Host, Machine, MachineConstants, Program } from '../host.ts'
import { parseCasm, type ReferenceProgram } from './casm.ts'
import { multiplyPoint, stark, starkGenerator } from './curve.ts'
import type { Frame } from './frame.ts'
import { isKnownHint } from './hints.ts'
import { runCall, type Transaction } from './run.ts'

export interface ReferenceMachine extends Machine {
  /** Reads a `casm.json` under a key; throws an Error when it refuses the class. */
  addClass(key: string, casm: unknown): Program
  /** The same for a class that was read before. */
  addProgram(key: string, program: ReferenceProgram): Program
  /** Called with the frame before every step. */
  onStep: ((frame: Frame) => void) | null
  /** Called with the frame of every call that ran, when it ended. */
  onEnd: ((frame: Frame, result: CallResult) => void) | null
}

/** A reference machine that knows no class yet. */
export function createReferenceMachine(): ReferenceMachine {
  const programs = new Map<string, ReferenceProgram>()
  let transaction: Transaction | null = null

  const machine: ReferenceMachine = {
    onStep: null,
    onEnd: null,

    addClass: (key, casm) => machine.addProgram(key, readClass(casm)),

    addProgram(key: string, program: ReferenceProgram): Program {
      programs.set(key, program)
      return {
        key,
        image: {
          buffer: new SharedArrayBuffer(0),
          entryPoints: { external: [], l1Handler: [], constructor: null },
        },
        entryPoints: {
          external: program.external,
          l1Handler: program.l1Handler,
          constructor: program.constructor,
        },
        bytecodeLength: program.bytecode.length,
      }
    },

    begin(constants: MachineConstants, host: Host, seed: bigint): void {
      let points = 0n
      transaction = {
        constants,
        host,
        allowance: null,
        randomPoint: () => randomPoint(seed, points++),
        onStep: machine.onStep,
        ended: (frame, result) => machine.onEnd?.(frame, result),
      }
    },

    run(call: Call): CallResult {
      const program = programs.get(call.program.key)
      if (program === undefined) throw new Error(`no class under key ${call.program.key}`)
      if (transaction === null) throw new Error('run was called before begin')
      return runCall(transaction, program, call)
    },
  }
  return machine
}

/** Parses a class and refuses hints that nobody knows. */
export function readClass(casm: unknown): ReferenceProgram {
  const program = parseCasm(casm)
  for (const hints of program.hints.values()) {
    const unknown = hints.find(({ name }) => !isKnownHint(name))
    if (unknown !== undefined) throw new Error(`unknown hint ${unknown.name}`)
  }
  return program
}

const randomPoints = new Map<bigint, readonly [bigint, bigint]>()

/** Point number `index`, from 0, of a transaction: the same as a fast machine's whose secret is 0. */
function randomPoint(seed: bigint, index: bigint): readonly [bigint, bigint] {
  const number = (seed >> (8n * (index % 31n))) & 0xffn
  const known = randomPoints.get(number)
  if (known !== undefined) return known
  const factor = BigInt.asUintN(250, poseidonSmall([0n, number, 2n])[0]!)
  const point = multiplyPoint(stark, starkGenerator, factor)!
  randomPoints.set(number, point)
  return point
}
