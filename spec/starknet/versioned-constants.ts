/**
 * The constants of every version against the protocol's own tables, and the syscall prices of the rules.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeShortString } from '../../src/felt/felt.ts'
import * as addresses from '../../src/starknet/addresses.ts'
import {
  compareVersions,
  type MeasuredWork,
  machineConstants,
  resourceNames,
  type TransactionKind,
  type VmResources,
  versionedConstants,
} from '../../src/starknet/versioned-constants.ts'
import { type SyscallName, syscallNames } from '../../src/vm/host.ts'
import { vector, vectorTest } from '../vectors.ts'

const versions = ['0.13.4', '0.13.5', '0.14.0', '0.14.1', '0.14.2', '0.14.3', '0.14.4']

interface Resources {
  n_steps: number
  n_memory_holes: number
  builtin_instance_counter: Record<string, number>
}

type AnyResources =
  | Resources
  | {
      constant: Resources
      calldata_factor: Resources | { resources: Resources; scaling_factor: number }
    }

/** The part of a table that the project uses. */
interface Table {
  tx_event_limits: Record<string, number>
  gateway: Record<string, number>
  invoke_tx_max_n_steps: number
  validate_max_n_steps: number
  max_recursion_depth: number
  deprecated_l2_resource_gas_costs: Record<string, [number, number]>
  archival_data_gas_costs: Record<string, [number, number]>
  allocation_cost: Record<'blob_cost' | 'gas_cost', Record<string, number>>
  vm_resource_fee_cost: { n_steps: [number, number]; builtins: Record<string, [number, number]> }
  min_sierra_version_for_sierra_gas: string
  os_constants: Record<string, unknown> & {
    builtin_gas_costs: Record<string, number>
    l1_handler_max_amount_bounds: Record<string, number>
    validate_rounding_consts: Record<string, number>
    os_contract_addresses: Record<string, number>
  }
  os_resources: {
    execute_syscalls: Record<string, AnyResources>
    execute_txs_inner: Record<string, AnyResources>
    compute_os_kzg_commitment_info: Resources
  }
}

