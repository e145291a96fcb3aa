/**
 * The engine of one machine: a journal of segments that are appended to.
 *
 *     submit, begin, extend, seal ──▶ queue ──▶ group: one write, one fdatasync ──▶ all of it is written
 *
 * While a group is written the next one gathers, so a sync costs little per transaction under load and a lone one waits
 * for a single sync. Segments are dropped when nothing in them is needed any more.
 *
 * Invariant: a group begins after the one before is durable, and a failed group leaves no bytes behind, or the engine ends.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type ActiveSegment, writeGroup } from './active-segment.ts'
import { Assembly } from './assembly.ts'
import {
  type BlockInit,
  type BlockRecord,
  type Chunk,
  EngineError,
  type Head,
  type OrderingEngine,
  OutOfRoomError,
  type Seal,
  type Submission,
  type Term,
  type Written,
} from './engine.ts'
import type { JournalFolder } from './files.ts'
import { openSegments, readSegment, segmentsOf } from './open-segments.ts'
import {
  beginRecord,
  type EngineRecord,
  EXTEND,
  extendRecord,
  readExtend,
  readSubmit,
  rewindRecord,
  SUBMIT,
  sealRecord,
  startRecord,
  submitRecord,
} from './record.ts'
import { Retention } from './retention.ts'
import { groupBytes, HEADER_BYTES, headerBytes, scanSegment, segmentName } from './segment.ts'
import { Standing } from './standing.ts'

export interface LogOptions {
  /**
   * A segment that is longer gets a successor. Smaller ones are dropped earlier and cost more files; the newest one is read at
   * every start.
   */
  segmentBytes: number
  /** How long to wait before a write is tried again for which there was no room. */
  retryMs: number
  /** Told what an operator should know. */
  say(text: string): void
}

const defaultLogOptions: LogOptions = {
  segmentBytes: 1 << 20,
  retryMs: 250,
  say: (text) => process.stderr.write(`fugue: ${text}\n`),
}

/** Bytes of one group at most, unless a single record is longer. */
const GROUP_BYTES = 32 << 20
/** With more segments than these, sparse ones are emptied by copying what lives. */
const CARRY_SEGMENTS = 4

/** A record on its way to the disk. */
interface Pending {
  record: EngineRecord
  resolve(written: Written): void
  reject(error: Error): void
}

/** Opens the journal in a folder; cuts a torn tail, throws `EngineError` when it is damaged. */
export async function openLogEngine(
  folder: JournalFolder,
  options: Partial<LogOptions> = {},
): Promise<OrderingEngine> {
  const all = { ...defaultLogOptions, ...options }
  const standing = new Standing()
  const retention = new Retention()
  const held: EngineRecord[] = []
  const { active, nextGroup } = await openSegments(
    folder,
    (record, segment) => {
      standing.apply(record)
      retention.note(record, segment)
      held.push(record)
    },
    all.say,
  )
  return new LogEngine(folder, all, standing, retention, active, nextGroup, held)
}

class LogEngine implements OrderingEngine {
  readonly #folder: JournalFolder
  readonly #options: LogOptions
  /** With what waits to be written, and as it is on the disk. */
  readonly #standing: Standing
  readonly #durable = new Standing()
  readonly #retention: Retention
  #active: ActiveSegment | null
  #nextGroup: number
  /** Place of the next submission. */
  #places: number
  /** All that is durable, until blocks are forgotten: recovery reads it more than once. Null: it is read from the files. */
  #held: EngineRecord[] | null
  #queue: Pending[] = []
  #group: Pending[] = []
  #draining: Promise<void> | null = null
  /** The newest write of the leader: repeated, it is there when the first one is, and fails as that did. */
  #newest: Promise<unknown> = Promise.resolve()
  #ended: EngineError | null = null
  #isCompacting = false
  /** Settles when nobody reads or removes files: one after the other, so that none is gone before it is read. */
  #files: Promise<unknown> = Promise.resolve()
  #isResigning = false
  /** Blocks wait for room, and the operator was told. */
  #isFull = false

  constructor(
    folder: JournalFolder,
    options: LogOptions,
    standing: Standing,
    retention: Retention,
    active: ActiveSegment | null,
    nextGroup: number,
    held: EngineRecord[],
  ) {
    this.#folder = folder
    this.#options = options
    const { term, sealed } = standing.head
    this.#durable.apply(startRecord({ term, height: sealed }))
    this.#standing = standing
    this.#retention = retention
    this.#active = active
    this.#nextGroup = nextGroup
    this.#places = retention.nextPlace
    this.#held = held
  }

