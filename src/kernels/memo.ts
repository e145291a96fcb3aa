/**
 * Memos that all threads share: what one of them computed, another one asks again.
 *
 *     entry   cells of the input, two cells of the result, sequence u32; an input has two places, side by side
 *
 *     even ── claim: compare-and-exchange ──▶ odd ── release: store ──▶ next even
 *
 * Invariant: an entry changes only while its sequence is odd. A reader that saw the same even number before and
 * after its loads saw one entry. Who loses the race for an entry goes without: nobody waits. Of its two places an input
 * takes the one that was written less often. A zeroed entry matches no cell.
 */
import { cellCopy, cellEquals } from './cell'

const SEQUENCE: usize = 64

/** The sequence of an entry that is about to be read; who sees it odd goes without. */
// @ts-ignore: decorator
@inline
export function sequenceAt(address: usize): u32 {
  return atomic.load<u32>(address)
}

/** Whether all that was loaded since then is of one entry. */
// @ts-ignore: decorator
@inline
export function isUnchanged(address: usize, before: u32): bool {
  // The second look is an update, not a load: the loads above are done before its write, and a writer whose own
  // update comes later has not stored anything yet. (AssemblyScript 0.28 cannot express a fence.)
  return atomic.add<u32>(address, 0) == before
}

/** Makes a sequence odd, so that its entry may be written; false when another thread is there. */
// @ts-ignore: decorator
@inline
export function claim(address: usize, before: u32): bool {
  return (before & 1) == 0 && atomic.cmpxchg<u32>(address, before, before + 1) == before
}

/** Ends what `claim` began. */
// @ts-ignore: decorator
@inline
export function release(address: usize, before: u32): void {
  atomic.store<u32>(address, before + 2)
}

/**
 * out (2 cells) = the result for this input, if one of two entries at `first` has it. Inlined, so that the sizes are
 * constants.
 */
// @ts-ignore: decorator
@inline
export function recallPair(first: usize, bytes: usize, input: usize, cells: usize, out: usize): bool {
  return recallFrom(first, input, cells, out) || recallFrom(first + bytes, input, cells, out)
}

// @ts-ignore: decorator
@inline
function recallFrom(entry: usize, input: usize, cells: usize, out: usize): bool {
  const result = entry + cells * 32
  const before = sequenceAt(result + SEQUENCE)
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
  if (!isUnchanged(result + SEQUENCE, before)) return false
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
export function keepPair(first: usize, bytes: usize, input: usize, cells: usize, out: usize): void {
  const other = first + bytes
  const isFirst = load<u32>(first + cells * 32, SEQUENCE) <= load<u32>(other + cells * 32, SEQUENCE)
  const entry = isFirst ? first : other
  const result = entry + cells * 32
  const before = sequenceAt(result + SEQUENCE)
  if (!claim(result + SEQUENCE, before)) return
  for (let i: usize = 0; i < cells; i++) cellCopy(entry + i * 32, input + i * 32)
  cellCopy(result, out)
  cellCopy(result + 32, out + 32)
  release(result + SEQUENCE, before)
}
