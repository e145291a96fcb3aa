/**
 * How one call starts and ends: what must hold before the first instruction, which accounting it runs under, what it left
 * in the call tree, and the segment it adds to an error on its way out.
 *
 *     record opened and filled ──▶ class? declared? entry point? gas? ──▶ machine ──▶ counters, result, gas
 *                                        └── failed (can be caught) or faulted (cannot)
 *
 * Outcomes are those of a machine: RETURNED, FAILED, FAULTED, HALTED.
 */
import { readCellWords, writeCell } from '../felt/cell.ts'
import { encodeShortString } from '../felt/felt.ts'
import {
  type CallResult,
  type CellList,
  FAILED,
  FAULTED,
  HALTED,
  RETURNED,
  syscallNames,
} from '../vm/host.ts'
import { CONSTRUCTOR_SELECTOR } from './addresses.ts'
import { copyFelt } from './cached-state.ts'
import {
  ADDRESS,
  BUILTINS,
  CALL_FAILED,
  CALL_RECORD_WORDS,
  CALLDATA,
  CALLDATA_LENGTH,
  CLASS,
  CONSTRUCTOR,
  ENTRY_TYPE,
  FLAGS,
  GAS_CONSUMED,
  HOLES,
  INITIAL_GAS,
  LIBRARY_CALL,
  machineBuiltins,
  PARENT,
  RESULT,
  RESULT_LENGTH,
  SELECTOR,
  SHOWN_DEPTH,
  STEP_MODE,
  STEPS,
  SYSCALLS,
  VM_BUILTINS,
} from './call-tree.ts'
import { findEntryPoint, type RunnableClass } from './class-table.ts'
import { panicChain } from './panic-chain.ts'
import {
  type CalledContract,
  callFrame,
  longHex,
  PANIC_HEADER,
  panicSummary,
  vmFrame,
} from './revert-reason.ts'
import type { Fault, Run } from './run.ts'
import { addWork, BLAKE, noResources, resourceNames, SEGMENT_ARENA } from './versioned-constants.ts'

const KECCAK = syscallNames.indexOf('Keccak')
const KECCAK_ROUND = syscallNames.indexOf('KeccakRound')

const ENTRYPOINT_NOT_FOUND = listOf('ENTRYPOINT_NOT_FOUND')
const OUT_OF_GAS = listOf('Out of gas')

const constructorSelector = new Int32Array(8)
writeCell(new BigUint64Array(constructorSelector.buffer), 0, CONSTRUCTOR_SELECTOR)

/** Runs the call of an opened record whose address, selector, caller, calldata (and class of a library call) are set. */
export function callEntryPoint(run: Run, call: number, gas: number): number {
  const { tree, state } = run
  const at = call * CALL_RECORD_WORDS
  if ((tree.calls[at + FLAGS]! & LIBRARY_CALL) === 0) {
    const slot = run.classSlot(tree.calls, at + ADDRESS)
    if (!state.load(slot)) return HALTED
    copyFelt(state.values, slot * 8, tree.calls, at + CLASS)
    if (run.depth >= run.block.constants.maxRecursionDepth) return tooDeep(run, call)
    if (run.isZero(slot)) {
      const address = readCellWords(tree.calls, at + ADDRESS)
      return refuse(run, call, `Requested contract address ${longHex(address)} is not deployed.`)
    }
  } else if (run.depth >= run.block.constants.maxRecursionDepth) {
    return tooDeep(run, call)
  }
  const declared = isDeclared(run, at)
  if (declared !== RETURNED) return declared === HALTED ? HALTED : undeclared(run, call)
  return enter(run, call, runnableClass(run, at), gas)
}

/** Deploys at the address of an opened record with the class of the record, and runs its constructor. */
export function deployContract(run: Run, call: number, gas: number): number {
  const { tree, state } = run
  const at = call * CALL_RECORD_WORDS
  tree.calls[at + ENTRY_TYPE] = CONSTRUCTOR
  const slot = run.classSlot(tree.calls, at + ADDRESS)
  if (!state.load(slot)) return HALTED
  const address = readCellWords(tree.calls, at + ADDRESS)
  if (!run.isZero(slot)) {
    return refuse(
      run,
      call,
      `Deployment failed: contract already deployed at address ${longHex(address)}`,
    )
  }
  if (address === 0n) return refuse(run, call, 'Cannot deploy contract at address 0.')
  state.write(slot, tree.calls, at + CLASS)
  const declared = isDeclared(run, at)
  if (declared !== RETURNED) return declared === HALTED ? HALTED : undeclared(run, call)
  const runnable = runnableClass(run, at)
  if (runnable.program.entryPoints.constructor === null) {
    return withoutConstructor(run, call, runnable, gas)
  }
  copyFelt(constructorSelector, 0, tree.calls, at + SELECTOR)
  if (run.depth >= run.block.constants.maxRecursionDepth) return tooDeep(run, call)
  const outcome = enter(run, call, runnable, gas)
  if (outcome !== FAILED) return outcome
  const { chain, data } = panicChain(tree, call)
  return fault(run, call, panicSummary(PANIC_HEADER, chain, data))
}

