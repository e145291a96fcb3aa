/**
 * Builtins: what their segments deduce, what is checked at the end of a run, how instances are counted.
 *
 * An instance is `cells` cells, the first `inputs` of them given by the program. A deduction answers the read of an
 * unset cell, and at the end every set cell must equal its deduction. Segment arena deduces nothing.
 */
import { pedersen, poseidonSmall } from '@scure/starknet'
import type { BuiltinName } from '../host.ts'
import { addPoints, isOnCurve, type Point, stark } from './curve.ts'
import type { Memory } from './memory.ts'
import {
  advance,
  debug,
  debugPointer,
  equal,
  Fault,
  isPointer,
  type Pointer,
  show,
  type Value,
} from './value.ts'

export interface Builtin {
  name: BuiltinName
  segment: number
  cells: number
  inputs: number
}

/** Cells and inputs of an instance. */
const shapes: Record<BuiltinName, [number, number]> = {
  pedersen: [3, 2],
  range_check: [1, 1],
  bitwise: [5, 2],
  ec_op: [7, 5],
  poseidon: [6, 3],
  segment_arena: [3, 3],
  range_check96: [1, 1],
  add_mod: [7, 7],
  mul_mod: [7, 7],
}

/** Makes the segments of a builtin; returns it and its initial stack cell. */
export function makeBuiltin(
  name: BuiltinName,
  memory: Memory,
): { builtin: Builtin; start: Pointer } {
  const [cells, inputs] = shapes[name]
  const rangeBits = name === 'range_check' ? 128 : name === 'range_check96' ? 96 : 0
  const first = name === 'segment_arena' ? [memory.allocate(), 0n, 0n] : []
  const base = memory.allocate(first, rangeBits)
  const builtin = { name, segment: base.segment, cells, inputs }
  return { builtin, start: advance(base, first.length) }
}

/** The value of an unset cell of a builtin segment, or undefined when it has none (yet). */
export function deduce(builtin: Builtin, address: Pointer, memory: Memory): Value | undefined {
  const index = address.offset % builtin.cells
  if (index < builtin.inputs) return undefined
  const start = { segment: address.segment, offset: address.offset - index }
  const inputs: (Value | undefined)[] = []
  for (let i = 0; i < builtin.inputs; i++) inputs.push(memory.get(advance(start, i)))
  switch (builtin.name) {
    case 'pedersen':
      return inputs.every((input) => typeof input === 'bigint')
        ? pedersenHash(inputs[0] as bigint, inputs[1] as bigint)
        : undefined
    case 'bitwise':
      return inputs.every((input) => typeof input === 'bigint')
        ? bitwise(start, index, inputs[0] as bigint, inputs[1] as bigint)
        : undefined
    case 'poseidon':
      return deducePoseidon(start, index, inputs)
    case 'ec_op':
      return deduceEcOp(start, index, inputs)
    default:
      return undefined
  }
}

/** Answers of slow functions: every output cell asks again, and so does the check at the end. */
const answers = new Map<string, readonly bigint[]>()

function remembered(
  name: BuiltinName,
  inputs: readonly bigint[],
  compute: () => readonly bigint[],
): readonly bigint[] {
  const key = `${name} ${inputs.map((input) => input.toString(36)).join()}`
  let answer = answers.get(key)
  if (answer === undefined) {
    answer = compute()
    if (answers.size > 100_000) answers.clear()
    answers.set(key, answer)
  }
  return answer
}

function pedersenHash(x: bigint, y: bigint): bigint {
  return remembered('pedersen', [x, y], () => [BigInt(pedersen(x, y))])[0]!
}

function bitwise(start: Pointer, index: number, x: bigint, y: bigint): bigint {
  ;[x, y].forEach((value, i) => {
    if (value >> 251n === 0n) return
    throw new Fault(
      `Expected integer at address ${debugPointer(advance(start, i))} to be smaller than 2^251, Got ${value}`,
    )
  })
  return index === 2 ? x & y : index === 3 ? x ^ y : x | y
}

function deducePoseidon(
  start: Pointer,
  index: number,
  inputs: (Value | undefined)[],
): Value | undefined {
  const state: bigint[] = []
  for (const [i, input] of inputs.entries()) {
    if (input === undefined) return undefined
    if (isPointer(input)) {
      throw new Fault(`poseidon_builtin: Expected integer at address ${show(advance(start, i))}`)
    }
    state.push(input)
  }
  return remembered('poseidon', state, () => poseidonSmall(state))[index - 3]
}

