/**
 * EvalCircuit: computes the values of a circuit of additions and multiplications modulo p, then writes the instances of
 * the two builtins that will check them.
 *
 * A value is four limbs of 96 bits, low first. A gate is three offsets (left, right, result) into the values. An addition
 * with an unknown left side is a subtraction, a multiplication with one an inversion. A value without inverse gets
 * modulus / gcd in its place; evaluation goes on, but only the multiplications before the first such gate are claimed.
 */

import { P } from '../felt/felt.ts'
import { HINT_ARGUMENTS, MAX_SEGMENT_CELLS } from '../kernels/vm-layout.ts'
import { euclid, HINT_FAILED, HINT_IMPOSSIBLE, type HintContext } from './rare-hints.ts'

const LIMBS = 4
const LIMB_BITS = 96n
const INSTANCE_CELLS = 7

interface Pointer {
  segment: number
  offset: number
}

/** Leaves the evaluation with a status. */
class Stop extends Error {
  readonly status: number
  constructor(status: number) {
    super('a circuit stopped')
    this.status = status
  }
}

/** The hint; operands: n_add_mods, add builtin, n_mul_mods, mul builtin. */
export function evaluateCircuit(context: HintContext): number {
  try {
    new Circuit(context).run()
    return 0
  } catch (error) {
    if (error instanceof Stop) return error.status
    throw error
  }
}

class Circuit {
  private readonly context: HintContext
  private readonly adds: Pointer
  private readonly muls: Pointer
  private readonly addCount: number
  private readonly mulCount: number
  private readonly values: Pointer
  private readonly addOffsets: Pointer
  private readonly mulOffsets: Pointer
  private readonly modulus: bigint

  constructor(context: HintContext) {
    this.context = context
    this.addCount = this.count(0)
    this.adds = this.pointerAt(HINT_ARGUMENTS + 32)
    this.mulCount = this.count(2)
    this.muls = this.pointerAt(HINT_ARGUMENTS + 96)
    this.values = this.pointer(advance(this.muls, 4))
    this.mulOffsets = this.pointer(advance(this.muls, 5))
    this.addOffsets = this.addCount === 0 ? this.mulOffsets : this.pointer(advance(this.adds, 5))
    const modulus = this.value(this.muls)
    if (modulus === null) throw new Stop(HINT_IMPOSSIBLE)
    this.modulus = modulus
  }

  run(): void {
    const claimed = this.fill()
    this.writeInstances(this.adds, this.addCount, this.addOffsets)
    this.writeInstances(this.muls, claimed, this.mulOffsets)
  }

  /** Computes all gates; how many multiplications come before the first without inverse. */
  private fill(): number {
    let claimed = this.mulCount
    let added = 0
    for (let multiplied = 0; ; multiplied++) {
      while (added < this.addCount && this.add(advance(this.addOffsets, 3 * added))) added++
      if (multiplied === this.mulCount) return claimed
      const isInvertible = this.multiply(advance(this.mulOffsets, 3 * multiplied))
      if (!isInvertible && claimed === this.mulCount) claimed = multiplied
    }
  }

  /** Computes an addition gate; false when its inputs are not there yet. */
  private add(gate: Pointer): boolean {
    const left = this.operand(gate, 0)
    const right = this.operand(gate, 1)
    if (right === null) return false
    if (left !== null) {
      this.put(gate, 2, this.reduce(left + right))
      return true
    }
    const result = this.operand(gate, 2)
    if (result === null) return false
    const difference = result + this.modulus - right
    if (difference < 0n) throw new Stop(HINT_IMPOSSIBLE)
    this.put(gate, 0, this.reduce(difference))
    return true
  }

  /** Computes a multiplication gate; false when it is an inversion that does not exist. */
  private multiply(gate: Pointer): boolean {
    const left = this.operand(gate, 0)
    const right = this.operand(gate, 1)
    if (right === null) throw new Stop(HINT_IMPOSSIBLE)
    if (left !== null) {
      this.put(gate, 2, this.reduce(left * right))
      return true
    }
    const { gcd, inverse } = euclid(right, this.modulus)
    if (gcd === 0n || this.modulus === 0n) throw new Stop(HINT_IMPOSSIBLE)
    this.put(gate, 0, gcd === 1n ? inverse : this.modulus / gcd)
    return gcd === 1n
  }