/** A fault without frames: a syscall went wrong in the call that made it. */
export function leafFault(text: string): Fault {
  return { text, frames: [], cause: text }
}

/** The cell of a short string, as a list of one. */
export function listOf(text: string): CellList {
  const cells = new BigUint64Array(4)
  writeCell(cells, 0, encodeShortString(text))
  return { cells, count: 1 }
}

/** Address, class and selector of a call, for texts. */
export function calledContract(run: Run, call: number): CalledContract {
  const at = call * CALL_RECORD_WORDS
  const { calls } = run.tree
  return {
    contractAddress: readCellWords(calls, at + ADDRESS),
    classHash: readCellWords(calls, at + CLASS),
    selector:
      calls[at + SELECTOR + 2] === 0 && calls[at + SELECTOR + 3] === 0
        ? null
        : readCellWords(calls, at + SELECTOR),
  }
}

function isDeclared(run: Run, at: number): number {
  const slot = run.declaredSlot(run.tree.calls, at + CLASS)
  if (!run.state.load(slot)) return HALTED
  return run.isZero(slot) ? FAULTED : RETURNED
}

function runnableClass(run: Run, at: number): RunnableClass {
  const runnable = run.classes.find(run.tree.calls, at + CLASS)
  if (runnable === null) {
    const classHash = readCellWords(run.tree.calls, at + CLASS)
    throw new Error(`class ${longHex(classHash)} is declared, but its program was never published`)
  }
  return runnable
}

function enter(run: Run, call: number, runnable: RunnableClass, gas: number): number {
  const { tree } = run
  const { constants } = run.block
  const at = call * CALL_RECORD_WORDS
  const given = setMode(run, call, runnable, gas)
  const isStepMode = (tree.calls[at + FLAGS]! & STEP_MODE) !== 0
  const type = tree.calls[at + ENTRY_TYPE]!
  const entryPoint = findEntryPoint(runnable, type, tree.calls, at + SELECTOR)
  if (entryPoint === null) return refused(run, call, ENTRYPOINT_NOT_FOUND)
  if (given < constants.entryPointBudget) return refused(run, call, OUT_OF_GAS)
  const outer = run.current
  run.current = call
  run.depth++
  const result = run.machine.run({
    program: runnable.program,
    entryPoint,
    calldata: tree.cellLongs,
    calldataStart: tree.calls[at + CALLDATA]!,
    calldataCount: tree.calls[at + CALLDATA_LENGTH]!,
    gas: given,
    accounting: isStepMode ? 'steps' : 'gas',
    stepLimit: run.stepsLeft,
  })
  run.depth--
  run.current = outer
  if (result.outcome === HALTED) return HALTED
  if (isStepMode) run.stepsLeft -= result.steps
  if (result.outcome === FAULTED) return broken(run, call, result, isStepMode)
  count(run, call, result, isStepMode)
  tree.calls[at + RESULT] = tree.copyList(result.returned)
  tree.calls[at + RESULT_LENGTH] = result.returned.count
  run.returned = result.returned
  if (!isStepMode) {
    tree.setGas(call, GAS_CONSUMED, given - result.gasLeft)
    run.gasLeft = result.gasLeft
    run.seenGas = result.gasLeft
  } else {
    run.gasLeft = gas
  }
  if (result.outcome === FAILED) tree.calls[at + FLAGS]! |= CALL_FAILED
  return result.outcome
}

/**
 * Decides how the call is metered: by steps if its class is old or its caller is. Returns the gas it gets, and leaves the
 * caller's in `gasLeft` for the case that nothing runs.
 */
function setMode(run: Run, call: number, runnable: RunnableClass, gas: number): number {
  const { tree } = run
  const { constants } = run.block
  const at = call * CALL_RECORD_WORDS
  const parent = tree.calls[at + PARENT]!
  const isStepMode =
    (parent >= 0 && (tree.calls[parent * CALL_RECORD_WORDS + FLAGS]! & STEP_MODE) !== 0) ||
    isBelow(runnable.sierraVersion, constants.minSierraVersionForGas)
  const given = isStepMode ? constants.defaultGas : gas
  if (isStepMode) tree.calls[at + FLAGS]! |= STEP_MODE
  tree.setGas(call, INITIAL_GAS, given)
  run.gasLeft = gas
  return given
}

