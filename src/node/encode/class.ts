/**
 * A Sierra class as clients send and see it.
 */
import type { SierraClass, SierraEntryPoint } from '../../starknet/transaction.ts'
import { hex, hexes } from './felts.ts'

export function encodeClass({
  sierraProgram,
  contractClassVersion,
  entryPointsByType,
  abi,
}: SierraClass): object {
  return {
    sierra_program: hexes(sierraProgram),
    contract_class_version: contractClassVersion,
    entry_points_by_type: {
      CONSTRUCTOR: entryPointsByType.constructor.map(encodeEntryPoint),
      EXTERNAL: entryPointsByType.external.map(encodeEntryPoint),
      L1_HANDLER: entryPointsByType.l1Handler.map(encodeEntryPoint),
    },
    abi,
  }
}

function encodeEntryPoint({ selector, functionIdx }: SierraEntryPoint): object {
  return { selector: hex(selector), function_idx: functionIdx }
}
