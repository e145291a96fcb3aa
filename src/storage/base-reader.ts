/**
 * A stored state as the executors read it: by the 16 words of a location, into the 8 words of a cell. It answers what the
 * engine's own table does not hold, once per location.
 */
import { readCellWords, writeCellWords } from '../felt/cell.ts'
import type { BaseReader } from '../mvmemory/memory.ts'
import {
  CELL_WORDS,
  CLASS_HASH,
  COMPILED_CLASS_HASH,
  kindOf,
  NONCE,
  STORAGE,
} from '../state/location.ts'
import type { ReadableState } from '../state/readable-state.ts'

/** Adapts a state to location keys and cells. */
export function readerForExecutor(state: ReadableState): BaseReader {
  return {
    read(key, keyOffset, out, outOffset) {
      const address = readCellWords(key, keyOffset)
      writeCellWords(out, outOffset, valueAt(state, key, keyOffset, address))
    },
  }
}

function valueAt(
  state: ReadableState,
  key: Int32Array,
  keyOffset: number,
  address: bigint,
): bigint {
  const kind = kindOf(key, keyOffset)
  switch (kind) {
    case STORAGE:
      return state.storageAt(address, readCellWords(key, keyOffset + CELL_WORDS))
    case NONCE:
      return state.nonceAt(address)
    case CLASS_HASH:
      return state.classHashAt(address)
    case COMPILED_CLASS_HASH:
      return state.compiledClassHashAt(address)
    default:
      throw new Error(`expected a kind of location, got ${kind}`)
  }
}
