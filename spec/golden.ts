/**
 * Golden blocks: what the real Blockifier made of a block on a made-up state. Readers for specs that need the state before
 * and the diffs.
 */
import type { StateDiff } from '../src/starknet/execution.ts'
import type { ReadableState } from '../src/state/readable-state.ts'
import { vector, vectorPath } from './vectors.ts'

export interface GoldenBundle {
  starknet_version: string
  block: { number: number }
  old_block_hash: { number: number; hash: string }[]
  contracts: {
    address: string
    class_hash?: string
    nonce?: string
    storage?: Record<string, string>
  }[]
}

type Felts = Record<string, string>

export interface GoldenDiff {
  storage: Record<string, Felts>
  nonces: Felts
  deployed_contracts: Felts
  replaced_classes: Felts
  declared_classes: Felts
  migrated_compiled_classes: Felts
}

export interface GoldenBlock {
  transactions: { outcome: string; state_diff?: GoldenDiff }[]
  state_diff: GoldenDiff
}

/** All that can be run; 19 needs the limits of a block. */
export const goldenBlocks = [
  '01-transfers-independent',
  '02-transfers-one-receiver',
  '03-nonce-chains',
  '04-deploy-account',
  '05-declare',
  '06-reverts',
  '07-rejections',
  '08-l1-handlers',
  '09-syscalls',
  '10-multicalls',
  '11-mix-200',
  '12-contracts',
  '13-mix-0.13.4',
  '14-mix-0.14.0',
  '15-migration-0.14.1',
  '16-mix-0.14.3',
  '17-mix-0.14.4',
  '18-odd-header',
]

/** The file of a golden block's state, classes and transactions. */
export function goldenPath(name: string): string {
  return vectorPath(`golden/${name}.bundle.json`)
}

/** The two files of a golden block, for `vectorTest`. */
export function goldenFiles(name: string): string[] {
  return [`golden/${name}.bundle.json`, `golden/${name}.expected.json`]
}

export function goldenBundle(name: string): GoldenBundle {
  return vector<GoldenBundle>(`golden/${name}.bundle.json`)
}

export function goldenBlock(name: string): GoldenBlock {
  return vector<GoldenBlock>(`golden/${name}.expected.json`)
}

/** State before the block, but for classes. */
export function goldenState({ contracts, old_block_hash }: GoldenBundle): ReadableState {
  const storage = new Map<bigint, Map<bigint, bigint>>()
  const nonces = new Map<bigint, bigint>()
  const classHashes = new Map<bigint, bigint>()
  for (const contract of contracts) {
    const address = BigInt(contract.address)
    storage.set(address, felts(contract.storage ?? {}))
    nonces.set(address, BigInt(contract.nonce ?? 0))
    if (contract.class_hash !== undefined) classHashes.set(address, BigInt(contract.class_hash))
  }
  const hashes = storage.get(1n) ?? new Map<bigint, bigint>()
  for (const { number, hash } of old_block_hash) hashes.set(BigInt(number), BigInt(hash))
  storage.set(1n, hashes)
  return {
    storageAt: (address, key) => storage.get(address)?.get(key) ?? 0n,
    nonceAt: (address) => nonces.get(address) ?? 0n,
    classHashAt: (address) => classHashes.get(address) ?? 0n,
    compiledClassHashAt: () => 0n,
  }
}

export function decodeGoldenDiff(diff: GoldenDiff): StateDiff {
  return {
    storage: new Map(
      Object.entries(diff.storage).map(([address, cells]) => [BigInt(address), felts(cells)]),
    ),
    nonces: felts(diff.nonces),
    deployedContracts: felts(diff.deployed_contracts),
    replacedClasses: felts(diff.replaced_classes),
    declaredClasses: felts(diff.declared_classes),
    migratedCompiledClasses: felts(diff.migrated_compiled_classes),
  }
}

function felts(map: Felts): Map<bigint, bigint> {
  return new Map(Object.entries(map).map(([key, value]) => [BigInt(key), BigInt(value)]))
}
