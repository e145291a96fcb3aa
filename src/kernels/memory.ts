/**
 * Segments: allocate, grow, look up, and the one way to write: insert-or-equal.
 *
 * A segment is an entry (base, capacity, used, rule) of the running call's table; a pointer is (segment, offset), so
 * a segment that is full moves to twice the room and pointers stay valid. `used` is kept where a rule needs it.
 * Invariant: a cell that was set never changes; a conflicting insert is an error of the program, with both values.
 */
import { cellEquals, limb1, limb2, limb3, REL, setSmall, SMALL, tagOf } from './cell'
import {
  E_CONFLICT,
  E_MEMORY,
  E_RANGE_CHECK,
  E_RANGE_CHECK_POINTER,
  ERROR_A,
  ERROR_B,
  ERROR_CODE,
  ERROR_DETAIL,
  ERROR_HINT,
  ERROR_OFFSET,
  ERROR_SEGMENT,
  DONE,
  FAULT,
  HEAP_END,
  HEAP_TOP,
  IN_HINT,
  MARKING,
  MARKS_START,
  MAX_SEGMENT_CELLS,
  MAX_SEGMENTS,
  PROGRAM_OVERRUN,
  RULE_BITWISE,
  RULE_EC_OP,
  RULE_NONE,
  RULE_PEDERSEN,
  RULE_POSEIDON,
  RULE_PROGRAM,
  RULE_RANGE_CHECK,
  RULE_RANGE_CHECK96,
  RULE_STACK,
  SEGMENT_COUNT,
  STACK_HIGH,
  TABLE,
  TABLE_END,
  WRITTEN_OUTPUTS,
} from './vm-layout'

/** Notes an error of the program; the caller returns FAULT through every frame. */
export function fail(code: i32, segment: u32, offset: u32): i32 {
  store<i32>(ERROR_CODE, code)
  store<u32>(ERROR_SEGMENT, segment)
  store<u32>(ERROR_OFFSET, offset)
  store<u32>(ERROR_DETAIL, 0)
  store<u32>(ERROR_HINT, load<u32>(IN_HINT))
  return FAULT
}

/** The same with two values. */
export function failWith(code: i32, segment: u32, offset: u32, a: usize, b: usize): i32 {
  copyCell(ERROR_A, a)
  copyCell(ERROR_B, b)
  return fail(code, segment, offset)
}

// @ts-ignore: decorator
@inline
export function copyCell(out: usize, a: usize): void {
  const low = v128.load(a)
  const high = v128.load(a, 16)
  v128.store(out, low)
  v128.store(out, high, 16)
}

// @ts-ignore: decorator
@inline
export function setPointer(out: usize, segment: u32, offset: u32): void {
  store<u64>(out, ((<u64>segment) << 32) | <u64>offset)
  store<i64>(out, REL, 8)
  store<u64>(out, 0, 16)
  store<u64>(out, 0, 24)
}

// @ts-ignore: decorator
@inline
export function entryOf(segment: u32): usize {
  return <usize>load<u32>(TABLE) + ((<usize>segment) << 4)
}

/** Address of a cell, or 0 past the end of its segment. */
export function lookup(segment: u32, offset: u32): usize {
  const entry = entryOf(segment)
  if (offset >= load<u32>(entry, 4)) return 0
  return <usize>load<u32>(entry) + ((<usize>offset) << 5)
}

// @ts-ignore: decorator
@inline
export function mark(address: usize): void {
  const cell = address >>> 5
  const byte = <usize>MARKS_START + (cell >>> 3)
  store<u8>(byte, load<u8>(byte) | (1 << (<u8>cell & 7)))
}

/** Marks a cell of a segment as accessed, when accesses count. */
export function markAt(segment: u32, offset: u32): void {
  if (load<u32>(MARKING) == 0 || segment == 0) return
  const address = lookup(segment, offset)
  if (address != 0) mark(address)
}

/** A new segment with room for `capacity` cells: its number, or -1. */
export function allocate(capacity: u32, rule: u32): i32 {
  const segment = load<u32>(SEGMENT_COUNT)
  const entry = entryOf(segment)
  const top = load<u32>(HEAP_TOP)
  const isFull = entry > <usize>TABLE_END - 16 || segment >= <u32>MAX_SEGMENTS
  if (isFull || <u64>top + ((<u64>capacity) << 5) > <u64>HEAP_END) {
    fail(E_MEMORY, segment, 0)
    return -1
  }
  store<u32>(entry, top)
  store<u32>(entry, capacity, 4)
  store<u32>(entry, 0, 8)
  store<u32>(entry, rule, 12)
  store<u32>(HEAP_TOP, top + (capacity << 5))
  store<u32>(SEGMENT_COUNT, segment + 1)
  return segment
}

