/**
 * What must hold before anything of an account transaction runs: nonce, bounds, balance, proof facts. Whoever fails here
 * has no place in the block.
 */
import { CELL_WORDS, readCellWords, writeCell } from '../felt/cell.ts'
import { NONCE } from '../state/location.ts'
import type { TransactionKind } from './constants-table.ts'
import { FIELD_SENDER, fieldOffset } from './encoded-transaction.ts'
import type { RejectionKind } from './execution.ts'
import { toL1Gas } from './fee.ts'
import { type Gas, minimalGas } from './gas.ts'
import { checkProofFacts } from './proof-facts.ts'
import { longHex } from './revert-reason.ts'
import type { Run } from './run.ts'
import type { ResourceBounds } from './transaction.ts'
import type { TransactionInput } from './transaction-input.ts'

/** A check that failed, or BLOCKED: a value is not known yet. */
export interface Refusal {
  kind: RejectionKind
  text: string
}

export const BLOCKED = 'blocked'

/** Slots of a 256-bit balance. */
export interface BalanceSlots {
  low: number
  high: number
}

/** Checks and raises the sender's nonce. */
export function takeNonce(run: Run, input: TransactionInput): Refusal | typeof BLOCKED | null {
  const sender = fieldOffset(FIELD_SENDER)
  const slot = run.plainSlot(input.words, sender, NONCE)
  if (!run.state.load(slot)) return BLOCKED
  const nonce = run.state.felt(slot)
  const isRight = run.block.flags.strictNonce ? nonce === input.nonce : nonce <= input.nonce
  if (!isRight) {
    const address = longHex(readCellWords(input.words, sender))
    const text =
      `Invalid transaction nonce of contract at address ${address}. ` +
      `Account nonce: ${longHex(nonce)}; got: ${longHex(input.nonce)}.`
    return { kind: 'nonce', text }
  }
  writeCell(scratchLongs, 0, nonce + 1n)
  run.state.write(slot, scratch, 0)
  return null
}

/** Checks that the bounds cover the least the transaction can cost, and the block's prices. */
export function checkBounds(
  run: Run,
  input: TransactionInput,
  kind: TransactionKind,
  calldataLength: number,
): Refusal | null {
  const { prices } = run.block
  const { bounds } = input
  const least = leastGas(run, input, kind, calldataLength)
  const failures: string[] = []
  const { l1Gas, l2Gas, l1DataGas } = bounds
  if (l1DataGas === null) {
    const amount = toL1Gas(least, prices)
    checkBound(failures, 'L1Gas', l1Gas.maxAmount, amount, l1Gas.maxPricePerUnit, prices.l1Gas)
  } else {
    const check = (name: string, bound: typeof l1Gas, amount: number, price: bigint) =>
      checkBound(failures, name, bound.maxAmount, BigInt(amount), bound.maxPricePerUnit, price)
    check('L1Gas', l1Gas, least.l1Gas, prices.l1Gas)
    check('L1DataGas', l1DataGas, least.l1DataGas, prices.l1DataGas)
    check('L2Gas', l2Gas, least.l2Gas, prices.l2Gas)
  }
  if (failures.length === 0) return null
  const text = `Resource bounds were not satisfied: ${failures.join('\n')}`
  return { kind: 'bounds', text }
}

/** The minimal gas, which most transactions of a block share. */
function leastGas(
  run: Run,
  { mode }: TransactionInput,
  kind: TransactionKind,
  calldataLength: number,
): Gas {
  const { constants, context, leastGas: known } = run.block
  const key = `${kind} ${mode} ${calldataLength}`
  let least = known.get(key)
  if (least === undefined) {
    least = minimalGas(kind, calldataLength, constants, mode, context.useKzgDa)
    known.set(key, least)
  }
  return least
}

/** Checks that the sender owns the most it may have to pay. */
export function checkBalance(
  run: Run,
  bounds: ResourceBounds,
  slots: BalanceSlots,
  maximalFee: bigint,
): Refusal | typeof BLOCKED | null {
  const { state } = run
  if (!state.load(slots.low) || !state.load(slots.high)) return BLOCKED
  const { low, high } = balanceOf(run, slots)
  if (high > 0n || low >= maximalFee) return null
  const balance = (high << 128n) + low
  const { l1Gas, l2Gas, l1DataGas } = bounds
  if (l1DataGas === null) {
    const { maxAmount, maxPricePerUnit } = l1Gas
    const text =
      `Resource L1Gas bounds (max amount: ${maxAmount}, max price): ${maxPricePerUnit}) ` +
      `exceed balance (${balance}).`
    return { kind: 'balance', text }
  }
  const bound = ({ maxAmount, maxPricePerUnit }: typeof l1Gas) =>
    `{ max_amount: ${maxAmount}, max_price_per_unit: ${maxPricePerUnit} }`
  const text =
    `Resources bounds ({ l1_gas: ${bound(l1Gas)}, l2_gas: ${bound(l2Gas)}, ` +
    `l1_data_gas: ${bound(l1DataGas)} }) exceed balance (${balance}).`
  return { kind: 'balance', text }
}

/** Checks the facts that a client-side proof rests on. */
export function checkFacts(run: Run, input: TransactionInput): Refusal | typeof BLOCKED | null {
  return input.proofFactsCount === 0 ? null : checkProofFacts(run, input)
}

/** The balance in two loaded slots. */
export function balanceOf(run: Run, slots: BalanceSlots): { low: bigint; high: bigint } {
  return { low: run.state.felt(slots.low), high: run.state.felt(slots.high) }
}

function checkBound(
  failures: string[],
  name: string,
  amount: bigint,
  leastAmount: bigint,
  price: bigint,
  actualPrice: bigint,
): void {
  if (amount < leastAmount) {
    failures.push(
      `Max ${name} amount (${amount}) is lower than the minimal gas amount: ${leastAmount}.`,
    )
  }
  if (price < actualPrice) {
    failures.push(
      `Max ${name} price (${price}) is lower than the actual gas price: ${actualPrice}.`,
    )
  }
}

const scratch = new Int32Array(CELL_WORDS)
const scratchLongs = new BigUint64Array(scratch.buffer)
