/** Methods that read state: storage, nonces, classes. */
import type { StateReader } from '../../storage/chain-store.ts'
import { stateReaderOf } from '../block-id.ts'
import type { NodeContext } from '../context.ts'
import { decodeBlockId, decodeFelt, decodeFlags, type Members } from '../decode.ts'
import { encodeCasm } from '../encode/casm.ts'
import { encodeClass } from '../encode/class.ts'
import { hex } from '../encode/felts.ts'
import { CLASS_HASH_NOT_FOUND, CONTRACT_NOT_FOUND, refusal } from '../errors.ts'
import type { Method } from '../json-rpc.ts'

const decodeStorageFlags = decodeFlags('INCLUDE_LAST_UPDATE_BLOCK')

export function stateMethods({ chain }: NodeContext): Record<string, Method> {
  const readState = (parameters: Members): StateReader =>
    stateReaderOf(chain, parameters.get('block_id', decodeBlockId))

  /** The class of a contract that must be deployed. */
  const classHashOf = (state: StateReader, contractAddress: bigint): bigint => {
    const classHash = state.classHashAt(contractAddress)
    if (classHash === 0n) throw refusal(CONTRACT_NOT_FOUND)
    return classHash
  }

  /** A class that is declared in the state and whose source is known. */
  const answerClass = (state: StateReader, classHash: bigint): object => {
    const isDeclared = state.compiledClassHashAt(classHash) !== 0n
    const sierra = isDeclared ? chain.classByHash(classHash)?.sierra : null
    if (!sierra) throw refusal(CLASS_HASH_NOT_FOUND)
    return encodeClass(sierra)
  }

  return {
    starknet_getStorageAt: {
      parameters: ['contract_address', 'key', 'block_id', 'response_flags'],
      answer: (parameters) => {
        const address = parameters.get('contract_address', decodeFelt)
        const key = parameters.get('key', decodeFelt)
        const flags = parameters.optional('response_flags', decodeStorageFlags, new Set())
        const state = readState(parameters)
        const value = state.storageAt(address, key)
        // The system contracts 0x1 and 0x2 have storage but no class.
        if (value === 0n && address > 2n) classHashOf(state, address)
        if (flags.size === 0) return hex(value)
        return { value: hex(value), last_update_block: state.lastUpdateOf(address, key) ?? 0 }
      },
    },
    starknet_getNonce: {
      parameters: ['block_id', 'contract_address'],
      answer: (parameters) => {
        const state = readState(parameters)
        const address = parameters.get('contract_address', decodeFelt)
        classHashOf(state, address)
        return hex(state.nonceAt(address))
      },
    },
    starknet_getClassHashAt: {
      parameters: ['block_id', 'contract_address'],
      answer: (parameters) =>
        hex(classHashOf(readState(parameters), parameters.get('contract_address', decodeFelt))),
    },
    starknet_getClass: {
      parameters: ['block_id', 'class_hash'],
      answer: (parameters) =>
        answerClass(readState(parameters), parameters.get('class_hash', decodeFelt)),
    },
    starknet_getClassAt: {
      parameters: ['block_id', 'contract_address'],
      answer: (parameters) => {
        const state = readState(parameters)
        return answerClass(
          state,
          classHashOf(state, parameters.get('contract_address', decodeFelt)),
        )
      },
    },
    starknet_getCompiledCasm: {
      parameters: ['class_hash'],
      answer: (parameters) => {
        const known = chain.classByHash(parameters.get('class_hash', decodeFelt))
        if (known === null) throw refusal(CLASS_HASH_NOT_FOUND)
        return encodeCasm(known.casm)
      },
    },
  }
}
