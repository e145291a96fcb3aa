/**
 * The newest stored state as changes from nothing, cell by cell: what an empty table of the engine is filled with.
 */
import type { Change } from '../executor/block.ts'
import { CELL_WORDS, KEY_WORDS } from '../state/location.ts'
import type { ChainDatabase } from './database.ts'
import { locationOfKey, writeValueWords } from './state-key.ts'

export function* storedCells({ state }: ChainDatabase): Generator<Change> {
  for (const { key, version } of state.newestFrom(Buffer.alloc(0))) {
    const words = new Int32Array(KEY_WORDS + 2 * CELL_WORDS)
    words.set(locationOfKey(key), 0)
    writeValueWords(null, words, KEY_WORDS)
    writeValueWords(version.value, words, KEY_WORDS + CELL_WORDS)
    yield {
      key: words.subarray(0, KEY_WORDS),
      before: words.subarray(KEY_WORDS, KEY_WORDS + CELL_WORDS),
      after: words.subarray(KEY_WORDS + CELL_WORDS),
    }
  }
}
