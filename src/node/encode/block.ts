/**
 * Block headers, closed and being filled, and what a block changed.
 */
import type { Block } from '../../starknet/block.ts'
import type { BlockContext, GasPrice } from '../../starknet/block-context.ts'
import type { StateDiff } from '../../starknet/execution.ts'
import { hex } from './felts.ts'

/** Status and header of a closed block. */
export function encodeHeader({ header }: Block): object {
  return {
    status: 'ACCEPTED_ON_L2',
    block_hash: hex(header.blockHash),
    parent_hash: hex(header.parentHash),
    new_root: hex(header.newRoot),
    ...encodeContext(header),
    transaction_commitment: hex(header.transactionCommitment),
    event_commitment: hex(header.eventCommitment),
    receipt_commitment: hex(header.receiptCommitment),
    state_diff_commitment: hex(header.stateDiffCommitment),
    transaction_count: header.transactionCount,
    event_count: header.eventCount,
    state_diff_length: header.stateDiffLength,
  }
}

/** Header of the block being filled: what is fixed before its first transaction. */
export function encodeContext(context: BlockContext): object {
  return {
    block_number: context.number,
    timestamp: context.timestamp,
    sequencer_address: hex(context.sequencerAddress),
    l1_gas_price: encodePrice(context.l1GasPrice),
    l1_data_gas_price: encodePrice(context.l1DataGasPrice),
    l2_gas_price: encodePrice(context.l2GasPrice),
    l1_da_mode: context.useKzgDa ? 'BLOB' : 'CALLDATA',
    starknet_version: context.starknetVersion,
  }
}

function encodePrice({ wei, fri }: GasPrice): object {
  return { price_in_wei: hex(wei), price_in_fri: hex(fri) }
}

/** A state diff; with `only`, of those contracts (class declarations are kept). */
export function encodeStateDiff(diff: StateDiff, only: ReadonlySet<bigint> | null = null): object {
  const storage = entries(diff.storage, only)
  return {
    storage_diffs: storage.map(([address, cells]) => ({
      address: hex(address),
      storage_entries: pairs(cells, null, 'key', 'value'),
    })),
    deprecated_declared_classes: [],
    declared_classes: pairs(diff.declaredClasses, null, 'class_hash', 'compiled_class_hash'),
    migrated_compiled_classes: pairs(
      diff.migratedCompiledClasses,
      null,
      'class_hash',
      'compiled_class_hash',
    ),
    deployed_contracts: pairs(diff.deployedContracts, only, 'address', 'class_hash'),
    replaced_classes: pairs(diff.replacedClasses, only, 'contract_address', 'class_hash'),
    nonces: pairs(diff.nonces, only, 'contract_address', 'nonce'),
  }
}

function pairs(
  map: Map<bigint, bigint>,
  only: ReadonlySet<bigint> | null,
  keyName: string,
  valueName: string,
): object[] {
  return entries(map, only).map(([key, value]) => ({
    [keyName]: hex(key),
    [valueName]: hex(value),
  }))
}

function entries<T>(map: Map<bigint, T>, only: ReadonlySet<bigint> | null): [bigint, T][] {
  return [...map].filter(([key]) => only === null || only.has(key))
}
