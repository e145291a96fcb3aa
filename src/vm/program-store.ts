/**
 * Program images copied into an instance's memory: least recently used images make room, those of open calls stay.
 */
import {
  IMAGE_ABOVE,
  IMAGE_BELOW,
  IMAGE_BYTES,
  IMAGE_CELLS,
  IMAGE_RECORDS,
  IMAGE_WORDS,
  PROGRAMS_END,
  PROGRAMS_START,
} from '../kernels/vm-layout.ts'
import type { Program } from './host.ts'
import type { Segments } from './segments.ts'

/** Where an image lies. Address 0: there is no room for it. */
export interface ResidentProgram {
  readonly key: string
  readonly address: number
  readonly sizeBytes: number
  readonly records: number
  readonly cells: number
  readonly words: number
  /** Cells that offsets reach below and above ap and fp. */
  readonly below: number
  readonly above: number
  pins: number
  lastUse: number
}

const ALIGN = 64

export class ProgramStore {
  private readonly segments: Segments
  private readonly byKey = new Map<string, ResidentProgram>()
  private uses = 0
  /** The program that was asked for last. */
  private last: Program | null = null
  private lastResident!: ResidentProgram

  constructor(segments: Segments) {
    this.segments = segments
  }

  /** The image of a program, copied in if needed; it stays until released. */
  pin(program: Program): ResidentProgram {
    const resident = this.find(program)
    resident.pins++
    resident.lastUse = ++this.uses
    return resident
  }

  /** The program, in memory if it has room; most calls are of the same few. */
  private find(program: Program): ResidentProgram {
    if (program === this.last) return this.lastResident
    let resident = this.byKey.get(program.key)
    if (resident === undefined || resident.address === 0) {
      resident = this.load(program)
      this.byKey.set(program.key, resident)
    }
    if (resident.address === 0) return resident
    this.last = program
    this.lastResident = resident
    return resident
  }

  private load(program: Program): ResidentProgram {
    const { buffer } = program.image
    const header = new DataView(buffer)
    const sizeBytes = Math.ceil(header.getUint32(IMAGE_BYTES, true) / ALIGN) * ALIGN
    const address = this.place(sizeBytes)
    if (address !== 0) this.segments.bytes.set(new Uint8Array(buffer), address)
    return {
      key: program.key,
      address,
      sizeBytes,
      records: address + header.getUint32(IMAGE_RECORDS, true),
      cells: address + header.getUint32(IMAGE_CELLS, true),
      words: header.getUint32(IMAGE_WORDS, true),
      below: header.getUint32(IMAGE_BELOW, true),
      above: header.getUint32(IMAGE_ABOVE, true),
      pins: 0,
      lastUse: 0,
    }
  }

  /** An address with room, after dropping what is not pinned and was used longest ago; 0 if there is none. */
  private place(sizeBytes: number): number {
    while (true) {
      const address = this.gap(sizeBytes)
      if (address !== 0) return address
      let oldest: ResidentProgram | null = null
      for (const one of this.byKey.values()) {
        if (one.pins > 0 || one.address === 0) continue
        if (oldest === null || one.lastUse < oldest.lastUse) oldest = one
      }
      if (oldest === null) return 0
      this.byKey.delete(oldest.key)
      this.last = null
    }
  }

  /** The first gap between images that fits. */
  private gap(sizeBytes: number): number {
    const placed = [...this.byKey.values()].filter((one) => one.address !== 0)
    placed.sort((a, b) => a.address - b.address)
    let start = PROGRAMS_START
    for (const one of placed) {
      if (one.address - start >= sizeBytes) return start
      start = one.address + one.sizeBytes
    }
    return PROGRAMS_END - start >= sizeBytes ? start : 0
  }
}
