/**
 * Random Cairo programs that get somewhere.
 *
 * A program grows slot by slot: a slot is a few words with their hints. Each candidate is run on the reference machine;
 * one that faults is mostly thrown away, seldom kept as the program's last word. So programs are long, reach every
 * instruction form, hint and builtin, and end by an error or by a proper return.
 */
import { encodeShortString, P } from '../../src/felt/felt.ts'
import { type BuiltinName, builtinNames, type CallResult } from '../../src/vm/host.ts'
import type { Frame } from '../../src/vm/reference/frame.ts'
import type { ReferenceMachine } from '../../src/vm/reference/machine.ts'
import { isPointer, type Value } from '../../src/vm/reference/value.ts'
import {
  ASSERT,
  advance,
  encode,
  type Fields,
  push,
  pushFp,
  RET,
  ret,
  type Slot,
} from './_instructions.ts'
import type { Random } from './_random.ts'

const selector = '0x1'
const MAX_CELLS = 1 << 17

/** The `casm.json` of a program with one external entry point and L1 handler, selector 1, at its start. */
export function casmOf(slots: Slot[], builtins: BuiltinName[]): object {
  const bytecode: string[] = []
  const hints: [number, unknown[]][] = []
  for (const slot of slots) {
    if (slot.hints.length > 0) hints.push([bytecode.length, slot.hints])
    bytecode.push(...slot.words.map((word) => `0x${word.toString(16)}`))
    if (slot.last !== undefined) hints.push([bytecode.length - 2, slot.last])
  }
  const entry = { selector, offset: 0, builtins }
  return {
    prime: `0x${P.toString(16)}`,
    compiler_version: '2.11.0',
    bytecode,
    hints,
    entry_points_by_type: { EXTERNAL: [entry], L1_HANDLER: [entry], CONSTRUCTOR: [] },
  }
}

/** A program that sets some cells of the stack and executes one instruction, any one, over them. */
export function instructionProgram(random: Random): object {
  const builtins = builtinNames.filter(() => random.chance(0.5))
  const slots: Slot[] = []
  for (let i = random.between(2, 12); i > 0; i--) {
    slots.push(
      random.chance(0.5)
        ? push(random.chance(0.3) ? BigInt(random.below(12)) : random.felt())
        : pushFp(-random.between(1, 6 + builtins.length)),
    )
  }
  const instruction = random.chance(0.8) ? instructionSlot(random) : wildSlot(random)
  return casmOf([...slots, instruction, ...epilogue(random, builtins)], builtins)
}

/** Any flags at all, offsets near. */
function wildSlot(random: Random): Slot {
  const near = () => BigInt(random.between(0x7ff6, 0x8004))
  const flags = random.bigBits(15) << 48n
  const extension = BigInt(random.chance(0.8) ? 0 : random.below(6)) << 63n
  const word = near() | (near() << 16n) | (near() << 32n) | flags | extension
  return { words: [word, random.felt()], hints: [] }
}

/** A program that returns its calldata. */
export function leafCasm(): object {
  const slots = [pushFp(-6), pushFp(-5), push(0n), pushFp(-4), pushFp(-3)]
  return casmOf([...slots, ret], [])
}

/** A random program, grown with the help of the reference machine: `attempt` runs a candidate on it. */
export function growProgram(
  random: Random,
  machine: ReferenceMachine,
  attempt: (casm: object) => CallResult,
): object {
  const builtins = builtinNames.filter(() => random.chance(0.6))
  const slots: Slot[] = []
  let frame: Frame | null = null
  machine.onEnd = (ended) => {
    frame = ended
  }
  const length = random.between(3, 40)
  for (let tries = 0; slots.length < length && tries < 150; tries++) {
    const slot = randomSlot(random, frame, builtins.length)
    const casm = casmOf([...slots, slot], builtins)
    const before: Frame | null = frame
    const { error } = attempt(casm)
    const words = [...slots, slot].reduce((sum, { words }) => sum + words.length, 0)
    // Segments of millions of cells are legal and slow everywhere.
    const isHuge = frame!.memory.segments.some(({ cells }) => cells.length > MAX_CELLS)
    const faulted = isHuge || (error?.framed === true && Number(error.pc.split(':')[1]) < words)
    if (!faulted) slots.push(slot)
    else if (!isHuge && random.chance(0.02)) {
      slots.push(slot)
      break
    } else frame = before
  }
  slots.push(...epilogue(random, builtins))
  machine.onEnd = null
  return casmOf(slots, builtins)
}

