/**
 * Executions that leave nothing behind: `call`, `simulate`, `estimate`, and the gateway's try-out of a submission.
 *
 * All run on the calling thread, on any state that can be read, with the sequential executor and a virtual machine of
 * their own. Several transactions run in order, each on what its predecessors left (`draft.ts`).
 */
import type { BlockContext, ExecutionFlags } from '../starknet/block-context.ts'
import { decodeCall } from '../starknet/decode-outcome.ts'
import { encodeBlockContext } from '../starknet/encoded-block-context.ts'
import { encodeCall, encodeTransaction } from '../starknet/encoded-transaction.ts'
import type { CallExecution, GasVector, TransactionExecution } from '../starknet/execution.ts'
import { QUERY_VERSION, type ResourceBound, type Transaction } from '../starknet/transaction.ts'
import type { StateReader, StoredClass } from '../storage/chain-store.ts'
import { Draft, type RunOn } from './draft.ts'
import { addressOf, factsOf } from './submissions.ts'

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

/** Runs transactions in order, up to the first that is rejected; bounds of 0 count as the largest ones. */
export async function simulate(
  run: RunOn,
  context: BlockContext,
  state: StateReader,
  transactions: SimulatedTransaction[],
  flags: ExecutionFlags,
): Promise<TransactionExecution[]> {
  const draft = new Draft(run, context, state, flags)
  const executions: TransactionExecution[] = []
  for (const simulated of transactions) {
    const execution = await draft.add(encode(simulated, withRoom(simulated.transaction)))
    executions.push(execution)
    if (execution.outcome === 'REJECTED') break
  }
  return executions
}

export interface Estimate {
  execution: TransactionExecution
  /** What the bounds must hold; of L2 gas a limit with which the transaction succeeds. */
  gas: GasVector
  fee: bigint
}

/**
 * Simulates without charging, up to the first that fails, and finds for each transaction the lowest L2 gas limit that
 * lets it succeed.
 *
 * Accounts look at the version of a transaction, and another branch may cost a little more. What comes in the query form
 * will be sent in the other one, so it is run as both, and the dearer one counts.
 */
export async function estimate(
  run: RunOn,
  context: BlockContext,
  state: StateReader,
  transactions: SimulatedTransaction[],
  flags: ExecutionFlags,
): Promise<Estimate[]> {
  const newDraft = () => new Draft(run, context, state, { ...flags, chargeFee: false })
  const asked = await measure(newDraft(), transactions)
  const isQuery = transactions.some(({ transaction }) => transaction.version >= QUERY_VERSION)
  const succeeded = asked.every(({ execution }) => execution.outcome === 'SUCCEEDED')
  const sent = isQuery && succeeded ? await measure(newDraft(), transactions.map(asSent)) : asked
  return asked.map(({ execution, gas }, index) => {
    const other = sent[index]
    const most = other?.execution.outcome === 'SUCCEEDED' ? dearer(gas, other.gas) : gas
    return { execution, gas: most, fee: feeOf(most, context, transactions[index]!.transaction.tip) }
  })
}

type Measured = Pick<Estimate, 'execution' | 'gas'>

/** What each transaction uses, and of L2 gas what it needs as a limit; up to the first that fails. */
async function measure(draft: Draft, transactions: SimulatedTransaction[]): Promise<Measured[]> {
  const measured: Measured[] = []
  for (const simulated of transactions) {
    const limitedTo = (l2Gas: bigint) =>
      encode(simulated, withAmounts(simulated.transaction, L1_GAS_LIMIT, l2Gas))
    const fits = async (limit: bigint): Promise<boolean> => {
      const { execution } = await draft.run(limitedTo(limit))
      const { outcome, gas } = execution
      return outcome === 'SUCCEEDED' && gas.l2Gas <= limit
    }
    const { execution, keep } = await draft.run(limitedTo(L2_GAS_LIMIT))
    if (execution.outcome !== 'SUCCEEDED') {
      measured.push({ execution, gas: execution.gas })
      break
    }
    const l2Gas = await lowestLimit(execution.gas.l2Gas, fits)
    measured.push({ execution, gas: { ...execution.gas, l2Gas } })
    keep()
  }
  return measured
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
async function lowestLimit(
  used: bigint,
  fits: (limit: bigint) => Promise<boolean>,
): Promise<bigint> {
  if (await fits(used)) return used
  let tooLow = used
  let enough = L2_GAS_LIMIT
  while (enough - tooLow > SEARCH_STEP) {
    const middle = (tooLow + enough) / 2n
    if (await fits(middle)) enough = middle
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