  async campaign(height: number): Promise<Term> {
    const term = this.#standing.head.term + 1
    const record = startRecord({ term, height })
    this.#standing.apply(record)
    await this.#append(record)
    return term
  }

  resign(): void {
    this.#isResigning = true
  }

  submit(batch: readonly Submission[]): Promise<Written> {
    return this.#append(submitRecord(batch.map((each) => ({ ...each, place: this.#places++ }))))
  }

  begin(term: Term, init: BlockInit): Promise<Written> {
    return this.#write(term, beginRecord(init))
  }

  extend(term: Term, chunk: Chunk): Promise<Written> {
    return this.#write(term, extendRecord(chunk))
  }

  seal(term: Term, seal: Seal): Promise<Written> {
    return this.#write(term, sealRecord(seal))
  }

  rewind(term: Term, height: number): Promise<Written> {
    return this.#write(term, rewindRecord(height))
  }

  async head(): Promise<Head> {
    return this.#standing.head
  }

  async *read(from: number): AsyncIterable<BlockRecord> {
    yield* (await this.#alone(() => this.#assemble(from))).blocks
  }

  async waiting(): Promise<Submission[]> {
    return (await this.#alone(() => this.#assemble(Number.POSITIVE_INFINITY))).waiting
  }

  async compact(below: number): Promise<void> {
    if (this.#isCompacting) return
    this.#isCompacting = true
    try {
      await this.#alone(() => this.#compact(below))
    } finally {
      this.#isCompacting = false
    }
  }

  async close(): Promise<void> {
    this.#ended ??= new EngineError('the journal is closed')
    await this.#draining
    await this.#files
    await this.#active?.file.close()
    this.#active = null
  }

  async #compact(below: number): Promise<void> {
    this.#held = null
    for (const segment of this.#retention.segments) {
      // The chain may be made shorter meanwhile, or the journal closed.
      const needed = Math.min(below, this.#durable.head.sealed + 1)
      if (this.#ended !== null || segment === this.#active?.number) break
      if (!this.#retention.isFree(segment, needed)) break
      await this.#folder.remove(segmentName(segment))
      this.#retention.forget(segment)
    }
    const [oldest, ...others] = this.#retention.segments
    if (this.#ended !== null || oldest === undefined || others.length < CARRY_SEGMENTS) return
    if (this.#retention.isSparse(oldest, below)) await this.#carry(oldest)
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#files.then(work)
    this.#files = done.catch(() => {})
    return done
  }

  async #write(term: Term, record: EngineRecord): Promise<Written> {
    const verdict = this.#standing.judge(term, record)
    if (verdict === 'already') await this.#newest
    if (verdict !== 'written') return verdict
    this.#standing.apply(record)
    const written = this.#append(record)
    this.#newest = written
    return written
  }

  /** Queues a record; settles when its group is durable or failed. */
  #append(record: EngineRecord): Promise<Written> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    const written = new Promise<Written>((resolve, reject) => {
      this.#queue.push({ record, resolve, reject })
    })
    this.#draining ??= this.#drain()
    return written
  }

  /** Writes group after group until nothing waits. */
  async #drain(): Promise<void> {
    // What is appended in the same turn shares the first group.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      this.#group = this.#nextOf(this.#queue)
      try {
        await this.#put(this.#group.map(({ record }) => record))
      } catch (error) {
        if (!(await this.#survive(error as NodeJS.ErrnoException))) break
        continue
      }
      for (const { resolve } of this.#group) resolve('written')
      this.#tellRoom(null)
    }
    this.#group = []
    this.#draining = null
  }

  /** Takes the records of the next group from the queue. */
  #nextOf(queue: Pending[]): Pending[] {
    let size = 0
    let count = 0
    while (count < queue.length) {
      size += queue[count]!.record.body.length
      if (count > 0 && size > GROUP_BYTES) break
      count++
    }
    return queue.splice(0, count)
  }

  async #put(records: EngineRecord[]): Promise<void> {
    const { segmentBytes } = this.#options
    let active = this.#active
    if (active === null || active.bytes >= segmentBytes) {
      active = await this.#startSegment(records)
    } else {
      const bytes = groupBytes(records, this.#nextGroup, active.number, active.bytes)
      await writeGroup(active, bytes)
    }
    this.#nextGroup++
    for (const record of records) {
      this.#durable.apply(record)
      this.#retention.note(record, active.number)
      this.#held?.push(record)
    }
  }

  /** Begins the next segment with a group; its file is there when both are durable. */
  async #startSegment(records: EngineRecord[]): Promise<ActiveSegment> {
    const number = (this.#active?.number ?? 0) + 1
    const firstGroup = this.#nextGroup
    const header = headerBytes({ number, previousBytes: this.#active?.bytes ?? 0, firstGroup })
    // It repeats where the engine stands, for older segments may be dropped.
    const { term, sealed } = this.#durable.head
    const all = [startRecord({ term, height: sealed }), ...records]
    const group = groupBytes(all, firstGroup, number, HEADER_BYTES)
    const file = await this.#folder.create(segmentName(number))
    const started: ActiveSegment = { number, file, bytes: 0 }
    try {
      await writeGroup(started, Buffer.concat([header, group]))
    } catch (error) {
      await file.close()
      await this.#folder.remove(segmentName(number))
      throw error
    }
    await this.#active?.file.close()
    this.#active = started
    return started
  }

  /**
   * After a failed group: without room its submissions are refused and the rest is tried again later, unless the process is
   * about to stop; anything else ends the engine. Returns whether it goes on.
   */
  async #survive(error: NodeJS.ErrnoException): Promise<boolean> {
    if (this.#ended === null && isOutOfRoom(error)) {
      const refused = new OutOfRoomError(`the journal cannot be written: ${error.message}`)
      const rest: Pending[] = []
      for (const pending of this.#group) {
        if (pending.record.type === SUBMIT) pending.reject(refused)
        else rest.push(pending)
      }
      this.#queue.unshift(...rest)
      if (rest.length === 0) return true
      if (!this.#isResigning) {
        this.#tellRoom(refused)
        await sleep(this.#options.retryMs)
        return true
      }
      this.#group = []
    }
    this.#ended ??= new EngineError(`the journal cannot be written: ${error.message}`)
    for (const { reject } of [...this.#group, ...this.#queue]) reject(this.#ended)
    this.#queue = []
    return false
  }

  /** Tells once that blocks wait for room, and once that they no longer do. */
  #tellRoom(refused: Error | null): void {
    if (this.#isFull === (refused !== null)) return
    this.#isFull = refused !== null
    this.#options.say(
      refused === null
        ? 'the journal is written again'
        : `${refused.message}; blocks wait until there is room`,
    )
  }

  /** Copies what lives in a segment to the end of the journal, so that the segment can be dropped. */
  async #carry(segment: number): Promise<void> {
    const { records } = scanSegment(await readSegment(this.#folder, segment), segment)
    const ordered = this.#orderedSoon()
    const alive = records
      .filter(({ type }) => type === SUBMIT)
      .flatMap(({ body }) => readSubmit(body))
      .filter(({ hash }) => this.#retention.isLive(hash, segment) && !ordered.has(hash))
    if (alive.length > 0) await this.#append(submitRecord(alive)).catch(() => {})
  }

  /** Transactions in chunks that are on their way: a copy behind such a chunk would bring them back. */
  #orderedSoon(): Set<bigint> {
    const soon = new Set<bigint>()
    for (const { record } of [...this.#group, ...this.#queue]) {
      if (record.type !== EXTEND) continue
      const { included, dropped } = readExtend(record.body)
      for (const hash of included) soon.add(hash)
      for (const hash of dropped) soon.add(hash)
    }
    return soon
  }

  /** Puts together what is durable. */
  async #assemble(from: number): Promise<Assembly> {
    const assembly = new Assembly(from)
    for (const record of this.#held ?? (await this.#stored())) assembly.add(record)
    return assembly
  }

  /** The durable records, read from the files. */
  async #stored(): Promise<EngineRecord[]> {
    const stored: EngineRecord[] = []
    const active = this.#active
    if (active === null) return stored
    for (const number of await segmentsOf(this.#folder)) {
      // What is written meanwhile has another file, or stands behind.
      const length = number === active.number ? active.bytes : Number.POSITIVE_INFINITY
      const bytes = (await readSegment(this.#folder, number)).subarray(0, length)
      for (const record of scanSegment(bytes, number).records) stored.push(record)
      if (number === active.number) break
    }
    return stored
  }
}

function isOutOfRoom({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
}
