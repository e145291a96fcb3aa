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
import { QUERY_VERSION, type ResourceBound, type Transaction } from '../starknet/transaction.ts'
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

/**
 * Simulates without charging, and finds for each transaction the lowest L2 gas limit that lets it succeed.
 *
 * Accounts look at the version of a transaction, and another branch may cost a little more. What comes in the query form
 * will be sent in the other one, so it is run as both, and the dearer one counts.
 */
export function estimate(
  run: RunOn,
  context: BlockContext,
  state: StateReader,
  transactions: SimulatedTransaction[],
  flags: ExecutionFlags,
): Estimate[] {
  const constants = encodeBlockContext(context, { ...flags, chargeFee: false })
  const runOn = (encoded: Int32Array[]) =>
    run({ constants, transactions: encoded }, state).results.map(decodeOutcome)
  const asked = measure(runOn, transactions)
  const isQuery = transactions.some(({ transaction }) => transaction.version >= QUERY_VERSION)
  const sent = isQuery ? measure(runOn, transactions.map(asSent)) : asked
  return asked.map(({ execution, gas }, index) => {
    const other = sent[index]!
    const most = other.execution.outcome === 'SUCCEEDED' ? dearer(gas, other.gas) : gas
    return { execution, gas: most, fee: feeOf(most, context, transactions[index]!.transaction.tip) }
  })
}

type Measured = Pick<Estimate, 'execution' | 'gas'>

/** What each transaction uses, and of L2 gas what it needs as a limit. */
function measure(
  runOn: (encoded: Int32Array[]) => TransactionExecution[],
  transactions: SimulatedTransaction[],
): Measured[] {
  const encoded = transactions.map((simulated) =>
    encode(simulated, withAmounts(simulated.transaction, L1_GAS_LIMIT, L2_GAS_LIMIT)),
  )
  return runOn(encoded).map((execution, index) => {
    const simulated = transactions[index]!
    if (execution.outcome !== 'SUCCEEDED') return { execution, gas: execution.gas }
    const fits = (limit: bigint): boolean => {
      const tried = [...encoded.slice(0, index)]
      tried.push(encode(simulated, withAmounts(simulated.transaction, L1_GAS_LIMIT, limit)))
      const result = runOn(tried)[index]!
      return result.outcome === 'SUCCEEDED' && result.gas.l2Gas <= limit
    }
    const l2Gas = lowestLimit(execution.gas.l2Gas, fits)
    return { execution, gas: { ...execution.gas, l2Gas } }
  })
}

/** The transaction without the mark of a query, under the hash that was signed. */
function asSent(simulated: SimulatedTransaction): SimulatedTransaction {
  const { version } = simulated.transaction
  const transaction = { ...simulated.transaction, version: version % QUERY_VERSION }
  return { ...simulated, transaction }
}

function dearer(a: GasVector, b: GasVector): GasVector {
  const most = (x: bigint, y: bigint) => (x > y ? x : y)
  return {
    l1Gas: most(a.l1Gas, b.l1Gas),
    l1DataGas: most(a.l1DataGas, b.l1DataGas),
    l2Gas: most(a.l2Gas, b.l2Gas),
  }
}

/** Fee of an amount of gas at a block's prices; the tip is paid per unit of L2 gas. */
export function feeOf(gas: GasVector, context: BlockContext, tip: bigint): bigint {
  return (
    gas.l1Gas * context.l1GasPrice.fri +
    gas.l1DataGas * context.l1DataGasPrice.fri +
    gas.l2Gas * (context.l2GasPrice.fri + tip)
  )
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
