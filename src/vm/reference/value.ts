/**
 * What a cell of the reference machine holds: a felt (`bigint`) or a pointer, and the arithmetic of the two.
 *
 *     pointer + felt     wraps in the field, must land in the range of offsets
 *     pointer - pointer  of one segment: a felt, negative ones too
 *     everything else    as the tables of the Cairo VM say, with Rust's words when it fails
 *
 * A `Fault` is a VM error on its way out. Invariant: felts are in [0, P); offsets are in [0, 2^32).
 */
import { P } from '../../felt/felt.ts'
import type { HostError } from '../host.ts'

export interface Pointer {
  readonly segment: number
  readonly offset: number
}

export type Value = bigint | Pointer

/** Largest offset of a pointer; Rust allows 2^64, which no compiled program reaches. */
const MAX_OFFSET = 0xffffffff

/** A VM error: `text` without the newline that closes most of them, see `newline`. */
export class Fault extends Error {
  readonly text: string
  /** It happened while an operand of a hint was read. */
  ofOperand = false
  /** The text is followed by a newline in the stack of errors: instructions and operands of hints, not their writes. */
  newline = true
  host: HostError | null = null

  constructor(text: string) {
    super(text)
    this.text = text
  }
}

export function isPointer(value: Value): value is Pointer {
  return typeof value !== 'bigint'
}

export function equal(a: Value, b: Value): boolean {
  if (!isPointer(a) || !isPointer(b)) return a === b
  return a.segment === b.segment && a.offset === b.offset
}

/** `12`, or `1:5` for a pointer. */
export function show(value: Value): string {
  return isPointer(value) ? `${value.segment}:${value.offset}` : value.toString()
}

/** `Int(12)` or `RelocatableValue(…)`. */
export function debug(value: Value): string {
  return isPointer(value) ? `RelocatableValue(${debugPointer(value)})` : `Int(${value})`
}

export function debugPointer(pointer: Pointer): string {
  return `Relocatable { segment_index: ${pointer.segment}, offset: ${pointer.offset} }`
}

export function modulo(value: bigint, modulus: bigint = P): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

/** The pointer `count` cells further. */
export function advance(pointer: Pointer, count: number): Pointer {
  const offset = pointer.offset + count
  if (offset > MAX_OFFSET) {
    throw new Fault(`Operation failed: ${show(pointer)} + ${count}, maximum offset value exceeded`)
  }
  return { segment: pointer.segment, offset }
}

/** The pointer `count` cells before. */
export function retreat(pointer: Pointer, count: number): Pointer {
  if (pointer.offset < count) {
    throw new Fault(`Operation failed: ${show(pointer)} - ${count}, offsets cant be negative`)
  }
  return { segment: pointer.segment, offset: pointer.offset - count }
}

/** Cells from `start` to `end`, which is not before it. */
export function distance(end: Pointer, start: Pointer): number {
  if (end.segment !== start.segment) throw otherSegments(end, start)
  if (end.offset < start.offset) {
    throw new Fault(`Operation failed: ${show(end)} - ${start.offset}, offsets cant be negative`)
  }
  return end.offset - start.offset
}

export function addFelt(pointer: Pointer, felt: bigint): Pointer {
  const offset = modulo(BigInt(pointer.offset) + felt)
  if (offset > BigInt(MAX_OFFSET)) {
    throw new Fault(`Operation failed: ${show(pointer)} + ${felt}, maximum offset value exceeded`)
  }
  return { segment: pointer.segment, offset: Number(offset) }
}

export function add(a: Value, b: Value): Value {
  if (isPointer(a)) return addToPointer(a, b)
  return isPointer(b) ? addFelt(b, a) : modulo(a + b)
}

export function addToPointer(a: Pointer, b: Value): Pointer {
  if (isPointer(b)) {
    throw new Fault(`Operation failed: ${show(a)} + ${show(b)}, can't add two relocatable values`)
  }
  return addFelt(a, b)
}

export function subtract(a: Value, b: Value): Value {
  if (!isPointer(a)) {
    if (!isPointer(b)) return modulo(a - b)
    throw new Fault(
      `Operation failed ${show(a)} - ${show(b)}, can't subtract a relocatable value from an integer`,
    )
  }
  if (isPointer(b)) {
    if (a.segment !== b.segment) throw otherSegments(a, b)
    return modulo(BigInt(a.offset - b.offset))
  }
  const offset = modulo(BigInt(a.offset) - b)
  if (offset > BigInt(MAX_OFFSET)) {
    throw new Fault(`Operation failed: ${show(a)} - ${b}, offsets cant be negative`)
  }
  return { segment: a.segment, offset: Number(offset) }
}

export function minimum(a: bigint, b: bigint): bigint {
  return a > b ? b : a
}

/** b^-1 in a prime field, b not 0. */
export function invert(b: bigint, modulus: bigint = P): bigint {
  return modulo(extendedGcd(b, modulus).x, modulus)
}

/** gcd = a x + b y, of numbers that are not negative. */
export function extendedGcd(a: bigint, b: bigint): { gcd: bigint; x: bigint; y: bigint } {
  let [r0, r1, x0, x1, y0, y1] = [a, b, 1n, 0n, 0n, 1n]
  while (r1 !== 0n) {
    const q = r0 / r1
    ;[r0, r1] = [r1, r0 - q * r1]
    ;[x0, x1] = [x1, x0 - q * x1]
    ;[y0, y1] = [y1, y0 - q * y1]
  }
  return { gcd: r0, x: x0, y: y0 }
}

export function power(base: bigint, exponent: bigint, modulus: bigint = P): bigint {
  let result = 1n
  let square = modulo(base, modulus)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

function otherSegments(a: Pointer, b: Pointer): Fault {
  return new Fault(
    `Operation failed: ${show(a)} - ${show(b)}, can't subtract two relocatable values with different segment indexes`,
  )
}