/** Pushes the final pointers (as they were), gas, syscall pointer, flag and the calldata as return data. */
function epilogue(random: Random, builtins: BuiltinName[]): Slot[] {
  const slots = builtins.map((_, i) => pushFp(i - 6 - builtins.length))
  slots.push(pushFp(-6), pushFp(-5))
  slots.push(push(random.chance(0.9) ? BigInt(random.below(2)) : random.felt()))
  const [start, end] = random.chance(0.95) ? [-4, -3] : [-3, -4]
  for (const bound of [start, end]) {
    if (random.chance(0.92)) slots.push(pushFp(bound))
    else slots.push(random.chance(0.5) ? push(random.felt()) : pushFp(-random.between(1, 9)))
  }
  slots.push(ret)
  return slots
}

function randomSlot(random: Random, frame: Frame | null, builtinCount: number): Slot {
  const kind = random.weighted({
    immediate: 12,
    argument: 14,
    segment: 5,
    instruction: 40,
    builtin: 16,
    hint: 30,
    function: 4,
    jump: 6,
    blake: 4,
    bytes: 2,
    syscall: 12,
  })
  switch (kind) {
    case 'immediate':
      return push(random.felt())
    case 'argument':
      return pushFp(-random.between(1, 6 + builtinCount))
    case 'segment':
      return advance(1, [{ AllocSegment: { dst: ap(0) } }])
    case 'builtin':
      return builtinSlot(random, frame)
    case 'hint':
      return hintSlot(random, frame)
    case 'function':
      return functionSlot(random)
    case 'jump':
      return jumpSlot(random)
    case 'blake':
      return blakeSlot(random, frame)
    case 'syscall':
      return syscallSlot(random, frame)
    case 'bytes':
      return { words: [random.bigBits(random.pick([63, 64, 66, 128, 200]))], hints: [] }
    default:
      return instructionSlot(random)
  }
}

/** An instruction of any flags, likely ones more often, with operands near ap and fp. */
function instructionSlot(random: Random): Slot {
  const near = (isFp: boolean) => (isFp ? -random.between(1, 10) : random.between(-9, 0))
  const [dstFp, op0Fp] = [random.chance(0.3), random.chance(0.4)]
  const source = random.weighted({ '0': 25, '1': 25, '2': 15, '4': 25, '3': 1 })
  const opcode = Number(random.weighted({ '4': 80, '0': 8, '1': 3, '2': 3, '3': 1 }))
  const pc = Number(random.weighted({ '0': 88, '1': 2, '2': 3, '4': 4, '3': 1 }))
  const extension = Number(random.weighted({ '0': 90, '3': 8, '1': 1, '4': 1 }))
  const op1 =
    source === '1' && random.chance(0.98)
      ? 1
      : source === '0'
        ? random.between(-2, 6)
        : near(source === '2')
  const fields: Fields = {
    dst: !dstFp && random.chance(0.6) ? 0 : near(dstFp),
    op0: near(op0Fp),
    op1,
    dstFp,
    op0Fp,
    source: Number(source),
    res: Number(random.weighted({ '0': 40, '1': 30, '2': 25, '3': 1 })),
    pc,
    ap: Number(random.weighted({ '0': 40, '2': 50, '1': 5, '3': 1 })),
    opcode,
    extension,
  }
  if (random.chance(0.02)) fields.dst = random.between(-0x8000, 0x7fff)
  if (random.chance(0.01)) fields.op0 = random.between(-0x8000, 0x7fff)
  const words = [encode(fields)]
  if (source === '1') words.push(pc === 0 ? random.felt() : BigInt(random.between(0, 6)))
  return { words, hints: [] }
}

/** A read or write through a pointer: `[[ap - i] + o]` against the last cells. */
function builtinSlot(random: Random, frame: Frame | null): Slot {
  const pointer = cellBefore(random, frame, isPointer)
  const store = random.chance(0.6)
  const word = encode({
    dst: store ? -random.between(1, 6) : 0,
    op0: pointer,
    op1: random.between(0, 8),
    source: 0,
    ap: store ? 0 : 2,
    opcode: ASSERT,
  })
  return { words: [word], hints: [] }
}

