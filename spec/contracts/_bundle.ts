/**
 * A block of our own contracts for the real Blockifier: state as genesis would write it, transactions signed by
 * starknet.js. Each transaction is added together with what must come of it.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Call, constants, EDAMode, ec, hash, transaction } from 'starknet'
import { artifactPath, type ContractName, contractHashes } from '../../src/contracts/catalogue.ts'
import { oraclePath } from '../vectors.ts'

export const STRK = '0x4718f5a0fc34cc1af16a1cdee98ffb20c31f5cd61d6ab07201858f4287c938d'
const ETH = '0x49d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7'
export const MINTER = '0x111'
export const TIMESTAMP = 1_790_000_000
export const CHAIN_ID = constants.StarknetChainId.SN_SEPOLIA
const SEQUENCER = '0x1000'
const FUNDS = 10n ** 21n

/** Who sends transactions. `nonce` moves on with each. */
export interface Sender {
  address: string
  privateKey: string
  nonce: number
}

export interface CallTrace {
  result: string[]
  calls: CallTrace[]
  events: { keys: string[]; data: string[] }[]
  accessed_storage_keys: string[]
  gas_consumed: number
}

export interface Outcome {
  outcome: 'succeeded' | 'reverted' | 'rejected'
  transaction_hash: string
  revert_reason?: string
  error?: string
  events: { from_address: string; keys: string[]; data: string[] }[]
  trace: Record<string, CallTrace>
  resources: { sierra_gas: number }
  state_diff: { deployed_contracts: object; storage: Record<string, Record<string, string>> }
}

const hex = (value: number | bigint | string) => `0x${BigInt(value).toString(16)}`

/** Key of the cell of a storage variable. */
export function cell(variable: string, ...path: (string | bigint)[]): string {
  const base = hash.getSelectorFromName(variable)
  return path.reduce<string>((key, part) => hash.computePedersenHash(key, hex(part)), base)
}

export function publicKeyOf(privateKey: string): string {
  return ec.starkCurve.getStarkKey(privateKey)
}

export class Bundle {
  private readonly classes = new Map<ContractName, boolean>()
  private readonly contracts: object[] = []
  private readonly tokenCells: Record<string, string> = {}
  private readonly transactions: { body: object; check: (outcome: Outcome) => void }[] = []

  constructor() {
    const token = { [cell('permitted_minter')]: MINTER, [cell('ERC20_decimals')]: '0x12' }
    this.deploy('erc20', STRK, Object.assign(this.tokenCells, token))
    this.deploy('erc20', ETH, { ...token, [cell('ERC20_name')]: '0x4574686572' })
    this.deploy('udc', constants.UDC.ADDRESS, {})
  }

  /** Puts a contract into the state before the block. */
  deploy(name: ContractName, address: string, storage: Record<string, string>): string {
    this.classes.set(name, true)
    this.contracts.push({ address, class_hash: hex(contractHashes[name].classHash), storage })
    return address
  }

  fund(address: string): void {
    this.tokenCells[cell('ERC20_balances', address)] = hex(FUNDS)
  }

  /** Puts a funded account into the state before the block. */
  account(name: ContractName, address: string, privateKey: string): Sender {
    this.deploy(name, address, { [cell('Account_public_key')]: publicKeyOf(privateKey) })
    this.fund(address)
    return { address, privateKey, nonce: 0 }
  }

  invoke(
    sender: Sender,
    calls: Call[],
    check: (outcome: Outcome) => void,
    signature?: string[],
  ): void {
    const calldata = transaction.getExecuteCalldata(calls, '1').map(hex)
    const common = this.common(sender)
    const messageHash = hash.calculateInvokeTransactionHash({
      ...hashed,
      senderAddress: sender.address,
      compiledCalldata: calldata,
      nonce: common.nonce,
      accountDeploymentData: [],
    })
    this.transactions.push({
      body: {
        ...common,
        type: 'INVOKE',
        sender_address: sender.address,
        calldata,
        account_deployment_data: [],
        transaction_hash: messageHash,
        signature: signature ?? sign(messageHash, sender.privateKey),
      },
      check,
    })
  }

