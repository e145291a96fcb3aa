/**
 * The ordering engine as block production uses it, under the term of this process.
 *
 * A write that fails for good, or is refused because someone else leads, halts the node: its promise then never settles,
 * so nothing that must follow a write can happen without it.
 */
import { crc32 } from 'node:zlib'
import type { OrderingEngine, Term, Written } from '../ordering/engine.ts'
import type { BlockContext } from '../starknet/block-context.ts'

export class Journal {
  readonly #engine: OrderingEngine
  readonly #term: Term
  readonly #halt: (reason: string) => void
  /** The newest block that was begun, and the index of its next chunk. */
  #height = -1
  #index = 0
  #gone: bigint[] = []

  /** `halt` ends the node with one sentence. */
  constructor(engine: OrderingEngine, term: Term, halt: (reason: string) => void) {
    this.#engine = engine
    this.#term = term
    this.#halt = halt
  }

  /** Whether the journal has the context of a block, or will have it: then it is fixed. */
  hasBegun(height: number): boolean {
    return this.#height >= height
  }

  /** Opens a block, once. Nobody waits for it: what follows in the journal is durable only after it. */
  begin(context: BlockContext): void {
    if (this.hasBegun(context.number)) return
    this.resume(context.number, 0)
    void this.#done(this.#engine.begin(this.#term, { context }))
  }

  /** Goes on with a block of which `chunks` are in the journal. */
  resume(height: number, chunks: number): void {
    this.#height = height
    this.#index = chunks
  }

  /** Tells the journal with the next run that a transaction will never be in a block. */
  forget(hash: bigint): void {
    this.#gone.push(hash)
  }

  /** Takes back what was to be forgotten, where it has come back. */
  keep(isBack: (hash: bigint) => boolean): void {
    this.#gone = this.#gone.filter((hash) => !isBack(hash))
  }

  /** Resolves when the order of a run is kept. */
  extend(height: number, included: readonly bigint[], digest: number): Promise<void> {
    const dropped = this.#gone.splice(0)
    const chunk = { height, index: this.#index++, included, dropped, digest }
    return this.#done(this.#engine.extend(this.#term, chunk))
  }

  /** Resolves when the seal is kept. */
  seal(height: number, count: number, reason: string): Promise<void> {
    return this.#done(this.#engine.seal(this.#term, { height, count, reason }))
  }

  /** Resolves when it is decided that the chain ends at a height again. */
  rewind(height: number): Promise<void> {
    this.resume(height, 0)
    return this.#done(this.#engine.rewind(this.#term, height))
  }

  /** Forgets what blocks up to a height needed, for these are stored. */
  async stored(height: number): Promise<void> {
    try {
      await this.#engine.compact(height + 1)
    } catch (error) {
      this.#halt(`the journal cannot be made smaller: ${(error as Error).message}`)
    }
  }

  async #done(writing: Promise<Written>): Promise<void> {
    const answer = await writing.catch((error: Error) => error)
    if (answer === 'written' || answer === 'already') return
    const reason =
      answer === 'fenced' ? 'another process writes to the journal of this chain' : answer.message
    this.#halt(reason)
    await new Promise<never>(() => {})
  }
}

/** What a list of executions did, in four bytes: equal for equal results. */
export function digestOf(results: readonly Int32Array[]): number {
  return results.reduce((digest, words) => crc32(words, digest), 0)
}
