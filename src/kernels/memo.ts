/**
 * Memos that all threads share: what one of them computed, another one asks again.
 *
 *     entry   cells of the input, two cells of the result, sequence u32
 *
 *     even ── keep: compare-and-exchange ──▶ odd ── keep: store ──▶ next even
 *
 * Invariant: an entry changes only while its sequence is odd. A reader that saw the same even number before and
 * after its loads saw one entry. Who loses the race for an entry goes without: nobody waits. A zeroed entry matches no
 * cell.
 */
import { cellCopy, cellEquals } from './cell'

/** out (2 cells) = the result that an entry has for this input, if it has. Inlined, so that `cells` is a constant. */
// @ts-ignore: decorator
@inline
export function recallPair(entry: usize, input: usize, cells: usize, out: usize): bool {
  const result = entry + cells * 32
  const before = atomic.load<u32>(result, 64)
  if (before & 1) return false
  for (let i: usize = 0; i < cells; i++) {
    if (!cellEquals(entry + i * 32, input + i * 32)) return false
  }
  const x0 = load<u64>(result)
  const x1 = load<u64>(result, 8)
  const x2 = load<u64>(result, 16)
  const x3 = load<u64>(result, 24)
  const y0 = load<u64>(result, 32)
  const y1 = load<u64>(result, 40)
  const y2 = load<u64>(result, 48)
  const y3 = load<u64>(result, 56)
  // The second look is an update, not a load: the loads above are done before its write, and a writer whose own
  // update comes later has not stored anything yet. (AssemblyScript 0.28 cannot express a fence.)
  if (atomic.add<u32>(result, 0, 64) != before) return false
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

/** Keeps a result of two cells, unless another thread is at the same entry. */
// @ts-ignore: decorator
@inline
export function keepPair(entry: usize, input: usize, cells: usize, out: usize): void {
  const result = entry + cells * 32
  const before = atomic.load<u32>(result, 64)
  if (before & 1) return
  if (atomic.cmpxchg<u32>(result, before, before + 1, 64) != before) return
  for (let i: usize = 0; i < cells; i++) cellCopy(entry + i * 32, input + i * 32)
  cellCopy(result, out)
  cellCopy(result + 32, out + 32)
  atomic.store<u32>(result, before + 2, 64)
}
