/**
 * A stored class as the message that makes it known to a Starknet machine: its program, laid out once for all threads.
 */
import { buildProgramImage } from '../vm/program.ts'
import type { ClassMessage } from './machine.ts'
import type { SierraClass } from './transaction.ts'

/** Throws `ProgramError` for a CASM that no machine can run. */
export function classMessage(
  classHash: bigint,
  sierra: SierraClass | null,
  casm: unknown,
): ClassMessage {
  const [major = 1n, minor = 7n, patch = 0n] = sierra?.sierraProgram ?? []
  return {
    kind: 'class',
    classHash,
    sierraVersion: [Number(major), Number(minor), Number(patch)],
    program: buildProgramImage(casm),
  }
}
