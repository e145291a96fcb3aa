/**
 * What EcOp answered before, for all threads: a transaction that is executed again, here or on another thread, asks
 * the same.
 *
 *     entry   0 input, five cells; 160 result, two cells; 224 sequence u32
 *
 *     even ── remember: compare-and-exchange ──▶ odd ── remember: store ──▶ next even
 *
 * Invariant: an entry changes only while its sequence is odd. A reader that saw the same even number before and
 * after its loads saw one entry. Who loses the race for an entry goes without: nobody waits.
 */
import { cellCopy, cellEquals } from './cell'
import { EC_MEMO_ENTRIES, ecMemo } from './layout'

const INPUT_CELLS: usize = 5
const RESULT: usize = 160
const SEQUENCE: usize = 224
const ENTRY_BYTES: usize = 256

/** out (2 cells) = the result of this input (5 cells), if it is known. */
export function recall(input: usize, out: usize): bool {
  const entry = entryOf(input)
  const before = atomic.load<u32>(entry, SEQUENCE)
  if (before & 1) return false
  for (let i: usize = 0; i < INPUT_CELLS; i++) {
    if (!cellEquals(entry + i * 32, input + i * 32)) return false
  }
  const x0 = load<u64>(entry, RESULT)
  const x1 = load<u64>(entry, RESULT + 8)
  const x2 = load<u64>(entry, RESULT + 16)
  const x3 = load<u64>(entry, RESULT + 24)
  const y0 = load<u64>(entry, RESULT + 32)
  const y1 = load<u64>(entry, RESULT + 40)
  const y2 = load<u64>(entry, RESULT + 48)
  const y3 = load<u64>(entry, RESULT + 56)
  // The second look is an update, not a load: the loads above are done before its write, and a writer whose own
  // update comes later has not stored anything yet. (AssemblyScript 0.28 cannot express a fence.)
  if (atomic.add<u32>(entry, 0, SEQUENCE) != before) return false
  store<u64>(out, x0)
  store<u64>(out, x1, 8)
  store<u64>(out, x2, 16)
  store<u64>(out, x3, 24)
  store<u64>(out, y0, 32)
  store<u64>(out, y1, 40)
  store<u64>(out, y2, 48)
  store<u64>(out, y3, 56)
  return true
}

/** Keeps a result, unless another thread is at the same entry. */
export function remember(input: usize, result: usize): void {
  const entry = entryOf(input)
  const before = atomic.load<u32>(entry, SEQUENCE)
  if (before & 1) return
  if (atomic.cmpxchg<u32>(entry, before, before + 1, SEQUENCE) != before) return
  for (let i: usize = 0; i < INPUT_CELLS; i++) cellCopy(entry + i * 32, input + i * 32)
  cellCopy(entry + RESULT, result)
  cellCopy(entry + RESULT + 32, result + 32)
  atomic.store<u32>(entry, before + 2, SEQUENCE)
}

/** Forgets everything; only while no other thread computes. */
export function forgetEcOps(): void {
  memory.fill(ecMemo(), 0, EC_MEMO_ENTRIES * ENTRY_BYTES)
}

/** The one place where this input may be. A zeroed entry matches no cell. */
function entryOf(input: usize): usize {
  let mixed: u64 = 0
  for (let i: usize = 0; i < INPUT_CELLS; i++) {
    mixed = rotl<u64>(mixed, 21) ^ (load<u64>(input + i * 32) * 0x9e3779b97f4a7c15)
  }
  return ecMemo() + <usize>((mixed >>> 40) & (EC_MEMO_ENTRIES - 1)) * ENTRY_BYTES
}
