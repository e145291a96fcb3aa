/**
 * Whether a class can be called at a selector; from its Sierra, or from its CASM where that is all there is.
 */
import type { StoredClass } from '../storage/chain-store.ts'

interface CasmEntryPoints {
  entry_points_by_type?: { EXTERNAL?: { selector: string }[] }
}

/** Whether the class has an external entry point of that selector. */
export function hasEntryPoint({ sierra, casm }: StoredClass, selector: bigint): boolean {
  if (sierra !== null) {
    return sierra.entryPointsByType.external.some((entry) => entry.selector === selector)
  }
  const external = (casm as CasmEntryPoints).entry_points_by_type?.EXTERNAL ?? []
  return external.some((entry) => BigInt(entry.selector) === selector)
}
