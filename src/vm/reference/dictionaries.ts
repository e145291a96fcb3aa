/**
 * Hints of felt dictionaries: values are tracked by segment, and squashing walks the accesses key by key.
 *
 *     InitSquashData ─▶ per key: first index ─▶ deltas until one index is left ─▶ GetNextDictKey
 */
import type { Dictionary } from './frame.ts'
import { type HintOperands, hintPanic } from './operands.ts'
import { advance, Fault, modulo, type Pointer, retreat } from './value.ts'

const RANGE_CHECK_BOUND = 1n << 128n

export const dictionaryHints: Record<string, (hint: HintOperands) => void> = {
  AllocFelt252Dict(hint) {
    const { memory, dictionaries } = hint.frame
    const arena = hint.address('segment_arena_ptr')
    const number = memory.integer(retreat(arena, 2))
    if (number >> 64n !== 0n) throw hintPanic('AllocFelt252Dict')
    const infos = memory.pointer(retreat(arena, 3))
    const start = memory.allocate()
    dictionaries.set(start.segment, { index: dictionaries.size, values: new Map() })
    memory.insert(advance(infos, 3 * Number(number)), start)
  },
  Felt252DictEntryInit(hint) {
    const address = hint.address('dict_ptr')
    const key = hint.value('key')
    const value = dictionaryAt(hint, address).values.get(key) ?? 0n
    hint.frame.memory.insert(advance(address, 1), value)
  },
  Felt252DictEntryUpdate(hint) {
    const address = hint.address('dict_ptr')
    const key = hint.reading(() => hint.frame.memory.integer(hint.address('dict_ptr', -3)))
    const value = hint.maybe('value')
    dictionaryAt(hint, address).values.set(key, value)
  },
  GetSegmentArenaIndex(hint) {
    const { index } = dictionaryAt(hint, hint.address('dict_end_ptr'))
    hint.write('dict_index', BigInt(index))
  },
  InitSquashData(hint) {
    const { frame } = hint
    const squash = { indices: new Map<bigint, bigint[]>(), keys: [] as bigint[] }
    frame.squash = squash
    const accesses = hint.address('dict_accesses')
    const count = hint.count('n_accesses')
    for (let i = 0; i < count; i++) {
      const key = frame.memory.integer(advance(accesses, 3 * i))
      const indices = squash.indices.get(key)
      if (indices === undefined) squash.indices.set(key, [BigInt(i)])
      else indices.push(BigInt(i))
    }
    for (const indices of squash.indices.values()) indices.reverse()
    squash.keys = [...squash.indices.keys()].sort((a, b) => (a < b ? 1 : -1))
    if (squash.keys.length === 0) throw hintPanic('InitSquashData')
    hint.write('big_keys', squash.keys[0]! < RANGE_CHECK_BOUND ? 0n : 1n)
    hint.write('first_key', squash.keys.at(-1)!)
  },
  GetCurrentAccessIndex(hint) {
    currentIndices(hint)
    const address = hint.address('range_check_ptr')
    hint.frame.memory.insert(address, lastIndex(hint))
  },
  ShouldSkipSquashLoop(hint) {
    hint.write('should_skip_loop', currentIndices(hint).length > 1 ? 0n : 1n)
  },
  GetCurrentAccessDelta(hint) {
    const previous = lastIndex(hint)
    currentIndices(hint).pop()
    hint.write('index_delta_minus1', modulo(lastIndex(hint) - previous - 1n))
  },
  ShouldContinueSquashLoop(hint) {
    hint.write('should_continue', currentIndices(hint).length > 1 ? 1n : 0n)
  },
  GetNextDictKey(hint) {
    const { indices, keys } = squashOf(hint)
    if (currentIndices(hint).length !== 1) {
      throw hintPanic('GetNextDictKey')
    }
    indices.delete(keys.pop()!)
    if (keys.length === 0) throw hintPanic('GetNextDictKey')
    hint.write('next_key', keys.at(-1)!)
  },
  Felt252DictRead(hint) {
    const address = hint.address('dict_ptr')
    const key = hint.value('key')
    hint.write('value_dst', dictionaryAt(hint, address).values.get(key) ?? 0n)
  },
  Felt252DictWrite(hint) {
    const address = hint.address('dict_ptr')
    const key = hint.value('key')
    const value = hint.maybe('value')
    const { values } = dictionaryAt(hint, address)
    hint.frame.memory.insert(advance(address, 1), values.get(key) ?? 0n)
    values.set(key, value)
  },
}

function dictionaryAt(hint: HintOperands, address: Pointer): Dictionary {
  const dictionary = hint.frame.dictionaries.get(address.segment)
  if (dictionary === undefined) throw hintPanic(hint.hint.name)
  return dictionary
}

function squashOf(hint: HintOperands) {
  const { squash } = hint.frame
  if (squash !== null) return squash
  throw new Fault('Variable dict_squash_exec_scope not present in current execution scope')
}

function currentIndices(hint: HintOperands): bigint[] {
  const { indices, keys } = squashOf(hint)
  const current = keys.length === 0 ? undefined : indices.get(keys.at(-1)!)
  if (current === undefined) throw hintPanic(hint.hint.name)
  return current
}

function lastIndex(hint: HintOperands): bigint {
  const index = currentIndices(hint).at(-1)
  if (index === undefined) throw hintPanic(hint.hint.name)
  return index
}
