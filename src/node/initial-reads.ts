/**
 * What a list of executed transactions had to know beforehand: the cells that their calls touched, with the values of the
 * state before the first. Clients replay with it, without a copy of the state.
 *
 * A reverted transaction has no trace of its dropped part, so the reads of that part are not in the list.
 */
import type { CallTrace, TransactionExecution } from '../starknet/execution.ts'
import type { StateReader } from '../storage/chain-store.ts'
import { hex } from './encode/felts.ts'

/** `INITIAL_READS` of executions, valued by the state they started on. */
export function encodeInitialReads(
  executions: readonly TransactionExecution[],
  before: StateReader,
): object {
  const keys = new Map<bigint, Set<bigint>>()
  const contracts = new Set<bigint>()
  const classes = new Set<bigint>()
  const visit = (call: CallTrace) => {
    contracts.add(call.contractAddress)
    classes.add(call.classHash)
    let touched = keys.get(call.contractAddress)
    if (touched === undefined) keys.set(call.contractAddress, (touched = new Set()))
    for (const key of call.accessedStorageKeys) touched.add(key)
    call.calls.forEach(visit)
  }
  for (const { trace } of executions) {
    for (const call of [trace.validate, trace.execute, trace.feeTransfer]) if (call) visit(call)
  }
  const senders = new Set(executions.flatMap(({ stateDiff }) => [...stateDiff.nonces.keys()]))
  return {
    storage: ascending(keys.keys()).flatMap((address) =>
      ascending(keys.get(address)!).map((key) => ({
        contract_address: hex(address),
        key: hex(key),
        value: hex(before.storageAt(address, key)),
      })),
    ),
    nonces: ascending(senders).map((address) => ({
      contract_address: hex(address),
      nonce: hex(before.nonceAt(address)),
    })),
    class_hashes: ascending(contracts).map((address) => ({
      contract_address: hex(address),
      class_hash: hex(before.classHashAt(address)),
    })),
    declared_contracts: ascending(classes).map((classHash) => ({
      class_hash: hex(classHash),
      is_declared: before.compiledClassHashAt(classHash) !== 0n,
    })),
  }
}

function ascending(felts: Iterable<bigint>): bigint[] {
  return [...felts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}