/** A function behind a jump: call it, return, go on. */
function functionSlot(random: Random): Slot {
  const body = [push(random.felt()), instructionSlot(random)].flatMap((slot) => slot.words)
  const call = encode({ dst: 0, op0: 1, op1: 1, source: 1, pc: 2, opcode: 1 })
  const jump = encode({ dst: -1, op0: -1, op1: 1, dstFp: true, op0Fp: true, source: 1, pc: 2 })
  return { words: [call, 4n, jump, BigInt(body.length + 3), ...body, RET], hints: [] }
}

function jumpSlot(random: Random): Slot {
  const distance = BigInt(random.chance(0.95) ? 2 : random.between(0, 5))
  if (random.chance(0.5)) {
    const jnz = encode({
      dst: -random.between(1, 8),
      op0: -1,
      op1: 1,
      op0Fp: true,
      source: 1,
      pc: 4,
      ap: random.pick([0, 0, 2]),
    })
    return { words: [jnz, distance], hints: [] }
  }
  const jump = encode({
    dst: -1,
    op0: -1,
    op1: 1,
    dstFp: true,
    op0Fp: true,
    source: 1,
    pc: 2,
    ap: random.pick([0, 2]),
  })
  return { words: [jump, distance], hints: [] }
}

/** A Blake2s instruction over a segment that the slot fills with words first. */
function blakeSlot(random: Random, frame: Frame | null): Slot {
  const words: bigint[] = []
  const pointer = cellBefore(random, frame, isPointer)
  if (random.chance(0.7)) {
    // [ap] = word; [[ap + pointer] + i] = [ap], sixteen times, without moving ap: one word for all cells.
    words.push(...push(random.chance(0.9) ? random.bigBits(32) : random.felt()).words)
    for (let i = 0; i < 16; i++) {
      words.push(encode({ dst: -1, op0: pointer - 1, op1: i, source: 0, opcode: ASSERT }))
    }
  }
  const moved = words.length > 0 ? 1 : 0
  const state = pointer - moved
  // The output pointer goes to [ap].
  words.push(encode({ dst: 0, op0: -1, op1: state, op0Fp: true, source: 4, opcode: ASSERT }))
  words.push(
    encode({
      dst: -1,
      op0: state,
      op1: state,
      source: 4,
      ap: random.pick([0, 2]),
      extension: random.pick([1, 2]),
    }),
  )
  return { words, hints: [] }
}

/** Requests by syscall: v a felt, k a key below 2^251, l a list, p a pointer, u half of a u256, else the felt. */
const requests: Record<string, string[]> = {
  StorageRead: ['0', 'k'],
  StorageWrite: ['0', 'k', 'v'],
  EmitEvent: ['l', 'l'],
  SendMessageToL1: ['u', 'l'],
  GetBlockHash: ['0xfffff'],
  GetClassHashAt: ['k'],
  Keccak: ['l'],
  Sha256ProcessBlock: ['p', 'p'],
  CallContract: ['0x63', '1', 'l'],
  LibraryCall: ['0x3e7', '1', 'l'],
  Secp256k1New: ['u', 'u', 'u', 'u'],
  Secp256k1GetPointFromX: ['u', 'u', '1'],
  Secp256k1Add: ['p', 'p'],
  Secp256k1Mul: ['p', 'u', 'u'],
  Secp256k1GetXy: ['p'],
  Secp256r1New: ['0', '0', '0', '0'],
  Secp256r1GetPointFromX: ['u', 'u', '0'],
  Secp256r1Add: ['p', 'p'],
  Secp256r1Mul: ['p', 'u', 'u'],
  Secp256r1GetXy: ['p'],
  GetTxInfo: [],
}

