/**
 * From the JSON of a compiled class (CASM) to a program image, and from an image to a program.
 *
 *     casm.json ── buildProgramImage ──▶ ProgramImage (shared bytes) ── attachProgram ──▶ Program
 *
 *     header 64 B │ records 32 B a word │ cells 32 B a word │ hint records │ immediates of hints
 *
 * The image is made once per class, never changes and may be posted to any thread; a machine copies it into its own
 * memory. Two words follow the bytecode: a `ret`, and room for the pointer to the price segment. What a class uses and
 * this VM does not run (hints, builtins, Cairo 0) is refused here, by name.
 */

import { CELL_BYTES, CELL_LONGS, hexToCellWords, writeCell } from '../felt/cell.ts'
import { P } from '../felt/felt.ts'
import {
  IMAGE_ABOVE,
  IMAGE_BELOW,
  IMAGE_BYTES,
  IMAGE_CELLS,
  IMAGE_HEADER_BYTES,
  IMAGE_HINTS,
  IMAGE_MAGIC,
  IMAGE_MAGIC_VALUE,
  IMAGE_RECORDS,
  IMAGE_WORDS,
  KIND_GENERAL,
  OPERAND_ADD_DEREF,
  OPERAND_ADD_IMMEDIATE,
  OPERAND_DEREF,
  OPERAND_DOUBLE_DEREF,
  OPERAND_IMMEDIATE,
  OPERAND_MUL_DEREF,
  OPERAND_MUL_IMMEDIATE,
  RECORD_KIND,
  RECORD_PLAIN,
  WANT_ANY,
  WANT_FELT,
  WANT_POINTER,
} from '../kernels/vm-layout.ts'
import { type HintShape, hintShapes } from './hint-table.ts'
import {
  type BuiltinName,
  builtinNames,
  type EntryPoint,
  type Program,
  type ProgramImage,
} from './host.ts'
import { predecode, type Reach, setHints } from './predecode.ts'

/** Most felts of a program. */
export const MAX_BYTECODE_LENGTH = 81_920
/** `ret`: the word behind the bytecode. */
const RETURN_WORD = 0x208b7fff7fff7ffen
const TAIL_WORDS = 2
/** Records of general kind behind the last word, for a pc that runs past it. */
const SENTINELS = 2
/** Selector of `constructor`. */
export const CONSTRUCTOR_SELECTOR =
  0x28ffe4ff0f226a9107253e17a904099aa4f63a02a5621de0576e5aa71bc5194n

/** A class that cannot be run, and why. */
export class ProgramError extends Error {
  override name = 'ProgramError'
}

type Json = Record<string, unknown>

