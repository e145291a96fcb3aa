/**
 * Named blocks of real Cairo contracts, in the bundle format of the oracle: state before the block, classes,
 * transactions. Specs compare executors on them, benches time them, and the same file can be given to the Rust
 * Blockifier.
 *
 * All contracts are Fugue's own. Accounts are `open-account` (no signature check) or `account` (ECDSA). Everything
 * follows from the seed.
 */
import { getPublicKey, sign } from '@scure/starknet'
import { artifactPath, type ContractName, contractHashes } from '../contracts/catalogue.ts'
import { encodeShortString, formatFelt } from '../felt/felt.ts'
import { selector } from '../felt/hash.ts'
import { feeBalanceKey, storageKey } from '../starknet/addresses.ts'
import type { InvokeTransaction } from '../starknet/transaction.ts'
import { transactionHash } from '../starknet/transaction-hash.ts'

/** A bundle as JSON; `casm` and `sierra` are paths of the artifacts. */
export interface WorkloadBundle {
  description: string
  chain_id: string
  starknet_version: string
  block: Record<string, unknown>
  fee_tokens: { strk: string; eth: string }
  old_block_hash: { number: number; hash: string }[]
  classes: { name: string; class_hash: string; sierra: string; casm: string }[]
  contracts: {
    address: string
    class_hash: string
    nonce: string
    storage: Record<string, string>
  }[]
  transactions: Record<string, unknown>[]
}

export interface WorkloadOptions {
  transactions: number
  /** Accounts in the state. */
  accounts: number
  seed: number
}

/** Blocks of one shape each. */
export const starknetWorkloads = {
  transfers: 'transfers of STRK between accounts that occur once each',
  'transfers-signed': 'the same, with accounts that check an ECDSA signature',
  'one-receiver': 'transfers of STRK from accounts that occur once each to one receiver',
  pool: 'swaps in one pool by accounts that occur once each',
  mixed: 'transfers, counters, swaps, nested calls, hashes, deployments, reverts and wrong nonces at random',
} as const

export type StarknetWorkload = keyof typeof starknetWorkloads

const STRK = 0x4718f5a0fc34cc1af16a1cdee98ffb20c31f5cd61d6ab07201858f4287c938dn
const ETH = 0x49d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7n
const SEQUENCER = 0x1000n
const POOL = 0xa001n
const COUNTER = 0xa002n
const LEDGER = 0xa003n
const LOOP = 0xa004n
const HASHER = 0xa005n
const ROUTER = 0xa006n
const UDC = 0xa007n
const FIRST_ACCOUNT = 0xacc00000n
const CHAIN = 'SN_SEPOLIA'
const BALANCE = 10n ** 24n
const BLOCK_NUMBER = 1000

/** One call of a multicall. */
interface Call {
  to: bigint
  selector: string
  calldata: bigint[]
}

/** Builds a block of the named shape. */
export function buildWorkload(name: StarknetWorkload, options: WorkloadOptions): WorkloadBundle {
  const random = randomNumbers(options.seed)
  const signed = name === 'transfers-signed'
  const accountClass: ContractName = signed ? 'account' : 'open-account'
  const accounts = Array.from({ length: options.accounts }, (_, place) => accountAddress(place))
  const nonces = new Map<bigint, bigint>()
  const transactions: Record<string, unknown>[] = []
  for (let index = 0; index < options.transactions; index++) {
    const from = name === 'mixed' ? random(options.accounts) : index % options.accounts
    const sender = accounts[from]!
    const calls = name === 'mixed' ? mixedCalls(random, accounts) : [oneCall(name, index, options, accounts)]
    const nonce = nonces.get(sender) ?? 0n
    const isWrong = name === 'mixed' && random(20) === 0
    if (!isWrong) nonces.set(sender, nonce + 1n)
    const tip = BigInt(random(3))
    const wrongNonce = nonce + 1n + BigInt(random(3))
    transactions.push(
      invoke(sender, isWrong ? wrongNonce : nonce, calls, tip, signed ? keyOf(from) : null),
    )
  }
  const senders = Math.min(options.transactions, options.accounts)
  return {
    description: `${options.transactions} transactions: ${starknetWorkloads[name]} (seed ${options.seed})`,
    chain_id: CHAIN,
    starknet_version: '0.14.2',
    block: {
      number: BLOCK_NUMBER,
      timestamp: 1_790_000_000,
      sequencer_address: formatFelt(SEQUENCER),
      l1_gas_price: { fri: '0x2b0936a4ba5c', wei: '0x3cdd3a18' },
      l1_data_gas_price: { fri: '0x908b', wei: '0x1' },
      l2_gas_price: { fri: '0x1dcd65000', wei: '0x29fd8' },
      use_kzg_da: true,
    },
    fee_tokens: { strk: formatFelt(STRK), eth: formatFelt(ETH) },
    old_block_hash: [{ number: BLOCK_NUMBER - 10, hash: '0x1234567890abcdef' }],
    classes: usedClasses(name, accountClass).map((contract) => ({
      name: contract,
      class_hash: formatFelt(contractHashes[contract].classHash),
      sierra: artifactPath(contract, 'sierra'),
      casm: artifactPath(contract, 'casm'),
    })),
    contracts: [
      ...accounts.map((address, place) => ({
        address: formatFelt(address),
        class_hash: formatFelt(contractHashes[accountClass].classHash),
        nonce: '0x0',
        storage: storageOfAccount(signed && place < senders ? publicKeyOf(place) : 0n),
      })),
      tokenContract(accounts),
      ...workloadContracts(name),
    ],
    transactions,
  }
}