/** A class without constructor takes no calldata, and nothing runs. */
function withoutConstructor(run: Run, call: number, runnable: RunnableClass, gas: number): number {
  const { tree } = run
  const at = call * CALL_RECORD_WORDS
  if (tree.calls[at + CALLDATA_LENGTH] !== 0) {
    const text =
      'Invalid input: constructor_calldata; Cannot pass calldata to a contract with no constructor.'
    return refuse(run, call, text)
  }
  copyFelt(constructorSelector, 0, tree.calls, at + SELECTOR)
  tree.calls[at + RESULT] = tree.cellCount
  tree.calls[at + RESULT_LENGTH] = 0
  setMode(run, call, runnable, gas)
  run.returned = { cells: new BigUint64Array(0), count: 0 }
  return RETURNED
}

/** Fails before the first instruction; the caller may catch it. */
function refused(run: Run, call: number, reason: CellList): number {
  const { tree } = run
  const at = call * CALL_RECORD_WORDS
  tree.calls[at + RESULT] = tree.copyList(reason)
  tree.calls[at + RESULT_LENGTH] = reason.count
  tree.calls[at + FLAGS]! |= CALL_FAILED
  run.returned = reason
  return FAILED
}

function tooDeep(run: Run, call: number): number {
  return refuse(run, call, 'Execution failed due to recursion depth exceeded.')
}

function undeclared(run: Run, call: number): number {
  const { classHash } = calledContract(run, call)
  return refuse(run, call, `Class with hash ${longHex(classHash)} is not declared.`)
}

/** Ends the transaction before the call's first instruction. */
function refuse(run: Run, call: number, text: string): number {
  return fault(run, call, `${text}\n`)
}

function broken(run: Run, call: number, result: CallResult, isStepMode: boolean): number {
  const error = result.error!
  const host = error.host as Fault | null
  const { stripVmFramesInGasMode } = run.block.constants
  const segments: string[] = []
  if (error.framed && (isStepMode || !stripVmFramesInGasMode)) {
    segments.push(vmFrame(error.pc, error.traceback))
  }
  segments.push(host === null ? error.text : host.text)
  return fault(run, call, segments.join('\n'), host)
}

/** Puts the call's own frame in front of what went wrong. */
function fault(run: Run, call: number, inner: string, below: Fault | null = null): number {
  const { calls } = run.tree
  const at = call * CALL_RECORD_WORDS
  const called = calledContract(run, call)
  const isLibrary = (calls[at + FLAGS]! & LIBRARY_CALL) !== 0
  const isConstructor = calls[at + ENTRY_TYPE] === CONSTRUCTOR
  const kind = isConstructor ? 'constructor' : isLibrary ? 'library' : 'call'
  run.fault = {
    text: `${callFrame(calls[at + SHOWN_DEPTH]!, kind, called)}\n${inner}`,
    frames: [called, ...(below?.frames ?? [])],
    cause: below?.cause ?? inner,
  }
  return FAULTED
}

/** Counters of the call, and of step-mode calls below it, into its record; its totals into its caller's. */
function count(run: Run, call: number, result: CallResult, isStepMode: boolean): void {
  const { calls } = run.tree
  const { constants } = run.block
  const at = call * CALL_RECORD_WORDS
  const own = scratch
  own.steps = result.steps
  own.memoryHoles = result.memoryHoles
  own.builtins.fill(0)
  for (let i = 0; i < machineBuiltins; i++) own.builtins[i] = result.builtins[i]!
  own.builtins[BLAKE] = result.blakes
  for (let i = 0; i < syscallNames.length; i++) {
    const times = result.syscalls[i]!
    if (times === 0 || i === KECCAK) continue
    // Keccak is counted by its rounds, and costs its fixed part once a call frame.
    if (i === KECCAK_ROUND) addWork(own, constants.syscalls[KECCAK]!, 1, 0)
    calls[at + SYSCALLS + (i === KECCAK_ROUND ? KECCAK : i)] = times
    addWork(own, constants.syscalls[i]!, times, result.syscallItems[i]!)
  }
  for (let i = 0; i < resourceNames.length; i++) {
    if (i !== SEGMENT_ARENA) calls[at + BUILTINS + i] = own.builtins[i]!
  }
  if (isStepMode) {
    calls[at + STEPS]! += own.steps
    calls[at + HOLES]! += own.memoryHoles
    for (let i = 0; i < resourceNames.length; i++) {
      calls[at + VM_BUILTINS + i]! += own.builtins[i]!
    }
  }
  const parent = calls[at + PARENT]!
  if (parent < 0) return
  const to = parent * CALL_RECORD_WORDS
  calls[to + STEPS]! += calls[at + STEPS]!
  calls[to + HOLES]! += calls[at + HOLES]!
  for (let i = 0; i < resourceNames.length; i++) {
    calls[to + VM_BUILTINS + i]! += calls[at + VM_BUILTINS + i]!
  }
}

const scratch = noResources()

function isBelow(
  version: readonly [number, number, number],
  least: readonly [number, number, number],
): boolean {
  for (let i = 0; i < 3; i++) {
    if (version[i]! !== least[i]!) return version[i]! < least[i]!
  }
  return false
}
