/**
 * Compiles the programs that machines find hot, on a thread of its own, and keeps what it made for machines to come.
 *
 *     machine ── want ──▶ queue of the thread ──▶ module ──▶ publish ──▶ every machine, before its next block
 *
 * Nobody waits for it: until a module is there, and when there never is one, the interpreter runs the program. The thread
 * starts with the first wish.
 */
import { Worker } from 'node:worker_threads'
import type { ProgramImage } from '../src/vm/host.ts'
import type { CompiledModule } from '../src/vm/tier/tier.ts'
import { entryOf } from './entry.ts'

/** Bytes of modules kept for machines to come. */
const KEPT_BYTES = 48 << 20

/** What the thread gets, and what it answers. */
export interface Wish {
  hash: string
  image: ProgramImage
}

export class ProgramCompiler {
  private readonly publish: (compiled: CompiledModule) => void
  /** By hash of the image, oldest first. */
  private readonly made = new Map<string, CompiledModule>()
  private readonly open = new Set<string>()
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
    if (this.isStopped || this.open.has(wish.hash)) return
    const known = this.made.get(wish.hash)
    if (known !== undefined) {
      this.publish(known)
      return
    }
    this.open.add(wish.hash)
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
    // What it could not compile stays open, so that it is not asked for again; the next wish gets a new thread.
    thread.on('error', () => {
      this.thread = null
    })
    return thread
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