function oneCall(
  name: StarknetWorkload,
  index: number,
  options: WorkloadOptions,
  accounts: bigint[],
): Call {
  if (name === 'pool') {
    const direction = BigInt(index % 2)
    return { to: POOL, selector: 'swap', calldata: [direction, 1000n + BigInt(index), 0n] }
  }
  const half = Math.max(1, accounts.length - options.transactions)
  const place = name === 'one-receiver' ? accounts.length - 1 : accounts.length - 1 - (index % half)
  return transfer(accounts[place]!, 1_000_000n + BigInt(index))
}

function transfer(to: bigint, amount: bigint): Call {
  return { to: STRK, selector: 'transfer', calldata: [to, amount, 0n] }
}

/** One to three calls of any kind, some of which fail. */
function mixedCalls(random: (below: number) => number, accounts: bigint[]): Call[] {
  const anyone = () => accounts[random(accounts.length)]!
  const kinds: (() => Call)[] = [
    () => transfer(anyone(), BigInt(random(1000))),
    () => transfer(anyone(), BigInt(random(1000))),
    () => transfer(anyone(), BALANCE * 2n),
    () => ({ to: COUNTER, selector: 'increment', calldata: [] }),
    () => ({ to: COUNTER, selector: 'fail', calldata: [] }),
    () => ({ to: POOL, selector: 'swap', calldata: [BigInt(random(2)), BigInt(random(5000)), 0n] }),
    () => ({ to: LEDGER, selector: 'credit', calldata: [anyone(), BigInt(random(9))] }),
    () => ({ to: LEDGER, selector: 'transfer', calldata: [anyone(), BigInt(random(5))] }),
    () => ({ to: LOOP, selector: 'work', calldata: [BigInt(random(50))] }),
    () => ({ to: HASHER, selector: 'pedersen', calldata: [BigInt(random(4))] }),
    () => ({ to: HASHER, selector: 'poseidon', calldata: [BigInt(random(4))] }),
    () => ({ to: HASHER, selector: 'keccak', calldata: [BigInt(random(2))] }),
    () => ({ to: ROUTER, selector: 'descend', calldata: [BigInt(random(4))] }),
    () => ({
      to: ROUTER,
      selector: 'descend_library',
      calldata: [contractHashes.router.classHash, BigInt(random(3))],
    }),
    () => ({ to: ROUTER, selector: 'catch_failure', calldata: [BigInt(random(4))] }),
    () => ({ to: ROUTER, selector: 'set_mark', calldata: [BigInt(random(3))] }),
    () => ({ to: ROUTER, selector: 'no_such_entry_point', calldata: [] }),
    () => ({
      to: UDC,
      selector: 'deploy_contract',
      calldata: [contractHashes.counter.classHash, BigInt(random(6)), 1n, 1n, BigInt(random(9))],
    }),
  ]
  return Array.from({ length: 1 + random(3) }, () => kinds[random(kinds.length)]!())
}

function usedClasses(name: StarknetWorkload, accountClass: ContractName): ContractName[] {
  const base: ContractName[] = [accountClass, 'erc20']
  if (name === 'pool') return [...base, 'pool']
  if (name !== 'mixed') return base
  return [...base, 'pool', 'counter', 'ledger', 'loop', 'hasher', 'router', 'udc']
}