function deduceEcOp(
  start: Pointer,
  index: number,
  inputs: (Value | undefined)[],
): Value | undefined {
  const felts: bigint[] = []
  for (const [i, input] of inputs.entries()) {
    if (input === undefined) return undefined
    if (isPointer(input)) throw new Fault(`Expected integer at address ${show(advance(start, i))}`)
    felts.push(input)
  }
  const [px, py, qx, qy, m] = felts as [bigint, bigint, bigint, bigint, bigint]
  return remembered('ec_op', felts, () => ecOp([px, py], [qx, qy], m))[index - 5]
}

const hex = (felt: bigint) => `0x${felt.toString(16)}`
const showPoint = (point: Point) => `(${hex(point?.[0] ?? 0n)}, ${hex(point?.[1] ?? 0n)})`

/** P + m Q bit by bit; fails when a partial sum meets the doubled point's x, also where the bit is 0. */
function ecOp(
  p: readonly [bigint, bigint],
  q: readonly [bigint, bigint],
  m: bigint,
): readonly [bigint, bigint] {
  for (const point of [p, q]) {
    if (!isOnCurve(stark, point)) {
      throw new Fault(`EcOpBuiltin: point ${showPoint(point)} is not on the curve`)
    }
  }
  let sum: Point = p
  let double: Point = q
  for (let rest = m; rest > 0n; rest >>= 1n) {
    // An infinite point has z = 0 and x = 0 in Rust's projective form, so it meets every other.
    if (sum === null || double === null || sum[0] === double[0]) {
      throw new Fault(
        'Cannot apply EC operation: computation reached two points with the same x coordinate. \n\n' +
          `    Attempting to compute P + m * Q where:\n\n    P = ${showPoint(sum)} \n\n    m = ${m}\n\n    Q = ${showPoint(double)}.`,
      )
    }
    if (rest & 1n) sum = addPoints(stark, sum, double)
    double = addPoints(stark, double, double)
  }
  if (sum === null) throw new Fault('EcOp builtin: Invalid Point')
  return sum
}

/** Every set cell equals what its segment deduces; deductions of unset cells may fail too. */
export function verifyDeductions(builtin: Builtin, memory: Memory): void {
  for (let offset = 0; offset < memory.used(builtin.segment); offset++) {
    const address = { segment: builtin.segment, offset }
    const deduced = deduce(builtin, address, memory)
    const found = memory.get(address)
    if (deduced === undefined || found === undefined || equal(deduced, found)) continue
    throw new Fault(
      `Inconsistent auto-deduction for ${builtin.name}_builtin, expected ${show(deduced)}, got Some(${debug(found)})`,
    )
  }
}

/** Every started instance has all its inputs, and its unset outputs can be deduced. */
export function checkInstances(builtin: Builtin, memory: Memory, used: number): void {
  const { name, segment, cells, inputs } = builtin
  if (name === 'segment_arena') return
  if (name === 'add_mod' || name === 'mul_mod') checkModInstances(builtin, memory, used)
  const length = memory.used(segment)
  if (length === 0) return
  const count = memory.segments[segment]!.cells.reduce<number>((sum) => sum + 1, 0)
  const instances = Math.floor((length - 1) / cells) + 1
  if (instances > Math.floor(count / inputs)) {
    throw new Fault(`Missing memory cells for ${name}_builtin`)
  }
  const missing: number[] = []
  const each = (from: number, to: number, visit: (address: Pointer) => void) => {
    for (let instance = 0; instance < instances; instance++) {
      for (let j = from; j < to; j++) {
        const address = { segment, offset: instance * cells + j }
        if (memory.get(address) === undefined) visit(address)
      }
    }
  }
  each(0, inputs, ({ offset }) => missing.push(offset))
  if (missing.length > 0) {
    throw new Fault(`Missing memory cells for ${name}_builtin: [${missing.join(', ')}]`)
  }
  each(inputs, cells, (address) => deduce(builtin, address, memory))
}

interface ModInputs {
  words: bigint[]
  modulus: bigint
  values: Pointer
  offsets: Pointer
  n: bigint
}

