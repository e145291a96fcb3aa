/**
 * Named blocks of real Cairo contracts: state before the block, classes, transactions. Specs compare executors on them,
 * benches time them, and `bundle-json.ts` writes them down for the Rust Blockifier.
 *
 * All contracts are Fugue's own. Accounts are `open-account` (no signature check) or `account` (ECDSA). Everything
 * follows from the seed.
 */
import { sign } from '@scure/starknet'
import { type ContractName, contractHashes, loadContract } from '../contracts/catalogue.ts'
import { publicPoint } from '../felt/ecdsa.ts'
import { encodeShortString } from '../felt/felt.ts'
import { selector } from '../felt/hash.ts'
import { feeBalanceKey, storageKey } from '../starknet/addresses.ts'
import type { BlockContext } from '../starknet/block-context.ts'
import type { StateDiff } from '../starknet/execution.ts'
import { codeSizeOf } from '../starknet/gas.ts'
import { emptyStateDiff } from '../starknet/state-diff.ts'
import type { InvokeTransaction } from '../starknet/transaction.ts'
import { transactionHash } from '../starknet/transaction-hash.ts'
import type { Bundle, BundleClass } from './bundle.ts'
import { Random } from './random.ts'

export interface WorkloadOptions {
  transactions: number
  /** Accounts in the state. */
  accounts: number
  seed: number
  /** Senders that are passed over: blocks over one state that share no sender. 0 by default. */
  skip?: number
}

/** Blocks of one shape each. */
export const starknetWorkloads = {
  transfers: 'transfers of STRK between accounts that occur once each',
  'transfers-signed': 'the same, with accounts that check an ECDSA signature',
  'one-receiver': 'transfers of STRK from accounts that occur once each to one receiver',
  pool: 'swaps in one pool by accounts that occur once each',
  mixed:
    'transfers, counters, swaps, nested calls, hashes, deployments, reverts and wrong nonces at random',
} as const

export type StarknetWorkload = keyof typeof starknetWorkloads

const STRK = 0x4718f5a0fc34cc1af16a1cdee98ffb20c31f5cd61d6ab07201858f4287c938dn
const ETH = 0x49d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7n
const POOL = 0xa001n
const COUNTER = 0xa002n
const LEDGER = 0xa003n
const LOOP = 0xa004n
const HASHER = 0xa005n
const ROUTER = 0xa006n
const UDC = 0xa007n
const BALANCE = 10n ** 24n
const RESERVE = 10n ** 15n

/** Prices as on a public network in 2026. */
const context: BlockContext = {
  number: 1000,
  timestamp: 1_790_000_000,
  sequencerAddress: 0x1000n,
  chainId: encodeShortString('SN_SEPOLIA'),
  starknetVersion: '0.14.2',
  l1GasPrice: { fri: 47_000_000_000_000n, wei: 1_000_000_000n },
  l1DataGasPrice: { fri: 37_000n, wei: 1n },
  l2GasPrice: { fri: 8_000_000_000n, wei: 172_000n },
  useKzgDa: true,
  strkAddress: STRK,
  ethAddress: ETH,
}

/** One call of a multicall. */
interface Call {
  to: bigint
  selector: string
  calldata: bigint[]
}

/**
 * Builds a block of the named shape. `nonces` holds the next nonce of senders that have one already, and is moved on.
 */
