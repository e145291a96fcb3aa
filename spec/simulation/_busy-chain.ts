/**
 * A chain with contracts that work for as long as they are told, served by a node; on disk or in memory.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ContractName, loadContract } from '../../src/contracts/catalogue.ts'
import { selector } from '../../src/felt/hash.ts'
import { createChain, type RunningChain } from '../../src/main.ts'
import { type PredeployedAccount, predeployedAccounts } from '../../src/node/accounts.ts'
import { readCommand } from '../../src/node/config.ts'
import { DEPLOYER_ADDRESS } from '../../src/node/genesis.ts'
import { startNode } from '../../src/node/start.ts'
import { contractAddress } from '../../src/starknet/addresses.ts'
import { signedDeclare, signedInvoke } from '../node/_signed.ts'

/** What constructors take. */
const constructorCalldata: Partial<Record<ContractName, bigint[]>> = { counter: [5n] }

export interface BusyChain {
  chain: RunningChain
  accounts: PredeployedAccount[]
  /** Where the contracts are. */
  addresses: Record<string, bigint>
  url: string
  /** Nonces of the first account that are taken. */
  nonce: bigint
  stop(): Promise<void>
}

/** Starts a node with these arguments and deploys the contracts. */
export async function startBusyChain(
  contracts: ContractName[],
  { onDisk = false, args = [] as string[] } = {},
): Promise<BusyChain> {
  const folder = onDisk ? mkdtempSync(join(tmpdir(), 'fugue-spec-')) : null
  const where = folder === null ? [] : ['--data-dir', folder]
  const command = readCommand(['dev', '--port', '0', '--workers', '1', ...where, ...args], {}, 1)
  if (command.name !== 'dev') throw new Error('expected the command dev')
  const { config } = command
  const chain = await createChain(config.chain)
  const node = await startNode(chain, config)
  const accounts = predeployedAccounts(config.chain.seed, config.chain.accounts)
  const busy: BusyChain = {
    chain,
    accounts,
    addresses: {},
    url: `${node.url}/rpc`,
    nonce: 0n,
    stop: async () => {
      await node.stop()
      await chain.stop()
      if (folder !== null) rmSync(folder, { recursive: true, force: true })
    },
  }
  for (const name of contracts) busy.addresses[name] = await deploy(busy, name)
  return busy
}

async function deploy(busy: BusyChain, name: ContractName): Promise<bigint> {
  const { chain, accounts } = busy
  const { classHash, compiledClassHash, sierra } = loadContract(name)
  const [account] = accounts as [PredeployedAccount]
  const { chainId } = chain
  const declare = signedDeclare(account, busy.nonce++, classHash, compiledClassHash, chainId)
  await included(chain, await chain.submit(declare, sierra))
  const given = constructorCalldata[name] ?? []
  const deployment = [classHash, 1n, 0n, BigInt(given.length), ...given]
  const deployer = [DEPLOYER_ADDRESS, selector('deployContract'), BigInt(deployment.length)]
  const calldata = [1n, ...deployer, ...deployment]
  const invoke = signedInvoke(account, busy.nonce++, calldata, chainId)
  await included(chain, await chain.submit(invoke, null))
  const address = contractAddress(0n, 1n, classHash, given)
  if (chain.stateOf('pre_confirmed').classHashAt(address) === 0n) throw new Error(`no ${name}`)
  return address
}

/** Waits until a transaction is executed. */
export async function included(chain: RunningChain, hash: bigint): Promise<void> {
  for (;;) {
    const stage = chain.stageOf(hash)
    if (stage === null) throw new Error(`0x${hash.toString(16)} was dropped`)
    if ('included' in stage) return
    await sleep(2)
  }
}
