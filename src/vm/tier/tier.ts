/**
 * Compiled programs of one interpreter instance: which are hot, which are there, and how they run with the interpreter.
 *
 *     calls of a program ── many steps ──▶ wanted ──▶ the host compiles it elsewhere ──▶ accept ──▶ linked at the next call
 *
 *     compiled code ── left ──▶ interpreter ── AT_CALL ──▶ compiled code ──▶ …
 *
 * Results are those of the interpreter, whatever is compiled and when. A module belongs to the bytes of an image, by their
 * hash; those used longest ago make room.
 */
import { createHash } from 'node:crypto'
import {
  AP,
  AT_CALL,
  DONE,
  NATIVE_ROOM,
  PAUSE_STEPS,
  PC_OFFSET,
  PC_SEGMENT,
  STEP_LIMIT,
  STEP_PAUSE,
  STEPS,
  TIER_SLACK,
  TIER_TOP,
} from '../../kernels/vm-layout.ts'
import type { Program, ProgramImage } from '../host.ts'
import type { Interpreter, Segments } from '../segments.ts'
import { compileProgram } from './compile.ts'

/** A compiled program: it may be posted to other threads of the process, which then share its code. */
export interface CompiledModule {
  kind: 'compiled'
  /** Hash of the image. */
  image: string
  module: WebAssembly.Module
  /** By pc: the function that starts there, or -1. */
  starts: Int32Array
  sizeBytes: number
}

export interface TierOptions {
  /** Steps after which a program is worth compiling; 0 compiles each before its first call. */
  hotSteps: number
  /** Compiles an image with this hash now, or returns null and has it accepted later. */
  compile(image: ProgramImage, hash: string): CompiledModule | null
}

/** Some milliseconds of interpretation, a few thousand token transfers; compiling takes some ten, elsewhere. */
export const HOT_STEPS = 1_000_000
/** Native stack of compiled calls, all nested contract calls together. A thread of Node has about a megabyte. */
export const NATIVE_BYTES = 256 << 10
/** Bytes of modules that one machine keeps, or the pool for machines to come; machine code takes some times that. */
export const KEPT_BYTES = 48 << 20

/** Compiles an image, on this thread. */
export function compileModule(image: ProgramImage, hash: string): CompiledModule {
  const { bytes, starts } = compileProgram(image)
  const module = new WebAssembly.Module(bytes)
  return { kind: 'compiled', image: hash, module, starts, sizeBytes: bytes.length }
}

/** Names an image by its bytes. */
function hashOf({ buffer }: ProgramImage): string {
  return createHash('sha256').update(new Uint8Array(buffer)).digest('base64')
}

/** A module linked to the memory of the instance. */
export interface Linked {
  readonly enter: (index: number) => number
  readonly starts: Int32Array
}

/** What is known of a program. */
interface Heat {
  /** Steps that it made in the interpreter. */
  steps: number
  /** Hash of its image once it was hot, else empty. */
  image: string
  linked: Linked | null
  lastUse: number
}

export class Tier {
  private readonly options: TierOptions
  private readonly heats = new Map<string, Heat>()
  private readonly modules = new Map<string, CompiledModule>()
  private bytes = 0
  private uses = 0
  private segments!: Segments
  private kernel!: Interpreter

  constructor(options: TierOptions) {
    this.options = options
  }

  /** Goes on with another instance. */
  attach(segments: Segments, kernel: Interpreter): void {
    this.segments = segments
    this.kernel = kernel
    segments.words[NATIVE_ROOM >> 2] = NATIVE_BYTES
    for (const heat of this.heats.values()) heat.linked = null
  }

  accept(compiled: CompiledModule): void {
    if (this.modules.has(compiled.image)) return
    this.modules.set(compiled.image, compiled)
    this.bytes += compiled.sizeBytes
    for (const heat of this.heats.values()) {
      if (heat.image === compiled.image) heat.lastUse = ++this.uses
    }
    while (this.bytes > KEPT_BYTES && this.modules.size > 1) this.dropOldest(compiled.image)
  }

