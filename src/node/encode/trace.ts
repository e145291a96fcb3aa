/**
 * Traces: the tree of calls of a transaction, what it changed and what it cost; and errors along a chain of calls.
 */
import type { CallError, CallTrace, TransactionExecution } from '../../starknet/execution.ts'
import type { Transaction } from '../../starknet/transaction.ts'
import { encodeStateDiff } from './block.ts'
import { encodeGas, hex, hexes } from './felts.ts'

/** The trace of an executed transaction; of a reverted one the execution is its reason. */
export function encodeTrace(type: Transaction['type'], execution: TransactionExecution): object {
  const { validate, execute, feeTransfer } = execution.trace
  return {
    type,
    ...(validate === null ? {} : { validate_invocation: encodeCall(validate) }),
    ...encodeExecution(type, execute, execution.reason),
    ...(feeTransfer === null ? {} : { fee_transfer_invocation: encodeCall(feeTransfer) }),
    state_diff: encodeStateDiff(execution.stateDiff),
    execution_resources: encodeGas(execution.gas),
  }
}

function encodeExecution(
  type: Transaction['type'],
  execute: CallTrace | null,
  reason: string | null,
): object {
  if (type === 'INVOKE') {
    return {
      execute_invocation: execute === null ? { revert_reason: reason ?? '' } : encodeCall(execute),
    }
  }
  if (type === 'DECLARE' || execute === null) return {}
  return { constructor_invocation: encodeCall(execute) }
}

function encodeCall(call: CallTrace): object {
  return {
    contract_address: hex(call.contractAddress),
    entry_point_selector: hex(call.entryPointSelector),
    calldata: hexes(call.calldata),
    caller_address: hex(call.callerAddress),
    class_hash: hex(call.classHash),
    entry_point_type: call.entryPointType,
    call_type: call.callType,
    result: hexes(call.result),
    calls: call.calls.map(encodeCall),
    events: call.events.map(({ order, keys, data }) => ({
      order,
      keys: hexes(keys),
      data: hexes(data),
    })),
    messages: call.messages.map(({ order, fromAddress, toAddress, payload }) => ({
      order,
      from_address: hex(fromAddress),
      to_address: hex(toAddress),
      payload: hexes(payload),
    })),
    execution_resources: { l1_gas: 0, l2_gas: Number(call.gasConsumed) },
    is_reverted: call.isReverted,
  }
}

/** An error nested along the calls that led to it. */
export function encodeCallError(error: CallError): unknown {
  if (typeof error === 'string') return error
  return {
    contract_address: hex(error.contractAddress),
    class_hash: hex(error.classHash),
    selector: hex(error.selector),
    error: encodeCallError(error.error),
  }
}
