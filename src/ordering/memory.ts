/**
 * The engine that survives nothing: for specs, and for a chain without a data folder. Its records are bytes as well, so it
 * is the model that `log.ts` is compared with.
 */
import { Assembly } from './assembly.ts'
import {
  type BlockInit,
  type BlockRecord,
  type Chunk,
  EngineError,
  type Head,
  type OrderingEngine,
  type Seal,
  type Submission,
  type Term,
  type Written,
} from './engine.ts'
import {
  beginRecord,
  type EngineRecord,
  extendRecord,
  heightOf,
  REWIND,
  readRewind,
  readSubmit,
  rewindRecord,
  SUBMIT,
  sealRecord,
  startRecord,
  submitRecord,
} from './record.ts'
import { Standing } from './standing.ts'

/** Records after which compaction looks what can be forgotten. */
const COMPACT_RECORDS = 256

export class MemoryEngine implements OrderingEngine {
  readonly #standing = new Standing()
  #records: EngineRecord[] = []
  /** Records at the last compaction. */
  #kept = 0
  #places = 0
  #isClosed = false

  async campaign(height: number): Promise<Term> {
    const term = this.#standing.head.term + 1
    this.#keep(startRecord({ term, height }))
    return term
  }

  resign(): void {}

  async submit(batch: readonly Submission[]): Promise<Written> {
    this.#requireOpen()
    this.#records.push(submitRecord(batch.map((each) => ({ ...each, place: this.#places++ }))))
    return 'written'
  }

  async begin(term: Term, init: BlockInit): Promise<Written> {
    return this.#write(term, beginRecord(init))
  }

  async extend(term: Term, chunk: Chunk): Promise<Written> {
    return this.#write(term, extendRecord(chunk))
  }

  async seal(term: Term, seal: Seal): Promise<Written> {
    return this.#write(term, sealRecord(seal))
  }

  async rewind(term: Term, height: number): Promise<Written> {
    return this.#write(term, rewindRecord(height))
  }

  async head(): Promise<Head> {
    return this.#standing.head
  }

  async *read(from: number): AsyncIterable<BlockRecord> {
    yield* this.#assemble(from).blocks
  }

  async waiting(): Promise<Submission[]> {
    return this.#assemble(Number.POSITIVE_INFINITY).waiting
  }

  /** Drops records from the front, up to the first that is still needed. */
  async compact(asked: number): Promise<void> {
    // The chain may have become shorter since.
    const below = Math.min(asked, this.#standing.head.sealed + 1)
    if (this.#records.length < 2 * this.#kept + COMPACT_RECORDS) return
    const { waiting, blocks } = this.#assemble(below)
    const ordered = blocks.flatMap(({ chunks }) => chunks.flatMap((chunk) => chunk.transactions))
    const needed = new Set([...waiting, ...ordered].map(({ hash }) => hash))
    const first = this.#records.findIndex((record) => isNeeded(record, below, needed))
    this.#records = first < 0 ? [] : this.#records.slice(first)
    this.#kept = this.#records.length
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #write(term: Term, record: EngineRecord): Written {
    this.#requireOpen()
    const verdict = this.#standing.judge(term, record)
    if (verdict === 'written') this.#keep(record)
    return verdict
  }

  #keep(record: EngineRecord): void {
    this.#standing.apply(record)
    this.#records.push(record)
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new EngineError('the ordering engine is closed')
  }

  #assemble(from: number): Assembly {
    const assembly = new Assembly(from)
    for (const record of this.#records) assembly.add(record)
    return assembly
  }
}

function isNeeded(record: EngineRecord, below: number, needed: ReadonlySet<bigint>): boolean {
  if (record.type === SUBMIT) return readSubmit(record.body).some(({ hash }) => needed.has(hash))
  if (record.type === REWIND) return readRewind(record.body) + 1 >= below
  const height = heightOf(record)
  return height !== null && height >= below
}
