/**
 * Hashes of classes. A class as declared is hashed with Poseidon; its compilation with Poseidon (V1) or, from 0.14.1 on,
 * with Blake2s (V2), over the same tree:
 *
 *     h('COMPILED_CLASS_V1', entry points × 3, bytecode)
 *     bytecode    leaf     h(felts)
 *                 node     1 + h(length, hash, length, hash, …)      by `bytecode_segment_lengths`, nested at will
 *
 * The ABI is hashed as the text that was sent.
 */

import { encodeShortString } from '../felt/felt.ts'
import { blake2sFelts, poseidonMany, starknetKeccak } from '../felt/hash.ts'
import { ADDRESS_BOUND } from './addresses.ts'
import { type Casm, type CasmEntryPoint, decodeCasm, type SegmentLengths } from './casm.ts'
import type { SierraClass, SierraEntryPoint } from './transaction.ts'

const CLASS_TAG = encodeShortString('CONTRACT_CLASS_V0.1.0')
const COMPILED_CLASS_TAG = encodeShortString('COMPILED_CLASS_V1')

type HashMany = (felts: bigint[]) => bigint

/** Class hash of a Sierra class. */
export function sierraClassHash(sierra: SierraClass): bigint {
  const { external, l1Handler, constructor: constructors } = sierra.entryPointsByType
  return (
    poseidonMany([
      CLASS_TAG,
      entryPointsHash(external),
      entryPointsHash(l1Handler),
      entryPointsHash(constructors),
      starknetKeccak(sierra.abi),
      poseidonMany(sierra.sierraProgram),
    ]) % ADDRESS_BOUND
  )
}

/** Compiled class hashes of a CASM as parsed JSON: V1 by Poseidon, V2 by Blake2s. Refuses what is no CASM. */
export function compiledClassHashes(casm: unknown): { poseidon: bigint; blake: bigint } {
  const decoded = decodeCasm(casm)
  return {
    poseidon: compiledClassHash(decoded, poseidonMany),
    blake: compiledClassHash(decoded, blake2sFelts),
  }
}

/** V2 alone, which a declare states from 0.14.1 on. */
export function blakeCompiledClassHash(casm: unknown): bigint {
  return compiledClassHash(decodeCasm(casm), blake2sFelts)
}

function entryPointsHash(entryPoints: SierraEntryPoint[]): bigint {
  return poseidonMany(
    entryPoints.flatMap(({ selector, functionIdx }) => [selector, BigInt(functionIdx)]),
  )
}

function compiledClassHash(casm: Casm, hash: HashMany): bigint {
  return hash([
    COMPILED_CLASS_TAG,
    compiledEntryPointsHash(casm.external, hash),
    compiledEntryPointsHash(casm.l1Handler, hash),
    compiledEntryPointsHash(casm.constructor, hash),
    bytecodeHash(casm.bytecode, casm.segmentLengths, hash),
  ])
}

function compiledEntryPointsHash(entryPoints: CasmEntryPoint[], hash: HashMany): bigint {
  return hash(
    entryPoints.flatMap(({ selector, offset, builtins }) => [
      selector,
      BigInt(offset),
      hash(builtins.map(encodeShortString)),
    ]),
  )
}

function bytecodeHash(bytecode: bigint[], lengths: SegmentLengths, hash: HashMany): bigint {
  let position = 0
  const hashOf = (segment: SegmentLengths): { length: number; hash: bigint } => {
    if (typeof segment === 'number') {
      const felts = bytecode.slice(position, position + segment)
      position += segment
      return { length: segment, hash: hash(felts) }
    }
    const children = segment.map(hashOf)
    return {
      length: children.reduce((sum, child) => sum + child.length, 0),
      hash: 1n + hash(children.flatMap((child) => [BigInt(child.length), child.hash])),
    }
  }
  return hashOf(lengths).hash
}
