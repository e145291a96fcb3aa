/**
 * Block 0 as data: classes, contracts and balances, written into storage directly; no constructor runs.
 *
 *     STRK, ETH      the token, at the addresses where every Starknet chain has them
 *     deployer       the universal deployer
 *     minter         the account that may mint either token, for the faucet
 *     accounts       funded with both tokens
 *
 * Invariant: the supply of a token is the sum of the balances, so accounting stays honest from the first block on.
 */
import { type ContractName, loadContract } from '../contracts/catalogue.ts'
import { encodeShortString } from '../felt/felt.ts'
import { feeBalanceKey, storageKey } from '../starknet/addresses.ts'
import type { BlockContext } from '../starknet/block-context.ts'
import type { StateDiff } from '../starknet/execution.ts'
import type { StoredClass } from '../storage/chain-store.ts'
import { type PredeployedAccount, predeployedAccounts, publicKeyOf } from './accounts.ts'
import type { ChainOptions } from './options.ts'

export const STRK_ADDRESS = 0x4718f5a0fc34cc1af16a1cdee98ffb20c31f5cd61d6ab07201858f4287c938dn
export const ETH_ADDRESS = 0x49d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7n
export const DEPLOYER_ADDRESS = 0x2ceed65a4bd731034c01113685c831b01c15d7d432f71afb1cf1634b53a2125n
export const MINTER_ADDRESS = 0x1caf2df5ed5dde1ae3faef4acd72522ac3cb16e23f6dc4c7f9faed67124c511n
export const MINTER_PRIVATE_KEY = 0x5fb2959e3011a873a7160f5bb32b0ecen
/** Contracts that every chain has from block 0 on, besides the funded accounts. */
export const SYSTEM_CONTRACTS = [STRK_ADDRESS, ETH_ADDRESS, DEPLOYER_ADDRESS, MINTER_ADDRESS]
export const SEQUENCER_ADDRESS = 0x1000n
export const STARKNET_VERSION = '0.14.2'

/** Of either token: enough to mint and to pay for ever. */
const MINTER_BALANCE = 1n << 255n

/** SNIP-6 interface id of accounts, registered by SNIP-5. */
const ACCOUNT_INTERFACE = 0x2ceccef7f994940b3962a6c67e0ba4fcd37df7d131417c604f91e03caecc1cdn

export interface Genesis {
  context: BlockContext
  stateDiff: StateDiff
  classes: StoredClass[]
  accounts: PredeployedAccount[]
}

/** What block 0 of a chain with these options holds. */
export function genesis(options: ChainOptions): Genesis {
  const accounts = predeployedAccounts(options.seed, options.accounts)
  const classes = (['account', 'erc20', 'udc'] as const).map(storedClass)
  const [account, token, deployer] = classes.map(({ classHash }) => classHash) as [
    bigint,
    bigint,
    bigint,
  ]
  const holders = new Map(accounts.map(({ address }) => [address, options.initialBalance]))
  holders.set(MINTER_ADDRESS, MINTER_BALANCE)
  const contracts: [bigint, bigint, [bigint, bigint][]][] = [
    [STRK_ADDRESS, token, tokenStorage('StarkNet Token', 'STRK', holders)],
    [ETH_ADDRESS, token, tokenStorage('Ether', 'ETH', holders)],
    [DEPLOYER_ADDRESS, deployer, []],
    [MINTER_ADDRESS, account, accountStorage(publicKeyOf(MINTER_PRIVATE_KEY))],
    ...accounts.map(({ address, publicKey }): [bigint, bigint, [bigint, bigint][]] => [
      address,
      account,
      accountStorage(publicKey),
    ]),
  ]
  const stateDiff: StateDiff = {
    storage: ascending(
      contracts
        .map(([address, , cells]): [bigint, Map<bigint, bigint>] => [address, nonZero(cells)])
        .filter(([, cells]) => cells.size > 0),
    ),
    nonces: new Map(),
    deployedContracts: ascending(contracts.map(([address, classHash]) => [address, classHash])),
    replacedClasses: new Map(),
    declaredClasses: ascending(
      classes.map(({ classHash, compiledClassHash }) => [classHash, compiledClassHash]),
    ),
    migratedCompiledClasses: new Map(),
  }
  return { context: genesisContext(options), stateDiff, classes, accounts }
}

/** The facts of block 0; later blocks differ in number and time. */
export function genesisContext({ chainId, startTime, gasPrice }: ChainOptions): BlockContext {
  const price = { wei: gasPrice, fri: gasPrice }
  return {
    number: 0,
    timestamp: startTime ?? Math.floor(Date.now() / 1000),
    sequencerAddress: SEQUENCER_ADDRESS,
    chainId,
    starknetVersion: STARKNET_VERSION,
    l1GasPrice: price,
    l1DataGasPrice: price,
    l2GasPrice: price,
    useKzgDa: true,
    strkAddress: STRK_ADDRESS,
    ethAddress: ETH_ADDRESS,
  }
}

function storedClass(name: ContractName): StoredClass {
  const { classHash, compiledClassHash, sierra, casm } = loadContract(name)
  return { classHash, compiledClassHash, sierra, casm, declaredAt: 0 }
}

function accountStorage(publicKey: bigint): [bigint, bigint][] {
  return [
    [storageKey('Account_public_key'), publicKey],
    [storageKey('SRC5_supported_interfaces', ACCOUNT_INTERFACE), 1n],
  ]
}

function tokenStorage(
  name: string,
  symbol: string,
  holders: ReadonlyMap<bigint, bigint>,
): [bigint, bigint][] {
  const supply = [...holders.values()].reduce((sum, balance) => sum + balance, 0n)
  return [
    [storageKey('ERC20_name'), encodeShortString(name)],
    [storageKey('ERC20_symbol'), encodeShortString(symbol)],
    [storageKey('ERC20_decimals'), 18n],
    ...u256(storageKey('ERC20_total_supply'), supply),
    ...[...holders].flatMap(([holder, balance]) => u256(feeBalanceKey(holder), balance)),
    [storageKey('permitted_minter'), MINTER_ADDRESS],
  ]
}

/** A 256-bit number: its low half at the key, its high half at the next one. */
function u256(key: bigint, value: bigint): [bigint, bigint][] {
  return [
    [key, BigInt.asUintN(128, value)],
    [key + 1n, value >> 128n],
  ]
}

function nonZero(cells: [bigint, bigint][]): Map<bigint, bigint> {
  return ascending(cells.filter(([, value]) => value !== 0n))
}

function ascending<T>(entries: [bigint, T][]): Map<bigint, T> {
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}
