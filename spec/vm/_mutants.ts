/**
 * Mutants of a class: words changed, hints dropped, moved or given other operands.
 *
 * A class of 23,000 words takes long to predecode, its mutant differs in a few: the image is copied and the changed
 * records are made anew. Invariant: but for a reach that may be wider, a patched image is the one that the mutated
 * `casm.json` gives; a spec compares them.
 */
import { CELL_BYTES, CELL_LONGS, writeCell } from '../../src/felt/cell.ts'
import { P } from '../../src/felt/felt.ts'
import {
  IMAGE_ABOVE,
  IMAGE_BELOW,
  IMAGE_CELLS,
  IMAGE_HEADER_BYTES,
  IMAGE_RECORDS,
  IMAGE_WORDS,
  RECORD_HINT,
} from '../../src/kernels/vm-layout.ts'
import type { ProgramImage } from '../../src/vm/host.ts'
import { predecode, type Reach, setHints } from '../../src/vm/predecode.ts'
import { attachProgram, buildProgramImage } from '../../src/vm/program.ts'
import type { ReferenceProgram } from '../../src/vm/reference/casm.ts'
import { readClass } from '../../src/vm/reference/machine.ts'
import type { Casm, Subject } from './_classes.ts'
import type { Random } from './_random.ts'

export type Mutation =
  | { kind: 'word'; pc: number; word: bigint }
  | { kind: 'drop'; pc: number }
  | { kind: 'move'; from: number; to: number }
  | { kind: 'hints'; pc: number; hints: unknown[] }

const RECORD_BYTES = 32
/** Classes up to this many words may get mutants that must be read from the start. */
const SMALL_CLASS = 3000

/** A few changes near program counters that a call is known to pass. */
export function randomMutations(random: Random, subject: Subject, trace: number[]): Mutation[] {
  const { bytecode, hints } = subject.reference
  const near = () =>
    Math.min(random.pick(trace) + (random.chance(0.3) ? 1 : 0), bytecode.length - 1)
  const withHints = trace.filter((pc) => hints.has(pc))
  return Array.from({ length: random.pick([1, 1, 1, 2, 4]) }, (): Mutation => {
    const kind = random.below(10)
    if (kind < 3 && withHints.length > 0) {
      const pc = random.pick(withHints)
      if (kind === 0) return { kind: 'drop', pc }
      if (kind === 1) return { kind: 'move', from: pc, to: near() }
      if (bytecode.length <= SMALL_CLASS) {
        return { kind: 'hints', pc, hints: otherOperands(random, subject.casm, pc) }
      }
    }
    const pc = near()
    return { kind: 'word', pc, word: otherWord(random, bytecode, pc) % P }
  })
}

/** The class with these changes, as both machines run it: until the next mutant of the class is made. */
export function mutantOf(subject: Subject, mutations: Mutation[]): Subject {
  const casm = mutations.some(({ kind }) => kind === 'hints')
    ? mutatedCasm(subject.casm, mutations)
    : null
  const reference = mutatedProgram(subject.reference, mutations)
  const image =
    casm === null ? patchedImage(subject.fast.image, mutations) : buildProgramImage(casm)
  const fast = attachProgram(`${subject.name} mutant ${count++}`, image)
  return { name: `${subject.name} mutant`, casm: casm ?? subject.casm, fast, reference }
}

let count = 0

/** The `casm.json` of the mutant. */
export function mutatedCasm(casm: Casm, mutations: Mutation[]): Casm {
  const bytecode = [...casm.bytecode]
  const hints = new Map(casm.hints)
  for (const mutation of mutations) {
    if (mutation.kind === 'word') bytecode[mutation.pc] = `0x${mutation.word.toString(16)}`
    else changeHints(hints, mutation, (json) => json)
  }
  return { ...casm, bytecode, hints: [...hints] }
}

function mutatedProgram(program: ReferenceProgram, mutations: Mutation[]): ReferenceProgram {
  const bytecode = program.bytecode.slice()
  const touchesHints = mutations.some(({ kind }) => kind !== 'word')
  const hints = touchesHints ? new Map(program.hints) : program.hints
  for (const mutation of mutations) {
    if (mutation.kind === 'word') bytecode[mutation.pc] = mutation.word
    else changeHints(hints, mutation, parseHints)
  }
  return { ...program, bytecode, hints }
}

function changeHints<T>(
  hints: Map<number, T>,
  mutation: Exclude<Mutation, { kind: 'word' }>,
  parse: (json: unknown[]) => T,
): void {
  if (mutation.kind === 'hints') hints.set(mutation.pc, parse(mutation.hints))
  else if (mutation.kind === 'drop') hints.delete(mutation.pc)
  else {
    const moved = hints.get(mutation.from)
    if (moved === undefined || mutation.from === mutation.to) return
    hints.delete(mutation.from)
    hints.set(mutation.to, moved)
  }
}

function parseHints(json: unknown[]) {
  const none = { EXTERNAL: [], L1_HANDLER: [], CONSTRUCTOR: [] }
  return readClass({ bytecode: [], hints: [[0, json]], entry_points_by_type: none }).hints.get(0)!
}

