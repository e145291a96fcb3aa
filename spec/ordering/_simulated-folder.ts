/**
 * A folder in memory that fails as disks do: what was not synced may be lost sector by sector, a write is torn, room runs
 * out, a sync fails. `kill` and `cutPower` give the folder as the next start finds it; the old one only fails from then on.
 */

import type { Random } from '../../src/lab/random.ts'
import type { JournalFile, JournalFolder } from '../../src/ordering/files.ts'

const SECTOR = 512

interface Content {
  durable: Buffer
  current: Buffer
}

export class SimulatedFolder implements JournalFolder {
  readonly files: Map<string, Content>
  /** Bytes that fit; Infinity: no limit. */
  roomBytes = Number.POSITIVE_INFINITY
  /** Fails the next syncs with this code. */
  failSync: string | null = null
  /** Ends the machine in the middle of the write that brings the count to 0. */
  writesLeft = Number.POSITIVE_INFINITY
  #isDead = false

  constructor(files: Iterable<[string, Buffer]> = []) {
    this.files = new Map(
      [...files].map(([name, bytes]) => [name, { durable: bytes, current: bytes }]),
    )
  }

  get isDead(): boolean {
    return this.#isDead
  }

  list(): Promise<string[]> {
    return this.#answer(() => [...this.files.keys()])
  }

  create(name: string): Promise<JournalFile> {
    return this.#answer(() => {
      if (this.files.has(name)) throw new Error(`${name} exists`)
      this.files.set(name, { durable: Buffer.alloc(0), current: Buffer.alloc(0) })
      return this.#file(name)
    })
  }

  open(name: string): Promise<JournalFile> {
    return this.#answer(() => this.#file(name))
  }

  remove(name: string): Promise<void> {
    return this.#answer(() => {
      if (!this.files.delete(name)) throw new Error(`${name} is not there`)
    })
  }

  /** The process was killed: what was written stays. */
  kill(): SimulatedFolder {
    this.#isDead = true
    return new SimulatedFolder([...this.files].map(([name, { current }]) => [name, current]))
  }

  /** The power went: of what was not synced, some sectors stay. */
  cutPower(random: Random): SimulatedFolder {
    this.#isDead = true
    return new SimulatedFolder(
      [...this.files].map(([name, content]) => [name, survivors(content, random)]),
    )
  }

  #file(name: string): JournalFile {
    const content = this.files.get(name)
    if (content === undefined) throw new Error(`${name} is not there`)
    return {
      read: () => this.#answer(() => Buffer.from(content.current)),
      write: (bytes, offset) => this.#answer(() => this.#write(content, bytes, offset)),
      sync: () =>
        this.#answer(() => {
          if (this.failSync !== null) throw failure(this.failSync)
          content.durable = content.current
        }),
      truncate: (length) =>
        this.#answer(() => {
          content.current = content.current.subarray(0, length)
        }),
      close: async () => {},
    }
  }

  #write(content: Content, bytes: Uint8Array, offset: number): void {
    this.writesLeft--
    const others = [...this.files.values()].reduce((sum, { current }) => sum + current.length, 0)
    const room = this.roomBytes - others + Math.max(0, content.current.length - offset)
    const part = this.writesLeft <= 0 ? bytes.length >> 1 : bytes.length
    const length = Math.max(0, Math.min(part, room))
    const grown = Buffer.alloc(Math.max(content.current.length, offset + length))
    content.current.copy(grown)
    grown.set(bytes.subarray(0, length), offset)
    content.current = grown
    if (this.writesLeft <= 0) this.#isDead = true
    else if (length < bytes.length) throw failure('ENOSPC')
  }

  /** Answers in a later turn; a dead machine does nothing more. */
  async #answer<T>(work: () => T): Promise<T> {
    await Promise.resolve()
    const result = this.#isDead ? null : work()
    if (result === null || this.#isDead) throw failure('EIO')
    return result
  }
}

function survivors({ durable, current }: Content, random: Random): Buffer {
  const shorter = Math.min(durable.length, current.length)
  const length = shorter + random.below(Math.max(durable.length, current.length) - shorter + 1)
  const bytes = Buffer.alloc(length)
  durable.copy(bytes, 0, 0, Math.min(length, durable.length))
  for (let at = 0; at < length; at += SECTOR) {
    if (random.oneIn(2)) current.copy(bytes, at, at, Math.min(at + SECTOR, length))
  }
  return bytes
}

function failure(code: string): NodeJS.ErrnoException {
  const text = code === 'ENOSPC' ? 'no space left on device' : 'input/output error'
  return Object.assign(new Error(`${code}: ${text}`), { code })
}