/** Writes a request where the frame's syscall pointer is, then makes the syscall. */
function syscallSlot(random: Random, frame: Frame | null): Slot {
  const name = random.pick(Object.keys(requests))
  const words: bigint[] = []
  let offset = frame === null ? 0 : frame.syscall.offset
  let pushed = 0
  const store = (fields: Partial<Fields>) => {
    words.push(
      encode({
        dst: -1,
        op0: -5,
        op0Fp: true,
        op1: offset++,
        source: 0,
        opcode: ASSERT,
        ...fields,
      }),
    )
  }
  const put = (felt: bigint) => {
    words.push(...push(felt).words)
    pushed++
    store({ dst: -1 })
  }
  put(random.chance(0.995) ? encodeShortString(name) : random.felt())
  const gas = random.felt()
  // Between 2^53 and 2^64 the fast machine rounds: no program with a gas counter gets there.
  put(random.chance(0.97) ? 50_000_000n : gas >> 64n === 0n ? BigInt.asUintN(53, gas) : gas)
  for (const field of requests[name]!) {
    if (field === 'p') store({ dst: cellBefore(random, frame, isPointer) - pushed })
    else if (field === 'l') {
      store({ dst: -4, dstFp: true })
      store({ dst: -3, dstFp: true })
    } else if (field === 'v') put(random.felt())
    else if (field === 'k') put(random.bigBits(random.pick([8, 251])))
    else if (field === 'u') put(random.chance(0.9) ? random.bigBits(128) : random.felt())
    else put(random.chance(0.97) ? BigInt(field) : random.felt())
  }
  words.push(...advance(0).words)
  return { words, hints: [], last: [{ SystemCall: { system: deref(-1) } }] }
}

/** Offset from ap of a recent cell with a property, or any. */
function cellBefore(
  random: Random,
  frame: Frame | null,
  wanted: (value: Value) => boolean,
): number {
  const good: number[] = []
  for (let back = 1; frame !== null && back <= 24; back++) {
    const offset = frame.ap - back
    const value = offset < 0 ? undefined : frame.memory.get({ segment: 1, offset })
    if (value !== undefined && wanted(value)) good.push(-back)
  }
  return good.length > 0 && random.chance(0.97) ? random.pick(good) : -random.between(1, 10)
}

const ap = (offset: number) => ({ register: 'AP', offset })
const deref = (offset: number) => ({ Deref: ap(offset) })
const immediate = (felt: bigint) => ({ Immediate: `0x${felt.toString(16)}` })

/** For each hint the kinds of its operands (v value, m maybe, a address, d address in a cell, s small number, i immediate) and its cells. */
const shapes: Record<
  string,
  { operands?: Record<string, 'v' | 'm' | 'a' | 'd' | 's' | 'i'>; cells?: string[] }
> = {
  TestLessThan: { operands: { lhs: 'v', rhs: 'v' }, cells: ['dst'] },
  TestLessThanOrEqual: { operands: { lhs: 'm', rhs: 'm' }, cells: ['dst'] },
  TestLessThanOrEqualAddress: { operands: { lhs: 'm', rhs: 'm' }, cells: ['dst'] },
  WideMul128: { operands: { lhs: 'v', rhs: 'v' }, cells: ['high', 'low'] },
  DivMod: { operands: { lhs: 'v', rhs: 'v' }, cells: ['quotient', 'remainder'] },
  Uint256DivMod: {
    operands: { dividend0: 'v', dividend1: 'v', divisor0: 'v', divisor1: 'v' },
    cells: ['quotient0', 'quotient1', 'remainder0', 'remainder1'],
  },
  Uint512DivModByUint256: {
    operands: {
      dividend0: 'v',
      dividend1: 'v',
      dividend2: 'v',
      dividend3: 'v',
      divisor0: 'v',
      divisor1: 'v',
    },
    cells: ['quotient0', 'quotient1', 'quotient2', 'quotient3', 'remainder0', 'remainder1'],
  },
  SquareRoot: { operands: { value: 'v' }, cells: ['dst'] },
  Uint256SquareRoot: {
    operands: { value_low: 'v', value_high: 'v' },
    cells: [
      'sqrt0',
      'sqrt1',
      'remainder_low',
      'remainder_high',
      'sqrt_mul_2_minus_remainder_ge_u128',
    ],
  },
  LinearSplit: { operands: { value: 'v', scalar: 'v', max_x: 'v' }, cells: ['x', 'y'] },
  FieldSqrt: { operands: { val: 'v' }, cells: ['sqrt'] },
  AllocConstantSize: { operands: { size: 's' }, cells: ['dst'] },
  U256InvModN: {
    operands: { b0: 'v', b1: 'v', n0: 'v', n1: 'v' },
    cells: ['s_or_r0', 's_or_r1', 't_or_k0', 't_or_k1', 'g0_or_no_inv', 'g1_option'],
  },
  EvalCircuit: {
    operands: { n_add_mods: 's', add_mod_builtin: 'a', n_mul_mods: 's', mul_mod_builtin: 'a' },
  },
  AllocFelt252Dict: { operands: { segment_arena_ptr: 'a' } },
  Felt252DictEntryInit: { operands: { dict_ptr: 'a', key: 'v' } },
  Felt252DictEntryUpdate: { operands: { dict_ptr: 'd', value: 'i' } },
  GetSegmentArenaIndex: { operands: { dict_end_ptr: 'a' }, cells: ['dict_index'] },
  InitSquashData: {
    operands: { dict_accesses: 'a', ptr_diff: 'v', n_accesses: 's' },
    cells: ['big_keys', 'first_key'],
  },
  GetCurrentAccessIndex: { operands: { range_check_ptr: 'a' } },
  ShouldSkipSquashLoop: { cells: ['should_skip_loop'] },
  GetCurrentAccessDelta: { cells: ['index_delta_minus1'] },
  ShouldContinueSquashLoop: { cells: ['should_continue'] },
  GetNextDictKey: { cells: ['next_key'] },
  AssertLeFindSmallArcs: { operands: { range_check_ptr: 'a', a: 'v', b: 'v' } },
  AssertLeIsFirstArcExcluded: { cells: ['skip_exclude_a_flag'] },
  AssertLeIsSecondArcExcluded: { cells: ['skip_exclude_b_minus_a'] },
  DebugPrint: { operands: { start: 'a', end: 'a' } },
  Felt252DictRead: { operands: { dict_ptr: 'a', key: 'v' }, cells: ['value_dst'] },
  Felt252DictWrite: { operands: { dict_ptr: 'a', key: 'v', value: 'm' } },
  AssertAllAccessesUsed: { operands: { n_used_accesses: 'v' } },
  AssertLtAssertValidInput: { operands: { a: 'v', b: 'v' } },
}