for (const version of versions) {
  const file = `constants/${version.replaceAll('.', '_')}.json`
  vectorTest(test, `the table of ${version}`, [file], () => {
    const table = vector<Table>(file)
    const constants = versionedConstants(version)
    const os = table.os_constants
    const units = (value: unknown) =>
      typeof value === 'number' ? value : (value as { step_gas_cost: number }).step_gas_cost * 100
    const whole = ([numerator, denominator]: [number, number]) => numerator / denominator
    const felts = (value: unknown) => (value as string[]).map(BigInt)
    const expected = {
      version,
      maxEvents: table.tx_event_limits.max_n_emitted_events,
      maxEventKeys: table.tx_event_limits.max_keys_length,
      maxEventData: table.tx_event_limits.max_data_length,
      maxCalldataLength: table.gateway.max_calldata_length,
      maxBytecodeFelts: table.gateway.max_contract_bytecode_size,
      maxProofSize: table.gateway.max_proof_size,
      invokeMaxSteps: table.invoke_tx_max_n_steps,
      validateMaxSteps: table.validate_max_n_steps,
      validateMaxSierraGas: os.validate_max_sierra_gas,
      executeMaxSierraGas: os.execute_max_sierra_gas,
      maxRecursionDepth: table.max_recursion_depth,
      defaultGas: units(os.default_initial_gas_cost),
      entryPointBudget: units(os.entry_point_initial_budget),
      syscallBase: units(os.syscall_base_gas_cost),
      stepGas: os.step_gas_cost,
      memoryHoleGas: os.memory_hole_gas_cost,
      minSierraVersionForGas: table.min_sierra_version_for_sierra_gas.split('.').map(Number),
      gasPerDataFelt: whole(table.archival_data_gas_costs.gas_per_data_felt!),
      eventKeyFactor: whole(table.archival_data_gas_costs.event_key_factor!),
      gasPerCodeByte: whole(table.archival_data_gas_costs.gas_per_code_byte!),
      proofGas: whole(table.archival_data_gas_costs.gas_per_proof!),
      allocationL1GasCalldata: table.allocation_cost.gas_cost.l1_gas,
      allocationDataGasBlob: table.allocation_cost.blob_cost.l1_data_gas,
      allocationL2Gas: table.allocation_cost.blob_cost.l2_gas,
      blakePrice: os.builtin_gas_costs.blake,
      l1HandlerMaxL1Gas: os.l1_handler_max_amount_bounds.l1_gas,
      l1HandlerMaxL1DataGas: os.l1_handler_max_amount_bounds.l1_data_gas,
      l1HandlerMaxL2Gas: os.l1_handler_max_amount_bounds.l2_gas,
      allowedProofVersions: felts(os.allowed_proof_versions),
      allowedProgramHashes: felts(os.allowed_virtual_os_program_hashes),
      v1BoundAccounts: felts(os.v1_bound_accounts_cairo1),
      v1BoundMaxTip: BigInt(os.v1_bound_accounts_max_tip as string),
      dataGasAccounts: felts(os.data_gas_accounts),
      blockNumberRounding: os.validate_rounding_consts.validate_block_number_rounding,
      timestampRounding: os.validate_rounding_consts.validate_timestamp_rounding,
      blockHashDistance: os.stored_block_hash_buffer,
    }
    const { builtinGas, builtinFeeHundredths, syscalls, overheads, kzgPerFelt, ...rest } = constants
    const switches = [
      ['block_direct_execute_call', rest.blockDirectExecuteCall],
      ['disable_deploy_in_validation_mode', rest.disableDeployInValidation],
      ['enable_tip', rest.enableTip],
      ['enable_casm_hash_migration', rest.migrateCompiledClasses],
      ['block_casm_hash_v1_declares', rest.requireBlakeCompiledClassHash],
      ['strip_vm_frames_in_sierra_gas', rest.stripVmFramesInGasMode],
    ] as const
    for (const [name, value] of switches) {
      assert.is(value, (table as unknown as Record<string, boolean>)[name], name)
    }
    const compared = { ...rest, minSierraVersionForGas: [...rest.minSierraVersionForGas] }
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(compared[name as keyof typeof compared], value, name)
    }
    assert.is(Object.keys(rest).length, Object.keys(expected).length + switches.length)
    assert.equal(table.allocation_cost.gas_cost.l2_gas, rest.allocationL2Gas)

    syscallNames.forEach((name, i) => {
      assert.equal(
        plain(syscalls[i]!),
        expectedWork(table.os_resources.execute_syscalls[name]!),
        name,
      )
    })
    for (const [kind, name] of Object.entries(transactionNames)) {
      const work = expectedWork(table.os_resources.execute_txs_inner[name]!)
      assert.equal(plain(overheads[kind as TransactionKind]), work, name)
    }
    const kzg = table.os_resources.compute_os_kzg_commitment_info
    assert.equal(named(kzgPerFelt), expectedResources(kzg))
    resourceNames.forEach((name, i) => {
      if (name === 'segment_arena') return
      assert.is(builtinGas[i], os.builtin_gas_costs[name === 'ec_op' ? 'ecop' : name], name)
      if (name === 'blake') return
      const rate = table.vm_resource_fee_cost.builtins[`${name}_builtin`]!
      assert.is(builtinFeeHundredths[i], (rate[0] * 100) / rate[1], name)
    })
  })

  vectorTest(test, `what no table of ours holds is as in ${version}`, [file], () => {
    const table = vector<Table>(file)
    assert.equal(table.vm_resource_fee_cost.n_steps, [25, 10_000])
    const old = table.deprecated_l2_resource_gas_costs
    assert.equal(old.gas_per_data_felt, [128, 1000])
    assert.equal(old.gas_per_code_byte, [32, 1000])
    assert.equal(old.gas_per_proof, [0, 1])
    const os = table.os_constants
    assert.is(addresses.EXECUTE_SELECTOR, BigInt(os.execute_entry_point_selector as string))
    assert.is(addresses.VALIDATE_SELECTOR, BigInt(os.validate_entry_point_selector as string))
    assert.is(addresses.TRANSFER_SELECTOR, BigInt(os.transfer_entry_point_selector as string))
    assert.is(addresses.CONSTRUCTOR_SELECTOR, BigInt(os.constructor_entry_point_selector as string))
    const validate = addresses.VALIDATE_DECLARE_SELECTOR
    assert.is(validate, BigInt(os.validate_declare_entry_point_selector as string))
    const deploy = addresses.VALIDATE_DEPLOY_SELECTOR
    assert.is(deploy, BigInt(os.validate_deploy_entry_point_selector as string))
    const system = os.os_contract_addresses
    assert.is(addresses.BLOCK_HASH_CONTRACT, BigInt(system.block_hash_contract_address!))
    assert.is(addresses.ALIAS_CONTRACT, BigInt(system.alias_contract_address!))
  })
}

const transactionNames = {
  INVOKE: 'InvokeFunction',
  DECLARE: 'Declare',
  DEPLOY_ACCOUNT: 'DeployAccount',
  L1_HANDLER: 'L1Handler',
}

