/**
 * Hints of felt dictionaries: values are tracked by segment, and squashing walks the accesses key by key.
 *
 *     InitSquashData ─▶ per key: first index ─▶ deltas until one index is left ─▶ GetNextDictKey
 *
 * A dictionary is an ordinary segment of accesses (key, previous, new); the tracker says what a hint must guess. Values
 * may be pointers: they are kept as negative numbers, which no felt is.
 */

import { P } from '../felt/felt.ts'
import { HINT_ARGUMENTS, HINT_RESULTS } from '../kernels/vm-layout.ts'
import type { Dictionary, Squash } from './frame.ts'
import { HINT_FAILED, HINT_IMPOSSIBLE, type HintContext } from './rare-hints.ts'
import type { Interpreter, Segments } from './segments.ts'

const RANGE_CHECK_BOUND = 1n << 128n
/** Largest offset of a pointer. */
const MAX_OFFSET = 0xffffffff
const FIRST = HINT_ARGUMENTS
const SECOND = HINT_ARGUMENTS + 32
const THIRD = HINT_ARGUMENTS + 64

export const dictionaryHints: Record<string, (context: HintContext) => number> = {
  AllocFelt252Dict({ segments, kernel, frame }) {
    const arena = segments.segmentOf(FIRST)
    const offset = segments.offsetOf(FIRST)
    if (offset < 2) return tooLow(segments, arena, offset, 2)
    const number = needFelt(segments, arena, offset - 2)
    if (number === 0) return HINT_FAILED
    if (!segments.isSmall(number)) return HINT_IMPOSSIBLE
    if (offset < 3) return tooLow(segments, arena, offset, 3)
    const infos = needPointer(segments, arena, offset - 3)
    if (infos === 0) return HINT_FAILED
    const made = segments.smallNumber(number)
    const segment = segments.allocate(64)
    if (segment < 0) return noMemory(segments)
    frame.dictionaries.set(segment, { index: frame.dictionaries.size, values: new Map() })
    const scratch = segments.scratch(0)
    segments.putPointer(scratch, segment, 0)
    return insertBehind(segments, kernel, infos, 3 * made, scratch)
  },
  Felt252DictEntryInit(context) {
    const dictionary = dictionaryAt(context, FIRST)
    if (dictionary === undefined) return HINT_IMPOSSIBLE
    return insertPrevious(context, dictionary)
  },
  Felt252DictEntryUpdate(context) {
    const { segments } = context
    const [segment, offset] = [segments.segmentOf(FIRST), segments.offsetOf(FIRST)]
    if (offset < 3) {
      segments.failOperand(
        `Operation failed: ${segment}:${offset} + ${P - 3n}, maximum offset value exceeded`,
      )
      return HINT_FAILED
    }
    const key = needFelt(segments, segment, offset - 3)
    if (key === 0) {
      segments.failOperand(segments.text)
      return HINT_FAILED
    }
    const dictionary = dictionaryAt(context, FIRST)
    if (dictionary === undefined) return HINT_IMPOSSIBLE
    dictionary.values.set(segments.felt(key), packValue(segments, SECOND))
    return 0
  },
  GetSegmentArenaIndex(context) {
    const dictionary = dictionaryAt(context, FIRST)
    if (dictionary === undefined) return HINT_IMPOSSIBLE
    context.result(0, BigInt(dictionary.index))
    return 1
  },
  InitSquashData(context) {
    const { segments, frame } = context
    if (!segments.isSmall(SECOND)) return HINT_IMPOSSIBLE
    const squash: Squash = { indices: new Map(), keys: [] }
    frame.squash = squash
    const segment = segments.segmentOf(FIRST)
    const start = segments.offsetOf(FIRST)
    const count = segments.smallNumber(SECOND)
    for (let i = 0; i < count; i++) {
      const address = needFelt(segments, segment, start + 3 * i)
      if (address === 0) return HINT_FAILED
      const key = segments.felt(address)
      const indices = squash.indices.get(key)
      if (indices === undefined) squash.indices.set(key, [i])
      else indices.push(i)
    }
    for (const indices of squash.indices.values()) indices.reverse()
    squash.keys = [...squash.indices.keys()].sort((a, b) => (a < b ? 1 : -1))
    if (squash.keys.length === 0) return HINT_IMPOSSIBLE
    context.result(0, squash.keys[0]! < RANGE_CHECK_BOUND ? 0n : 1n)
    context.result(1, squash.keys.at(-1)!)
    return 2
  },
  GetCurrentAccessIndex(context) {
    const index = currentIndices(context)!.at(-1)
    if (index === undefined) return HINT_IMPOSSIBLE
    const { segments } = context
    const isIn = context.insertFelt(
      segments.segmentOf(FIRST),
      segments.offsetOf(FIRST),
      BigInt(index),
    )
    return isIn ? 0 : HINT_FAILED
  },
  ShouldSkipSquashLoop(context) {
    const indices = currentIndices(context)
    if (indices === undefined) return missing(context)
    context.result(0, indices.length > 1 ? 0n : 1n)
    return 1
  },
  GetCurrentAccessDelta(context) {
    const indices = currentIndices(context)
    const previous = indices?.pop()
    const next = indices?.at(-1)
    if (previous === undefined || next === undefined) return missing(context)
    const delta = BigInt(next - previous - 1)
    context.result(0, delta < 0n ? delta + P : delta)
    return 1
  },
  ShouldContinueSquashLoop(context) {
    const indices = currentIndices(context)
    if (indices === undefined) return missing(context)
    context.result(0, indices.length > 1 ? 1n : 0n)
    return 1
  },
  GetNextDictKey(context) {
    const indices = currentIndices(context)
    if (indices === undefined) return missing(context)
    if (indices.length !== 1) return HINT_IMPOSSIBLE
    const squash = context.frame.squash!
    squash.indices.delete(squash.keys.pop()!)
    const key = squash.keys.at(-1)
    if (key === undefined) return HINT_IMPOSSIBLE
    context.result(0, key)
    return 1
  },
  Felt252DictRead(context) {
    const dictionary = dictionaryAt(context, FIRST)
    if (dictionary === undefined) return HINT_IMPOSSIBLE
    putValue(context.segments, HINT_RESULTS, storedValue(context, dictionary))
    return 1
  },
  Felt252DictWrite(context) {
    const dictionary = dictionaryAt(context, FIRST)
    if (dictionary === undefined) return HINT_IMPOSSIBLE
    const value = packValue(context.segments, THIRD)
    const key = context.argument(1)
    if (insertPrevious(context, dictionary) !== 0) return HINT_FAILED
    dictionary.values.set(key, value)
    return 0
  },
}

