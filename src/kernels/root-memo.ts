/**
 * Square roots that were taken before: of the key of an account that signs again, of a signature that was checked at
 * admission and is checked again in its block.
 */
import { rootMemo, ROOT_MEMO_ENTRIES } from './layout'
import { keepPair, recallPair } from './memo'

const ENTRY_BYTES: usize = 128

/** out (2 cells) = the root and the status of a felt, if they are known. */
export function recallRoot(felt: usize, out: usize): bool {
  return recallPair(placesOf(felt), ENTRY_BYTES, felt, 1, out)
}

/** Keeps a root and its status, unless another thread is at the same entry. */
export function rememberRoot(felt: usize, result: usize): void {
  keepPair(placesOf(felt), ENTRY_BYTES, felt, 1, result)
}

/** Forgets everything; only while no other thread computes. */
export function forgetRoots(): void {
  memory.fill(rootMemo(), 0, ROOT_MEMO_ENTRIES * ENTRY_BYTES)
}

/** The two places where this felt may be. */
function placesOf(felt: usize): usize {
  const mixed = load<u64>(felt) * 0x9e3779b97f4a7c15
  return rootMemo() + <usize>((mixed >>> 40) & (ROOT_MEMO_ENTRIES - 2)) * ENTRY_BYTES
}