/** The one copy of an image, and the program counters at which it differs. */
interface Copy {
  buffer: SharedArrayBuffer
  changed: Set<number>
}

const copies = new WeakMap<SharedArrayBuffer, Copy>()

/** A copy of an image as it was: the same bytes each time, so a mutant lasts until the next one of its class. */
function workingCopy(original: SharedArrayBuffer): Copy {
  let copy = copies.get(original)
  if (copy === undefined) {
    copy = { buffer: new SharedArrayBuffer(original.byteLength), changed: new Set() }
    new BigUint64Array(copy.buffer).set(new BigUint64Array(original))
    copies.set(original, copy)
    return copy
  }
  const view = new DataView(original)
  const restore = (at: number, bytes: number) =>
    new Uint8Array(copy.buffer, at, bytes).set(new Uint8Array(original, at, bytes))
  restore(0, IMAGE_HEADER_BYTES)
  for (const pc of copy.changed) {
    restore(view.getUint32(IMAGE_RECORDS, true) + pc * RECORD_BYTES, RECORD_BYTES)
    restore(view.getUint32(IMAGE_CELLS, true) + pc * CELL_BYTES, CELL_BYTES)
  }
  copy.changed.clear()
  return copy
}

function patchedImage(
  { buffer: original, entryPoints }: ProgramImage,
  mutations: Mutation[],
): ProgramImage {
  const { buffer, changed } = workingCopy(original)
  const view = new DataView(buffer)
  const cells = new BigUint64Array(buffer)
  const words = view.getUint32(IMAGE_WORDS, true)
  const firstCell = view.getUint32(IMAGE_CELLS, true) / 8
  const reach: Reach = {
    lowest: -view.getUint32(IMAGE_BELOW, true),
    highest: view.getUint32(IMAGE_ABOVE, true) - 1,
  }
  const recordAt = (pc: number) => {
    changed.add(pc)
    return view.getUint32(IMAGE_RECORDS, true) + pc * RECORD_BYTES
  }
  const headOf = (pc: number) => view.getUint32(recordAt(pc) + RECORD_HINT, true)
  const program = { words: new Int32Array(buffer), first: firstCell * 2, count: words }
  const bytes = new Uint8Array(buffer)
  const setRecord = (pc: number, head: number) => {
    const at = recordAt(pc)
    bytes.fill(0, at, at + RECORD_BYTES)
    predecode(view, at, program, pc, reach)
    setHints(view, at, head)
  }
  for (const mutation of mutations) {
    if (mutation.kind === 'word') {
      const { pc, word } = mutation
      writeCell(cells, firstCell + pc * CELL_LONGS, word)
      if (pc > 0) setRecord(pc - 1, headOf(pc - 1))
      setRecord(pc, headOf(pc))
    } else if (mutation.kind === 'drop') setRecord(mutation.pc, 0)
    else if (mutation.kind === 'move' && mutation.from !== mutation.to) {
      const head = headOf(mutation.from)
      if (head === 0) continue
      setRecord(mutation.from, 0)
      setRecord(mutation.to, head)
    }
  }
  view.setUint32(IMAGE_BELOW, -reach.lowest, true)
  view.setUint32(IMAGE_ABOVE, reach.highest + 1, true)
  return { buffer, entryPoints }
}

/** A word with a flipped bit, a moved offset, another word of the class, or any felt. */
function otherWord(random: Random, bytecode: bigint[], pc: number): bigint {
  const word = bytecode[pc]!
  switch (random.below(8)) {
    case 0:
      return random.pick(bytecode)
    case 1:
      return random.felt()
    case 2:
      return BigInt.asUintN(64, word) ^ (1n << BigInt(random.between(48, 64)))
    case 3:
    case 4: {
      const shift = BigInt(16 * random.below(3))
      const moved = BigInt.asUintN(16, (word >> shift) + BigInt(random.pick([-2, -1, 1, 2, 40])))
      return (word & ~(0xffffn << shift)) | (moved << shift)
    }
    default:
      return (word ^ (1n << BigInt(random.below(random.chance(0.9) ? 64 : 250)))) % (1n << 251n)
  }
}

/** The hints of a pc with one number changed. */
function otherOperands(random: Random, casm: Casm, pc: number): unknown[] {
  const found = casm.hints.find(([at]) => at === pc)
  const changed = structuredClone(found?.[1] ?? [])
  const offsets: { offset: number }[] = []
  const immediates: { Immediate: string }[] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if ('register' in value) offsets.push(value as unknown as { offset: number })
    if ('Immediate' in value) immediates.push(value as { Immediate: string })
    Object.values(value).forEach(visit)
  }
  changed.forEach(visit)
  if (immediates.length > 0 && random.chance(0.4)) {
    random.pick(immediates).Immediate = `0x${random.felt().toString(16)}`
  } else if (offsets.length > 0) random.pick(offsets).offset += random.pick([-3, -2, -1, 1, 2, 3])
  return changed
}
