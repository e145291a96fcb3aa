/**
 * The parts of a CASM that the protocol hashes, decoded from its JSON. The machine reads the program itself.
 *
 * Invariant: the segment lengths add up to the bytecode, so every felt is hashed once.
 */
import { toFelt } from '../felt/felt.ts'

export type SegmentLengths = number | SegmentLengths[]

export interface CasmEntryPoint {
  selector: bigint
  offset: number
  builtins: string[]
}

export interface Casm {
  bytecode: bigint[]
  /** The whole length where the CASM has none. */
  segmentLengths: SegmentLengths
  external: CasmEntryPoint[]
  l1Handler: CasmEntryPoint[]
  constructor: CasmEntryPoint[]
}

/** Thrown for JSON that is no CASM; the message names the field. */
export class CasmError extends Error {
  override name = 'CasmError'
}

type Fields = Record<string, unknown>

/** Decodes a CASM as parsed JSON; throws `CasmError`. */
export function decodeCasm(json: unknown): Casm {
  const casm = fields(json, 'CASM')
  const bytecode = list(casm.bytecode, 'bytecode').map((felt, i) => feltOf(felt, `bytecode[${i}]`))
  const byType = fields(casm.entry_points_by_type, 'entry_points_by_type')
  const lengths = casm.bytecode_segment_lengths
  const segmentLengths =
    lengths === undefined || lengths === null ? bytecode.length : lengthsOf(lengths)
  if (total(segmentLengths) !== bytecode.length) {
    throw new CasmError(
      `bytecode_segment_lengths: expected ${bytecode.length} felts, got ${total(segmentLengths)}`,
    )
  }
  return {
    bytecode,
    segmentLengths,
    external: entryPoints(byType.EXTERNAL, 'EXTERNAL'),
    l1Handler: entryPoints(byType.L1_HANDLER, 'L1_HANDLER'),
    constructor: entryPoints(byType.CONSTRUCTOR, 'CONSTRUCTOR'),
  }
}

function entryPoints(json: unknown, type: string): CasmEntryPoint[] {
  return list(json, type).map((item, i) => {
    const where = `${type}[${i}]`
    const entryPoint = fields(item, where)
    return {
      selector: feltOf(entryPoint.selector, `${where}.selector`),
      offset: countOf(entryPoint.offset, `${where}.offset`),
      builtins: list(entryPoint.builtins, `${where}.builtins`).map((name) => {
        if (typeof name === 'string') return name
        throw new CasmError(`${where}.builtins: expected names, got ${JSON.stringify(name)}`)
      }),
    }
  })
}

function lengthsOf(json: unknown): SegmentLengths {
  if (Array.isArray(json)) return json.map(lengthsOf)
  return countOf(json, 'bytecode_segment_lengths')
}

function total(lengths: SegmentLengths): number {
  if (typeof lengths === 'number') return lengths
  return lengths.reduce<number>((sum, child) => sum + total(child), 0)
}

function fields(json: unknown, where: string): Fields {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Fields
  throw new CasmError(`${where}: expected an object`)
}

function list(json: unknown, where: string): unknown[] {
  if (Array.isArray(json)) return json
  throw new CasmError(`${where}: expected a list`)
}

function feltOf(json: unknown, where: string): bigint {
  if (typeof json !== 'string' || !/^0x[0-9a-fA-F]+$/.test(json)) {
    throw new CasmError(`${where}: expected a felt, got ${JSON.stringify(json)}`)
  }
  try {
    return toFelt(BigInt(json))
  } catch {
    throw new CasmError(`${where}: expected a felt, got ${json}`)
  }
}

function countOf(json: unknown, where: string): number {
  if (Number.isSafeInteger(json) && (json as number) >= 0) return json as number
  throw new CasmError(`${where}: expected a count, got ${JSON.stringify(json)}`)
}
