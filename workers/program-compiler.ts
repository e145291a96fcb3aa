/**
 * Compiles the programs that machines find hot, on a thread of its own, and keeps what it made for machines to come.
 *
 *     machine ── want ──▶ queue of the thread ──▶ module ──▶ publish ──▶ every machine, before its next block
 *
 * Nobody waits for it: until a module is there, and when there never is one, the interpreter runs the program. The thread
 * starts with the first wish. It compiles in the order of wishes, so when it dies the oldest open one was at work: that
 * program is left out from then on, and the others go to a new thread.
 */
import { Worker } from 'node:worker_threads'
import type { ProgramImage } from '../src/vm/host.ts'
import { type CompiledModule, KEPT_BYTES } from '../src/vm/tier/tier.ts'
import { entryOf } from './entry.ts'

/** What the thread gets, and what it answers. */
export interface Wish {
  hash: string
  image: ProgramImage
}

export class ProgramCompiler {
  private readonly publish: (compiled: CompiledModule) => void
  /** By hash of the image, oldest first. */
  private readonly made = new Map<string, CompiledModule>()
  /** What the thread was asked for and has not answered, oldest first. */
  private readonly open = new Map<string, Wish>()
  /** Programs on which a thread died. */
  private readonly leftOut = new Set<string>()
  private bytes = 0
  private thread: Worker | null = null
  private isStopped = false

  constructor(publish: (compiled: CompiledModule) => void) {
    this.publish = publish
  }

  /** What is compiled already. */
  get modules(): Iterable<CompiledModule> {
    return this.made.values()
  }

  /** A machine wishes for the compiled form of an image. */
  want(wish: Wish): void {
    const { hash } = wish
    if (this.isStopped || this.open.has(hash) || this.leftOut.has(hash)) return
    const known = this.made.get(hash)
    if (known !== undefined) {
      this.publish(known)
      return
    }
    this.open.set(hash, wish)
    this.thread ??= this.start()
    this.thread.postMessage(wish)
  }

  async stop(): Promise<void> {
    this.isStopped = true
    await this.thread?.terminate()
  }

  private start(): Worker {
    const thread = new Worker(entryOf('compiler'))
    // It keeps no process alive.
    thread.unref()
    thread.on('message', (compiled: CompiledModule) => this.keep(compiled))
    // An error ends the thread, which is all there is to know; what it has answered arrives before its end does.
    thread.on('error', () => {})
    thread.on('exit', () => this.replace())
    return thread
  }

  /** Goes on without a thread that died, and without the program that it was at. */
  private replace(): void {
    this.thread = null
    const [oldest, ...others] = this.open.values()
    if (oldest !== undefined) this.leftOut.add(oldest.hash)
    this.open.clear()
    for (const wish of others) this.want(wish)
  }

  private keep(compiled: CompiledModule): void {
    if (this.isStopped) return
    this.open.delete(compiled.image)
    this.made.set(compiled.image, compiled)
    this.bytes += compiled.sizeBytes
    for (const [image, { sizeBytes }] of this.made) {
      if (this.bytes <= KEPT_BYTES || image === compiled.image) break
      this.made.delete(image)
      this.bytes -= sizeBytes
    }
    this.publish(compiled)
  }
}
