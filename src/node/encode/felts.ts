/**
 * Numbers as JSON-RPC writes them: felts in lower-case hex without leading zeros, gas of receipts as JSON integers.
 */
import { formatFelt } from '../../felt/felt.ts'
import type { GasVector } from '../../starknet/execution.ts'

export const hex = formatFelt

export function hexes(felts: readonly bigint[]): string[] {
  return felts.map(hex)
}

/** `execution_resources` of a receipt or a trace. */
export function encodeGas({ l1Gas, l1DataGas, l2Gas }: GasVector): object {
  return { l1_gas: Number(l1Gas), l1_data_gas: Number(l1DataGas), l2_gas: Number(l2Gas) }
}
