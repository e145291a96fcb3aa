/**
 * A small private memory in front of any reader, for runs that leave nothing behind. It is used again from run to run:
 * emptying a table of a few thousand slots is far cheaper than a new memory of megabytes.
 */
import { type BaseReader, createEngineMemory, type EngineMemory } from '../mvmemory/memory.ts'

const SIZES = {
  executors: 1,
  locations: 2 ** 12,
  transactions: 64,
  inputWords: 2 ** 14,
  arenaWords: 2 ** 18,
}

/** A memory that a large run has grown beyond this is not kept. */
const MOST_LOCATIONS = 2 ** 15

export class Overlay {
  private reader!: BaseReader
  private memory = this.create()

  /** The memory, empty, in front of a reader; what it held before is gone. */
  over(reader: BaseReader): EngineMemory {
    this.reader = reader
    if (this.memory.sizes.locations > MOST_LOCATIONS) this.memory = this.create()
    else this.memory.forget()
    return this.memory
  }

  private create(): EngineMemory {
    const base: BaseReader = {
      read: (key, keyOffset, out, outOffset) => this.reader.read(key, keyOffset, out, outOffset),
    }
    return createEngineMemory({ ...SIZES, base, shared: false })
  }
}