  declare(sender: Sender, name: ContractName, check: (outcome: Outcome) => void): void {
    this.classes.set(name, false)
    const classHash = hex(contractHashes[name].classHash)
    const compiledClassHash = hex(contractHashes[name].compiledClassHash)
    const common = this.common(sender)
    const messageHash = hash.calculateDeclareTransactionHash({
      ...hashed,
      classHash,
      compiledClassHash,
      senderAddress: sender.address,
      nonce: common.nonce,
      accountDeploymentData: [],
    })
    this.transactions.push({
      body: {
        ...common,
        type: 'DECLARE',
        sender_address: sender.address,
        class_hash: classHash,
        compiled_class_hash: compiledClassHash,
        account_deployment_data: [],
        transaction_hash: messageHash,
        signature: sign(messageHash, sender.privateKey),
      },
      check,
    })
  }

  /** Deploys an account at its own expense. Returns it. */
  deployAccount(
    name: ContractName,
    privateKey: string,
    check: (outcome: Outcome) => void,
    signature?: string[],
  ): Sender {
    this.classes.set(name, true)
    const classHash = hex(contractHashes[name].classHash)
    const constructorCalldata = [publicKeyOf(privateKey)]
    const address = hash.calculateContractAddressFromHash('0x14', classHash, constructorCalldata, 0)
    this.fund(address)
    const sender = { address, privateKey, nonce: 0 }
    const common = this.common(sender)
    const messageHash = hash.calculateDeployAccountTransactionHash({
      ...hashed,
      contractAddress: address,
      classHash,
      compiledConstructorCalldata: constructorCalldata,
      salt: '0x14',
      nonce: common.nonce,
    })
    this.transactions.push({
      body: {
        ...common,
        type: 'DEPLOY_ACCOUNT',
        class_hash: classHash,
        contract_address_salt: '0x14',
        constructor_calldata: constructorCalldata,
        transaction_hash: messageHash,
        signature: signature ?? sign(messageHash, privateKey),
      },
      check,
    })
    return sender
  }

  /** Lets the Blockifier execute the block, sequentially or by that many workers, and checks every outcome. */
  run(workers = 0): Outcome[] {
    const folder = mkdtempSync(join(tmpdir(), 'fugue-bundle-'))
    try {
      const file = join(folder, 'bundle.json')
      writeFileSync(file, JSON.stringify(this.content()))
      const mode = workers === 0 ? [] : ['--workers', `${workers}`]
      execFileSync(oraclePath, ['run', file, '--out', join(folder, 'out.json'), ...mode])
      const { transactions } = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8'))
      this.transactions.forEach(({ check }, index) => {
        check(transactions[index])
      })
      return transactions
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  private common(sender: Sender) {
    return {
      version: '0x3',
      nonce: hex(sender.nonce++),
      resource_bounds: RPC_BOUNDS,
      tip: '0x0',
      paymaster_data: [],
      nonce_data_availability_mode: 'L1',
      fee_data_availability_mode: 'L1',
    }
  }

  private content() {
    const price = { fri: hex(10n ** 9n), wei: hex(10n ** 9n) }
    return {
      chain_id: CHAIN_ID,
      starknet_version: '0.14.2',
      block: {
        number: 1,
        timestamp: TIMESTAMP,
        sequencer_address: SEQUENCER,
        l1_gas_price: price,
        l1_data_gas_price: price,
        l2_gas_price: price,
        use_kzg_da: true,
      },
      fee_tokens: { strk: STRK, eth: ETH },
      classes: [...this.classes].map(([name, declared]) => ({
        name,
        declared,
        sierra: artifactPath(name, 'sierra'),
        casm: artifactPath(name, 'casm'),
      })),
      contracts: this.contracts,
      transactions: this.transactions.map(({ body }) => body),
    }
  }
}

const bounds = { l1_gas: 10_000n, l1_data_gas: 10_000n, l2_gas: 1_000_000_000n }
const PRICE = 10n ** 10n

function boundsOf<T>(encode: (value: bigint) => T) {
  const bound = (amount: bigint) => ({
    max_amount: encode(amount),
    max_price_per_unit: encode(PRICE),
  })
  return {
    l1_gas: bound(bounds.l1_gas),
    l1_data_gas: bound(bounds.l1_data_gas),
    l2_gas: bound(bounds.l2_gas),
  }
}

const RPC_BOUNDS = boundsOf(hex)

/** What enters every transaction hash. */
const hashed = {
  version: '0x3' as const,
  chainId: CHAIN_ID,
  resourceBounds: boundsOf((value) => value),
  tip: 0,
  paymasterData: [],
  nonceDataAvailabilityMode: EDAMode.L1,
  feeDataAvailabilityMode: EDAMode.L1,
}

export function sign(messageHash: string, privateKey: string): string[] {
  const { r, s } = ec.starkCurve.sign(messageHash, privateKey)
  return [hex(r), hex(s)]
}
