/** Methods for development: funded accounts, the faucet, blocks on demand, and compiled classes to declare with. */

import type { StateId } from '../../simulation/request.ts'
import { feeBalanceKey } from '../../starknet/addresses.ts'
import { findState } from '../block-id.ts'
import type { NodeContext } from '../context.ts'
import { decodeBlockId, decodeBoolean, decodeFelt, decodeWord, Members, refuse } from '../decode.ts'
import { hex } from '../encode/felts.ts'
import { DEVNET_ERROR, refusal } from '../errors.ts'
import type { Method } from '../json-rpc.ts'
import { wholePart } from '../long-numbers.ts'

type Unit = 'FRI' | 'WEI'

const decodeUnit = decodeWord<Unit>('FRI', 'WEI')

export function devnetMethods(context: NodeContext): Record<string, Method> {
  const { chain, accounts, initialBalance, isDevelopment } = context

  const balanceOf = (address: bigint, unit: Unit, at: StateId): bigint => {
    const { strkAddress, ethAddress } = chain.preConfirmed().context
    const token = unit === 'FRI' ? strkAddress : ethAddress
    const key = feeBalanceKey(address)
    const state = chain.stateOf(at)
    return state.storageAt(token, key) + (state.storageAt(token, key + 1n) << 128n)
  }

  const encodeBalance = (address: bigint, unit: Unit, at: StateId) => ({
    amount: balanceOf(address, unit, at).toString(),
    unit,
  })

  return {
    devnet_getPredeployedAccounts: {
      parameters: ['with_balance'],
      answer: (parameters) => {
        const withBalance = parameters.optional('with_balance', decodeBoolean, false)
        return accounts.map(({ address, publicKey, privateKey }) => ({
          initial_balance: initialBalance.toString(),
          address: hex(address),
          public_key: hex(publicKey),
          private_key: hex(privateKey),
          ...(withBalance
            ? {
                balance: {
                  eth: encodeBalance(address, 'WEI', 'pre_confirmed'),
                  strk: encodeBalance(address, 'FRI', 'pre_confirmed'),
                },
              }
            : {}),
        }))
      },
    },
    devnet_getAccountBalance: {
      parameters: ['address', 'unit', 'block_id'],
      answer: (parameters) => {
        const address = parameters.get('address', decodeFelt)
        const unit = parameters.optional('unit', decodeUnit, 'FRI')
        const id = parameters.optional('block_id', decodeBlockId, 'latest')
        return encodeBalance(address, unit, findState(chain, id))
      },
    },
    devnet_mint: {
      parameters: ['address', 'amount', 'unit'],
      exactNumbers: true,
      answer: async (parameters) => {
        const address = parameters.get('address', decodeFelt)
        const amount = parameters.get('amount', decodeAmount)
        const unit = parameters.optional('unit', decodeUnit, 'FRI')
        const hash = await chain.mint(address, amount, unit)
        const stage = chain.stageOf(hash)
        const execution = stage !== null && 'included' in stage ? stage.included.execution() : null
        if (execution?.outcome === 'REVERTED') {
          const data = { tx_hash: hex(hash), revert_reason: execution.reason ?? '' }
          throw refusal(DEVNET_ERROR, data)
        }
        const balance = balanceOf(address, unit, 'pre_confirmed')
        return { new_balance: balance.toString(), unit, tx_hash: hex(hash) }
      },
    },
    devnet_createBlock: {
      parameters: [],
      answer: async () => ({ block_hash: hex(await chain.createBlock()) }),
    },
    ...(isDevelopment ? { devnet_abortBlocks: abortBlocks(context) } : {}),
    fugue_addCompiledClass: {
      parameters: ['casm'],
      answer: async (parameters) => {
        const casm = parameters.get('casm', (value, path) => {
          new Members(value, path)
          return value
        })
        const { blake, poseidon } = await chain.addCompiledClass(casm)
        return { compiled_class_hash: hex(blake), compiled_class_hash_poseidon: hex(poseidon) }
      },
    },
  }
}

/**
 * As in starknet-devnet: a block id, or `starting_block_hash` as older clients say; hashes come newest first. Aborted
 * blocks are then unknown (24), their transactions too (29), and may be sent again.
 */
function abortBlocks({ chain }: NodeContext): Method {
  return {
    parameters: ['starting_block_id'],
    answer: async (parameters) => {
      const hash = parameters.optional('starting_block_hash', decodeFelt, null)
      const start = hash === null ? parameters.get('starting_block_id', decodeBlockId) : { hash }
      return { aborted: (await chain.abortBlocks(start)).map(hex) }
    },
  }
}

/** An amount of tokens as a number, a decimal text or a hexadecimal one; a fraction is cut. */
function decodeAmount(value: unknown, path: string): bigint {
  const expected = 'an amount, as a number or as decimal or hexadecimal text'
  if (typeof value !== 'string' && typeof value !== 'number') refuse(path, expected, value)
  const text = String(value)
  const amount = /^0x[0-9a-fA-F]{1,64}$/.test(text) ? BigInt(text) : wholePart(text)
  if (amount === null || amount >> 256n !== 0n) refuse(path, expected, value)
  return amount
}
