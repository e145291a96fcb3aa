/**
 * Syscalls on secp256k1 and secp256r1. A point lives in a table of the frame, in the form in which the kernels compute;
 * its handle is a pointer into one segment for both curves, six cells a point in the order of their making, whose cells
 * stay unset.
 */
import {
  type Crypto,
  FIRST_OFF_CURVE,
  NOT_SQUARE,
  OUT_OF_RANGE,
  SECP_POINT_BYTES,
} from '../felt/crypto.ts'
import type { Frame } from './frame.ts'
import type { Segments } from './segments.ts'
import { indexOf } from './syscall-table.ts'

const POINT_CELLS = 6
const POINT_WORDS = SECP_POINT_BYTES / 4
const CELL_BYTES = 32

/** What a syscall answers: a new point, one that may be missing, none, coordinates; or that it refused or faulted. */
export const POINT = 0
export const SOME_POINT = 1
export const NO_POINT = 2
export const COORDINATES = 3
export const REFUSED = 4
const FAULT = 5

/** Operations of a curve, in the order of `syscallNames`. */
const operations = ['New', 'Add', 'Mul', 'GetPointFromX', 'GetXy'] as const
const [NEW, ADD, MUL, FROM_X] = operations.keys()
const FIRST = indexOf.Secp256k1New

/** Points of both curves in the order of their making. */
export class SecpPoints {
  count = 0
  private words = new Int32Array(0)
  private curves = new Uint8Array(0)

  clear(): void {
    this.count = 0
  }

  /** Whether the point at `index` is there and of that curve. */
  has(index: number, curve: number): boolean {
    return index < this.count && this.curves[index] === curve
  }

  /** Appends the point whose words begin at `from`. */
  push(curve: number, source: Int32Array, from: number): void {
    if (this.count === this.curves.length) this.grow()
    const to = this.count * POINT_WORDS
    for (let i = 0; i < POINT_WORDS; i++) this.words[to + i] = source[from + i]!
    this.curves[this.count++] = curve
  }

  copyTo(index: number, target: Int32Array, to: number): void {
    const from = index * POINT_WORDS
    for (let i = 0; i < POINT_WORDS; i++) target[to + i] = this.words[from + i]!
  }

  private grow(): void {
    const room = Math.max(16, 2 * this.curves.length)
    const [words, curves] = [new Int32Array(room * POINT_WORDS), new Uint8Array(room)]
    words.set(this.words)
    curves.set(this.curves)
    this.words = words
    this.curves = curves
  }
}

export class SecpSyscalls {
  /** Address of x and y, four cells of the kernels' memory, after COORDINATES. */
  readonly coordinates: number
  /** Offset of the point's handle after POINT and SOME_POINT. */
  handle = 0
  /** What went wrong, after FAULT. */
  text = ''
  private readonly segments: Segments
  private readonly crypto: Crypto
  private readonly numbers: number
  private readonly left: number
  private readonly right: number
  private readonly result: number

  constructor(segments: Segments, crypto: Crypto) {
    this.segments = segments
    this.crypto = crypto
    this.numbers = crypto.scratch
    this.coordinates = crypto.scratch + 4 * CELL_BYTES
    this.left = crypto.scratch + 8 * CELL_BYTES
    this.right = this.left + SECP_POINT_BYTES
    this.result = this.right + SECP_POINT_BYTES
  }

  /** Runs the syscall `index`; `fields` are the addresses of its request's cells. */
  run(frame: Frame, index: number, fields: Int32Array): number {
    const { crypto, numbers, left, right, result } = this
    const operation = (index - FIRST) % operations.length
    const curve = index - FIRST < operations.length ? 0 : 1
    if ((operation === ADD || operation === MUL) && frame.secpSegment < 0) {
      return this.fail('Hint SystemCall is impossible')
    }
    switch (operation) {
      case NEW:
        this.loadNumbers(fields[0]!, 2)
        return this.optional(frame, curve, crypto.secpNew(curve, numbers, result))
      case FROM_X: {
        this.loadNumbers(fields[0]!, 1)
        const odd = this.segments.smallNumber(fields[2]!)
        return this.optional(frame, curve, crypto.secpFromX(curve, numbers, odd, result))
      }
      case ADD:
        if (!this.loadPoint(frame, curve, fields[0]!, left)) return FAULT
        if (!this.loadPoint(frame, curve, fields[1]!, right)) return FAULT
        crypto.secpAdd(curve, left, right, result)
        return this.keep(frame, curve, POINT)
      case MUL:
        if (!this.loadPoint(frame, curve, fields[0]!, left)) return FAULT
        this.loadNumbers(fields[1]!, 1)
        crypto.secpMul(curve, left, numbers, result)
        return this.keep(frame, curve, POINT)
      default:
        if (!this.loadPoint(frame, curve, fields[0]!, left)) return FAULT
        crypto.secpXy(curve, left, this.coordinates)
        return COORDINATES
    }
  }

  private optional(frame: Frame, curve: number, status: number): number {
    if (status === OUT_OF_RANGE) return REFUSED
    if (status === FIRST_OFF_CURVE || status === NOT_SQUARE) return NO_POINT
    return this.keep(frame, curve, SOME_POINT)
  }

  /** Keeps the result as a new point. */
  private keep(frame: Frame, curve: number, answer: number): number {
    if (frame.secpSegment < 0) frame.secpSegment = this.segments.allocate(0)
    if (frame.secpSegment < 0) return this.fail('Vector capacity exceeded')
    this.handle = POINT_CELLS * frame.secpPoints.count
    frame.secpPoints.push(curve, this.crypto.words, this.result >> 2)
    return answer
  }

  private loadPoint(frame: Frame, curve: number, address: number, to: number): boolean {
    const segment = this.segments.segmentOf(address)
    const index = this.segments.offsetOf(address) / POINT_CELLS
    const { secpPoints } = frame
    if (segment !== frame.secpSegment || !secpPoints.has(index, curve)) {
      this.fail(`Invalid syscall input: 0x${segment.toString(16)}; Invalid Secp point address`)
      return false
    }
    secpPoints.copyTo(index, this.crypto.words, to >> 2)
    return true
  }

  /** Copies numbers, two cells each, to the kernels. */
  private loadNumbers(from: number, count: number): void {
    const source = this.segments.words
    const target = this.crypto.words
    for (let i = 0; i < count * 16; i++) target[(this.numbers >> 2) + i] = source[(from >> 2) + i]!
  }

  private fail(text: string): number {
    this.text = text
    return FAULT
  }
}