/** Reads, checks and predecodes a compiled class. Throws a `ProgramError` that says what it cannot run. */
export function buildProgramImage(casm: unknown): ProgramImage {
  const root = object(casm, 'a compiled class')
  if (typeof root.prime === 'string' && BigInt(root.prime) !== P) {
    throw new ProgramError(`expected the prime of Starknet, got ${root.prime}`)
  }
  if ('program' in root && !('bytecode' in root)) {
    throw new ProgramError('expected a Sierra class, got a Cairo 0 class, which is not supported')
  }
  const bytecode = list(root.bytecode, 'bytecode')
  if (bytecode.length > MAX_BYTECODE_LENGTH) {
    throw new ProgramError(
      `expected at most ${MAX_BYTECODE_LENGTH} felts of bytecode, got ${bytecode.length}`,
    )
  }
  const length = bytecode.length
  const entryPoints = readEntryPoints(root.entry_points_by_type, length)
  const reach: Reach = { lowest: -2, highest: 2 }
  const hints = new HintWriter(reach)
  const heads = new Map<number, number>()
  for (const entry of list(root.hints ?? [], 'hints')) {
    const [pc, group] = list(entry, 'hints of a pc') as [unknown, unknown]
    if (typeof pc !== 'number' || !Number.isInteger(pc) || pc < 0 || pc >= length) {
      throw new ProgramError(`expected a pc with hints below ${length}, got ${String(pc)}`)
    }
    const all = list(group, 'hints of a pc')
    if (all.length === 0) continue
    if (heads.has(pc)) throw new ProgramError(`expected one list of hints for pc ${pc}, got two`)
    heads.set(pc, hints.group(all))
  }

  const words = length + TAIL_WORDS
  const recordsAt = IMAGE_HEADER_BYTES
  const cellsAt = recordsAt + (words + SENTINELS) * 32
  const hintsAt = cellsAt + words * CELL_BYTES
  const immediatesAt = align(hintsAt + hints.bytes.length)
  const sizeBytes = immediatesAt + hints.immediates.length * CELL_BYTES
  const buffer = new SharedArrayBuffer(sizeBytes)
  const view = new DataView(buffer)
  const cells = new BigUint64Array(buffer)
  const program = { words: new Int32Array(buffer), first: cellsAt / 4, count: words }
  for (let i = 0; i < length; i++) {
    const word = bytecode[i]
    if (typeof word !== 'string' || !hexToCellWords(program.words, cellsAt / 4 + i * 8, word)) {
      throw noFelt(`bytecode[${i}]`, word)
    }
  }
  writeCell(cells, cellsAt / 8 + length * CELL_LONGS, RETURN_WORD)
  hints.immediates.forEach((word, i) => {
    writeCell(cells, immediatesAt / 8 + i * CELL_LONGS, word)
  })
  const generalRecord = (pc: number) => {
    view.setUint8(recordsAt + pc * 32, KIND_GENERAL)
    view.setUint8(recordsAt + pc * 32 + RECORD_KIND, KIND_GENERAL)
    view.setUint8(recordsAt + pc * 32 + RECORD_PLAIN, KIND_GENERAL)
  }
  hints.copyTo(new Uint8Array(buffer), view, hintsAt, immediatesAt)
  for (let pc = 0; pc <= length; pc++) {
    predecode(view, recordsAt + pc * 32, program, pc, reach)
    const head = heads.get(pc)
    if (head !== undefined) setHints(view, recordsAt + pc * 32, hintsAt + head)
  }
  for (let pc = length + 1; pc < words + SENTINELS; pc++) generalRecord(pc)
  view.setUint32(IMAGE_WORDS, words, true)
  view.setUint32(IMAGE_RECORDS, recordsAt, true)
  view.setUint32(IMAGE_CELLS, cellsAt, true)
  view.setUint32(IMAGE_HINTS, hintsAt, true)
  view.setUint32(IMAGE_BYTES, sizeBytes, true)
  view.setUint32(IMAGE_BELOW, -reach.lowest, true)
  view.setUint32(IMAGE_ABOVE, reach.highest + 1, true)
  view.setUint32(IMAGE_MAGIC, IMAGE_MAGIC_VALUE, true)
  return { buffer, entryPoints }
}

/** Makes an image ready to run under a key that names its content: the class hash. */
export function attachProgram(key: string, image: ProgramImage): Program {
  const header = new DataView(image.buffer)
  if (header.getUint32(IMAGE_MAGIC, true) !== IMAGE_MAGIC_VALUE) {
    throw new ProgramError(`expected a program image of this release for ${key}`)
  }
  const { external, l1Handler } = image.entryPoints
  return {
    key,
    image,
    entryPoints: {
      external: new Map(external.map((entry) => [entry.selector, entry])),
      l1Handler: new Map(l1Handler.map((entry) => [entry.selector, entry])),
      constructor: image.entryPoints.constructor,
    },
    bytecodeLength: header.getUint32(IMAGE_WORDS, true) - TAIL_WORDS,
  }
}

