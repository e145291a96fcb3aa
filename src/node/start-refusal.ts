/**
 * Why a node does not start on what its folder holds, each in one sentence that says what to do.
 */
import { EngineError } from '../ordering/engine.ts'
import { feeBalanceKey } from '../starknet/addresses.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import { WriteError } from '../storage/write-error.ts'
import { predeployedAccounts } from './accounts.ts'
import { chainName } from './config.ts'
import { STRK_ADDRESS, SYSTEM_CONTRACTS } from './genesis.ts'
import type { ChainOptions } from './options.ts'
import { UsageError } from './usage-error.ts'

/**
 * Refuses options that a stored chain was not made with: the hash of each transaction depends on the chain id, and keys or
 * balances that a script was promised would not be there. More or fewer accounts of the same seed are no harm.
 */
export function requireSameChain(options: ChainOptions, store: ChainStore): void {
  const { dataDir, initialBalance } = options
  const { header, stateDiff } = store.blockByNumber(0)!
  const { deployedContracts, storage } = stateDiff
  if (header.chainId !== options.chainId) {
    const [here, asked] = [chainName(header.chainId), chainName(options.chainId)]
    throw new UsageError(`${dataDir} holds chain ${here}, not ${asked}; give --chain-id ${here}`)
  }
  const [account] = predeployedAccounts(options.seed, Math.min(options.accounts, 1))
  if (account === undefined || deployedContracts.size === SYSTEM_CONTRACTS.length) return
  if (!deployedContracts.has(account.address)) {
    throw new UsageError(`${dataDir} holds a chain with the accounts of another --seed; give that`)
  }
  const key = feeBalanceKey(account.address)
  const cell = (at: bigint) => storage.get(STRK_ADDRESS)?.get(at) ?? 0n
  const balance = cell(key) + (cell(key + 1n) << 128n)
  if (balance !== initialBalance) {
    throw new UsageError(
      `${dataDir} holds a chain whose accounts began with ${balance}; give --initial-balance ${balance}`,
    )
  }
}

/** A failure of journal or disk as a refusal for the operator; anything else is passed on as it is. */
export function startRefusal(error: unknown): unknown {
  const isUsersAffair = error instanceof EngineError || error instanceof WriteError
  return isUsersAffair ? new UsageError(error.message) : error
}
