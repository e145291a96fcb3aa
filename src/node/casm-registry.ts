/**
 * Compiled classes that declares may refer to, by either of their hashes. A declare brings Sierra and a compiled class
 * hash, never CASM; here is where the CASM comes from:
 *
 *     Fugue's own contracts         always there, read when asked for
 *     folders (`--casm-dir`)        read at start: *.casm  *.casm.json  *.compiled_contract_class.json
 *     `fugue_addCompiledClass`      while the node runs; kept in the data folder and read there at the next start
 *
 * A folder's CASM is the declarer's word: nobody has checked that it was compiled from the Sierra it is declared with.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contractHashes, contractNames, loadContract } from '../contracts/catalogue.ts'
import { CasmError } from '../starknet/casm.ts'
import { compiledClassHashes } from '../starknet/class-hash.ts'
import { UsageError } from './usage-error.ts'

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

  /** Adds a compiled class as parsed JSON; throws `CasmError` when it is none. */
  add(casm: unknown): CompiledHashes {
    const hashes = compiledClassHashes(casm)
    requireHints(casm as { hints?: unknown })
    this.#casmByHash.set(hashes.blake, casm)
    this.#casmByHash.set(hashes.poseidon, casm)
    return hashes
  }

  /** Adds the compiled classes of a folder and its subfolders; `skipped` learns of files that are none. */
  addFolder(folder: string, skipped: (file: string, reason: string) => void): void {
    for (const file of filesIn(folder)) {
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

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && FILE_NAME.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    throw new UsageError(`the CASM folder ${folder} cannot be read: ${(error as Error).message}`)
  }
}

/** Hints enter no hash, so they are looked at here: pairs of a position and a list. */
function requireHints({ hints }: { hints?: unknown }): void {
  const isPair = (hint: unknown) =>
    Array.isArray(hint) && Number.isInteger(hint[0]) && Array.isArray(hint[1])
  if (!Array.isArray(hints) || !hints.every(isPair)) {
    throw new CasmError('hints: expected a list of pairs of a position and a list of hints')
  }
}
