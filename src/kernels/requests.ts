/**
 * The frequent syscalls, from request to response: StorageRead, StorageWrite, EmitEvent.
 *
 *     request    selector, gas, domain, key [, value] | selector, gas, keys start, end, data start, end
 *     response   gas left, 0 [, value]
 *
 * Only requests without any flaw are answered here, and only where the response has room in unset cells; all others go to
 * src/vm/syscalls.ts untouched, which knows all rules. The host is asked through imports that take cells by address.
 */
import { cellIsZero, limb3, REL, setSmall, SMALL, tagOf, UNSET } from './cell'
import { copyCell, entryOf, isFelt } from './memory'
import {
  ALREADY_ANSWERED,
  DONE,
  EVENT_COST,
  HOST_SCRATCH,
  READ_COST,
  SYSCALL_OFFSET,
  SYSCALL_SEGMENT,
  WRITE_COST,
} from './vm-layout'

/** Each returns DONE, ALREADY_ANSWERED when the response is there already, or how the run ends. */
// @ts-ignore: decorator
@external('env', 'storageRead')
declare function storageRead(key: usize, out: usize, gas: f64, response: usize): i32
// @ts-ignore: decorator
@external('env', 'storageWrite')
declare function storageWrite(key: usize, value: usize, gas: f64, response: usize): i32
// @ts-ignore: decorator
@external('env', 'emitEvent')
declare function emitEvent(
  keys: usize,
  keyCount: u32,
  data: usize,
  dataCount: u32,
  gas: f64,
  response: usize,
): i32

/** Not one of these, or not that simple. */
export const NOT_SIMPLE = -2

/** The last eight letters of a selector, and those before. */
const READ_LOW: u64 = 0x7261676552656164
const WRITE_LOW: u64 = 0x6167655772697465
const EVENT_LOW: u64 = 0x6d69744576656e74
const READ_HIGH: u64 = 0x53746f
const WRITE_HIGH: u64 = 0x53746f72
const EVENT_HIGH: u64 = 0x45
/** Gas above is exact in no number: it goes the other way. */
const MAX_GAS: u64 = 1 << 53
const KEY_BIT: u64 = 1 << 59

/** Answers the request at the syscall pointer: DONE, NOT_SIMPLE, or how the run ends. */
export function simpleSyscall(): i32 {
  const offset = load<u32>(SYSCALL_OFFSET)
  const entry = entryOf(load<u32>(SYSCALL_SEGMENT))
  if (offset + 8 > load<u32>(entry, 4)) return NOT_SIMPLE
  const at = <usize>load<u32>(entry) + ((<usize>offset) << 5)
  // A selector of nine to sixteen letters: a big cell with nothing in limbs 2 and 3.
  if (tagOf(at) != i64.MIN_VALUE || load<u64>(at, 24) != 0) return NOT_SIMPLE
  if (tagOf(at + 32) != SMALL || load<u64>(at, 32) >= MAX_GAS) return NOT_SIMPLE
  const gas = load<u64>(at, 32)
  const name = load<u64>(at)
  const prefix = load<u64>(at, 16)
  if (name == READ_LOW && prefix == READ_HIGH) return read(at, offset, gas)
  if (name == WRITE_LOW && prefix == WRITE_HIGH) return write(at, offset, gas)
  if (name == EVENT_LOW && prefix == EVENT_HIGH) return event(at, offset, gas)
  return NOT_SIMPLE
}

function read(at: usize, offset: u32, gas: u64): i32 {
  const response = at + 128
  if (gas < load<u64>(READ_COST) || !isKey(at + 64)) return NOT_SIMPLE
  if ((tagOf(response) | tagOf(response + 32) | tagOf(response + 64)) != UNSET) return NOT_SIMPLE
  const left = gas - load<u64>(READ_COST)
  const status = storageRead(at + 96, HOST_SCRATCH, <f64>left, response)
  if (status != DONE) return status == ALREADY_ANSWERED ? DONE : status
  copyCell(response + 64, HOST_SCRATCH)
  return respond(response, left, offset + 7)
}

function write(at: usize, offset: u32, gas: u64): i32 {
  const response = at + 160
  if (gas < load<u64>(WRITE_COST) || !isKey(at + 64) || !isFelt(at + 128)) return NOT_SIMPLE
  if ((tagOf(response) | tagOf(response + 32)) != UNSET) return NOT_SIMPLE
  const left = gas - load<u64>(WRITE_COST)
  const status = storageWrite(at + 96, at + 128, <f64>left, response)
  if (status != DONE) return status == ALREADY_ANSWERED ? DONE : status
  return respond(response, left, offset + 7)
}

function event(at: usize, offset: u32, gas: u64): i32 {
  const response = at + 192
  if (gas < load<u64>(EVENT_COST)) return NOT_SIMPLE
  if (!isList(at + 64) || !isList(at + 128)) return NOT_SIMPLE
  if ((tagOf(response) | tagOf(response + 32)) != UNSET) return NOT_SIMPLE
  const left = gas - load<u64>(EVENT_COST)
  const status = emitEvent(
    firstOf(at + 64),
    countOf(at + 64),
    firstOf(at + 128),
    countOf(at + 128),
    <f64>left,
    response,
  )
  if (status != DONE) return status == ALREADY_ANSWERED ? DONE : status
  return respond(response, left, offset + 8)
}

/** Domain 0 and a key below 2^251. */
function isKey(at: usize): bool {
  return cellIsZero(at) && isFelt(at + 32) && (limb3(at + 32) & KEY_BIT) == 0
}

/** Whether two cells are the start and the end of felts in one segment. */
function isList(at: usize): bool {
  if (tagOf(at) != REL || tagOf(at + 32) != REL) return false
  const start = load<u64>(at)
  const end = load<u64>(at, 32)
  if (start >>> 32 != end >>> 32 || start > end) return false
  const entry = entryOf(<u32>(start >>> 32))
  if (start != end && <u32>end > load<u32>(entry, 4)) return false
  const count = <usize>(end - start)
  const first = <usize>load<u32>(entry) + ((<usize>(<u32>start)) << 5)
  for (let i: usize = 0; i < count; i++) if (!isFelt(first + (i << 5))) return false
  return true
}

// @ts-ignore: decorator
@inline
function countOf(at: usize): u32 {
  return <u32>(load<u64>(at, 32) - load<u64>(at))
}

/** Address of the first felt of a list; 0 when there is none. */
function firstOf(at: usize): usize {
  if (countOf(at) == 0) return 0
  const start = load<u64>(at)
  const entry = entryOf(<u32>(start >>> 32))
  return <usize>load<u32>(entry) + ((<usize>(<u32>start)) << 5)
}

function respond(response: usize, gas: u64, next: u32): i32 {
  setSmall(response, gas)
  setSmall(response + 32, 0)
  store<u32>(SYSCALL_OFFSET, next)
  return DONE
}