function readEntryPoints(value: unknown, length: number): ProgramImage['entryPoints'] {
  const byType = object(value, 'entry_points_by_type')
  const read = (type: string): EntryPoint[] => {
    const seen = new Set<bigint>()
    return list(byType[type] ?? [], type).map((one) => {
      const entry = object(one, `an entry point of ${type}`)
      const selector = felt(entry.selector, `a selector of ${type}`)
      const where = `entry point 0x${selector.toString(16)}`
      if (seen.has(selector)) throw new ProgramError(`expected one ${type} ${where}, got two`)
      seen.add(selector)
      const offset = entry.offset
      if (typeof offset !== 'number' || !Number.isInteger(offset) || offset < 0) {
        throw new ProgramError(`expected an offset of ${where}, got ${String(offset)}`)
      }
      if (offset >= length) {
        throw new ProgramError(`expected an offset of ${where} below ${length}, got ${offset}`)
      }
      return { selector, offset, builtins: readBuiltins(entry.builtins, where) }
    })
  }
  const constructors = read('CONSTRUCTOR')
  if (constructors.length > 1) {
    throw new ProgramError(`expected at most one constructor, got ${constructors.length}`)
  }
  const first = constructors[0] ?? null
  if (first !== null && first.selector !== CONSTRUCTOR_SELECTOR) {
    throw new ProgramError('expected the constructor to have the selector of its name')
  }
  return { external: read('EXTERNAL'), l1Handler: read('L1_HANDLER'), constructor: first }
}

function readBuiltins(value: unknown, where: string): BuiltinName[] {
  let last = -1
  return list(value, `builtins of ${where}`).map((name) => {
    const index = builtinNames.indexOf(name as BuiltinName)
    if (index < 0) throw new ProgramError(`builtin '${String(name)}' of ${where} is not supported`)
    if (index <= last) {
      throw new ProgramError(`expected the builtins of ${where} in protocol order, got '${name}'`)
    }
    last = index
    return name as BuiltinName
  })
}

/** Encodes hints; immediates go to a pool behind them. */
class HintWriter {
  bytes: number[] = []
  immediates: bigint[] = []
  private readonly patches: { at: number; index: number }[] = []
  private readonly reach: Reach

  constructor(reach: Reach) {
    this.reach = reach
  }

  /** Writes the hints of one pc and returns where they start. */
  group(all: unknown[]): number {
    const start = this.bytes.length
    all.forEach((hint, i) => {
      this.hint(hint, i === all.length - 1)
    })
    return start
  }

  copyTo(bytes: Uint8Array, view: DataView, hintsAt: number, immediatesAt: number): void {
    bytes.set(this.bytes, hintsAt)
    for (const { at, index } of this.patches) {
      view.setUint32(hintsAt + at, immediatesAt + index * CELL_BYTES, true)
    }
  }

  private hint(value: unknown, isLast: boolean): void {
    const { name, fields } = readHint(value)
    const shape = hintShapes.get(name)
    if (shape === undefined) throw new ProgramError(`hint '${name}' is not supported`)
    const { code, question, operands, results } = shape
    if (question !== null) this.head(question, false, 0, 0)
    this.head(code, isLast, operands.length, results.length)
    for (const { field, want } of operands) this.operand(shape, fields, field, want)
    for (const field of results) {
      this.word(this.cell(fields[field], `${field} of hint '${name}'`))
    }
  }

  private head(code: number, isLast: boolean, operands: number, results: number): void {
    const size = 8 + operands * 16 + results * 4
    this.bytes.push(code, isLast ? 1 : 0, size & 255, size >> 8, operands, results, 0, 0)
  }

