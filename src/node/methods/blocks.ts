/** Methods that read a block, closed or being filled, and what it changed. */
import type { IncludedTransaction } from '../../starknet/block.ts'
import { findBlock, preConfirmedBlock } from '../block-id.ts'
import type { NodeContext } from '../context.ts'
import { type BlockId, decodeBlockId, decodeFelts, decodeFlags, type Members } from '../decode.ts'
import { encodeContext, encodeHeader, encodeStateDiff } from '../encode/block.ts'
import { hex } from '../encode/felts.ts'
import { encodeReceipt, encodeTransaction, type Finality } from '../encode/transaction.ts'
import type { Method } from '../json-rpc.ts'

const decodeResponseFlags = decodeFlags('INCLUDE_PROOF_FACTS')

export function blockMethods({ chain }: NodeContext): Record<string, Method> {
  /** Header and transactions, each as `encode` makes it. */
  const answerBlock = (
    id: BlockId,
    encode: (included: IncludedTransaction, finality: Finality) => unknown,
  ) => {
    const block = findBlock(chain, id)
    if (block !== null) {
      const transactions = block.transactions.map((each) => encode(each, 'ACCEPTED_ON_L2'))
      return { ...encodeHeader(block), transactions }
    }
    const open = preConfirmedBlock(chain)
    const transactions = open.transactions.map((each) => encode(each, 'PRE_CONFIRMED'))
    return { ...encodeContext(open.context), transactions }
  }

  const wantsProofFacts = (parameters: Members) =>
    parameters.optional('response_flags', decodeResponseFlags, new Set()).size > 0

  return {
    starknet_getBlockWithTxHashes: {
      parameters: ['block_id'],
      answer: (parameters) =>
        answerBlock(parameters.get('block_id', decodeBlockId), ({ hash }) => hex(hash)),
    },
    starknet_getBlockWithTxs: {
      parameters: ['block_id', 'response_flags'],
      answer: (parameters) => {
        const withProofFacts = wantsProofFacts(parameters)
        return answerBlock(parameters.get('block_id', decodeBlockId), (included) => ({
          transaction_hash: hex(included.hash),
          ...encodeTransaction(included.transaction, withProofFacts),
        }))
      },
    },
    starknet_getBlockWithReceipts: {
      parameters: ['block_id', 'response_flags'],
      answer: (parameters) => {
        const withProofFacts = wantsProofFacts(parameters)
        return answerBlock(parameters.get('block_id', decodeBlockId), (included, finality) => ({
          transaction: encodeTransaction(included.transaction, withProofFacts),
          receipt: encodeReceipt(included, finality),
        }))
      },
    },
    starknet_getBlockTransactionCount: {
      parameters: ['block_id'],
      answer: (parameters) => {
        const block = findBlock(chain, parameters.get('block_id', decodeBlockId))
        return (block ?? preConfirmedBlock(chain)).transactions.length
      },
    },
    starknet_getStateUpdate: {
      parameters: ['block_id', 'contract_addresses'],
      answer: (parameters) => {
        const block = findBlock(chain, parameters.get('block_id', decodeBlockId))
        const addresses = parameters.optional('contract_addresses', decodeFelts, null)
        const only = addresses === null ? null : new Set(addresses)
        if (block === null) return openStateUpdate(chain, only)
        const { blockHash, newRoot, number } = block.header
        return {
          block_hash: hex(blockHash),
          old_root: hex(chain.store.blockByNumber(number - 1)?.header.newRoot ?? 0n),
          new_root: hex(newRoot),
          state_diff: encodeStateDiff(block.stateDiff, only),
        }
      },
    },
  }
}

function openStateUpdate(chain: NodeContext['chain'], only: ReadonlySet<bigint> | null): object {
  const height = chain.store.height()
  return {
    old_root: hex(chain.store.blockByNumber(height)?.header.newRoot ?? 0n),
    state_diff: encodeStateDiff(preConfirmedBlock(chain).diff, only),
  }
}