/** Whether a key is being squashed: what `GetCurrentAccessIndex` asks before it looks at its operand. */
export function squashedKey(context: HintContext): number {
  return currentIndices(context) === undefined ? missing(context) : 0
}

/** Writes the stored value of the key behind the dictionary pointer. */
function insertPrevious(context: HintContext, dictionary: Dictionary): number {
  const { segments, kernel } = context
  const scratch = segments.scratch(0)
  putValue(segments, scratch, storedValue(context, dictionary))
  return insertBehind(segments, kernel, FIRST, 1, scratch)
}

/** Inserts a value so many cells behind where a pointer points. */
function insertBehind(
  segments: Segments,
  kernel: Interpreter,
  pointer: number,
  distance: number,
  value: number,
): number {
  const segment = segments.segmentOf(pointer)
  const offset = segments.offsetOf(pointer)
  if (offset + distance > MAX_OFFSET) {
    segments.fail(
      `Operation failed: ${segment}:${offset} + ${distance}, maximum offset value exceeded`,
    )
    return HINT_FAILED
  }
  return kernel.insert(segment, offset + distance, value) === 0 ? 0 : HINT_FAILED
}

function storedValue(context: HintContext, dictionary: Dictionary): bigint {
  return dictionary.values.get(context.argument(1)) ?? 0n
}

/** A felt as it is, a pointer as a negative number. */
function packValue(segments: Segments, address: number): bigint {
  if (!segments.isPointer(address)) return segments.felt(address)
  return -1n - ((BigInt(segments.segmentOf(address)) << 32n) | BigInt(segments.offsetOf(address)))
}

function putValue(segments: Segments, address: number, value: bigint): void {
  if (value >= 0n) {
    segments.putFelt(address, value)
    return
  }
  const pointer = -1n - value
  segments.putPointer(address, Number(pointer >> 32n), Number(pointer & 0xffffffffn))
}

function dictionaryAt({ segments, frame }: HintContext, address: number): Dictionary | undefined {
  return frame.dictionaries.get(segments.segmentOf(address))
}

function currentIndices({ frame }: HintContext): number[] | undefined {
  const key = frame.squash?.keys.at(-1)
  return key === undefined ? undefined : frame.squash!.indices.get(key)
}

function missing({ frame, segments }: HintContext): number {
  if (frame.squash !== null) return HINT_IMPOSSIBLE
  segments.fail('Variable dict_squash_exec_scope not present in current execution scope')
  return HINT_FAILED
}

function tooLow(segments: Segments, segment: number, offset: number, back: number): number {
  segments.fail(`Operation failed: ${segment}:${offset} - ${back}, offsets cant be negative`)
  return HINT_FAILED
}

function noMemory(segments: Segments): number {
  segments.fail('Vector capacity exceeded')
  return HINT_FAILED
}

/** Address of a felt, or 0 with the error noted. */
function needFelt(segments: Segments, segment: number, offset: number): number {
  const address = needSet(segments, segment, offset)
  if (address === 0 || segments.isFelt(address)) return address
  segments.fail(`Expected integer at address ${segment}:${offset}`)
  return 0
}

function needPointer(segments: Segments, segment: number, offset: number): number {
  const address = needSet(segments, segment, offset)
  if (address === 0 || segments.isPointer(address)) return address
  segments.fail(`Expected relocatable at address ${segment}:${offset}`)
  return 0
}

function needSet(segments: Segments, segment: number, offset: number): number {
  const address = segments.address(segment, offset)
  if (address !== 0 && segments.isSet(address)) return address
  segments.fail(`Unknown memory cell at address ${segment}:${offset}`)
  return 0
}