/** A hint that writes to the next cells, with an `ap +=` behind it that keeps them. */
function hintSlot(random: Random, frame: Frame | null): Slot {
  const name = random.pick(Object.keys(shapes))
  // Rust looks for the squash before it looks at the operand; which of two errors comes first is not pinned.
  if (name === 'GetCurrentAccessIndex' && frame?.squash == null) return hintSlot(random, frame)
  const { operands = {}, cells = [] } = shapes[name]!
  const fields: Record<string, unknown> = {}
  for (const [field, kind] of Object.entries(operands)) {
    fields[field] = operandOf(random, frame, kind)
  }
  // One field of a deprecated hint is a cell where others have operands.
  if (name === 'AssertAllAccessesUsed') fields.n_used_accesses = ap(-1)
  cells.forEach((cell, i) => {
    fields[cell] = ap(random.chance(0.98) ? i : random.between(-3, 6))
  })
  return advance(cells.length, [{ [name]: fields }])
}

function operandOf(
  random: Random,
  frame: Frame | null,
  kind: 'v' | 'm' | 'a' | 'd' | 's' | 'i',
): unknown {
  if (kind === 's') {
    return immediate(random.chance(0.95) ? BigInt(random.below(4)) : random.felt())
  }
  if (kind === 'i') return immediate(random.felt())
  if (kind === 'a' || kind === 'd') {
    const pointer = cellBefore(random, frame, isPointer)
    if (kind === 'd' || random.chance(0.5)) return deref(pointer)
    const offset = random.chance(0.95) ? BigInt(random.between(0, 8)) : random.felt()
    return { BinOp: { op: 'Add', a: ap(pointer), b: immediate(offset) } }
  }
  const wanted = (value: Value) => kind === 'm' || !isPointer(value)
  const cell = () => cellBefore(random, frame, wanted)
  switch (random.below(8)) {
    case 0:
    case 1:
      return immediate(random.felt())
    case 2:
      return {
        BinOp: {
          op: kind === 'v' ? random.pick(['Add', 'Mul']) : 'Add',
          a: ap(cell()),
          b: random.chance(0.5) ? immediate(random.felt()) : deref(cell()),
        },
      }
    case 3: {
      const pointer = cellBefore(random, frame, isPointer)
      return { DoubleDeref: [ap(pointer), random.between(0, 4)] }
    }
    default:
      return deref(cell())
  }
}
