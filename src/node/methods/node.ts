/** Methods about the node itself: what it speaks, which chain it is, how high. */
import type { Block } from '../../starknet/block.ts'
import type { NodeContext } from '../context.ts'
import { hex } from '../encode/felts.ts'
import { NO_BLOCKS, refusal } from '../errors.ts'
import type { Method } from '../json-rpc.ts'

/** Version of the JSON-RPC specification that is served. */
export const SPEC_VERSION = '0.10.2'

export function nodeMethods({ chain }: NodeContext): Record<string, Method> {
  const newest = (): Block => {
    const block = chain.store.blockByNumber(chain.store.height())
    if (block === null) throw refusal(NO_BLOCKS)
    return block
  }
  return {
    starknet_specVersion: { parameters: [], answer: () => SPEC_VERSION },
    starknet_chainId: { parameters: [], answer: () => hex(chain.chainId) },
    // Nobody to catch up with: the one who makes the blocks is never behind.
    starknet_syncing: { parameters: [], answer: () => false },
    starknet_blockNumber: { parameters: [], answer: () => newest().header.number },
    starknet_blockHashAndNumber: {
      parameters: [],
      answer: () => {
        const { blockHash, number } = newest().header
        return { block_hash: hex(blockHash), block_number: number }
      },
    },
  }
}
