/**
 * How a transaction's result is written, whichever way it went.
 */
import { COMPLETED, REJECTED } from '../executor/machine.ts'
import { FAULTED } from '../vm/host.ts'
import type { Charge } from './charges.ts'
import { calledContract } from './entry-point.ts'
import type { RejectionKind } from './execution.ts'
import * as outcome from './outcome.ts'
import { panicChain } from './panic-chain.ts'
import {
  callFrame,
  EXECUTION_FAILED,
  errorStack,
  PANIC_HEADER,
  panicSummary,
} from './revert-reason.ts'
import type { Run } from './run.ts'

const NO_GAS = { l1Gas: 0, l1DataGas: 0, l2Gas: 0 }

/** Writes the result of a transaction that is in the block. `low`, `high`: slots of deferred fee income, or -1. */
export function complete(
  run: Run,
  kind: number,
  how: number,
  text: string | null,
  charge: Charge | null,
  low = -1,
  high = -1,
): number {
  write(run, kind, {
    outcome: how,
    rejection: null,
    text,
    fee: charge?.fee ?? 0n,
    gas: charge?.gas ?? NO_GAS,
    daGas: charge?.daGas ?? NO_GAS,
    work: charge?.work ?? null,
    deferredLow: low,
    deferredHigh: high,
  })
  return COMPLETED
}

/** Writes why a transaction has no place in the block. */
export function reject(run: Run, kind: number, rejection: RejectionKind, text: string): number {
  run.tree.begin()
  write(run, kind, {
    outcome: outcome.REJECTED,
    rejection,
    text,
    fee: 0n,
    gas: NO_GAS,
    daGas: NO_GAS,
    work: null,
    deferredLow: -1,
    deferredHigh: -1,
  })
  return REJECTED
}

/** Why an execution was reverted that failed or faulted. */
export function executionError(run: Run, call: number, ended: number): string {
  if (ended === FAULTED) return errorStack(EXECUTION_FAILED, run.fault!.text)
  const { chain, data } = panicChain(run.tree, call)
  const frame = callFrame(0, 'call', calledContract(run, call))
  return errorStack(EXECUTION_FAILED, `${frame}\n${panicSummary(PANIC_HEADER, chain, data)}`)
}

function write(run: Run, kind: number, ending: outcome.Ending): void {
  const { view, tree, state } = run
  const at = view.result(outcome.outcomeWords(ending, tree, state))
  outcome.writeOutcome(view.words, at, kind, ending, tree, state)
}
