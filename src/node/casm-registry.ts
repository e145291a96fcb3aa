/**
 * Compiled classes that declares may refer to, by either of their hashes. A declare brings Sierra and a compiled class
 * hash, never CASM; here is where the CASM comes from:
 *
 *     Fugue's own contracts         always there, read when asked for
 *     folders (`--casm-dir`)        read at start: *.casm  *.casm.json  *.compiled_contract_class.json
 *     `fugue_addCompiledClass`      while the node runs
 *
 * A folder's CASM is the declarer's word: nobody has checked that it was compiled from the Sierra it is declared with.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contractHashes, contractNames, loadContract } from '../contracts/catalogue.ts'
import { compiledClassHashes } from '../starknet/class-hash.ts'

export interface CompiledHashes {
  blake: bigint
  poseidon: bigint
}

const FILE_NAME = /\.(casm|casm\.json|compiled_contract_class\.json)$/

export class CasmRegistry {
  readonly #casmByHash = new Map<bigint, unknown>()

  /** Number of classes that were added. */
  get size(): number {
    return new Set(this.#casmByHash.values()).size
  }

  /** Adds a compiled class as parsed JSON; throws when it is none. */
  add(casm: unknown): CompiledHashes {
    const hashes = compiledClassHashes(casm)
    this.#casmByHash.set(hashes.blake, casm)
    this.#casmByHash.set(hashes.poseidon, casm)
    return hashes
  }

  /** Adds the compiled classes of a folder and its subfolders; `skipped` learns of files that are none. */
  addFolder(folder: string, skipped: (file: string, reason: string) => void): void {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile() || !FILE_NAME.test(entry.name)) continue
      const file = join(entry.parentPath, entry.name)
      try {
        this.add(JSON.parse(readFileSync(file, 'utf8')))
      } catch (error) {
        skipped(file, (error as Error).message)
      }
    }
  }

  /** The CASM whose hash, by Blake2s or Poseidon, this is; or null. */
  find(compiledClassHash: bigint): unknown {
    const added = this.#casmByHash.get(compiledClassHash)
    if (added !== undefined) return added
    const own = contractNames.find((name) => {
      const { compiledClassHash: blake, compiledClassHashV1: poseidon } = contractHashes[name]
      return blake === compiledClassHash || poseidon === compiledClassHash
    })
    return own === undefined ? null : loadContract(own).casm
  }
}
