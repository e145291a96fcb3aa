/**
 * The record of a word: where it lies, and which cells it names. Records and cells of a program lie side by side, at one
 * stride; see predecode.ts in src/vm for what is in a record.
 */
import {
  DST_FP,
  OP0_FP,
  OP1_FP,
  PROGRAM_CELLS,
  RECORD_DST,
  RECORD_OP0,
  RECORD_OP1,
  RECORDS,
} from './vm-layout'

/** The record of the word at an offset of the program. */
// @ts-ignore: decorator
@inline
export function recordAt(offset: u32): usize {
  return <usize>load<u32>(RECORDS) + ((<usize>offset) << 5)
}

// @ts-ignore: decorator
@inline
export function dstOf(pc: usize, flags: u32, ap: usize, fp: usize): usize {
  return (flags & DST_FP ? fp : ap) + load<i32>(pc, RECORD_DST)
}

// @ts-ignore: decorator
@inline
export function op0Of(pc: usize, flags: u32, ap: usize, fp: usize): usize {
  return (flags & OP0_FP ? fp : ap) + load<i32>(pc, RECORD_OP0)
}

// @ts-ignore: decorator
@inline
export function op1Of(pc: usize, flags: u32, ap: usize, fp: usize): usize {
  return (flags & OP1_FP ? fp : ap) + load<i32>(pc, RECORD_OP1)
}

/** The cell behind a record's word. */
// @ts-ignore: decorator
@inline
export function immediateOf(pc: usize): usize {
  return pc + <usize>load<u32>(PROGRAM_CELLS) - <usize>load<u32>(RECORDS) + 32
}