export function buildWorkload(
  name: StarknetWorkload,
  options: WorkloadOptions,
  nonces = new Map<bigint, bigint>(),
): Bundle {
  const random = new Random(options.seed)
  const signed = name === 'transfers-signed'
  const accounts = Array.from({ length: options.accounts }, (_, place) => accountAddress(place))
  const transactions = Array.from({ length: options.transactions }, (_, index) => {
    const isMixed = name === 'mixed'
    const place = index + (options.skip ?? 0)
    const from = isMixed ? random.below(options.accounts) : place % options.accounts
    const sender = accounts[from]!
    const calls = isMixed ? mixedCalls(random, accounts) : [oneCall(name, place, options, accounts)]
    const next = nonces.get(sender) ?? 0n
    const isWrong = isMixed && random.below(20) === 0
    if (!isWrong) nonces.set(sender, next + 1n)
    const nonce = isWrong ? next + 1n + BigInt(random.below(3)) : next
    const transaction = invoke(sender, nonce, calls, BigInt(random.below(3)), signed ? from : null)
    const hash = transactionHash(transaction, context.chainId)
    return { type: 'INVOKE', hash, transaction, facts: {} }
  })
  const signers = signed ? options.accounts : 0
  const classes = usedClasses(name, signed ? 'account' : 'open-account').map(bundleClass)
  return {
    context,
    flags: { validate: true, chargeFee: true, strictNonce: true },
    classes,
    state: stateOf(classes, accounts, signers),
    oldBlockHash: { number: BigInt(context.number - 10), hash: 0x1234567890abcdefn },
    transactions,
  }
}

/** One of our contracts as a class that is declared already. */
function bundleClass(name: ContractName): BundleClass {
  const { classHash, compiledClassHash, compiledClassHashV1, sierra, casm } = loadContract(name)
  const { bytecode } = casm as { bytecode: unknown[] }
  const [major, minor, patch] = sierra.sierraProgram.map(Number)
  return {
    classHash,
    casm,
    sierraVersion: [major!, minor!, patch!],
    compiledClassHash,
    poseidon: compiledClassHashV1,
    blake: compiledClassHash,
    codeSizeBytes: codeSizeOf(
      bytecode.length,
      sierra.sierraProgram.length,
      Buffer.byteLength(sierra.abi),
    ),
    declared: true,
  }
}

function stateOf(classes: BundleClass[], accounts: bigint[], signers: number): StateDiff {
  const state = emptyStateDiff()
  for (const { classHash, compiledClassHash } of classes) {
    state.declaredClasses.set(classHash, compiledClassHash)
  }
  const [accountClass, token] = classes as [BundleClass, BundleClass]
  const balances = new Map<bigint, bigint>()
  for (const [place, address] of accounts.entries()) {
    state.deployedContracts.set(address, accountClass.classHash)
    balances.set(feeBalanceKey(address), BALANCE)
    if (place < signers) {
      state.storage.set(address, new Map([[storageKey('Account_public_key'), publicKeyOf(place)]]))
    }
  }
  balances.set(storageKey('ERC20_total_supply'), BALANCE * BigInt(accounts.length))
  state.deployedContracts.set(STRK, token.classHash)
  state.storage.set(STRK, balances)
  for (const [address, contract] of workloadContracts) {
    const { classHash } = contractHashes[contract]
    if (state.declaredClasses.has(classHash)) state.deployedContracts.set(address, classHash)
  }
  if (state.deployedContracts.has(POOL)) {
    const reserves = ['reserve_a', 'reserve_b'].map((variable) => storageKey(variable))
    state.storage.set(POOL, new Map(reserves.map((key) => [key, RESERVE])))
  }
  return state
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
  const others = Math.max(1, accounts.length - options.transactions)
  const place = accounts.length - 1 - (name === 'one-receiver' ? 0 : index % others)
  return transfer(accounts[place]!, 1_000_000n + BigInt(index))
}

function transfer(to: bigint, amount: bigint): Call {
  return { to: STRK, selector: 'transfer', calldata: [to, amount, 0n] }
}

