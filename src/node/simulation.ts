/**
 * Executions that leave nothing behind: `call`, `simulate`, `estimate`, and the gateway's try-out of a submission.
 *
 * All run on the calling thread, on any state that can be read, with the sequential executor and a virtual machine of
 * their own. Several transactions run in order, each on what its predecessors left.
 */
import type { BlockInput, BlockResult } from '../executor/block.ts'
import type { BlockContext, ExecutionFlags } from '../starknet/block-context.ts'
import { decodeCall, decodeOutcome } from '../starknet/decode-outcome.ts'
import { encodeBlockContext } from '../starknet/encoded-block-context.ts'
import { encodeCall, encodeTransaction } from '../starknet/encoded-transaction.ts'
import type { CallExecution, GasVector, TransactionExecution } from '../starknet/execution.ts'
import type { ResourceBound, Transaction } from '../starknet/transaction.ts'
import type { StateReader, StoredClass } from '../storage/chain-store.ts'
import { addressOf, factsOf } from './submissions.ts'

/** Runs encoded transactions one by one on a state; nothing is kept. */
export type RunOn = (input: BlockInput, state: StateReader) => BlockResult

export interface SimulatedTransaction {
  transaction: Transaction
  hash: bigint
  declared: StoredClass | null
}

/** What one transaction may use when its own bounds do not say: the most that admission takes. */
const L1_GAS_LIMIT = 1n << 32n
const L2_GAS_LIMIT = 1_200_000_000n
/** An estimate that has to be searched for is exact to this much L2 gas. */
const SEARCH_STEP = 1_000_000n

/** Runs one entry point, as `starknet_call`. */
export function call(
  run: RunOn,
  context: BlockContext,
  state: StateReader,
  request: { contractAddress: bigint; entryPointSelector: bigint; calldata: bigint[] },
): CallExecution {
  const flags = { validate: false, chargeFee: false, strictNonce: false }
  const { results } = run(
    { constants: encodeBlockContext(context, flags), transactions: [encodeCall(request)] },
    state,
  )
  return decodeCall(results[0]!)
}

/** Runs transactions in order; bounds of 0 count as the largest ones. */
export function simulate(
  run: RunOn,
  context: BlockContext,
  state: StateReader,
  transactions: SimulatedTransaction[],
  flags: ExecutionFlags,
): TransactionExecution[] {
  const input = {
    constants: encodeBlockContext(context, flags),
    transactions: transactions.map((simulated) =>
      encode(simulated, withRoom(simulated.transaction)),
    ),
  }
  return run(input, state).results.map(decodeOutcome)
}

export interface Estimate {
  execution: TransactionExecution
  /** What the bounds must hold; of L2 gas a limit with which the transaction succeeds. */
  gas: GasVector
  fee: bigint
}

/** Simulates without charging, and finds for each transaction the lowest L2 gas limit that lets it succeed. */
export function estimate(
  run: RunOn,
  context: BlockContext,
  state: StateReader,
  transactions: SimulatedTransaction[],
  flags: ExecutionFlags,
): Estimate[] {
  const constants = encodeBlockContext(context, { ...flags, chargeFee: false })
  const encoded = transactions.map((simulated) =>
    encode(simulated, withAmounts(simulated.transaction, L1_GAS_LIMIT, L2_GAS_LIMIT)),
  )
  const executions = run({ constants, transactions: encoded }, state).results.map(decodeOutcome)
  return executions.map((execution, index) => {
    const simulated = transactions[index]!
    const fits = (limit: bigint): boolean => {
      const tried = [...encoded.slice(0, index)]
      tried.push(encode(simulated, withAmounts(simulated.transaction, L1_GAS_LIMIT, limit)))
      const result = decodeOutcome(run({ constants, transactions: tried }, state).results[index]!)
      return result.outcome === execution.outcome && result.gas.l2Gas <= limit
    }
    const l2Gas =
      execution.outcome === 'SUCCEEDED'
        ? lowestLimit(execution.gas.l2Gas, fits)
        : execution.gas.l2Gas
    const gas = { ...execution.gas, l2Gas }
    const fee =
      gas.l1Gas * context.l1GasPrice.fri +
      gas.l1DataGas * context.l1DataGasPrice.fri +
      gas.l2Gas * (context.l2GasPrice.fri + simulated.transaction.tip)
    return { execution, gas, fee }
  })
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

function encode({ hash, declared }: SimulatedTransaction, transaction: Transaction): Int32Array {
  return encodeTransaction(
    transaction,
    hash,
    factsOf(transaction, addressOf(transaction), declared),
  )
}

/** Amounts of 0, as clients send them for estimates, replaced by the largest. */
function withRoom(transaction: Transaction): Transaction {
  const { l1Gas, l2Gas, l1DataGas } = transaction.resourceBounds
  const amounts = [l1Gas, l2Gas, l1DataGas].map((bound) => bound?.maxAmount ?? 0n)
  return amounts.some((amount) => amount !== 0n)
    ? transaction
    : withAmounts(transaction, L1_GAS_LIMIT, L2_GAS_LIMIT)
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
