/**
 * The Blake2s opcode: one compression over cells.
 *
 * `[dst]` is the byte counter, `[op0]` points to 8 words of state, `[op1]` to 16 words of message, `[ap]` to the output,
 * whose 8 cells are inserted and count as accessed.
 */
import { limb0, setSmall, SMALL, tagOf, UNSET } from './cell'
import { fail, failWith, insert, isFelt, lookup, markAt } from './memory'
import { displaced } from './values'
import {
  BLAKE_COUNT,
  DONE,
  E_EXPECTED_INTEGER,
  E_EXPECTED_POINTER,
  E_TO_USIZE,
  E_UNKNOWN_CELL,
  ERROR_DETAIL,
  FAULT,
  HOST_SCRATCH,
} from './vm-layout'

/** out (8 cells) = 8 cells of state after 16 cells of message. */
// @ts-ignore: decorator
@external('env', 'blake')
declare function blake(state: usize, message: usize, counter: u32, last: i32, out: usize): void

const STATE: usize = HOST_SCRATCH
const MESSAGE: usize = HOST_SCRATCH + 256
const RESULT: usize = HOST_SCRATCH + 768

/** Runs the opcode on the cells of the stack at the three offsets; `[ap]` names the output. */
export function blakeStep(dst: u32, op0: u32, op1: u32, ap: u32, last: bool): i32 {
  const counter = readWord(1, dst)
  if (counter < 0) return FAULT
  if (readWords(STATE, op0, 8) != DONE) return FAULT
  if (readWords(MESSAGE, op1, 16) != DONE) return FAULT
  const output = readPointer(ap)
  if (output == 0) return FAULT
  blake(STATE, MESSAGE, <u32>counter, <i32>last, RESULT)
  const pointer = load<u64>(output)
  const segment = <u32>(pointer >>> 32)
  for (let i: u32 = 0; i < 8; i++) {
    const offset = displaced(segment, <u32>pointer, i)
    if (offset < 0) return FAULT
    if (insert(segment, <u32>offset, RESULT + (i << 5)) != DONE) return FAULT
    markAt(segment, <u32>offset)
  }
  store<u32>(BLAKE_COUNT, load<u32>(BLAKE_COUNT) + 1)
  return DONE
}

/** A cell below 2^32, or -1 after an error. */
function readWord(segment: u32, offset: u32): i64 {
  const cell = lookup(segment, offset)
  if (cell == 0 || tagOf(cell) == UNSET) {
    fail(E_UNKNOWN_CELL, segment, offset)
    return -1
  }
  if (!isFelt(cell)) {
    fail(E_EXPECTED_INTEGER, segment, offset)
    return -1
  }
  if (tagOf(cell) != SMALL || limb0(cell) >>> 32 != 0) {
    failWith(E_TO_USIZE, segment, offset, cell, cell)
    store<u32>(ERROR_DETAIL, 32)
    return -1
  }
  return <i64>limb0(cell)
}

function readPointer(offset: u32): usize {
  const cell = lookup(1, offset)
  if (cell == 0 || tagOf(cell) == UNSET) {
    fail(E_UNKNOWN_CELL, 1, offset)
    return 0
  }
  if (isFelt(cell)) {
    fail(E_EXPECTED_POINTER, 1, offset)
    return 0
  }
  return cell
}

function readWords(out: usize, offset: u32, count: u32): i32 {
  const cell = readPointer(offset)
  if (cell == 0) return FAULT
  const pointer = load<u64>(cell)
  const segment = <u32>(pointer >>> 32)
  for (let i: u32 = 0; i < count; i++) {
    const at = displaced(segment, <u32>pointer, i)
    if (at < 0) return FAULT
    const word = readWord(segment, <u32>at)
    if (word < 0) return FAULT
    setSmall(out + (i << 5), <u64>word)
  }
  return DONE
}
