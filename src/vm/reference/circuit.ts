/**
 * EvalCircuit: computes the values of a circuit of additions and multiplications modulo p, then writes the instances
 * of the two builtins that will check them.
 *
 * A value is four limbs of 96 bits, low first. A gate is three offsets (left, right, result) into the values. An
 * addition with an unknown left side is a subtraction, a multiplication with one is an inversion. A value without
 * inverse gets modulus / gcd in its place, and only the multiplications before the first such gate are claimed.
 */
import { MAX_SEGMENT_CELLS, type Memory } from './memory.ts'
import { type HintOperands, hintPanic } from './operands.ts'
import { addFelt, advance, extendedGcd, Fault, isPointer, modulo, type Pointer } from './value.ts'

const LIMBS = 4
const LIMB_BITS = 96n
const INSTANCE_CELLS = 7

export const circuitHints: Record<string, (hint: HintOperands) => void> = {
  EvalCircuit(hint) {
    const addBuiltin = hint.address('add_mod_builtin')
    const additions = hint.count('n_add_mods')
    const mulBuiltin = hint.address('mul_mod_builtin')
    const multiplications = hint.count('n_mul_mods')
    const { memory } = hint.frame
    const values = memory.pointer(advance(mulBuiltin, 4))
    const mulOffsets = memory.pointer(advance(mulBuiltin, 5))
    const addOffsets = additions === 0 ? mulOffsets : memory.pointer(advance(addBuiltin, 5))
    const modulus = readValue(memory, mulBuiltin)
    if (modulus === undefined) throw hintPanic('EvalCircuit')
    const circuit = { memory, values, modulus }
    const good = fill(circuit, addOffsets, additions, mulOffsets, multiplications)
    const limbs = memory.integers(mulBuiltin, LIMBS)
    writeInstances(memory, addBuiltin, additions, limbs, values, addOffsets)
    writeInstances(memory, mulBuiltin, good, limbs, values, mulOffsets)
  },
}

interface Circuit {
  memory: Memory
  values: Pointer
  modulus: bigint
}

/** Computes all gates; returns how many multiplications come before the first without inverse. */
function fill(
  circuit: Circuit,
  addOffsets: Pointer,
  additions: number,
  mulOffsets: Pointer,
  multiplications: number,
): number {
  let good = multiplications
  let added = 0
  for (let multiplied = 0; ; multiplied++) {
    while (added < additions && fillAddition(circuit, advance(addOffsets, 3 * added))) added++
    if (multiplied === multiplications) return good
    const isGood = fillMultiplication(circuit, advance(mulOffsets, 3 * multiplied))
    if (!isGood && good === multiplications) good = multiplied
  }
}

function fillAddition(circuit: Circuit, gate: Pointer): boolean {
  const { modulus } = circuit
  const left = readOperand(circuit, gate, 0)
  const right = readOperand(circuit, gate, 1)
  if (right === undefined) return false
  if (left !== undefined) {
    writeOperand(circuit, gate, 2, reduce(left + right, modulus))
    return true
  }
  const result = readOperand(circuit, gate, 2)
  if (result === undefined) return false
  // Rust computes in unsigned numbers: a larger right side than that would panic.
  if (result + modulus < right) throw hintPanic('EvalCircuit')
  writeOperand(circuit, gate, 0, reduce(result + modulus - right, modulus))
  return true
}

function fillMultiplication(circuit: Circuit, gate: Pointer): boolean {
  const { modulus } = circuit
  const left = readOperand(circuit, gate, 0)
  const right = readOperand(circuit, gate, 1)
  if (right === undefined) throw hintPanic('EvalCircuit')
  if (left !== undefined) {
    writeOperand(circuit, gate, 2, reduce(left * right, modulus))
    return true
  }
  const { gcd, x } = extendedGcd(right, modulus)
  if (gcd === 1n) {
    if (modulus === 0n) throw hintPanic('EvalCircuit')
    // Rust's inverse of a negative remainder 0 is the modulus itself: only for modulus 1.
    writeOperand(circuit, gate, 0, modulo(x, modulus))
    return true
  }
  if (gcd === 0n) throw hintPanic('EvalCircuit')
  writeOperand(circuit, gate, 0, modulus / gcd)
  return false
}

function reduce(value: bigint, modulus: bigint): bigint {
  if (modulus === 0n) throw hintPanic('EvalCircuit')
  return value % modulus
}

function operandAddress({ memory, values }: Circuit, gate: Pointer, index: number): Pointer {
  return addFelt(values, memory.integer(advance(gate, index)))
}

function readOperand(circuit: Circuit, gate: Pointer, index: number): bigint | undefined {
  return readValue(circuit.memory, operandAddress(circuit, gate, index))
}

function writeOperand(circuit: Circuit, gate: Pointer, index: number, value: bigint): void {
  const address = operandAddress(circuit, gate, index)
  for (let i = 0; i < LIMBS; i++) {
    const limb = BigInt.asUintN(Number(LIMB_BITS), value >> (LIMB_BITS * BigInt(i)))
    circuit.memory.insert(advance(address, i), limb)
  }
}

function readValue(memory: Memory, address: Pointer): bigint | undefined {
  let value = 0n
  for (let i = 0; i < LIMBS; i++) {
    const limb = memory.get(advance(address, i))
    if (limb === undefined || isPointer(limb)) return undefined
    value += limb << (LIMB_BITS * BigInt(i))
  }
  return value
}

function writeInstances(
  memory: Memory,
  builtin: Pointer,
  count: number,
  modulus: bigint[],
  values: Pointer,
  offsets: Pointer,
): void {
  // Said before it is tried: so many cells take seconds to fill.
  if (builtin.offset + INSTANCE_CELLS * count > MAX_SEGMENT_CELLS) {
    throw new Fault('Vector capacity exceeded')
  }
  for (let i = 0; i < count; i++) {
    const cells = [...modulus, values, advance(offsets, 3 * i), BigInt(count - i)]
    memory.insertAll(advance(builtin, INSTANCE_CELLS * i), cells)
  }
}
