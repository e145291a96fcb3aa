/**
 * What a node says when it has started: where it listens, what it is, and the accounts with their keys.
 */
import { chainName, type NodeConfig } from './config.ts'
import { hex } from './encode/felts.ts'
import { DEPLOYER_ADDRESS, ETH_ADDRESS, STARKNET_VERSION, STRK_ADDRESS } from './genesis.ts'
import { SPEC_VERSION } from './methods/node.ts'
import type { BlockGeneration } from './options.ts'
import type { RunningNode } from './start.ts'

/** The start banner. */
export function banner(version: string, config: NodeConfig, node: RunningNode): string {
  const { chainId, blockGeneration, workers, seed, initialBalance, dataDir } = config.chain
  const threads = workers === 0 ? 'sequential' : `${workers} worker${workers === 1 ? '' : 's'}`
  const id = `${chainName(chainId)} (${hex(chainId)})`
  const lines = [
    `Fugue ${version}   Starknet ${STARKNET_VERSION}   JSON-RPC ${SPEC_VERSION}   chain ${id}`,
    `  HTTP ${node.url}/rpc`,
    `  ${describe(blockGeneration)}, ${threads}`,
    `  chain in ${dataDir ?? 'memory'}`,
    `  ETH  ${hex(ETH_ADDRESS)}`,
    `  STRK ${hex(STRK_ADDRESS)}`,
    `  UDC  ${hex(DEPLOYER_ADDRESS)}`,
    `  ${node.accounts.length} accounts, ${initialBalance} fri and wei each, seed ${seed}`,
  ]
  node.accounts.forEach(({ address, privateKey, publicKey }, index) => {
    lines.push(
      `  #${index}  ${hex(address)}`,
      `      private ${hex(privateKey)}   public ${hex(publicKey)}`,
    )
  })
  lines.push(`  const provider = new RpcProvider({ nodeUrl: '${node.url}/rpc' })`)
  return lines.join('\n')
}

function describe(generation: BlockGeneration): string {
  switch (generation.mode) {
    case 'auto':
      return 'a block closes when nothing waits (auto)'
    case 'transaction':
      return 'a block per transaction'
    case 'demand':
      return 'blocks on demand (devnet_createBlock)'
    case 'interval':
      return `a block every ${generation.intervalMs} ms`
  }
}
