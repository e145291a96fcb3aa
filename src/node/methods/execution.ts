/** Methods that execute without keeping anything, and traces of what was executed. */
import { admissionLimits, refuseLengths } from '../../starknet/admission.ts'
import type { BlockContext } from '../../starknet/block-context.ts'
import type { GasVector, TransactionExecution } from '../../starknet/execution.ts'
import { findBlock, findState } from '../block-id.ts'
import type { NodeContext } from '../context.ts'
import {
  decodeBlockId,
  decodeFelt,
  decodeFelts,
  decodeFlags,
  decodeList,
  Members,
  refuse,
} from '../decode.ts'
import { type Broadcasted, decodeBroadcasted } from '../decode-transaction.ts'
import { hex, hexes } from '../encode/felts.ts'
import { encodeCallError, encodeTrace } from '../encode/trace.ts'
import { hasEntryPoint } from '../entry-points.ts'
import {
  CONTRACT_ERROR,
  CONTRACT_NOT_FOUND,
  ENTRYPOINT_NOT_FOUND,
  NO_TRACE_AVAILABLE,
  refusal,
  TRANSACTION_EXECUTION_ERROR,
  TXN_HASH_NOT_FOUND,
} from '../errors.ts'
import { encodeInitialReads } from '../initial-reads.ts'
import type { Method } from '../json-rpc.ts'
import { readCallError } from '../revert-reason.ts'
import { feeOf } from '../simulations.ts'

const decodeEstimateFlags = decodeFlags('SKIP_VALIDATE')
const decodeSimulationFlags = decodeFlags(
  'SKIP_VALIDATE',
  'SKIP_FEE_CHARGE',
  'RETURN_INITIAL_READS',
)
const decodeTraceFlags = decodeFlags('RETURN_INITIAL_READS')
const decodeAll = decodeList(decodeBroadcasted)

export function executionMethods({ chain }: NodeContext): Record<string, Method> {
  return {
    starknet_call: {
      parameters: ['request', 'block_id'],
      answer: async (parameters, caller) => {
        const request = parameters.get('request', decodeCall)
        const at = findState(chain, parameters.get('block_id', decodeBlockId))
        const classHash = chain.stateOf(at).classHashAt(request.contractAddress)
        if (classHash === 0n) throw refusal(CONTRACT_NOT_FOUND)
        const known = chain.classByHash(classHash)
        if (known !== null && !hasEntryPoint(known, request.entryPointSelector)) {
          throw refusal(ENTRYPOINT_NOT_FOUND)
        }
        const execution = await chain.call(request, at, caller.signal)
        if (execution.succeeded) return hexes(execution.result)
        const error = execution.error ?? `0x${execution.result.map((felt) => felt.toString(16))}`
        throw refusal(CONTRACT_ERROR, { revert_error: encodeCallError(error) })
      },
    },
    starknet_estimateFee: {
      parameters: ['request', 'simulation_flags', 'block_id'],
      answer: async (parameters, caller) => {
        const transactions = parameters.get('request', decodeSimulated)
        const flags = parameters.get('simulation_flags', decodeEstimateFlags)
        const at = findState(chain, parameters.get('block_id', decodeBlockId))
        const wanted = { skipValidate: flags.has('SKIP_VALIDATE'), skipFeeCharge: true }
        const found = await chain.estimate(transactions, at, wanted, caller.signal)
        const { estimates, before } = found
        refuseFailures(
          estimates.map(({ execution }) => execution),
          ['REJECTED', 'REVERTED'],
        )
        return estimates.map(({ gas }, index) =>
          encodeEstimate(gas, transactions[index]!.transaction.tip, before.context),
        )
      },
    },
    starknet_simulateTransactions: {
      parameters: ['block_id', 'transactions', 'simulation_flags'],
      answer: async (parameters, caller) => {
        const at = findState(chain, parameters.get('block_id', decodeBlockId))
        const transactions = parameters.get('transactions', decodeSimulated)
        const flags = parameters.get('simulation_flags', decodeSimulationFlags)
        // Some clients ask for initial reads under the name that traces of blocks have for it.
        const traceFlags = parameters.optional('trace_flags', decodeTraceFlags, new Set())
        const wanted = {
          skipValidate: flags.has('SKIP_VALIDATE'),
          skipFeeCharge: flags.has('SKIP_FEE_CHARGE'),
        }
        const found = await chain.simulate(transactions, at, wanted, caller.signal)
        const { executions, before } = found
        refuseFailures(executions, ['REJECTED'])
        const simulated = executions.map((execution, index) => {
          const { type, tip } = transactions[index]!.transaction
          return {
            transaction_trace: encodeTrace(type, execution),
            fee_estimation: encodeEstimate(execution.gas, tip, before.context),
          }
        })
        if (!flags.has('RETURN_INITIAL_READS') && traceFlags.size === 0) return simulated
        return {
          simulated_transactions: simulated,
          initial_reads: encodeInitialReads(executions, before.state),
        }
      },
    },
    starknet_traceTransaction: {
      parameters: ['transaction_hash'],
      answer: (parameters) => {
        const hash = parameters.get('transaction_hash', decodeFelt)
        const stage = chain.stageOf(hash)
        if (stage === null && chain.rejectionOf(hash) !== null) {
          throw refusal(NO_TRACE_AVAILABLE, { status: 'REJECTED' })
        }
        if (stage === null) throw refusal(TXN_HASH_NOT_FOUND)
        if (!('included' in stage)) throw refusal(NO_TRACE_AVAILABLE, { status: 'RECEIVED' })
        return encodeTrace(stage.included.transaction.type, stage.included.execution())
      },
    },
    starknet_traceBlockTransactions: {
      parameters: ['block_id', 'trace_flags'],
      answer: (parameters) => {
        const block = findBlock(chain, parameters.get('block_id', decodeClosedBlockId))!
        const flags = parameters.optional('trace_flags', decodeTraceFlags, new Set())
        const traces = block.transactions.map((included) => ({
          transaction_hash: hex(included.hash),
          trace_root: encodeTrace(included.transaction.type, included.execution()),
        }))
        if (flags.size === 0) return traces
        const executions = block.transactions.map((included) => included.execution())
        const { number } = block.header
        // Genesis executes nothing, so there is always a block before one with transactions.
        const initialReads =
          executions.length === 0 ? {} : encodeInitialReads(executions, chain.stateOf(number - 1))
        return { traces, initial_reads: initialReads }
      },
    },
  }
}