  private operand(shape: HintShape, fields: Json, field: string, want: 'v' | 'm' | 'a'): void {
    const where = `${field} of hint '${shape.name}'`
    const operand = object(fields[field], where)
    const wanted = want === 'v' ? WANT_FELT : want === 'a' ? WANT_POINTER : WANT_ANY
    const write = (kind: number, a: number, b: number, immediate: bigint | null): void => {
      this.bytes.push(kind, wanted, 0, 0)
      this.word(a)
      this.word(b)
      if (immediate !== null) {
        this.patches.push({ at: this.bytes.length, index: this.immediates.length })
        this.immediates.push(immediate)
      }
      this.word(0)
    }
    if ('Deref' in operand) {
      write(OPERAND_DEREF, this.cell(operand.Deref, where), 0, null)
      return
    }
    if ('BinOp' in operand) {
      const sum = object(operand.BinOp, where)
      const a = this.cell(sum.a, where)
      const b = object(sum.b, where)
      const isSum = sum.op === 'Add'
      if (!isSum && sum.op !== 'Mul') throw new ProgramError(`expected Add or Mul in ${where}`)
      if ('Immediate' in b && (isSum || want !== 'a')) {
        const kind = isSum ? OPERAND_ADD_IMMEDIATE : OPERAND_MUL_IMMEDIATE
        write(kind, a, 0, signedFelt(b.Immediate, where))
        return
      }
      if ('Deref' in b && want !== 'a') {
        write(isSum ? OPERAND_ADD_DEREF : OPERAND_MUL_DEREF, a, this.cell(b.Deref, where), null)
        return
      }
    } else if (want !== 'a' && 'Immediate' in operand) {
      write(OPERAND_IMMEDIATE, 0, 0, signedFelt(operand.Immediate, where))
      return
    } else if (want !== 'a' && 'DoubleDeref' in operand) {
      const [cell, offset] = list(operand.DoubleDeref, where) as [unknown, unknown]
      write(OPERAND_DOUBLE_DEREF, this.cell(cell, where), offset16(offset, where), null)
      return
    }
    throw new ProgramError(`expected an operand that can be evaluated for ${where}`)
  }

  /** A cell reference: offset in bytes, bit 0 set when it counts from fp. */
  private cell(value: unknown, where: string): number {
    const { register, offset } = object(value, where)
    if (register !== 'AP' && register !== 'FP') {
      throw new ProgramError(`expected register AP or FP in ${where}, got ${String(register)}`)
    }
    const distance = offset16(offset, where)
    this.reach.lowest = Math.min(this.reach.lowest, distance)
    this.reach.highest = Math.max(this.reach.highest, distance)
    return distance * CELL_BYTES + (register === 'FP' ? 1 : 0)
  }

  private word(value: number): void {
    this.bytes.push(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255)
  }
}

/** A hint is `"Name"` or `{"Name": {fields}}`, in old files inside of a tag. */
function readHint(value: unknown): { name: string; fields: Json } {
  if (typeof value === 'string') return { name: value, fields: {} }
  const keys = Object.keys(object(value, 'a hint'))
  if (keys.length !== 1) throw new ProgramError(`expected a hint with one name, got ${keys}`)
  const name = keys[0]!
  const fields = (value as Json)[name]
  return { name, fields: object(fields, `fields of hint '${name}'`) }
}

function object(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new ProgramError(`expected ${what} to be an object, got ${describe(value)}`)
}

function list(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value
  throw new ProgramError(`expected ${what} to be a list, got ${describe(value)}`)
}

function felt(value: unknown, what: string): bigint {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value)) {
    const number = BigInt(value)
    if (number < P) return number
  }
  throw noFelt(what, value)
}

function noFelt(what: string, value: unknown): ProgramError {
  return new ProgramError(`expected ${what} to be a felt in hexadecimal, got ${describe(value)}`)
}

/** An immediate may be negative and is taken mod P. */
function signedFelt(value: unknown, what: string): bigint {
  if (typeof value === 'string' && /^-?0x[0-9a-fA-F]{1,64}$/.test(value)) {
    const isNegative = value.startsWith('-')
    const number = BigInt(isNegative ? value.slice(1) : value) % P
    return isNegative && number !== 0n ? P - number : number
  }
  throw noFelt(what, value)
}

function offset16(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= -32768 && value <= 32767) {
    return value
  }
  throw new ProgramError(`expected an offset of 16 bits in ${what}, got ${describe(value)}`)
}

function describe(value: unknown): string {
  const text = JSON.stringify(value)
  return text === undefined ? String(value) : text.slice(0, 60)
}

function align(size: number): number {
  return Math.ceil(size / CELL_BYTES) * CELL_BYTES
}