  private reduce(value: bigint): bigint {
    if (this.modulus === 0n) throw new Stop(HINT_IMPOSSIBLE)
    return value % this.modulus
  }

  private writeInstances(builtin: Pointer, count: number, offsets: Pointer): void {
    const { segments, kernel } = this.context
    // Said before it is tried: so many cells take seconds to fill.
    if (builtin.offset + INSTANCE_CELLS * count > MAX_SEGMENT_CELLS) {
      throw this.failure('Vector capacity exceeded')
    }
    const scratch = segments.scratch(1)
    const insert = (at: Pointer) => {
      if (kernel.insert(at.segment, at.offset, scratch) !== 0) throw new Stop(HINT_FAILED)
    }
    const limbs = [0, 1, 2, 3].map((i) => this.felt(advance(this.muls, i)))
    for (let i = 0; i < count; i++) {
      const start = advance(builtin, INSTANCE_CELLS * i)
      limbs.forEach((limb, j) => {
        segments.putFelt(scratch, limb)
        insert(advance(start, j))
      })
      segments.putPointer(scratch, this.values.segment, this.values.offset)
      insert(advance(start, LIMBS))
      segments.putPointer(scratch, offsets.segment, offsets.offset + 3 * i)
      insert(advance(start, LIMBS + 1))
      segments.putNumber(scratch, count - i)
      insert(advance(start, LIMBS + 2))
    }
  }

  private place(gate: Pointer, index: number): Pointer {
    const distance = this.felt(advance(gate, index))
    const offset = (BigInt(this.values.offset) + distance) % P
    if (offset >> 32n !== 0n) {
      const { segment } = this.values
      throw this.failure(
        `Operation failed: ${segment}:${this.values.offset} + ${distance}, maximum offset value exceeded`,
      )
    }
    return { segment: this.values.segment, offset: Number(offset) }
  }

  private operand(gate: Pointer, index: number): bigint | null {
    return this.value(this.place(gate, index))
  }

  private put(gate: Pointer, index: number, value: bigint): void {
    const { segment, offset } = this.place(gate, index)
    for (let i = 0; i < LIMBS; i++) {
      const limb = BigInt.asUintN(Number(LIMB_BITS), value >> (LIMB_BITS * BigInt(i)))
      if (!this.context.insertFelt(segment, offset + i, limb)) throw new Stop(HINT_FAILED)
    }
  }

  /** A value, or null while one of its limbs is no felt. */
  private value(at: Pointer): bigint | null {
    const { segments } = this.context
    let value = 0n
    for (let i = 0; i < LIMBS; i++) {
      const address = segments.address(at.segment, at.offset + i)
      if (address === 0 || !segments.isSet(address) || !segments.isFelt(address)) return null
      value += segments.felt(address) << (LIMB_BITS * BigInt(i))
    }
    return value
  }

  private count(index: number): number {
    const value = this.context.argument(index)
    if (value >> 64n !== 0n) throw new Stop(HINT_IMPOSSIBLE)
    return Number(value)
  }

  private pointer(at: Pointer): Pointer {
    const address = this.set(at)
    if (this.context.segments.isPointer(address)) return this.pointerAt(address)
    throw this.failure(`Expected relocatable at address ${at.segment}:${at.offset}`)
  }

  private pointerAt(address: number): Pointer {
    const { segments } = this.context
    return { segment: segments.segmentOf(address), offset: segments.offsetOf(address) }
  }

  private felt(at: Pointer): bigint {
    const address = this.set(at)
    if (this.context.segments.isFelt(address)) return this.context.segments.felt(address)
    throw this.failure(`Expected integer at address ${at.segment}:${at.offset}`)
  }

  private set(at: Pointer): number {
    const { segments } = this.context
    const address = segments.address(at.segment, at.offset)
    if (address !== 0 && segments.isSet(address)) return address
    throw this.failure(`Unknown memory cell at address ${at.segment}:${at.offset}`)
  }

  private failure(text: string): Stop {
    this.context.segments.fail(text)
    return new Stop(HINT_FAILED)
  }
}

function advance({ segment, offset }: Pointer, count: number): Pointer {
  return { segment, offset: offset + count }
}
