/**
 * Estimates: what the bounds of each transaction of a list must hold, found by running it.
 *
 * Each is run without a limit, then with what it used as the limit; only if that does not suffice is the lowest limit
 * searched for that does.
 *
 * Accounts look at the version of a transaction, and another branch may cost a little more. What comes in the query form
 * will be sent in the other one, so it is run as both, and the dearer one counts.
 */
import { decodeOutcome } from '../starknet/decode-outcome.ts'
import { encodeTransaction } from '../starknet/encoded-transaction.ts'
import type { GasVector } from '../starknet/execution.ts'
import { OUTCOME, SUCCEEDED } from '../starknet/outcome.ts'
import { QUERY_VERSION, type ResourceBound, type Transaction } from '../starknet/transaction.ts'
import type { Draft } from './draft.ts'
import type { Measured, Unencoded } from './request.ts'

/** What one transaction may use when its own bounds do not say: the most that admission takes. */
const L1_GAS_LIMIT = 1n << 32n
const L2_GAS_LIMIT = 1_200_000_000n
/** An estimate that has to be searched for is exact to this much L2 gas. */
const SEARCH_STEP = 1_000_000n

/** Runs a list up to the first that does not succeed; of L2 gas each answer has a limit with which it succeeds. */
export function estimate(newDraft: () => Draft, transactions: Unencoded[]): Measured[] {
  const asked = measure(newDraft(), transactions)
  const isQuery = transactions.some(({ transaction }) => transaction.version >= QUERY_VERSION)
  const sent =
    isQuery && asked.every(hasSucceeded) ? measure(newDraft(), transactions.map(asSent)) : asked
  return asked.map(({ outcome, gas }, index) => {
    const other = sent[index]
    return { outcome, gas: other && hasSucceeded(other) ? dearer(gas, other.gas) : gas }
  })
}

/** Amounts of 0, as clients send them for simulations, replaced by the largest. */
export function withRoom(transaction: Transaction): Transaction {
  const { l1Gas, l2Gas, l1DataGas } = transaction.resourceBounds
  const amounts = [l1Gas, l2Gas, l1DataGas].map((bound) => bound?.maxAmount ?? 0n)
  return amounts.some((amount) => amount !== 0n)
    ? transaction
    : withAmounts(transaction, L1_GAS_LIMIT, L2_GAS_LIMIT)
}

/** What each transaction uses, and of L2 gas what it needs as a limit; up to the first that fails. */
function measure(draft: Draft, transactions: Unencoded[]): Measured[] {
  const measured: Measured[] = []
  for (const { transaction, hash, facts } of transactions) {
    const limitedTo = (l2Gas: bigint) =>
      encodeTransaction(withAmounts(transaction, L1_GAS_LIMIT, l2Gas), hash, facts)
    const fits = (limit: bigint): boolean => {
      const { outcome } = draft.run(limitedTo(limit))
      return isSuccess(outcome) && gasOf(outcome).l2Gas <= limit
    }
    const { outcome, keep } = draft.run(limitedTo(L2_GAS_LIMIT))
    const gas = gasOf(outcome)
    if (!isSuccess(outcome)) {
      measured.push({ outcome: outcome.slice(), gas })
      break
    }
    measured.push({
      outcome: outcome.slice(),
      gas: { ...gas, l2Gas: lowestLimit(gas.l2Gas, fits) },
    })
    keep()
  }
  return measured
}

function hasSucceeded({ outcome }: Measured): boolean {
  return isSuccess(outcome)
}

function isSuccess(outcome: Int32Array): boolean {
  return outcome[OUTCOME] === SUCCEEDED
}

function gasOf(outcome: Int32Array): GasVector {
  return decodeOutcome(outcome).gas
}

/** The transaction without the mark of a query, under the hash that was signed. */
function asSent(asked: Unencoded): Unencoded {
  const { version } = asked.transaction
  return { ...asked, transaction: { ...asked.transaction, version: version % QUERY_VERSION } }
}

function dearer(a: GasVector, b: GasVector): GasVector {
  const most = (x: bigint, y: bigint) => (x > y ? x : y)
  return {
    l1Gas: most(a.l1Gas, b.l1Gas),
    l1DataGas: most(a.l1DataGas, b.l1DataGas),
    l2Gas: most(a.l2Gas, b.l2Gas),
  }
}

/** The gas used if that suffices as a limit, else the lowest sufficient limit to within `SEARCH_STEP`. */
function lowestLimit(used: bigint, fits: (limit: bigint) => boolean): bigint {
  if (fits(used)) return used
  let tooLow = used
  let enough = L2_GAS_LIMIT
  while (enough - tooLow > SEARCH_STEP) {
    const middle = (tooLow + enough) / 2n
    if (fits(middle)) enough = middle
    else tooLow = middle
  }
  return enough
}

function withAmounts(transaction: Transaction, l1: bigint, l2: bigint): Transaction {
  const { l1Gas, l2Gas, l1DataGas } = transaction.resourceBounds
  const set = (bound: ResourceBound, maxAmount: bigint) => ({ ...bound, maxAmount })
  const resourceBounds = {
    l1Gas: set(l1Gas, l1),
    l2Gas: set(l2Gas, l2),
    l1DataGas: set(l1DataGas ?? l1Gas, l1),
  }
  return { ...transaction, resourceBounds }
}