function decodeCall(value: unknown, path: string) {
  const members = new Members(value, path)
  return {
    contractAddress: members.get('contract_address', decodeFelt),
    entryPointSelector: members.get('entry_point_selector', decodeFelt),
    calldata: members.get('calldata', decodeFelts),
  }
}

/** Transactions to run, none longer than the sequencer would take. */
function decodeSimulated(value: unknown, path: string): Broadcasted[] {
  const list = decodeAll(value, path)
  list.forEach(({ transaction }, index) => {
    const tooLong = refuseLengths(transaction, admissionLimits)
    if (tooLong === null) return
    const data = { transaction_index: index, execution_error: tooLong.data }
    throw refusal(TRANSACTION_EXECUTION_ERROR, data)
  })
  return list
}

function decodeClosedBlockId(value: unknown, path: string) {
  if (value === 'pre_confirmed') refuse(path, 'a closed block', value)
  return decodeBlockId(value, path)
}

/** Refuses a list of which one went wrong in one of these ways, naming the first that did. */
function refuseFailures(
  executions: readonly TransactionExecution[],
  failures: readonly TransactionExecution['outcome'][],
): void {
  const index = executions.findIndex(({ outcome }) => failures.includes(outcome))
  if (index < 0) return
  const error = encodeCallError(readCallError(executions[index]!.reason ?? ''))
  throw refusal(TRANSACTION_EXECUTION_ERROR, { transaction_index: index, execution_error: error })
}

function encodeEstimate(gas: GasVector, tip: bigint, context: BlockContext): object {
  return {
    l1_gas_consumed: hex(gas.l1Gas),
    l1_gas_price: hex(context.l1GasPrice.fri),
    l1_data_gas_consumed: hex(gas.l1DataGas),
    l1_data_gas_price: hex(context.l1DataGasPrice.fri),
    l2_gas_consumed: hex(gas.l2Gas),
    l2_gas_price: hex(context.l2GasPrice.fri),
    overall_fee: hex(feeOf(gas, context, tip)),
    unit: 'FRI',
  }
}
