/**
 * Writes a bundle down in the oracle's format, so that the Rust Blockifier executes the identical block.
 */
import { decodeShortString, formatFelt } from '../felt/felt.ts'
import type { ResourceBound, Transaction } from '../starknet/transaction.ts'
import type { Bundle } from './bundle.ts'

/** The bundle as JSON: classes inline as CASM, all felts as hex. */
export function bundleJson(bundle: Bundle, description: string): Record<string, unknown> {
  const { context, state, oldBlockHash } = bundle
  const price = ({ fri, wei }: { fri: bigint; wei: bigint }) => ({
    fri: formatFelt(fri),
    wei: formatFelt(wei),
  })
  const addresses = new Set([
    ...state.deployedContracts.keys(),
    ...state.storage.keys(),
    ...state.nonces.keys(),
  ])
  return {
    description,
    chain_id: decodeShortString(context.chainId),
    starknet_version: context.starknetVersion,
    block: {
      number: context.number,
      timestamp: context.timestamp,
      sequencer_address: formatFelt(context.sequencerAddress),
      l1_gas_price: price(context.l1GasPrice),
      l1_data_gas_price: price(context.l1DataGasPrice),
      l2_gas_price: price(context.l2GasPrice),
      use_kzg_da: context.useKzgDa,
    },
    fee_tokens: { strk: formatFelt(context.strkAddress), eth: formatFelt(context.ethAddress) },
    old_block_hash:
      oldBlockHash === null
        ? []
        : [{ number: Number(oldBlockHash.number), hash: formatFelt(oldBlockHash.hash) }],
    classes: bundle.classes.map((entry) => ({
      class_hash: formatFelt(entry.classHash),
      sierra: null,
      sierra_version: entry.sierraVersion.join('.'),
      casm: entry.casm,
      compiled_class_hash: formatFelt(entry.compiledClassHash),
      declared: entry.declared,
    })),
    contracts: [...addresses].map((address) => {
      const classHash = state.deployedContracts.get(address)
      const cells = [...(state.storage.get(address) ?? [])]
      return {
        address: formatFelt(address),
        ...(classHash === undefined ? {} : { class_hash: formatFelt(classHash) }),
        nonce: formatFelt(state.nonces.get(address) ?? 0n),
        storage: Object.fromEntries(
          cells.map(([key, value]) => [formatFelt(key), formatFelt(value)]),
        ),
      }
    }),
    transactions: bundle.transactions.flatMap(({ transaction }) =>
      transaction === null ? [] : [transactionJson(transaction)],
    ),
  }
}

function transactionJson(transaction: Transaction): Record<string, unknown> {
  const { l1Gas, l2Gas, l1DataGas } = transaction.resourceBounds
  const common = {
    type: transaction.type,
    version: formatFelt(transaction.version),
    nonce: formatFelt(transaction.nonce),
    tip: formatFelt(transaction.tip),
    signature: transaction.signature.map(formatFelt),
    resource_bounds: {
      l1_gas: boundJson(l1Gas),
      l2_gas: boundJson(l2Gas),
      ...(l1DataGas === null ? {} : { l1_data_gas: boundJson(l1DataGas) }),
    },
    paymaster_data: transaction.paymasterData.map(formatFelt),
    nonce_data_availability_mode: transaction.nonceDataAvailabilityMode,
    fee_data_availability_mode: transaction.feeDataAvailabilityMode,
  }
  switch (transaction.type) {
    case 'INVOKE':
      return {
        ...common,
        sender_address: formatFelt(transaction.senderAddress),
        calldata: transaction.calldata.map(formatFelt),
        account_deployment_data: transaction.accountDeploymentData.map(formatFelt),
        proof_facts: transaction.proofFacts.map(formatFelt),
      }
    case 'DECLARE':
      return {
        ...common,
        sender_address: formatFelt(transaction.senderAddress),
        class_hash: formatFelt(transaction.classHash),
        compiled_class_hash: formatFelt(transaction.compiledClassHash),
        account_deployment_data: transaction.accountDeploymentData.map(formatFelt),
      }
    case 'DEPLOY_ACCOUNT':
      return {
        ...common,
        class_hash: formatFelt(transaction.classHash),
        contract_address_salt: formatFelt(transaction.contractAddressSalt),
        constructor_calldata: transaction.constructorCalldata.map(formatFelt),
      }
  }
}

function boundJson({ maxAmount, maxPricePerUnit }: ResourceBound): Record<string, string> {
  return { max_amount: formatFelt(maxAmount), max_price_per_unit: formatFelt(maxPricePerUnit) }
}
