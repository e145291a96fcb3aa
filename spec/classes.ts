/**
 * Reads classes of the vectors: Sierra and CASM files, and scripts of an npm package that hold one object literal.
 */
import type { SierraClass } from '../src/starknet/transaction.ts'
import { vector, vectorText } from './vectors.ts'

export const npmFolder = 'npm/@hyperlane-xyz/starknet-core/dist/artifacts'

interface SierraJson {
  abi: unknown
  contract_class_version: string
  sierra_program: string[]
  entry_points_by_type: Record<
    'EXTERNAL' | 'L1_HANDLER' | 'CONSTRUCTOR',
    { selector: string; function_idx: number }[]
  >
}

/** A class as declared. Where the ABI is a list, its text is that of Python's JSON. */
export function sierraOf(json: unknown): SierraClass {
  const sierra = json as SierraJson
  const entryPoints = (type: keyof SierraJson['entry_points_by_type']) =>
    sierra.entry_points_by_type[type].map(({ selector, function_idx }) => ({
      selector: BigInt(selector),
      functionIdx: function_idx,
    }))
  return {
    sierraProgram: sierra.sierra_program.map(BigInt),
    contractClassVersion: sierra.contract_class_version,
    entryPointsByType: {
      external: entryPoints('EXTERNAL'),
      l1Handler: entryPoints('L1_HANDLER'),
      constructor: entryPoints('CONSTRUCTOR'),
    },
    abi: typeof sierra.abi === 'string' ? sierra.abi : pythonJson(sierra.abi),
  }
}

/** Sierra and CASM of `classes/NAME.*.json`. */
export function fileClass(name: string): { sierra: unknown; casm: unknown } {
  return {
    sierra: vector(`classes/${name}.sierra.json`),
    casm: vector(`classes/${name}.casm.json`),
  }
}

/** Sierra and CASM of a class of the npm package. */
export function npmClass(name: string): { sierra: unknown; casm: unknown } {
  const part = (kind: string) => objectLiteral(vectorText(`${npmFolder}/${name}.${kind}.js`))
  return { sierra: part('contract_class'), casm: part('compiled_contract_class') }
}

function objectLiteral(script: string): unknown {
  return JSON.parse(script.slice(script.indexOf('{'), script.lastIndexOf('}') + 1))
}

/** JSON with a space after commas and colons, as Python writes it. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(
    ([key, field]) => `${JSON.stringify(key)}: ${pythonJson(field)}`,
  )
  return `{${fields.join(', ')}}`
}
