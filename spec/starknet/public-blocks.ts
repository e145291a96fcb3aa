/**
 * Public blocks recomputed: transaction hashes, commitments, block hashes, fees.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { blockHash, partialBlockHash } from '../../src/starknet/block-hash.ts'
import {
  eventCommitment,
  receiptCommitment,
  stateDiffCommitment,
  stateDiffLength,
  transactionCommitment,
} from '../../src/starknet/commitments.ts'
import { feeOf, pricesOf } from '../../src/starknet/fee.ts'
import {
  decodeEvents,
  decodeHeader,
  decodePrices,
  decodeReceipt,
  decodeStateDiff,
  decodeTransaction,
  type FeederBlock,
  type FeederStateDiff,
  feederBlock,
  feederTransactionHash,
} from '../feeder.ts'
import { vector, vectorTest } from '../vectors.ts'

const blocks: Record<string, string> = {
  'mainnet-2238855': 'SN_MAIN',
  'integration-sepolia-2473486': 'SN_INTEGRATION_SEPOLIA',
  'integration-sepolia-1041730': 'SN_INTEGRATION_SEPOLIA',
  'integration-sepolia-63881': 'SN_INTEGRATION_SEPOLIA',
  'integration-sepolia-35748': 'SN_INTEGRATION_SEPOLIA',
}

for (const [name, chain] of Object.entries({ ...blocks, 'mainnet-preconfirmed': 'SN_MAIN' })) {
  vectorTest(test, `transaction hashes of ${name}`, [`blocks/${name}.json`], () => {
    for (const transaction of feederBlock(name).transactions) {
      assert.is(feederTransactionHash(transaction, chain), BigInt(transaction.transaction_hash))
    }
  })

  vectorTest(test, `fee = gas · price in ${name}`, [`blocks/${name}.json`], () => {
    assert.equal(overdrawn(feederBlock(name)), name === 'mainnet-2238855' ? [16] : [])
  })
}

vectorTest(test, 'a fee beyond the bound stops at it', ['blocks/mainnet-2238855.json'], () => {
  const block = feederBlock('mainnet-2238855')
  const { resourceBounds, tip } = decodeTransaction(block.transactions[16]!)
  const gas = { l1Gas: 0, l1DataGas: 192, l2Gas: Number(resourceBounds.l2Gas.maxAmount) }
  const fee = feeOf(gas, pricesOf(decodeHeader(block), 'fri'), tip)
  assert.is(fee, BigInt(block.transaction_receipts[16]!.actual_fee))
})

for (const name of Object.keys(blocks)) {
  vectorTest(test, `commitments of ${name}`, [`blocks/${name}.json`], () => {
    const block = feederBlock(name)
    const header = decodeHeader(block)
    const signed = block.transactions.map((transaction) => ({
      hash: BigInt(transaction.transaction_hash),
      signature: (transaction.signature ?? []).map(BigInt),
    }))
    const emptyAsZero = header.starknetVersion < '0.13.4'
    assert.is(transactionCommitment(signed, emptyAsZero), header.transactionCommitment)
    const receipts = block.transaction_receipts
    assert.is(eventCommitment(receipts.map(decodeEvents)), header.eventCommitment)
    assert.is(receiptCommitment(receipts.map(decodeReceipt)), header.receiptCommitment)
  })

  vectorTest(test, `block hash of ${name}`, [`blocks/${name}.json`], () => {
    const block = feederBlock(name)
    const header = decodeHeader(block)
    assert.is(blockHash(header), BigInt(block.block_hash))
    assert.is(partialBlockHash(header), partialBlockHash({ ...header, parentHash: 5n }))
  })
}

for (const name of ['integration-sepolia-63881', 'integration-sepolia-35748']) {
  const files = [`blocks/${name}.json`, `blocks/${name}.state-update.json`]
  vectorTest(test, `state diff commitment of ${name}`, files, () => {
    const header = decodeHeader(feederBlock(name))
    const { state_diff } = vector<{ state_diff: FeederStateDiff }>(files[1]!)
    const diff = decodeStateDiff(state_diff)
    const cairo0 = state_diff.old_declared_contracts.map(BigInt)
    assert.is(stateDiffCommitment(diff, cairo0), header.stateDiffCommitment)
    assert.is(stateDiffLength(diff, cairo0.length), header.stateDiffLength)
  })
}

/** Indices of the version 3 transactions whose fee is not their gas at the block's prices. */
function overdrawn(block: FeederBlock): number[] {
  const prices = pricesOf(decodePrices(block), 'fri')
  return block.transactions.flatMap((json, index) => {
    if (json.version !== '0x3') return []
    const receipt = block.transaction_receipts[index]!
    const gas = receipt.execution_resources.total_gas_consumed
    const fee = feeOf(
      { l1Gas: gas.l1_gas, l1DataGas: gas.l1_data_gas, l2Gas: gas.l2_gas ?? 0 },
      prices,
      decodeTransaction(json).tip,
    )
    return fee === BigInt(receipt.actual_fee) ? [] : [index]
  })
}

test.run()
