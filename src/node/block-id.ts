/**
 * From what a client calls a block to the block: a number, a hash or a tag.
 *
 * `pre_confirmed` as a block is the one above the stored tip, whether it is being filled or sealed and on its way into the
 * store; as a state it is the newest there is. No block is accepted on L1 while there is no L1.
 */

import type { StateId } from '../simulation/request.ts'
import type { Block, BlockHeader } from '../starknet/block.ts'
import type { BlockContext } from '../starknet/block-context.ts'
import type { StateReader } from '../storage/chain-store.ts'
import type { Chain, PendingBlock } from './chain.ts'
import type { BlockId } from './decode.ts'
import { BLOCK_NOT_FOUND, refusal } from './errors.ts'

/** The stored block, or null for the pre-confirmed one; refuses what there is not. */
export function findBlock(chain: Chain, id: BlockId): Block | null {
  if (id === 'pre_confirmed') return null
  const block = storedBlock(chain, id)
  if (block === null) throw refusal(BLOCK_NOT_FOUND)
  return block
}

function storedBlock({ store }: Chain, id: BlockId): Block | null {
  if (id === 'latest') return store.blockByNumber(store.height())
  if (typeof id === 'string') return null
  return 'number' in id ? store.blockByNumber(id.number) : store.blockByHash(id.hash)
}

/** The block above the stored tip: no block is between it and `latest`. */
export function preConfirmedBlock(chain: Pick<Chain, 'pending'>): PendingBlock {
  return chain.pending()[0]!
}

/** The state after that block. */
export function findState(chain: Chain, id: BlockId): StateId {
  const block = findBlock(chain, id)
  return block === null ? 'pre_confirmed' : block.header.number
}

export function stateReaderOf(chain: Chain, id: BlockId): StateReader {
  return chain.stateOf(findState(chain, id))
}

/** Prices, time and number of a block, stored or being filled. */
export function contextOf(
  chain: Pick<Chain, 'store' | 'preConfirmed'>,
  at: StateId,
): BlockContext | BlockHeader {
  if (at === 'pre_confirmed') return chain.preConfirmed().context
  const block = chain.store.blockByNumber(at)
  if (block === null) throw refusal(BLOCK_NOT_FOUND)
  return block.header
}
