/**
 * Storage proofs: the ways from the roots of a closed block to classes, contracts and storage keys.
 *
 * The open block has no roots yet, so it is refused.
 */
import type { Preimage, ProofRequest, StateProof } from '../../state/proof.ts'
import { STATE_HEIGHT } from '../../state/state-root.ts'
import { findBlock } from '../block-id.ts'
import type { NodeContext } from '../context.ts'
import { decodeBlockId, decodeFelt, decodeList, Members, refuse } from '../decode.ts'
import { hex } from '../encode/felts.ts'
import { invalidParams, refusal, STORAGE_PROOF_NOT_SUPPORTED } from '../errors.ts'
import type { Method } from '../json-rpc.ts'

const decodeKeys = decodeList(decodeKey)
/** Storage keys by contract. */
const decodeStorage = decodeList((value, path) => {
  const members = new Members(value, path)
  return {
    contract: members.get('contract_address', decodeKey),
    keys: members.get('storage_keys', decodeKeys),
  }
})

export function proofMethods({ chain, limits }: NodeContext): Record<string, Method> {
  return {
    starknet_getStorageProof: {
      parameters: ['block_id', 'class_hashes', 'contract_addresses', 'contracts_storage_keys'],
      answer: (parameters) => {
        const id = parameters.get('block_id', decodeBlockId)
        if (id === 'pre_confirmed') refuse('block_id', 'a closed block', id)
        const request: ProofRequest = {
          classes: parameters.optional('class_hashes', decodeKeys, []),
          contracts: parameters.optional('contract_addresses', decodeKeys, []),
          storage: parameters.optional('contracts_storage_keys', decodeStorage, []),
        }
        const count = keysOf(request)
        if (count > limits.proofKeys) {
          throw invalidParams(`the request has ${count} keys, the limit is ${limits.proofKeys}`)
        }
        const { number, blockHash } = findBlock(chain, id)!.header
        const proof = chain.store.prove(number, request)
        if (proof === null) throw refusal(STORAGE_PROOF_NOT_SUPPORTED)
        return encodeProof(proof, blockHash)
      },
    },
  }
}

/** A key of the tries. */
function decodeKey(value: unknown, path: string): bigint {
  const key = decodeFelt(value, path)
  if (key >> BigInt(STATE_HEIGHT) !== 0n) refuse(path, `a felt below 2^${STATE_HEIGHT}`, value)
  return key
}

/** A contract whose storage is asked for costs a way of its own. */
function keysOf({ classes, contracts, storage }: ProofRequest): number {
  const inStorage = storage.reduce((sum, { keys }) => sum + Math.max(keys.length, 1), 0)
  return classes.length + contracts.length + inStorage
}

/** The answer of `starknet_getStorageProof`. */
export function encodeProof(proof: StateProof, blockHash: bigint): object {
  return {
    classes_proof: encodeNodes(proof.classes),
    contracts_proof: {
      nodes: encodeNodes(proof.contracts),
      contract_leaves_data: proof.leaves.map(({ nonce, classHash, storageRoot }) => ({
        nonce: hex(nonce),
        class_hash: hex(classHash),
        storage_root: hex(storageRoot),
      })),
    },
    contracts_storage_proofs: proof.storage.map(encodeNodes),
    global_roots: {
      contracts_tree_root: hex(proof.contractsRoot),
      classes_tree_root: hex(proof.classesRoot),
      block_hash: hex(blockHash),
    },
  }
}

function encodeNodes(nodes: ReadonlyMap<bigint, Preimage>): object[] {
  return [...nodes].map(([hash, node]) => ({
    node_hash: hex(hash),
    node:
      'left' in node
        ? { left: hex(node.left), right: hex(node.right) }
        : { path: hex(node.path), length: node.length, child: hex(node.bottom) },
  }))
}
