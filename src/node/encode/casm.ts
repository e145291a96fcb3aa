/**
 * A compiled class as `starknet_getCompiledCasm` shows it. Compilers write nearly the same; what differs are felts with
 * leading zeros, which the specification's pattern refuses, and segment lengths, which may be a tree or missing.
 */
interface Casm {
  prime: string
  compiler_version: string
  bytecode: string[]
  bytecode_segment_lengths?: SegmentLengths
  hints: unknown
  entry_points_by_type: Record<'CONSTRUCTOR' | 'EXTERNAL' | 'L1_HANDLER', EntryPoint[]>
}

type SegmentLengths = number | SegmentLengths[]

interface EntryPoint {
  selector: string
  offset: number
  builtins: string[]
}

export function encodeCasm(value: unknown): object {
  const casm = value as Casm
  const { CONSTRUCTOR, EXTERNAL, L1_HANDLER } = casm.entry_points_by_type
  const lengths = casm.bytecode_segment_lengths
  return {
    prime: casm.prime,
    compiler_version: casm.compiler_version,
    bytecode: casm.bytecode.map(canonical),
    ...(lengths === undefined ? {} : { bytecode_segment_lengths: leaves(lengths) }),
    hints: casm.hints,
    entry_points_by_type: {
      CONSTRUCTOR: CONSTRUCTOR.map(encodeEntryPoint),
      EXTERNAL: EXTERNAL.map(encodeEntryPoint),
      L1_HANDLER: L1_HANDLER.map(encodeEntryPoint),
    },
  }
}

/** The leaves of the tree of lengths, in order. */
function leaves(lengths: SegmentLengths): number[] {
  return typeof lengths === 'number' ? [lengths] : lengths.flatMap(leaves)
}

function encodeEntryPoint({ selector, offset, builtins }: EntryPoint): object {
  return { selector: canonical(selector), offset, builtins }
}

function canonical(felt: string): string {
  return `0x${BigInt(felt).toString(16)}`
}
