/**
 * Gas and fees against the real Blockifier: each golden transaction states what it used and what that cost.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { feeOf, type GasPrices, maximalFee, pricesOf, toL1Gas } from '../../src/starknet/fee.ts'
import { type Gas, gasOf, minimalGas, overheadOf, type Work } from '../../src/starknet/gas.ts'
import {
  noResources,
  resourceNames,
  type TransactionKind,
  type VmResources,
  versionedConstants,
} from '../../src/starknet/versioned-constants.ts'
import { goldenBlocks, goldenFiles } from '../golden.ts'
import { vector, vectorTest } from '../vectors.ts'

interface GoldenVm {
  steps: number
  memory_holes: number
  builtins: Record<string, number>
}

interface GoldenTransaction {
  type: TransactionKind
  outcome: string
  actual_fee: string
  gas: { l1_gas: number; l1_data_gas: number; l2_gas: number }
  da_gas: { l1_gas: number; l1_data_gas: number; l2_gas: number }
  messages_sent: { payload: string[] }[]
  revert_reason?: string
  resources: {
    calldata_length: number
    signature_length: number
    code_size: number
    events: { keys: number; data: number }
    state_changes: Record<string, number>
    vm: GoldenVm
    os_vm: GoldenVm
    sierra_gas: number
    reverted_steps: number
    reverted_sierra_gas: number
  }
}

interface GoldenPrice {
  fri: string
  wei: string
}

interface Bundle {
  starknet_version: string
  block: Record<'l1_gas_price' | 'l1_data_gas_price' | 'l2_gas_price', GoldenPrice> & {
    use_kzg_da?: boolean
  }
  transactions: {
    proof_facts?: string[]
    tip?: string
    resource_bounds?: { l1_data_gas?: unknown }
  }[]
}

for (const name of [...goldenBlocks, '19-production-limits']) {
  const files = goldenFiles(name)
  vectorTest(test, `gas and fees of golden block ${name}`, files, () => {
    const bundle = vector<Bundle>(files[0]!)
    const { transactions } = vector<{ transactions: GoldenTransaction[] }>(files[1]!)
    const constants = versionedConstants(bundle.starknet_version)
    const useKzgDa = bundle.block.use_kzg_da ?? true
    let compared = 0
    transactions.forEach((expected, index) => {
      if (expected.outcome !== 'succeeded' && expected.outcome !== 'reverted') return
      const sent = bundle.transactions[index]!
      const old = expected.type !== 'L1_HANDLER' && sent.resource_bounds!.l1_data_gas === undefined
      const work = workOf(expected, (sent.proof_facts ?? []).length > 0)
      const where = `${name} ${index}`
      assert.equal(plain(overheadOf(work, constants, useKzgDa)), expectedVm(expected), where)
      const { gas, daGas } = gasOf(work, constants, old ? 'noL2Gas' : 'all', useKzgDa)
      assert.equal(gas, gasFields(expected.gas), where)
      assert.equal(daGas, gasFields(expected.da_gas), where)
      // The fee of a reverted transaction may be that of its unreverted form, see the README of the golden blocks.
      if (expected.outcome === 'succeeded' && expected.type !== 'L1_HANDLER') {
        const tip = constants.enableTip ? BigInt(sent.tip ?? '0x0') : 0n
        assert.is(feeOf(gas, prices(bundle), tip), BigInt(expected.actual_fee), where)
      }
      compared++
    })
    assert.ok(compared > 0)
  })
}

test('the least gas of an invoke grows with its calldata', () => {
  const constants = versionedConstants('0.14.2')
  const least = (felts: number) => minimalGas('INVOKE', felts, constants, 'all', true)
  assert.equal(least(0), { l1Gas: 0, l1DataGas: 128, l2Gas: 520_000 })
  assert.equal(
    [7, 100, 200].map((felts) => least(felts).l2Gas),
    [520_000, 560_000, 600_000],
  )
  assert.is(minimalGas('DEPLOY_ACCOUNT', 1, constants, 'all', true).l1DataGas, 160)
})

test('old bounds pay the least gas in L1 gas, and no blob costs calldata', () => {
  const constants = versionedConstants('0.14.2')
  const least = minimalGas('INVOKE', 7, constants, 'noL2Gas', false)
  assert.equal(least, { l1Gas: 1652 + 13, l1DataGas: 0, l2Gas: 0 })
})

test('a gas vector as L1 gas rounds each part up', () => {
  const at: GasPrices = { l1Gas: 10n, l1DataGas: 3n, l2Gas: 1n }
  assert.is(toL1Gas({ l1Gas: 5, l1DataGas: 7, l2Gas: 40_001 }, at), 5n + 3n + 2n)
})

test('fees saturate at u128', () => {
  const most = (1n << 128n) - 1n
  const gas: Gas = { l1Gas: 2 ** 40, l1DataGas: 0, l2Gas: 1 }
  assert.is(feeOf(gas, { l1Gas: most, l1DataGas: 0n, l2Gas: 1n }, 0n), most)
  const bound = { maxAmount: (1n << 64n) - 1n, maxPricePerUnit: most }
  assert.is(maximalFee({ l1Gas: bound, l2Gas: bound, l1DataGas: bound }, 1n), most)
})

function workOf(golden: GoldenTransaction, hasProof: boolean): Work {
  const { resources } = golden
  const changes = resources.state_changes
  return {
    kind: golden.type,
    calldataLength: resources.calldata_length,
    signatureLength: resources.signature_length,
    hasProof,
    codeSize: resources.code_size,
    vm: vmOf(resources.vm),
    sierraGas: resources.sierra_gas,
    revertedSteps: resources.reverted_steps,
    revertedSierraGas: resources.reverted_sierra_gas,
    eventKeys: resources.events.keys,
    eventData: resources.events.data,
    messages: golden.messages_sent.length,
    messagePayload: golden.messages_sent.reduce((sum, { payload }) => sum + payload.length, 0),
    changes: {
      storage: changes.storage_updates!,
      contracts: changes.modified_contracts!,
      classHashes: changes.class_hash_updates!,
      compiledClassHashes: changes.compiled_class_hash_updates!,
      allocated: changes.allocated_keys!,
    },
  }
}

function vmOf({ steps, memory_holes, builtins }: GoldenVm): VmResources {
  const resources = { ...noResources(), steps, memoryHoles: memory_holes }
  for (const [name, count] of Object.entries(builtins)) {
    const index = resourceNames.indexOf(name as (typeof resourceNames)[number])
    assert.ok(index >= 0, name)
    resources.builtins[index] = count
  }
  return resources
}

function expectedVm(golden: GoldenTransaction) {
  return plain(vmOf(golden.resources.os_vm))
}

function plain({ steps, memoryHoles, builtins }: VmResources) {
  return { steps, memoryHoles, builtins: [...builtins] }
}

function gasFields(gas: GoldenTransaction['gas']): Gas {
  return { l1Gas: gas.l1_gas, l1DataGas: gas.l1_data_gas, l2Gas: gas.l2_gas }
}

function prices({ block }: Bundle): GasPrices {
  const price = ({ fri, wei }: GoldenPrice) => ({ fri: BigInt(fri), wei: BigInt(wei) })
  return pricesOf(
    {
      l1GasPrice: price(block.l1_gas_price),
      l1DataGasPrice: price(block.l1_data_gas_price),
      l2GasPrice: price(block.l2_gas_price),
    },
    'fri',
  )
}

test.run()
