/**
 * Builtins as segments: their shapes and rules, what must hold of them when a run ended, and how instances count.
 *
 * Invariant: `used` of a builtin's segment is its highest set cell plus one, kept by the kernel at every insert.
 */
import {
  RULE_ARENA,
  RULE_BITWISE,
  RULE_EC_OP,
  RULE_MOD,
  RULE_PEDERSEN,
  RULE_POSEIDON,
  RULE_RANGE_CHECK,
  RULE_RANGE_CHECK96,
  WRITTEN_OUTPUTS,
} from '../kernels/vm-layout.ts'
import { debug, show } from './errors.ts'
import type { OpenBuiltin } from './frame.ts'
import { type BuiltinName, builtinNames } from './host.ts'
import { checkModInstances } from './mod-builtins.ts'
import type { Interpreter, Segments } from './segments.ts'

export interface BuiltinShape {
  rule: number
  /** Cells of an instance, and how many of them the program gives. */
  cells: number
  inputs: number
}

const shapes: Record<BuiltinName, BuiltinShape> = {
  pedersen: { rule: RULE_PEDERSEN, cells: 3, inputs: 2 },
  range_check: { rule: RULE_RANGE_CHECK, cells: 1, inputs: 1 },
  bitwise: { rule: RULE_BITWISE, cells: 5, inputs: 2 },
  ec_op: { rule: RULE_EC_OP, cells: 7, inputs: 5 },
  poseidon: { rule: RULE_POSEIDON, cells: 6, inputs: 3 },
  segment_arena: { rule: RULE_ARENA, cells: 3, inputs: 3 },
  range_check96: { rule: RULE_RANGE_CHECK96, cells: 1, inputs: 1 },
  add_mod: { rule: RULE_MOD, cells: 7, inputs: 7 },
  mul_mod: { rule: RULE_MOD, cells: 7, inputs: 7 },
}

const cellCounts = Uint8Array.from(builtinNames, (name) => shapes[name].cells)
const ARENA = builtinNames.indexOf('segment_arena')

/** Instances of a builtin, by index, that were started. */
export function instanceCount(index: number, used: number): number {
  const own = index === ARENA ? used - 3 : used
  return Math.ceil(own / cellCounts[index]!)
}

/** Whether outputs that the program wrote itself equal their rules; null, or the text of the error. */
export function verifyOutputs(
  segments: Segments,
  kernel: Interpreter,
  builtins: readonly OpenBuiltin[],
  isForced = false,
): string | null {
  if (segments.register(WRITTEN_OUTPUTS) === 0 && !isForced) return null
  for (const { name, segment } of builtins) {
    const { rule, cells, inputs } = shapes[name]
    if (inputs === cells) continue
    for (let offset = 0; offset < segments.used(segment); offset++) {
      if (offset % cells < inputs) continue
      const found = segments.address(segment, offset)
      const deduced = kernel.deduce(rule, segment, offset)
      if (deduced < 0) return ''
      if (deduced === 0 || !segments.isSet(found)) continue
      if (!equalCells(segments, deduced, found)) {
        return `Inconsistent auto-deduction for ${name}_builtin, expected ${show(segments, deduced)}, got Some(${debug(segments, found)})`
      }
    }
  }
  return null
}

/** Whether every started instance has its inputs; null, or the text of the error ('' when it is noted already). */
export function checkInstances(
  segments: Segments,
  kernel: Interpreter,
  { name, segment }: OpenBuiltin,
): string | null {
  if (name === 'segment_arena') return null
  const used = segments.used(segment)
  if (used === 0) return null
  const { rule, cells, inputs } = shapes[name]
  if (rule === RULE_MOD) {
    const text = checkModInstances(segments, name, segment, used)
    if (text !== null) return text
  }
  if (kernel.missingInput(segment, used, cells, inputs) >= 0) {
    return missingText(segments, name, segment, used)
  }
  if (rule !== RULE_BITWISE && rule !== RULE_EC_OP && rule !== RULE_POSEIDON) return null
  // An instance nobody read was not computed, and may be impossible.
  for (let start = 0; start < used; start += cells) {
    let isRead = false
    for (let i = inputs; i < cells && !isRead; i++) {
      const address = segments.address(segment, start + i)
      isRead = address !== 0 && segments.isSet(address)
    }
    if (!isRead && kernel.deduce(rule, segment, start + inputs) < 0) return ''
  }
  return null
}

function missingText(segments: Segments, name: BuiltinName, segment: number, used: number): string {
  const { cells, inputs } = shapes[name]
  const instances = Math.floor((used - 1) / cells) + 1
  const missing: number[] = []
  let count = 0
  for (let offset = 0; offset < instances * cells; offset++) {
    const address = segments.address(segment, offset)
    if (address !== 0 && segments.isSet(address)) count++
    else if (offset % cells < inputs) missing.push(offset)
  }
  if (instances > Math.floor(count / inputs)) return `Missing memory cells for ${name}_builtin`
  return `Missing memory cells for ${name}_builtin: [${missing.join(', ')}]`
}

function equalCells(segments: Segments, a: number, b: number): boolean {
  for (let i = 0; i < 8; i++) {
    if (segments.words[(a >> 2) + i] !== segments.words[(b >> 2) + i]) return false
  }
  return true
}
