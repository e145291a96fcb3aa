/**
 * Decodes the calls of an outcome into the trees of traces.
 */
import { CELL_WORDS } from '../felt/cell.ts'
import { syscallNames } from '../vm/host.ts'
import {
  ADDRESS,
  BUILTINS,
  CALLDATA_LENGTH as CALL_CALLDATA_LENGTH,
  CALL_FAILED,
  CALL_RECORD_WORDS,
  CALLDATA,
  CALLER,
  CLASS,
  ENTRY_TYPE,
  EXECUTE_PHASE,
  FEE_PHASE,
  FLAGS,
  GAS_CONSUMED,
  HOLES,
  INITIAL_GAS,
  LIBRARY_CALL,
  PARENT,
  PHASE,
  RESULT,
  RESULT_LENGTH,
  readWide,
  SELECTOR,
  STEP_MODE,
  STEPS,
  SYSCALLS,
  VALIDATE_PHASE,
  VM_BUILTINS,
} from './call-tree.ts'
import type { CallTrace, TransactionTrace } from './execution.ts'
import * as outcome from './outcome.ts'
import type { OutcomeTables } from './outcome-tables.ts'
import { resourceNames } from './versioned-constants.ts'

/** The call trees of a transaction by phase. */
export function decodeTrace(tables: OutcomeTables): TransactionTrace {
  const calls = decodeCalls(tables)
  const rootOf = (phase: number) =>
    calls.find(
      (_, index) => tables.callWord(index, PARENT) < 0 && tables.callWord(index, PHASE) === phase,
    ) ?? null
  return {
    validate: rootOf(VALIDATE_PHASE),
    execute: rootOf(EXECUTE_PHASE),
    feeTransfer: rootOf(FEE_PHASE),
  }
}

/** All calls, those that have inner calls linked to them. */
export function decodeCalls(tables: OutcomeTables): CallTrace[] {
  const count = tables.words[outcome.CALL_COUNT]!
  const calls = Array.from({ length: count }, (_, index) => callAt(tables, index))
  calls.forEach((call, index) => {
    const parent = tables.callWord(index, PARENT)
    if (parent >= 0) calls[parent]!.calls.push(call)
  })
  for (const { call, event } of tables.eventList()) calls[call]!.events.push(event)
  for (const { call, message } of tables.messageList()) calls[call]!.messages.push(message)
  for (const [index, call] of calls.entries()) {
    const keys = tables
      .accessedSlots(index)
      .map((slot) => tables.felt(tables.slot(slot) + CELL_WORDS))
    call.accessedStorageKeys = keys.sort(compare)
  }
  return calls
}

function callAt(tables: OutcomeTables, index: number): CallTrace {
  const words = tables.words
  const at = tables.calls + index * CALL_RECORD_WORDS
  const flags = words[at + FLAGS]!
  const counts = (field: number) => words.subarray(at + field, at + field + resourceNames.length)
  return {
    contractAddress: tables.felt(at + ADDRESS),
    entryPointSelector: tables.felt(at + SELECTOR),
    calldata: tables.felts(words[at + CALLDATA]!, words[at + CALL_CALLDATA_LENGTH]!),
    callerAddress: tables.felt(at + CALLER),
    classHash: tables.felt(at + CLASS),
    entryPointType: (['EXTERNAL', 'L1_HANDLER', 'CONSTRUCTOR'] as const)[words[at + ENTRY_TYPE]!]!,
    callType: (flags & LIBRARY_CALL) !== 0 ? 'LIBRARY_CALL' : 'CALL',
    result: tables.felts(words[at + RESULT]!, words[at + RESULT_LENGTH]!),
    isReverted: (flags & CALL_FAILED) !== 0,
    calls: [],
    events: [],
    messages: [],
    initialGas: BigInt(readWide(words, at + INITIAL_GAS)),
    gasConsumed: BigInt(readWide(words, at + GAS_CONSUMED)),
    trackedResource: (flags & STEP_MODE) !== 0 ? 'CairoSteps' : 'SierraGas',
    steps: words[at + STEPS]!,
    memoryHoles: words[at + HOLES]!,
    vmBuiltins: builtinsOf(counts(VM_BUILTINS)),
    builtins: builtinsOf(counts(BUILTINS)),
    syscalls: named(
      syscallNames,
      words.subarray(at + SYSCALLS, at + SYSCALLS + syscallNames.length),
    ),
    accessedStorageKeys: [],
  }
}

/** Counts of builtins that are not 0, by name. */
export function builtinsOf(counts: ArrayLike<number>): Record<string, number> {
  return named(resourceNames, counts)
}

/** The counts that are not 0, by name. */
function named(names: readonly string[], counts: ArrayLike<number>): Record<string, number> {
  const result: Record<string, number> = {}
  names.forEach((name, index) => {
    if (counts[index]! > 0) result[name] = counts[index]!
  })
  return result
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