/** One to three calls of any kind, some of which fail. */
function mixedCalls(random: Random, accounts: bigint[]): Call[] {
  const anyone = () => accounts[random.below(accounts.length)]!
  const kinds: (() => Call)[] = [
    () => transfer(anyone(), BigInt(random.below(1000))),
    () => transfer(anyone(), BigInt(random.below(1000))),
    () => transfer(anyone(), BALANCE * 2n),
    () => ({ to: COUNTER, selector: 'increment', calldata: [] }),
    () => ({ to: COUNTER, selector: 'fail', calldata: [] }),
    () => ({
      to: POOL,
      selector: 'swap',
      calldata: [BigInt(random.below(2)), BigInt(random.below(5000)), 0n],
    }),
    () => ({ to: LEDGER, selector: 'credit', calldata: [anyone(), BigInt(random.below(9))] }),
    () => ({ to: LEDGER, selector: 'transfer', calldata: [anyone(), BigInt(random.below(5))] }),
    () => ({ to: LOOP, selector: 'work', calldata: [BigInt(random.below(50))] }),
    () => ({ to: HASHER, selector: 'pedersen', calldata: [BigInt(random.below(4))] }),
    () => ({ to: HASHER, selector: 'poseidon', calldata: [BigInt(random.below(4))] }),
    () => ({ to: HASHER, selector: 'keccak', calldata: [BigInt(random.below(2))] }),
    () => ({ to: ROUTER, selector: 'descend', calldata: [BigInt(random.below(4))] }),
    () => ({
      to: ROUTER,
      selector: 'descend_library',
      calldata: [contractHashes.router.classHash, BigInt(random.below(3))],
    }),
    () => ({ to: ROUTER, selector: 'catch_failure', calldata: [BigInt(random.below(4))] }),
    () => ({ to: ROUTER, selector: 'set_mark', calldata: [BigInt(random.below(3))] }),
    () => ({ to: ROUTER, selector: 'no_such_entry_point', calldata: [] }),
    () => ({
      to: UDC,
      selector: 'deploy_contract',
      calldata: [
        contractHashes.counter.classHash,
        BigInt(random.below(6)),
        1n,
        1n,
        BigInt(random.below(9)),
      ],
    }),
  ]
  return Array.from({ length: 1 + random.below(3) }, () => kinds[random.below(kinds.length)]!())
}

function usedClasses(name: StarknetWorkload, accountClass: ContractName): ContractName[] {
  const base: ContractName[] = [accountClass, 'erc20']
  if (name === 'pool') return [...base, 'pool']
  if (name !== 'mixed') return base
  return [...base, 'pool', 'counter', 'ledger', 'loop', 'hasher', 'router', 'udc']
}

const workloadContracts: [bigint, ContractName][] = [
  [POOL, 'pool'],
  [COUNTER, 'counter'],
  [LEDGER, 'ledger'],
  [LOOP, 'loop'],
  [HASHER, 'hasher'],
  [ROUTER, 'router'],
  [UDC, 'udc'],
]

/** Addresses are spread over the whole range, as hashes are. */
function accountAddress(place: number): bigint {
  return (BigInt(place + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n ** 2n) % 2n ** 250n
}

function keyOf(place: number): string {
  return (0x1234567n + BigInt(place)).toString(16).padStart(64, '0')
}

function publicKeyOf(place: number): bigint {
  return publicPoint(BigInt(`0x${keyOf(place)}`)).x
}

/** `signer`: place of the account whose key signs, null for accounts that take any signature. */
function invoke(
  senderAddress: bigint,
  nonce: bigint,
  calls: Call[],
  tip: bigint,
  signer: number | null,
): InvokeTransaction {
  const calldata = [
    BigInt(calls.length),
    ...calls.flatMap((call) => [
      call.to,
      selector(call.selector),
      BigInt(call.calldata.length),
      ...call.calldata,
    ]),
  ]
  const bound = (maxAmount: bigint, { fri }: { fri: bigint }) => ({
    maxAmount,
    maxPricePerUnit: (fri * 3n) / 2n,
  })
  const transaction: InvokeTransaction = {
    type: 'INVOKE',
    version: 3n,
    senderAddress,
    calldata,
    nonce,
    tip,
    signature: [],
    resourceBounds: {
      l1Gas: bound(40_000n, context.l1GasPrice),
      l1DataGas: bound(20_000n, context.l1DataGasPrice),
      l2Gas: bound(40_000_000n, context.l2GasPrice),
    },
    paymasterData: [],
    accountDeploymentData: [],
    proofFacts: [],
    nonceDataAvailabilityMode: 'L1',
    feeDataAvailabilityMode: 'L1',
  }
  if (signer === null) return transaction
  const hash = transactionHash(transaction, context.chainId)
  const { r, s } = sign(hash.toString(16).padStart(64, '0'), keyOf(signer))
  return { ...transaction, signature: [r, s] }
}
