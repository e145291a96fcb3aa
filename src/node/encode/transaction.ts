/**
 * Transactions of version 3 and their receipts.
 */
import type { IncludedTransaction } from '../../starknet/block.ts'
import type { ResourceBound, Transaction } from '../../starknet/transaction.ts'
import { encodeGas, hex, hexes } from './felts.ts'

/** A transaction without its hash; proof facts only where they were asked for. */
export function encodeTransaction(transaction: Transaction, withProofFacts: boolean): object {
  const common = {
    type: transaction.type,
    version: hex(transaction.version),
    signature: hexes(transaction.signature),
    nonce: hex(transaction.nonce),
    resource_bounds: {
      l1_gas: encodeBound(transaction.resourceBounds.l1Gas),
      l1_data_gas: encodeBound(transaction.resourceBounds.l1DataGas),
      l2_gas: encodeBound(transaction.resourceBounds.l2Gas),
    },
    tip: hex(transaction.tip),
    paymaster_data: hexes(transaction.paymasterData),
    nonce_data_availability_mode: transaction.nonceDataAvailabilityMode,
    fee_data_availability_mode: transaction.feeDataAvailabilityMode,
  }
  switch (transaction.type) {
    case 'INVOKE':
      return {
        ...common,
        sender_address: hex(transaction.senderAddress),
        calldata: hexes(transaction.calldata),
        account_deployment_data: hexes(transaction.accountDeploymentData),
        ...(withProofFacts ? { proof_facts: hexes(transaction.proofFacts) } : {}),
      }
    case 'DECLARE':
      return {
        ...common,
        sender_address: hex(transaction.senderAddress),
        class_hash: hex(transaction.classHash),
        compiled_class_hash: hex(transaction.compiledClassHash),
        account_deployment_data: hexes(transaction.accountDeploymentData),
      }
    case 'DEPLOY_ACCOUNT':
      return {
        ...common,
        class_hash: hex(transaction.classHash),
        contract_address_salt: hex(transaction.contractAddressSalt),
        constructor_calldata: hexes(transaction.constructorCalldata),
      }
  }
}

function encodeBound(bound: ResourceBound | null): object {
  return {
    max_amount: hex(bound?.maxAmount ?? 0n),
    max_price_per_unit: hex(bound?.maxPricePerUnit ?? 0n),
  }
}

export type Finality = 'PRE_CONFIRMED' | 'ACCEPTED_ON_L2'

/** What a transaction did, without the block it is in. */
export function encodeReceipt(included: IncludedTransaction, finality: Finality): object {
  const execution = included.execution()
  const address = included.contractAddress
  return {
    type: included.transaction.type,
    transaction_hash: hex(included.hash),
    ...(included.transaction.type === 'DEPLOY_ACCOUNT' && address !== null
      ? { contract_address: hex(address) }
      : {}),
    actual_fee: { amount: hex(execution.actualFee), unit: 'FRI' },
    finality_status: finality,
    execution_status: execution.outcome,
    ...(execution.outcome === 'REVERTED' ? { revert_reason: execution.reason ?? '' } : {}),
    messages_sent: execution.messages.map((message) => ({
      from_address: hex(message.fromAddress),
      to_address: hex(message.toAddress),
      payload: hexes(message.payload),
    })),
    events: execution.events.map((event) => ({
      from_address: hex(event.fromAddress),
      keys: hexes(event.keys),
      data: hexes(event.data),
    })),
    execution_resources: encodeGas(execution.gas),
  }
}
