/**
 * A `casm.json` as the reference machine runs it: bytecode felts, hints by program counter, entry points.
 *
 * Refused at load: operands no hint can have, hints that only tests or provers know, Cairo 0 classes (their hints are
 * Python text). Bad instruction words are not: they fail when executed.
 */

import type { BuiltinName, EntryPoint } from '../host.ts'
import { modulo } from './value.ts'

export interface CellRef {
  register: 'AP' | 'FP'
  offset: number
}

export type Operand =
  | { kind: 'deref'; cell: CellRef }
  | { kind: 'doubleDeref'; cell: CellRef; offset: number }
  | { kind: 'immediate'; value: bigint }
  | { kind: 'binary'; operation: 'Add' | 'Mul'; a: CellRef; b: CellRef | bigint }

export interface Hint {
  name: string
  cells: Record<string, CellRef>
  operands: Record<string, Operand>
}

export interface ReferenceProgram {
  bytecode: bigint[]
  hints: Map<number, Hint[]>
  external: Map<bigint, EntryPoint>
  l1Handler: Map<bigint, EntryPoint>
  constructor: EntryPoint | null
}

/** Operands that are addresses: a cell that holds a pointer, plus an immediate at most. */
const addressFields = new Set([
  'segment_arena_ptr',
  'dict_ptr',
  'dict_end_ptr',
  'dict_accesses',
  'range_check_ptr',
  'add_mod_builtin',
  'mul_mod_builtin',
  'start',
  'end',
])

const externalHints = new Set(['AddRelocationRule', 'WriteRunParam', 'AddMarker', 'AddTrace'])

interface CasmJson {
  bytecode: string[]
  hints: [number, (string | Record<string, Record<string, unknown>>)[]][]
  entry_points_by_type: Record<
    'EXTERNAL' | 'L1_HANDLER' | 'CONSTRUCTOR',
    { selector: string; offset: number; builtins: string[] }[]
  >
}

/** Reads a class; throws an Error that says what it refuses. */
export function parseCasm(json: unknown): ReferenceProgram {
  const casm = json as CasmJson
  const entryPoints = (type: keyof CasmJson['entry_points_by_type']) =>
    casm.entry_points_by_type[type].map((entry) => ({
      selector: BigInt(entry.selector),
      offset: entry.offset,
      builtins: entry.builtins as BuiltinName[],
    }))
  const bySelector = (entries: EntryPoint[]) =>
    new Map(entries.map((entry) => [entry.selector, entry]))
  return {
    bytecode: casm.bytecode.map((word) => modulo(BigInt(word))),
    hints: new Map(casm.hints.map(([pc, hints]) => [pc, hints.map(parseHint)])),
    external: bySelector(entryPoints('EXTERNAL')),
    l1Handler: bySelector(entryPoints('L1_HANDLER')),
    constructor: entryPoints('CONSTRUCTOR')[0] ?? null,
  }
}

function parseHint(json: string | Record<string, Record<string, unknown>>): Hint {
  if (typeof json === 'string') return { name: json, cells: {}, operands: {} }
  const [name, fields] = Object.entries(json)[0]!
  if (externalHints.has(name)) throw new Error(`hint ${name} has no meaning in a contract`)
  const hint: Hint = { name, cells: {}, operands: {} }
  for (const [field, value] of Object.entries(fields)) {
    if (typeof value !== 'object' || value === null) continue
    if ('register' in value) {
      hint.cells[field] = parseCell(value)
      continue
    }
    const operand = parseOperand(value)
    if (addressFields.has(field) && !isAddress(operand)) {
      throw new Error(`hint ${name}: field ${field} is no address`)
    }
    hint.operands[field] = operand
  }
  return hint
}

function isAddress(operand: Operand): boolean {
  if (operand.kind === 'deref') return true
  return operand.kind === 'binary' && operand.operation === 'Add' && typeof operand.b === 'bigint'
}

function parseOperand(json: object): Operand {
  const [kind, value] = Object.entries(json)[0]!
  switch (kind) {
    case 'Deref':
      return { kind: 'deref', cell: parseCell(value) }
    case 'DoubleDeref':
      return { kind: 'doubleDeref', cell: parseCell(value[0]), offset: value[1] }
    case 'Immediate':
      return { kind: 'immediate', value: parseImmediate(value) }
    case 'BinOp':
      return {
        kind: 'binary',
        operation: value.op,
        a: parseCell(value.a),
        b: 'Deref' in value.b ? parseCell(value.b.Deref) : parseImmediate(value.b.Immediate),
      }
    default:
      throw new Error(`unknown operand ${kind}`)
  }
}

function parseCell(json: object): CellRef {
  return json as CellRef
}

function parseImmediate(text: string): bigint {
  return modulo(text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text))
}
