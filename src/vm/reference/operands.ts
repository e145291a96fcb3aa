/**
 * How a hint reads its operands and writes its cells.
 *
 *     value    a felt               maybe   a felt or a pointer
 *     address  a pointer            write   insert or equal into a cell
 *
 * Where a text comes from decides whether a newline follows it: operands fail as the machine does (with), all that a
 * hint itself reads or writes fails as a hint does (without).
 */
import type { CellRef, Hint, Operand } from './casm.ts'
import type { Frame } from './frame.ts'
import { addFelt, Fault, isPointer, modulo, type Pointer, show, type Value } from './value.ts'

/** A failure where Rust would panic. Compiled Sierra never gets here. */
export function hintPanic(hint: string): Fault {
  return new Fault(`Hint ${hint} is impossible`)
}

export class HintOperands {
  readonly frame: Frame
  readonly hint: Hint

  constructor(frame: Frame, hint: Hint) {
    this.frame = frame
    this.hint = hint
  }

  value(name: string): bigint {
    return this.reading(() => {
      const operand = this.operand(name)
      switch (operand.kind) {
        case 'deref':
          return this.felt(operand.cell)
        case 'doubleDeref':
          return this.frame.memory.integer(this.pointer(operand.cell, BigInt(operand.offset)))
        case 'immediate':
          return operand.value
        default: {
          const a = this.felt(operand.a)
          const b = this.second(operand.b)
          return modulo(operand.operation === 'Add' ? a + b : a * b)
        }
      }
    })
  }

  maybe(name: string): Value {
    return this.reading(() => {
      const operand = this.operand(name)
      switch (operand.kind) {
        case 'deref':
          return this.any(this.cell(operand.cell))
        case 'doubleDeref':
          return this.any(this.pointer(operand.cell, BigInt(operand.offset)))
        case 'immediate':
          return operand.value
        default: {
          const a = this.any(this.cell(operand.a))
          const b = this.second(operand.b)
          if (!isPointer(a)) return modulo(operand.operation === 'Add' ? a + b : a * b)
          if (operand.operation === 'Add') return addFelt(a, b)
          throw hintPanic(this.hint.name)
        }
      }
    })
  }

  /** A felt as a count. */
  count(name: string): number {
    const felt = this.value(name)
    if (felt >> 64n !== 0n) throw hintPanic(this.hint.name)
    return Number(felt)
  }

  /** The address that the operand is, plus `further` cells. */
  address(name: string, further = 0): Pointer {
    return this.reading(() => {
      const operand = this.operand(name)
      if (operand.kind === 'deref') return this.pointer(operand.cell, BigInt(further))
      if (operand.kind !== 'binary' || typeof operand.b !== 'bigint') {
        throw hintPanic(this.hint.name)
      }
      return this.pointer(operand.a, modulo(operand.b + BigInt(further)))
    })
  }

  write(name: string, value: Value): void {
    const cell = this.hint.cells[name]
    if (cell === undefined) throw hintPanic(this.hint.name)
    this.frame.memory.insert(this.cell(cell), value)
  }

  /** Runs what reads an operand: its faults have a newline. */
  reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (error instanceof Fault) error.ofOperand = true
      throw error
    }
  }

  private operand(name: string): Operand {
    const operand = this.hint.operands[name]
    if (operand === undefined) throw hintPanic(this.hint.name)
    return operand
  }

  private cell(cell: CellRef): Pointer {
    const offset = (cell.register === 'AP' ? this.frame.ap : this.frame.fp) + cell.offset
    if (offset < 0) throw hintPanic(this.hint.name)
    return { segment: 1, offset }
  }

  private felt(cell: CellRef): bigint {
    return this.frame.memory.integer(this.cell(cell))
  }

  private second(b: CellRef | bigint): bigint {
    return typeof b === 'bigint' ? b : this.felt(b)
  }

  private pointer(cell: CellRef, offset: bigint): Pointer {
    return addFelt(this.frame.memory.pointer(this.cell(cell)), modulo(offset))
  }

  private any(address: Pointer): Value {
    const value = this.frame.memory.get(address)
    if (value !== undefined) return value
    throw new Fault(
      `Security Error: Invalid Memory Value: temporary address not relocated: ${show(address)}`,
    )
  }
}