/** Makes room for cell `offset` of a heap segment, at its place if it is the last one, else elsewhere. */
export function grow(segment: u32, offset: u32): i32 {
  if (offset >= <u32>MAX_SEGMENT_CELLS) return fail(E_MEMORY, segment, offset)
  const entry = entryOf(segment)
  const base: usize = load<u32>(entry)
  const capacity = load<u32>(entry, 4)
  let wanted = max(capacity << 1, 16)
  while (wanted <= offset) wanted <<= 1
  const top: usize = load<u32>(HEAP_TOP)
  const last = base + ((<usize>capacity) << 5) == top
  const start = last ? base : top
  if (<u64>start + ((<u64>wanted) << 5) > <u64>HEAP_END) return fail(E_MEMORY, segment, offset)
  if (!last) {
    memory.copy(start, base, (<usize>capacity) << 5)
    if (load<u32>(MARKING) != 0) {
      for (let i: usize = 0; i < <usize>capacity; i++) {
        const cell = (base >>> 5) + i
        const byte = load<u8>(<usize>MARKS_START + (cell >>> 3))
        if ((byte >> (<u8>cell & 7)) & 1) mark(start + (i << 5))
      }
    }
    store<u32>(entry, start)
  }
  store<u32>(entry, wanted, 4)
  store<u32>(HEAP_TOP, start + ((<usize>wanted) << 5))
  return DONE
}

/** Sets a cell, or finds it set to the same value. The value is copied, so it may lie anywhere. */
export function insert(segment: u32, offset: u32, value: usize): i32 {
  const entry = entryOf(segment)
  const rule = load<u32>(entry, 12)
  if (offset >= load<u32>(entry, 4)) {
    if (rule == RULE_PROGRAM) {
      store<u32>(PROGRAM_OVERRUN, 1)
      return DONE
    }
    if (rule == RULE_STACK) return fail(E_MEMORY, segment, offset)
    if (grow(segment, offset) != DONE) return FAULT
  }
  const address = <usize>load<u32>(entry) + ((<usize>offset) << 5)
  if (tagOf(address) != 0) {
    if (!cellEquals(address, value)) return failWith(E_CONFLICT, segment, offset, address, value)
    return rule == RULE_NONE ? DONE : checkRange(rule, segment, offset, address)
  }
  copyCell(address, value)
  return rule == RULE_NONE ? DONE : inserted(rule, entry, segment, offset, address)
}

/** What a rule asks after a cell was set. */
function inserted(rule: u32, entry: usize, segment: u32, offset: u32, address: usize): i32 {
  if (rule == RULE_STACK) {
    if (address >= <usize>load<u32>(STACK_HIGH)) store<u32>(STACK_HIGH, address + 32)
    return DONE
  }
  if (offset >= load<u32>(entry, 8)) store<u32>(entry, offset + 1, 8)
  if (
    (rule == RULE_PEDERSEN && offset % 3 == 2) ||
    (rule == RULE_BITWISE && offset % 5 >= 2) ||
    (rule == RULE_POSEIDON && offset % 6 >= 3) ||
    (rule == RULE_EC_OP && offset % 7 >= 5)
  ) {
    store<u32>(WRITTEN_OUTPUTS, load<u32>(WRITTEN_OUTPUTS) + 1)
  }
  return checkRange(rule, segment, offset, address)
}

function checkRange(rule: u32, segment: u32, offset: u32, address: usize): i32 {
  if (rule != RULE_RANGE_CHECK && rule != RULE_RANGE_CHECK96) return DONE
  const tag = tagOf(address)
  if (tag == SMALL) return DONE
  if (tag == REL) return fail(E_RANGE_CHECK_POINTER, segment, offset)
  if ((limb2(address) | limb3(address)) == 0) {
    if (rule == RULE_RANGE_CHECK || limb1(address) >>> 32 == 0) return DONE
  }
  const status = failWith(E_RANGE_CHECK, segment, offset, address, address)
  store<u32>(ERROR_DETAIL, rule == RULE_RANGE_CHECK ? 128 : 96)
  return status
}

/** Whether a set cell is a felt. */
// @ts-ignore: decorator
@inline
export function isFelt(a: usize): bool {
  const tag = tagOf(a)
  return tag == SMALL || tag < 0
}

/** The first unset input of the instances in [0, used), or -1; `cells` an instance, the first `inputs` of them given. */
export function missingInput(segment: u32, used: u32, cells: u32, inputs: u32): i32 {
  const base: usize = load<u32>(entryOf(segment))
  for (let start: u32 = 0; start < used; start += cells) {
    for (let i: u32 = 0; i < inputs; i++) {
      const offset = start + i
      if (offset >= used || tagOf(base + ((<usize>offset) << 5)) == 0) return offset
    }
  }
  return -1
}

/** Highest set cell of a segment plus one, looking down from `end`. */
export function usedCells(segment: u32, end: u32): u32 {
  const base: usize = load<u32>(entryOf(segment))
  while (end > 0 && tagOf(base + ((<usize>(end - 1)) << 5)) == 0) end--
  return end
}

/** How many of the first `count` cells of a segment were marked. */
export function markedCells(segment: u32, count: u32): u32 {
  const first = <usize>load<u32>(entryOf(segment)) >>> 5
  let marked: u32 = 0
  for (let cell = first; cell < first + <usize>count; cell++) {
    marked += (load<u8>(<usize>MARKS_START + (cell >>> 3)) >> (<u8>cell & 7)) & 1
  }
  return marked
}

/** Fills unset cells of a segment below `end` with 0. */
export function fillHoles(segment: u32, end: u32): void {
  const base: usize = load<u32>(entryOf(segment))
  for (let offset: u32 = 0; offset < end; offset++) {
    const cell = base + ((<usize>offset) << 5)
    if (tagOf(cell) == 0) setSmall(cell, 0)
  }
}