  /** The compiled form of a program, if it is there. */
  find(program: Program): Linked | null {
    if (this.options.hotSteps === 0) this.count(program, 0)
    const heat = this.heats.get(program.key)
    if (heat === undefined) return null
    heat.lastUse = ++this.uses
    if (heat.linked !== null || heat.image === '') return heat.linked
    const compiled = this.modules.get(heat.image)
    if (compiled !== undefined) heat.linked = this.link(compiled)
    return heat.linked
  }

  /** Notes steps that a program made in the interpreter; asks for its compiled form when they are many. */
  count(program: Program, steps: number): void {
    let heat = this.heats.get(program.key)
    if (heat === undefined) {
      heat = { steps: 0, image: '', linked: null, lastUse: 0 }
      this.heats.set(program.key, heat)
    }
    heat.steps += steps
    if (heat.image !== '' || heat.steps < this.options.hotSteps) return
    heat.image = hashOf(program.image)
    if (this.modules.has(heat.image)) return
    const compiled = this.options.compile(program.image, heat.image)
    if (compiled !== null) this.accept(compiled)
  }

  /** Runs the call in control memory to its end. */
  run(linked: Linked): number {
    const { words } = this.segments
    // What calls above this one have left, and calls to come find again, also below one that is interpreted.
    const room = words[NATIVE_ROOM >> 2]!
    const status = this.alternate(linked, room)
    words[NATIVE_ROOM >> 2] = room
    return status
  }

  private alternate({ enter, starts }: Linked, room: number): number {
    const { words } = this.segments
    while (true) {
      const index = this.mayEnter() ? (starts[words[PC_OFFSET >> 2]!] ?? -1) : -1
      if (index >= 0) {
        const status = enter(index)
        if (status !== DONE) return status
        // Compiled code may have passed pauses where it need not look.
        const steps = words[STEPS >> 2]!
        while (words[STEP_PAUSE >> 2]! <= steps) words[STEP_PAUSE >> 2]! += PAUSE_STEPS
        words[NATIVE_ROOM >> 2] = room
      }
      const status = this.kernel.runToCall()
      if (status !== AT_CALL) return status
    }
  }

  /** Whether pc is in the program, and the limits are farther away than compiled code goes without a look at them. */
  private mayEnter(): boolean {
    const { words } = this.segments
    const isFar = words[STEPS >> 2]! + TIER_SLACK < words[STEP_LIMIT >> 2]!
    return words[PC_SEGMENT >> 2] === 0 && isFar && words[AP >> 2]! <= TIER_TOP
  }

  private link({ module, starts }: CompiledModule): Linked {
    const { kernel } = this
    const env = {
      memory: this.segments.memory,
      leave: kernel.tierLeave,
      step: kernel.tierStep,
      assert: kernel.tierAssert,
      hints: kernel.tierHints,
      pause: kernel.tierPause,
      add: kernel.tierAdd,
      multiply: kernel.tierMultiply,
      deref: kernel.tierDeref,
      less: kernel.tierLess,
      divMod: kernel.tierDivMod,
      wideMultiply: kernel.tierWideMultiply,
      split: kernel.tierSplit,
    }
    const { exports } = new WebAssembly.Instance(module, { env })
    return { enter: exports.enter as Linked['enter'], starts }
  }

  private dropOldest(kept: string): void {
    const uses = new Map<string, number>()
    for (const image of this.modules.keys()) if (image !== kept) uses.set(image, 0)
    for (const { image, lastUse } of this.heats.values()) {
      const use = uses.get(image)
      if (use !== undefined) uses.set(image, Math.max(use, lastUse))
    }
    const [oldest] = [...uses].reduce((one, other) => (other[1] < one[1] ? other : one))
    this.bytes -= this.modules.get(oldest)!.sizeBytes
    this.modules.delete(oldest)
    for (const heat of this.heats.values()) {
      if (heat.image !== oldest) continue
      heat.image = ''
      heat.steps = 0
      heat.linked = null
    }
  }
}
