/**
 * Puts blocks together from the records of an engine, and finds what waits: every submission, minus what blocks include
 * and what was dropped.
 *
 * A rewind takes blocks away again. What such a block included may have been forgotten, for it was stored once.
 *
 * Invariant: a transaction that was submitted before it was included is found; one that was not is an error, never left
 * out, unless its block is void.
 */
import { type BlockRecord, EngineError, type Submission } from './engine.ts'
import {
  BEGIN,
  type EngineRecord,
  EXTEND,
  heightOf,
  type Placed,
  REWIND,
  readBegin,
  readExtend,
  readRewind,
  readSeal,
  readStart,
  readSubmit,
  SEAL,
  START,
  SUBMIT,
} from './record.ts'

export class Assembly {
  readonly #from: number
  readonly #waiting = new Map<bigint, Placed>()
  readonly #blocks: BlockRecord[] = []
  #open: BlockRecord | null = null
  /** Transactions that blocks include and the engine does not hold, with the height of each. */
  #missing: { hash: bigint; height: number }[] = []

  /** Blocks from this height on are put together; those below are only taken out of what waits. */
  constructor(from: number) {
    this.#from = from
  }

  /** Takes the next record. */
  add(record: EngineRecord): void {
    const { type, body } = record
    switch (type) {
      case START: {
        const { height } = readStart(body)
        const isStored = this.#open !== null && this.#open.init.context.number <= height
        if (isStored) this.#close()
        return
      }
      case SUBMIT:
        for (const placed of readSubmit(body)) this.#waiting.set(placed.hash, placed)
        return
      case BEGIN:
        this.#open = this.#isAskedFor(record)
          ? { init: readBegin(body), chunks: [], seal: null }
          : null
        return
      case EXTEND:
        this.#extend(body)
        return
      case SEAL:
        if (this.#open !== null) this.#open.seal = readSeal(body)
        this.#close()
        return
      case REWIND:
        this.#rewind(readRewind(body))
        return
      default:
        throw new EngineError(`the journal has a record of type ${type}, which is not known here`)
    }
  }

  /** Blocks in order, the open one last. */
  get blocks(): BlockRecord[] {
    const [missing] = this.#missing
    if (missing !== undefined) {
      const { hash, height } = missing
      throw new EngineError(
        `the journal orders transaction 0x${hash.toString(16)} in block ${height} and does not hold it`,
      )
    }
    return this.#open === null ? this.#blocks : [...this.#blocks, this.#open]
  }

  get waiting(): Submission[] {
    const placed = [...this.#waiting.values()].sort((a, b) => a.place - b.place)
    return placed.map(({ hash, body }) => ({ hash, body }))
  }

  #extend(body: Uint8Array): void {
    const { height, included, dropped, digest } = readExtend(body)
    // Blocks whose beginning was forgotten are below everything that is asked for.
    if (this.#open !== null) {
      const transactions = included.flatMap((hash) => this.#find(hash, height))
      this.#open.chunks.push({ transactions, digest })
    }
    for (const hash of included) this.#waiting.delete(hash)
    for (const hash of dropped) this.#waiting.delete(hash)
  }

  #find(hash: bigint, height: number): Submission[] {
    const placed = this.#waiting.get(hash)
    if (placed !== undefined) return [{ hash, body: placed.body }]
    this.#missing.push({ hash, height })
    return []
  }

  #rewind(height: number): void {
    this.#open = null
    while (this.#blocks.length > 0 && this.#blocks.at(-1)!.init.context.number > height) {
      this.#blocks.pop()
    }
    this.#missing = this.#missing.filter((missing) => missing.height <= height)
  }

  #close(): void {
    if (this.#open !== null) this.#blocks.push(this.#open)
    this.#open = null
  }

  /** Most blocks of a journal are stored, so their contexts are not even read. */
  #isAskedFor(record: EngineRecord): boolean {
    return (heightOf(record) ?? -1) >= this.#from
  }
}
