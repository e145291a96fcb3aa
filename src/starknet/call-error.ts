/**
 * Why a `starknet_call` failed, along the calls it came through, as the text that its result carries.
 */
import { formatFelt } from '../felt/felt.ts'
import { FAULTED } from '../vm/host.ts'
import { calledContract } from './entry-point.ts'
import { panicChain } from './panic-chain.ts'
import { type CalledContract, formatPanicData } from './revert-reason.ts'
import type { Run } from './run.ts'

/** A `CallError` with felts in hexadecimal, as JSON. */
export function structuredError(run: Run, call: number, ended: number): string {
  if (ended === FAULTED) return nest(run.fault!.frames, run.fault!.cause)
  const { chain, data } = panicChain(run.tree, call)
  const frames = chain.length > 0 ? chain : [calledContract(run, call)]
  return nest(frames, formatPanicData(data))
}

function nest(frames: CalledContract[], cause: string): string {
  let error: unknown = cause
  for (const { contractAddress, classHash, selector } of [...frames].reverse()) {
    error = {
      contractAddress: formatFelt(contractAddress),
      classHash: formatFelt(classHash),
      selector: formatFelt(selector ?? 0n),
      error,
    }
  }
  return JSON.stringify(error)
}