test('syscall prices', () => {
  const cost = (version: string, name: SyscallName) =>
    machineConstants(version).syscallCosts[syscallNames.indexOf(name)]
  const perItem = (version: string, name: SyscallName) =>
    machineConstants(version).syscallCostsPerItem[syscallNames.indexOf(name)]
  const columns = ['0.13.4', '0.13.6', '0.14.0', '0.14.2', '0.14.3', '0.14.4']
  const prices: [SyscallName, number[]][] = [
    ['CallContract', [87650, 87650, 91560, 91560, 91560, 91360]],
    ['LibraryCall', [85250, 85250, 89160, 89160, 89160, 88660]],
    ['Deploy', [142810, 142810, 147120, 147120, 147120, 147120]],
    ['MetaTxV0', [10000, 10000, 167950, 167950, 167950, 168550]],
    ['EmitEvent', [10000, 10000, 10000, 10000, 10000, 10000]],
    ['GetClassHashAt', [10000, 10000, 10000, 10000, 10000, 10000]],
    ['GetExecutionInfo', [10000, 10000, 12640, 12640, 12640, 11240]],
    ['GetBlockHash', [10540, 10540, 10840, 10840, 10840, 10810]],
    ['ReplaceClass', [10470, 10470, 10670, 10670, 10670, 10000]],
    ['SendMessageToL1', [14170, 14170, 14470, 14470, 14470, 12770]],
    ['StorageRead', [10000, 10000, 10000, 18070, 24070, 24070]],
    ['StorageWrite', [10000, 10000, 10000, 44970, 59970, 59970]],
    ['Keccak', [10000, 10000, 10000, 10000, 10000, 10000]],
    ['KeccakRound', [171707, 171707, 171707, 171707, 171707, 165137]],
    ['Sha256ProcessBlock', [841095, 841095, 841295, 841295, 841295, 839995]],
    ['Sha512ProcessBlock', [10000, 10000, 10000, 10000, 2413810, 2413810]],
    ['Secp256k1New', [48550, 48550, 48750, 48750, 48750, 46950]],
    ['Secp256k1Add', [43030, 43030, 43230, 43230, 43230, 42030]],
    ['Secp256k1Mul', [8143650, 8143650, 8143850, 8143850, 8143850, 8142650]],
    ['Secp256k1GetPointFromX', [41600, 41600, 41800, 41800, 41800, 40500]],
    ['Secp256k1GetXy', [21470, 21470, 21670, 21670, 21670, 20470]],
    ['Secp256r1New', [61430, 61430, 61630, 61630, 61630, 59830]],
    ['Secp256r1Add', [63290, 63290, 63490, 63490, 63490, 62490]],
    ['Secp256r1Mul', [13511670, 13511670, 13511870, 13511870, 13511870, 13510870]],
    ['Secp256r1GetPointFromX', [54480, 54480, 54680, 54680, 54680, 53380]],
    ['Secp256r1GetXy', [21670, 21670, 21870, 21870, 21870, 20670]],
  ]
  assert.is(prices.length, syscallNames.length)
  for (const [name, row] of prices) {
    assert.equal(
      columns.map((version) => cost(version, name)),
      row,
      name,
    )
  }
  assert.equal(
    columns.map((version) => perItem(version, 'Deploy')),
    [0, 4850, 4850, 4850, 4850, 4850],
  )
  assert.equal(
    columns.map((version) => perItem(version, 'MetaTxV0')),
    [0, 0, 4850, 4850, 4850, 4850],
  )
  assert.equal(
    columns.map((version) => perItem(version, 'SendMessageToL1')),
    [0, 0, 0, 0, 0, 600],
  )
})

test('builtin prices in the order of the price segment', () => {
  const prices = (version: string) => [...machineConstants(version).builtinPrices]
  assert.equal(prices('0.14.2'), [4050, 583, 4085, 491, 230, 604, 3334])
  assert.equal(prices('0.14.1'), [4050, 583, 4085, 491, 230, 604, 0])
})

test('a version in between has the table below it, an unknown one is refused', () => {
  assert.is(versionedConstants('0.13.6').version, '0.13.5')
  assert.is(versionedConstants('0.14.2'), versionedConstants('0.14.2'))
  for (const version of ['0.13.3', '0.14.5', '0.15.0']) {
    assert.throws(() => versionedConstants(version), /is not known/)
  }
  assert.ok(compareVersions('0.13.10', '0.13.9') > 0)
})

test('proof versions are short strings', () => {
  const names = versionedConstants('0.14.3').allowedProofVersions.map(decodeShortString)
  assert.equal(names, ['PROOF1'])
})

function plain({ constant, perItem, itemsPerUnit }: MeasuredWork) {
  return {
    constant: named(constant),
    perItem: perItem === null ? null : named(perItem),
    itemsPerUnit,
  }
}

function named({ steps, memoryHoles, builtins }: VmResources) {
  const used: Record<string, number> = {}
  resourceNames.forEach((name, i) => {
    if (builtins[i]! > 0) used[name] = builtins[i]!
  })
  return { steps, memoryHoles, used }
}

function expectedWork(work: AnyResources): ReturnType<typeof plain> {
  if (!('constant' in work)) {
    return { constant: expectedResources(work), perItem: null, itemsPerUnit: 1 }
  }
  const factor = work.calldata_factor
  const perItem = expectedResources('resources' in factor ? factor.resources : factor)
  return {
    constant: expectedResources(work.constant),
    // The Declare of old tables names a factor of nothing.
    perItem: perItem.steps === 0 ? null : perItem,
    itemsPerUnit: 'resources' in factor ? factor.scaling_factor : 1,
  }
}

function expectedResources(resources: Resources): ReturnType<typeof named> {
  const used: Record<string, number> = {}
  for (const [name, count] of Object.entries(resources.builtin_instance_counter)) {
    if (count > 0) used[name.replace(/_builtin$/, '')] = count
  }
  return { steps: resources.n_steps, memoryHoles: resources.n_memory_holes, used }
}

test.run()
