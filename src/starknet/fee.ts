/**
 * What gas costs: fees, the most that bounds allow, and the conversion of a gas vector into L1 gas for transactions that
 * bound nothing else. Fees are `bigint`: they are u128 and saturate there.
 */
import type { GasPrice } from './block-context.ts'
import { type Gas, L2_GAS_PER_L1_GAS } from './gas.ts'
import type { ResourceBounds } from './transaction.ts'

const U128_MAX = (1n << 128n) - 1n

/** Prices of a block in one unit. */
export interface GasPrices {
  l1Gas: bigint
  l1DataGas: bigint
  l2Gas: bigint
}

/** The prices of a block in fri, which version 3 pays, or wei. */
export function pricesOf(
  block: { l1GasPrice: GasPrice; l1DataGasPrice: GasPrice; l2GasPrice: GasPrice },
  unit: 'fri' | 'wei',
): GasPrices {
  return {
    l1Gas: block.l1GasPrice[unit],
    l1DataGas: block.l1DataGasPrice[unit],
    l2Gas: block.l2GasPrice[unit],
  }
}

/** Fee of gas at a block's prices; the tip is paid on L2 gas, 0 for versions without tip. */
export function feeOf(gas: Gas, prices: GasPrices, tip: bigint): bigint {
  return saturated(
    BigInt(gas.l1Gas) * prices.l1Gas +
      BigInt(gas.l1DataGas) * prices.l1DataGas +
      BigInt(gas.l2Gas) * (prices.l2Gas + tip),
  )
}

/** The most that a transaction can pay: what its sender must own. */
export function maximalFee(bounds: ResourceBounds, tip: bigint): bigint {
  const l1 = bounds.l1Gas.maxAmount * bounds.l1Gas.maxPricePerUnit
  const data = bounds.l1DataGas
  if (data === null) return saturated(l1)
  const l2 = bounds.l2Gas.maxAmount * (bounds.l2Gas.maxPricePerUnit + tip)
  return saturated(l1 + l2 + data.maxAmount * data.maxPricePerUnit)
}

/** A gas vector as L1 gas alone, for bounds without data gas. */
export function toL1Gas(gas: Gas, prices: GasPrices): bigint {
  const data = ceilingOf(BigInt(gas.l1DataGas) * prices.l1DataGas, prices.l1Gas)
  return BigInt(gas.l1Gas) + data + ceilingOf(BigInt(gas.l2Gas), BigInt(L2_GAS_PER_L1_GAS))
}

function ceilingOf(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}

function saturated(amount: bigint): bigint {
  return amount > U128_MAX ? U128_MAX : amount
}
