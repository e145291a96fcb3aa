/**
 * What EcOp answered before: a transaction that is executed again, here or on another thread, asks the same.
 */
import { EC_MEMO_ENTRIES, ecMemo } from './layout'
import { keepPair, recallPair } from './memo'

const INPUT_CELLS: usize = 5
const ENTRY_BYTES: usize = 256

/** out (2 cells) = the result of this input (5 cells), if it is known. */
export function recall(input: usize, out: usize): bool {
  return recallPair(placesOf(input), ENTRY_BYTES, input, INPUT_CELLS, out)
}

/** Keeps a result, unless another thread is at the same entry. */
export function remember(input: usize, result: usize): void {
  keepPair(placesOf(input), ENTRY_BYTES, input, INPUT_CELLS, result)
}

/** Forgets everything; only while no other thread computes. */
export function forgetPoints(): void {
  memory.fill(ecMemo(), 0, EC_MEMO_ENTRIES * ENTRY_BYTES)
}

/** The two places where this input may be. */
function placesOf(input: usize): usize {
  let mixed: u64 = 0
  for (let i: usize = 0; i < INPUT_CELLS; i++) {
    mixed = rotl<u64>(mixed, 21) ^ (load<u64>(input + i * 32) * 0x9e3779b97f4a7c15)
  }
  return ecMemo() + <usize>((mixed >>> 40) & (EC_MEMO_ENTRIES - 2)) * ENTRY_BYTES
}