function workloadContracts(name: StarknetWorkload): WorkloadBundle['contracts'] {
  const contract = (
    address: bigint,
    className: ContractName,
    storage: Record<string, string> = {},
  ) => ({
    address: formatFelt(address),
    class_hash: formatFelt(contractHashes[className].classHash),
    nonce: '0x0',
    storage,
  })
  const pool = contract(POOL, 'pool', {
    [formatFelt(storageKey('reserve_a'))]: formatFelt(10n ** 15n),
    [formatFelt(storageKey('reserve_b'))]: formatFelt(10n ** 15n),
  })
  if (name === 'pool') return [pool]
  if (name !== 'mixed') return []
  return [
    pool,
    contract(COUNTER, 'counter'),
    contract(LEDGER, 'ledger'),
    contract(LOOP, 'loop'),
    contract(HASHER, 'hasher'),
    contract(ROUTER, 'router'),
    contract(UDC, 'udc'),
  ]
}

function tokenContract(accounts: bigint[]): WorkloadBundle['contracts'][number] {
  const storage: Record<string, string> = {}
  for (const account of accounts) storage[formatFelt(feeBalanceKey(account))] = formatFelt(BALANCE)
  const supply = storageKey('ERC20_total_supply')
  storage[formatFelt(supply)] = formatFelt(BALANCE * BigInt(accounts.length))
  return {
    address: formatFelt(STRK),
    class_hash: formatFelt(contractHashes.erc20.classHash),
    nonce: '0x0',
    storage,
  }
}

function storageOfAccount(publicKey: bigint): Record<string, string> {
  if (publicKey === 0n) return {}
  return { [formatFelt(storageKey('Account_public_key'))]: formatFelt(publicKey) }
}

/** Addresses are spread over the whole range, as hashes are. */
function accountAddress(place: number): bigint {
  return ((FIRST_ACCOUNT + BigInt(place)) * 0x9e3779b97f4a7c15f39cc0605cedc835n ** 2n) % 2n ** 250n
}

function keyOf(place: number): string {
  return (0x1234567n + BigInt(place)).toString(16).padStart(64, '0')
}

function publicKeyOf(place: number): bigint {
  return BigInt(`0x${Buffer.from(getPublicKey(keyOf(place), false).slice(1, 33)).toString('hex')}`)
}

function invoke(
  senderAddress: bigint,
  nonce: bigint,
  calls: Call[],
  tip: bigint,
  key: string | null,
): Record<string, unknown> {
  const calldata = [
    BigInt(calls.length),
    ...calls.flatMap((call) => [
      call.to,
      selector(call.selector),
      BigInt(call.calldata.length),
      ...call.calldata,
    ]),
  ]
  const transaction: InvokeTransaction = {
    type: 'INVOKE',
    version: 3n,
    senderAddress,
    calldata,
    nonce,
    tip,
    signature: [],
    resourceBounds: {
      l1Gas: { maxAmount: 40_000n, maxPricePerUnit: 0x408dd1f7178an },
      l1DataGas: { maxAmount: 20_000n, maxPricePerUnit: 0xd8d0n },
      l2Gas: { maxAmount: 40_000_000n, maxPricePerUnit: 0x2cb417800n },
    },
    paymasterData: [],
    accountDeploymentData: [],
    proofFacts: [],
    nonceDataAvailabilityMode: 'L1',
    feeDataAvailabilityMode: 'L1',
  }
  if (key !== null) {
    const hash = transactionHash(transaction, encodeShortString(CHAIN))
    const { r, s } = sign(hash.toString(16).padStart(64, '0'), key)
    transaction.signature = [r, s]
  }
  return toJson(transaction)
}

function toJson(transaction: InvokeTransaction): Record<string, unknown> {
  const { l1Gas, l1DataGas, l2Gas } = transaction.resourceBounds
  const bound = (limit: { maxAmount: bigint; maxPricePerUnit: bigint }) => ({
    max_amount: formatFelt(limit.maxAmount),
    max_price_per_unit: formatFelt(limit.maxPricePerUnit),
  })
  return {
    type: 'INVOKE',
    version: '0x3',
    sender_address: formatFelt(transaction.senderAddress),
    calldata: transaction.calldata.map(formatFelt),
    nonce: formatFelt(transaction.nonce),
    tip: formatFelt(transaction.tip),
    signature: transaction.signature.map(formatFelt),
    resource_bounds: { l1_gas: bound(l1Gas), l1_data_gas: bound(l1DataGas!), l2_gas: bound(l2Gas) },
    paymaster_data: [],
    account_deployment_data: [],
    nonce_data_availability_mode: 'L1',
    fee_data_availability_mode: 'L1',
  }
}

/** Random integers below a limit, from a seed (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
