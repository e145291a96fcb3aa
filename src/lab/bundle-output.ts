/**
 * What became of a bundle's block, in the JSON that the real Blockifier's command line prints, so that the two compare
 * field by field. Numbers are hexadecimal where they are felts, and amounts of gas plain.
 */
import { formatFelt } from '../felt/felt.ts'
import type { DecodedExecution } from '../starknet/decode-outcome.ts'
import type { CallTrace, GasVector, StateDiff } from '../starknet/execution.ts'
import { messageSegmentLength, overheadOf } from '../starknet/gas.ts'
import {
  resourceNames,
  type VmResources,
  versionedConstants,
} from '../starknet/versioned-constants.ts'
import type { Bundle } from './bundle.ts'

type Json = Record<string, unknown>

/** One transaction of the output. */
export function transactionOutput(
  bundle: Bundle,
  index: number,
  execution: DecodedExecution,
): Json {
  const { hash, type } = bundle.transactions[index]!
  const head = {
    transaction_hash: formatFelt(hash),
    type,
    outcome: execution.outcome.toLowerCase(),
  }
  if (execution.outcome === 'REJECTED') return { ...head, error: execution.reason }
  return {
    ...head,
    actual_fee: formatFelt(execution.actualFee),
    fee_unit: type === 'L1_HANDLER' ? 'WEI' : 'FRI',
    gas: gas(execution.gas),
    da_gas: gas(execution.daGas),
    resources: resources(bundle, execution),
    events: execution.events.map((event) => ({
      from_address: formatFelt(event.fromAddress),
      keys: felts(event.keys),
      data: felts(event.data),
    })),
    messages_sent: execution.messages.map((message) => ({
      from_address: formatFelt(message.fromAddress),
      to_address: formatFelt(message.toAddress),
      payload: felts(message.payload),
    })),
    state_diff: stateDiff(againstBlock(bundle, execution.stateDiff)),
    ...(execution.reason === null ? {} : { revert_reason: execution.reason }),
    trace: trace(type, execution),
  }
}

/** A diff in the shape of the output. */
export function stateDiff(diff: StateDiff): Json {
  const storage = [...diff.storage].map(([address, cells]) => [formatFelt(address), entries(cells)])
  return {
    storage: Object.fromEntries(storage),
    nonces: entries(diff.nonces),
    deployed_contracts: entries(diff.deployedContracts),
    replaced_classes: entries(diff.replacedClasses),
    declared_classes: entries(diff.declaredClasses),
    migrated_compiled_classes: entries(diff.migratedCompiledClasses),
  }
}

/** The output tells deployed from replaced by the state before the block, not before the transaction. */
function againstBlock({ state }: Bundle, diff: StateDiff): StateDiff {
  const deployedContracts = new Map<bigint, bigint>()
  const replacedClasses = new Map<bigint, bigint>()
  for (const [address, classHash] of [...diff.deployedContracts, ...diff.replacedClasses]) {
    const map = state.deployedContracts.has(address) ? replacedClasses : deployedContracts
    map.set(address, classHash)
  }
  return { ...diff, deployedContracts, replacedClasses }
}

function resources({ context }: Bundle, { work }: DecodedExecution): Json {
  const { changes } = work
  const os = overheadOf(work, versionedConstants(context.starknetVersion), context.useKzgDa)
  return {
    vm: vm(work.vm),
    os_vm: vm(os),
    reverted_steps: work.revertedSteps,
    sierra_gas: work.sierraGas,
    reverted_sierra_gas: work.revertedSierraGas,
    calldata_length: work.calldataLength,
    signature_length: work.signatureLength,
    code_size: work.codeSize,
    message_segment_length: messageSegmentLength(work),
    events: { keys: work.eventKeys, data: work.eventData },
    state_changes: {
      storage_updates: changes.storage,
      class_hash_updates: changes.classHashes,
      compiled_class_hash_updates: changes.compiledClassHashes,
      modified_contracts: changes.contracts,
      allocated_keys: changes.allocated,
    },
  }
}

function trace(
  type: string,
  { trace: { validate, execute, feeTransfer } }: DecodedExecution,
): Json {
  const executed =
    type === 'DEPLOY_ACCOUNT'
      ? 'constructor_invocation'
      : type === 'L1_HANDLER'
        ? 'function_invocation'
        : 'execute_invocation'
  return {
    ...(validate && { validate_invocation: call(validate) }),
    ...(execute && { [executed]: call(execute) }),
    ...(feeTransfer && { fee_transfer_invocation: call(feeTransfer) }),
  }
}

function call(trace: CallTrace): Json {
  return {
    contract_address: formatFelt(trace.contractAddress),
    class_hash: formatFelt(trace.classHash),
    entry_point_type: trace.entryPointType,
    entry_point_selector: formatFelt(trace.entryPointSelector),
    calldata: felts(trace.calldata),
    caller_address: formatFelt(trace.callerAddress),
    call_type: trace.callType,
    initial_gas: Number(trace.initialGas),
    gas_consumed: Number(trace.gasConsumed),
    is_reverted: trace.isReverted,
    result: felts(trace.result),
    events: trace.events.map(({ order, keys, data }) => ({
      order,
      keys: felts(keys),
      data: felts(data),
    })),
    messages: trace.messages.map(({ order, toAddress, payload }) => ({
      order,
      to_address: formatFelt(toAddress),
      payload: felts(payload),
    })),
    tracked_resource: trace.trackedResource,
    vm: {
      steps: trace.steps,
      memory_holes: trace.memoryHoles,
      builtins: asJudged(trace.vmBuiltins),
    },
    builtins: asJudged(trace.builtins),
    syscalls: trace.syscalls,
    accessed_storage_keys: felts(trace.accessedStorageKeys),
    calls: trace.calls.map(call),
  }
}

function vm({ steps, memoryHoles, builtins }: VmResources): Json {
  const used: Record<string, number> = {}
  resourceNames.forEach((name, index) => {
    if (builtins[index]! > 0) used[name] = builtins[index]!
  })
  return { steps, memory_holes: memoryHoles, builtins: asJudged(used) }
}

/** The Blockifier calls the counter of Blake2s instructions otherwise. */
function asJudged({ blake, ...builtins }: Record<string, number>): Record<string, number> {
  return blake === undefined ? builtins : { ...builtins, blake_opcode: blake }
}

function gas({ l1Gas, l1DataGas, l2Gas }: GasVector): Json {
  return { l1_gas: Number(l1Gas), l1_data_gas: Number(l1DataGas), l2_gas: Number(l2Gas) }
}

function entries(map: Map<bigint, bigint>): Record<string, string> {
  return Object.fromEntries([...map].map(([key, value]) => [formatFelt(key), formatFelt(value)]))
}

function felts(list: bigint[]): string[] {
  return list.map(formatFelt)
}
