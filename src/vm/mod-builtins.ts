/**
 * The builtins add_mod and mul_mod, checked when a run ends: each instance continues the one before it, and a op b = c
 * modulo p over values of four words of 96 bits.
 *
 *     instance: p0 p1 p2 p3 · values · offsets · n      offsets of instance: a, b, c
 */
import type { BuiltinName } from './host.ts'
import type { Segments } from './segments.ts'

const CELLS = 7
const WORDS = 4
const WORD_BITS = 96n

interface Pointer {
  segment: number
  offset: number
}

interface Instance {
  words: bigint[]
  p: bigint
  values: Pointer
  offsets: Pointer
  n: bigint
}

/** A text of an error on its way out of the checks. */
class Refused extends Error {}

/** Checks all instances of a segment; null, or the text of the first error. */
export function checkModInstances(
  segments: Segments,
  name: BuiltinName,
  segment: number,
  used: number,
): string | null {
  try {
    checkAll(segments, name, segment, used)
    return null
  } catch (error) {
    if (error instanceof Refused) return error.message
    throw error
  }
}

function checkAll(segments: Segments, name: BuiltinName, segment: number, used: number): void {
  const fail = (why: string) => new Refused(`${name}_builtin: ${why}`)
  let previous: Instance | null = null
  for (let index = 0; index * CELLS < used; index++) {
    const start = { segment, offset: index * CELLS }
    const instance = readInstance(segments, name, start)
    if (previous !== null && previous.n > 1n) checkContinues(previous, instance, fail)
    const { values, offsets, p } = instance
    const [a, b, c] = [0, 1, 2].map((i) => {
      const distance = integer(segments, advance(offsets, i))
      return readValue(segments, name, advance(values, Number(distance)))
    }) as [bigint, bigint, bigint]
    const result = name === 'add_mod' ? a + b : a * b
    if (p === 0n) throw fail('the modulus is 0')
    if ((result - c) % p !== 0n) {
      const sign = name === 'add_mod' ? '+' : '*'
      throw fail(
        `Expected a ${sign} b == c (mod p). Got: instance=${index}, batch=0, p=${p}, a=${a}, b=${b}, c=${c}.`,
      )
    }
    previous = instance
  }
  if (previous !== null && previous.n !== 1n) {
    throw fail(`prev_inputs.n != batch_size Got: prev_inputs.n=${previous.n}, batch_size=1`)
  }
}

function checkContinues(before: Instance, now: Instance, fail: (why: string) => Refused): void {
  for (let i = 0; i < WORDS; i++) {
    if (now.words[i] === before.words[i]) continue
    throw fail(
      `inputs.p_values[i] != prev_inputs.p_values[i]. Got: i=${i}, inputs.p_values[i]=${now.words[i]}, prev_inputs.p_values[i]=${before.words[i]}`,
    )
  }
  if (!isSame(now.values, before.values)) {
    throw fail(
      `inputs.values_ptr != prev_inputs.values_ptr. Got: inputs.values_ptr=${show(now.values)}, prev_inputs.values_ptr=${show(before.values)}`,
    )
  }
  if (!isSame(now.offsets, advance(before.offsets, 3))) {
    throw fail(
      `inputs.offsets_ptr != prev_inputs.offsets_ptr + 3 * batch_size. Got: inputs.offsets_ptr=${show(now.offsets)}, prev_inputs.offsets_ptr=${show(before.offsets)}, batch_size=1`,
    )
  }
  if (now.n !== before.n - 1n) {
    throw fail(
      `inputs.n != prev_inputs.n - batch_size. Got: inputs.n=${now.n}, prev_inputs.n=${before.n}, batch_size=1`,
    )
  }
}

function readInstance(segments: Segments, name: BuiltinName, start: Pointer): Instance {
  const values = pointer(segments, advance(start, WORDS))
  const offsets = pointer(segments, advance(start, WORDS + 1))
  const n = integer(segments, advance(start, WORDS + 2))
  if (n >> 64n !== 0n) throw new Refused(`Conversion to usize failed for Felt252 ${n}`)
  if (n < 1n) throw new Refused(`${name}_builtin: Expected n >= 1. Got: ${n}.`)
  const words = readWords(segments, name, start)
  return { words, p: joined(words), values, offsets, n }
}

function readValue(segments: Segments, name: BuiltinName, start: Pointer): bigint {
  return joined(readWords(segments, name, start))
}

function readWords(segments: Segments, name: BuiltinName, start: Pointer): bigint[] {
  return Array.from({ length: WORDS }, (_, i) => {
    const at = advance(start, i)
    const address = segments.address(at.segment, at.offset)
    if (address === 0 || !segments.isSet(address)) {
      throw new Refused(`${name}_builtin: Missing value at address ${show(advance(start, WORDS))}.`)
    }
    if (!segments.isFelt(address)) throw new Refused(`Expected integer at address ${show(at)}`)
    const word = segments.felt(address)
    if (word >> WORD_BITS !== 0n) {
      throw new Refused(
        `Expected integer at address ${show(at)} to be smaller than 2^96. Got: ${word}.`,
      )
    }
    return word
  })
}

function joined(words: bigint[]): bigint {
  return words.reduce((value, word, i) => value | (word << (WORD_BITS * BigInt(i))), 0n)
}

function pointer(segments: Segments, at: Pointer): Pointer {
  const address = set(segments, at)
  if (!segments.isPointer(address)) {
    throw new Refused(`Expected relocatable at address ${show(at)}`)
  }
  return { segment: segments.segmentOf(address), offset: segments.offsetOf(address) }
}

function integer(segments: Segments, at: Pointer): bigint {
  const address = set(segments, at)
  if (!segments.isFelt(address)) throw new Refused(`Expected integer at address ${show(at)}`)
  return segments.felt(address)
}

function set(segments: Segments, at: Pointer): number {
  const address = segments.address(at.segment, at.offset)
  if (address === 0 || !segments.isSet(address)) {
    throw new Refused(`Unknown memory cell at address ${show(at)}`)
  }
  return address
}

function advance({ segment, offset }: Pointer, count: number): Pointer {
  return { segment, offset: offset + count }
}

function isSame(a: Pointer, b: Pointer): boolean {
  return a.segment === b.segment && a.offset === b.offset
}

function show({ segment, offset }: Pointer): string {
  return `${segment}:${offset}`
}