/** Each instance continues the one before and a op b = c modulo p. */
function checkModInstances(builtin: Builtin, memory: Memory, used: number): void {
  const fail = (why: string) => new Fault(`${builtin.name}_builtin: ${why}`)
  let previous: ModInputs | null = null
  for (let instance = 0; instance < Math.ceil(used / 7); instance++) {
    const inputs = readModInputs(builtin, memory, {
      segment: builtin.segment,
      offset: 7 * instance,
    })
    if (previous !== null && previous.n > 1n) checkContinues(previous, inputs, fail)
    const value = (index: number) => {
      const offset = memory.u64(advance(inputs.offsets, index))
      return readWords(builtin, memory, addFelt64(inputs.values, offset)).value
    }
    const [a, b, c] = [value(0), value(1), value(2)]
    const p = inputs.modulus
    if (p === 0n) throw fail('the modulus is 0')
    const [sign, result] = builtin.name === 'add_mod' ? ['+', a + b] : ['*', a * b]
    if ((result - c) % p !== 0n) {
      throw fail(
        `Expected a ${sign} b == c (mod p). Got: instance=${instance}, batch=0, p=${p}, a=${a}, b=${b}, c=${c}.`,
      )
    }
    previous = inputs
  }
  if (previous !== null && previous.n !== 1n) {
    throw fail(`prev_inputs.n != batch_size Got: prev_inputs.n=${previous.n}, batch_size=1`)
  }
}

function checkContinues(
  previous: ModInputs,
  inputs: ModInputs,
  fail: (why: string) => Fault,
): void {
  for (let i = 0; i < 4; i++) {
    if (inputs.words[i] === previous.words[i]) continue
    throw fail(
      `inputs.p_values[i] != prev_inputs.p_values[i]. Got: i=${i}, inputs.p_values[i]=${inputs.words[i]}, prev_inputs.p_values[i]=${previous.words[i]}`,
    )
  }
  if (!equal(inputs.values, previous.values)) {
    throw fail(
      `inputs.values_ptr != prev_inputs.values_ptr. Got: inputs.values_ptr=${show(inputs.values)}, prev_inputs.values_ptr=${show(previous.values)}`,
    )
  }
  if (!equal(inputs.offsets, advance(previous.offsets, 3))) {
    throw fail(
      `inputs.offsets_ptr != prev_inputs.offsets_ptr + 3 * batch_size. Got: inputs.offsets_ptr=${show(inputs.offsets)}, prev_inputs.offsets_ptr=${show(previous.offsets)}, batch_size=1`,
    )
  }
  if (inputs.n !== previous.n - 1n) {
    throw fail(
      `inputs.n != prev_inputs.n - batch_size. Got: inputs.n=${inputs.n}, prev_inputs.n=${previous.n}, batch_size=1`,
    )
  }
}

function readModInputs(builtin: Builtin, memory: Memory, start: Pointer): ModInputs {
  const values = memory.pointer(advance(start, 4))
  const offsets = memory.pointer(advance(start, 5))
  const n = memory.u64(advance(start, 6))
  if (n < 1n) throw new Fault(`${builtin.name}_builtin: Expected n >= 1. Got: ${n}.`)
  const { words, value } = readWords(builtin, memory, start)
  return { words, modulus: value, values, offsets, n }
}

/** Four words of 96 bits, low first. */
function readWords(
  builtin: Builtin,
  memory: Memory,
  start: Pointer,
): { words: bigint[]; value: bigint } {
  const words: bigint[] = []
  let value = 0n
  for (let i = 0; i < 4; i++) {
    const address = advance(start, i)
    const word = memory.get(address)
    if (word === undefined) {
      throw new Fault(
        `${builtin.name}_builtin: Missing value at address ${show(advance(start, 4))}.`,
      )
    }
    if (isPointer(word)) throw new Fault(`Expected integer at address ${show(address)}`)
    if (word >> 96n !== 0n) {
      throw new Fault(
        `Expected integer at address ${show(address)} to be smaller than 2^96. Got: ${word}.`,
      )
    }
    words.push(word)
    value |= word << BigInt(96 * i)
  }
  return { words, value }
}

function addFelt64(pointer: Pointer, count: bigint): Pointer {
  return advance(pointer, Number(count))
}

/** Instances that were started. */
export function countInstances(builtin: Builtin, used: number): number {
  return Math.ceil((builtin.name === 'segment_arena' ? used - 3 : used) / builtin.cells)
}
