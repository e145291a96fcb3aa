/** Methods that look one transaction up: itself, its status, its receipt. */
import type { IncludedTransaction } from '../../starknet/block.ts'
import type { Transaction } from '../../starknet/transaction.ts'
import { findBlock, preConfirmedBlock } from '../block-id.ts'
import type { TransactionStage } from '../chain.ts'
import type { NodeContext } from '../context.ts'
import { decodeBlockId, decodeFelt, decodeFlags, decodeInteger, type Members } from '../decode.ts'
import { hex } from '../encode/felts.ts'
import { encodeReceipt, encodeTransaction } from '../encode/transaction.ts'
import { INVALID_TXN_INDEX, refusal, TXN_HASH_NOT_FOUND } from '../errors.ts'
import type { Method } from '../json-rpc.ts'

const decodeResponseFlags = decodeFlags('INCLUDE_PROOF_FACTS')

export function transactionMethods({ chain }: NodeContext): Record<string, Method> {
  const findStage = (parameters: Members): [bigint, TransactionStage] => {
    const hash = parameters.get('transaction_hash', decodeFelt)
    const stage = chain.stageOf(hash)
    if (stage !== null) return [hash, stage]
    // The protocol forgets what was rejected; who waits for it should learn why all the same.
    const reason = chain.rejectionOf(hash)
    const data = reason === null ? undefined : { reason: `the transaction was rejected: ${reason}` }
    throw refusal(TXN_HASH_NOT_FOUND, data)
  }

  return {
    starknet_getTransactionByHash: {
      parameters: ['transaction_hash', 'response_flags'],
      answer: (parameters) => {
        const [hash, stage] = findStage(parameters)
        const transaction = 'included' in stage ? stage.included.transaction : stage.transaction
        return withHash(hash, transaction, parameters)
      },
    },
    starknet_getTransactionByBlockIdAndIndex: {
      parameters: ['block_id', 'index', 'response_flags'],
      answer: (parameters) => {
        const block = findBlock(chain, parameters.get('block_id', decodeBlockId))
        const index = parameters.get('index', decodeInteger(0))
        const included = (block ?? preConfirmedBlock(chain)).transactions[index]
        if (included === undefined) throw refusal(INVALID_TXN_INDEX)
        return withHash(included.hash, included.transaction, parameters)
      },
    },
    starknet_getTransactionReceipt: {
      parameters: ['transaction_hash'],
      answer: (parameters) => {
        const [, stage] = findStage(parameters)
        if (stage.stage === 'accepted') {
          const { blockHash, number } = stage.block.header
          const receipt = encodeReceipt(stage.included, 'ACCEPTED_ON_L2')
          return { ...receipt, block_hash: hex(blockHash), block_number: number }
        }
        // A transaction that waits has done nothing yet: there is no receipt of it.
        if (stage.stage !== 'preConfirmed') throw refusal(TXN_HASH_NOT_FOUND)
        const receipt = encodeReceipt(stage.included, 'PRE_CONFIRMED')
        return { ...receipt, block_number: stage.blockNumber }
      },
    },
    starknet_getTransactionStatus: {
      parameters: ['transaction_hash'],
      answer: (parameters) => {
        const [, stage] = findStage(parameters)
        switch (stage.stage) {
          case 'received':
            return { finality_status: 'RECEIVED' }
          case 'candidate':
            return { finality_status: 'CANDIDATE' }
          case 'preConfirmed':
            return { finality_status: 'PRE_CONFIRMED', ...executionStatus(stage.included) }
          case 'accepted':
            return { finality_status: 'ACCEPTED_ON_L2', ...executionStatus(stage.included) }
        }
      },
    },
  }
}

function withHash(hash: bigint, transaction: Transaction, parameters: Members): object {
  const flags = parameters.optional('response_flags', decodeResponseFlags, new Set())
  return { transaction_hash: hex(hash), ...encodeTransaction(transaction, flags.size > 0) }
}

function executionStatus(included: IncludedTransaction): object {
  const { outcome, reason } = included.execution()
  return {
    execution_status: outcome,
    ...(outcome === 'REVERTED' ? { failure_reason: reason ?? '' } : {}),
  }
}
