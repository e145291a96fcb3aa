/**
 * Assertions as straight code for the likely case: which cells are unset, and that numbers are small.
 *
 *     likely case ──▶ loads, one check each, stores
 *          │ no
 *          └──▶ a function of the kernel for that form ──no──▶ the general step
 *
 * Invariant: the straight code changes nothing before all its checks have passed.
 */
import { RULE_RANGE_CHECK, TABLE } from '../../kernels/vm-layout.ts'
import {
  type Address,
  AT,
  CELL,
  CELL_BYTES,
  type Emitter,
  ENTRY,
  type Fact,
  isSet,
  kernel,
  REL,
  SMALL,
  SMALL_LIMIT,
  T0,
  T1,
  T2,
} from './emitter.ts'
import { type Instruction, type Place, signed } from './instruction.ts'
import { op } from './wasm.ts'

/** Sums with numbers up to this leave the upper half of a pointer alone. */
const NEAR = 1n << 32n

export type Assertion = Instruction & {
  kind: 'immediate' | 'copy' | 'deref' | 'addImmediate' | 'add' | 'mulImmediate' | 'mul'
}

export function isAssertion(one: Instruction): one is Assertion {
  return emitters[one.kind] !== undefined
}

/** Code of an assertion; ap and steps are the caller's. */
export function emitAssertion(emitter: Emitter, one: Assertion): void {
  const emit = emitters[one.kind] as (emitter: Emitter, one: Assertion) => void
  emit(emitter, one)
}

type Of<K extends Instruction['kind']> = Extract<Instruction, { kind: K }>

const emitters: { [K in Instruction['kind']]?: (emitter: Emitter, one: Of<K>) => void } = {
  immediate,
  copy,
  deref,
  addImmediate,
  add,
  mulImmediate: (emitter, one) => multiply(emitter, one, null),
  mul: (emitter, one) => multiply(emitter, one, one.op1),
}

function immediate(emitter: Emitter, { pc, dst: place, value }: Of<'immediate'>): void {
  const { code } = emitter
  const dst = emitter.at(place)
  emitter.either(
    (miss) => {
      emitter.missIfSet(dst, miss)
      if (value < SMALL_LIMIT) {
        emitter.store(dst, SMALL, () => code.i64(value))
        return
      }
      emitter.pushImmediate(pc)
      code.set(CELL)
      for (let at = 0; at < CELL_BYTES; at += 8) {
        code
          .get(dst.local)
          .get(CELL)
          .loadI64(at)
          .storeI64(dst.offset + at)
      }
    },
    () => emitter.assert(pc),
  )
  emitter.know(dst, value < SMALL_LIMIT ? { tag: 1, local: -1, value } : isSet)
}

function copy(emitter: Emitter, { pc, dst: dstPlace, op1: op1Place }: Of<'copy'>): void {
  const { code } = emitter
  const dst = emitter.at(dstPlace)
  const op1 = emitter.at(op1Place)
  const isDstSet = emitter.isLikelySet(dstPlace)
  if (isDstSet && emitter.isLikelySet(op1Place)) {
    emitter.either(
      (miss) => {
        // Equal tags of at most 2, equal low halves.
        emitter.tag(dst).tee(T0).i64(1n).op(op.i64Sub).i64(1n).op(op.i64GtU).brIf(miss)
        emitter.tag(op1).get(T0).op(op.i64Ne).brIf(miss)
        emitter.low(dst)
        emitter.low(op1).op(op.i64Ne).brIf(miss)
      },
      () => emitter.assert(pc),
    )
  } else {
    const [to, from] = isDstSet ? [op1, dst] : [dst, op1]
    emitter.either(
      (miss) => {
        emitter.missIfSet(to, miss)
        const known = emitter.valueOf(from)
        if (known !== null) {
          emitter.store(to, BigInt(known.tag), () => emitter.pushValue(known))
          return
        }
        emitter.tag(from).set(T0)
        if (!emitter.facts.has(from.key)) code.get(T0).op(op.i64Eqz).brIf(miss)
        emitter.copyCell(to, from)
      },
      () => emitter.assert(pc),
    )
  }
  const known = emitter.valueOf(dst) ?? emitter.valueOf(op1) ?? isSet
  emitter.know(dst, known)
  emitter.know(op1, known)
}

function deref(emitter: Emitter, one: Of<'deref'>): void {
  const { code } = emitter
  const dst = emitter.at(one.dst)
  const op0 = emitter.at(one.op0)
  const pointer = pushedPointer(emitter, one.pc, op0)
  const cell: Address = { local: CELL, offset: 0, key: -1 }
  emitter.either(
    (miss) => {
      code.get(pointer).i64(32n).op(op.i64ShrU, op.wrap).i32(4).op(op.i32Shl)
      code.i32(0).loadI32(TABLE).op(op.i32Add).set(ENTRY)
      code.get(pointer).op(op.wrap)
      if (one.offset !== 0) code.i32(one.offset).op(op.i32Add)
      code.tee(AT).get(ENTRY).loadI32(4).op(op.i32GeU).brIf(miss)
      code.get(ENTRY).loadI32(0).get(AT).i32(5).op(op.i32Shl, op.i32Add).set(CELL)
      if (emitter.isLikelySet(one.dst)) {
        emitter.missIfSet(cell, miss)
        storeThrough(emitter, cell, dst, miss)
      } else {
        emitter.missIfSet(dst, miss)
        emitter.tag(cell).tee(T0).op(op.i64Eqz).brIf(miss)
        emitter.copyCell(dst, cell)
      }
    },
    () => {
      emitter.pushAddress(dst)
      emitter.pushAddress(op0)
      code.i32(one.offset).call(kernel.deref).op(op.i32Eqz).if()
      emitter.assert(one.pc)
      code.end()
    },
  )
  emitter.know(dst)
}

/** Sets an unset cell of a segment whose entry is in ENTRY: one without a rule, or of range checks. */
function storeThrough(emitter: Emitter, cell: Address, dst: Address, miss: number): void {
  const { code } = emitter
  emitter.tag(dst).set(T0)
  if (!emitter.facts.has(dst.key)) code.get(T0).op(op.i64Eqz).brIf(miss)
  code.get(ENTRY).loadI32(12).if()
  code.get(ENTRY).loadI32(12).i32(RULE_RANGE_CHECK).op(op.i32Ne).brIf(miss)
  if (emitter.valueOf(dst)?.tag !== 1) {
    // Small, or limbs 2 and 3 are 0.
    code.get(T0).i64(SMALL).op(op.i64Ne).if()
    code
      .get(T0)
      .i64(1n << 63n)
      .op(op.i64Ne)
      .brIf(miss)
    code
      .get(dst.local)
      .loadI64(dst.offset + 24)
      .i64(0n)
      .op(op.i64Ne)
      .brIf(miss)
    code.end()
  }
  code.get(AT).get(ENTRY).loadI32(8).op(op.i32GeU).if()
  code.get(ENTRY).get(AT).i32(1).op(op.i32Add).storeI32(8).end()
  code.end()
  emitter.copyCell(cell, dst)
}

/** The pointer in a cell, in a local; leaves when it is none, which no rule makes good. */
function pushedPointer(emitter: Emitter, pc: number, address: Address): number {
  const known = emitter.valueOf(address)
  if (known !== null && known.tag === 2) return known.local
  emitter.tag(address).i64(REL).op(op.i64Ne)
  emitter.code.if()
  emitter.leave(pc)
  emitter.code.end()
  const local = emitter.fresh()
  emitter.low(address).set(local)
  emitter.know(address, { tag: 2, local, value: null })
  return local
}

function addImmediate(emitter: Emitter, one: Of<'addImmediate'>): void {
  const { code } = emitter
  const { pc } = one
  const dst = emitter.at(one.dst)
  const op0 = emitter.at(one.op0)
  const isDstSet = emitter.isLikelySet(one.dst)
  const isOp0Set = emitter.isLikelySet(one.op0)
  const slow = () => {
    emitter.pushAddress(dst)
    emitter.pushAddress(op0)
    emitter.pushImmediate(pc)
    code.call(kernel.add).op(op.i32Eqz).if()
    emitter.assert(pc)
    code.end()
  }
  const distance = signed(one.value)
  const isNear = distance < NEAR && distance > -NEAR
  if (!isNear || isDstSet === isOp0Set) {
    slow()
    emitter.know(dst)
    emitter.know(op0)
    return
  }
  const from = isOp0Set ? op0 : dst
  const to = isOp0Set ? dst : op0
  const step = isOp0Set ? distance : -distance
  if (addKnown(emitter, pc, to, from, step)) return
  emitter.either((miss) => {
    emitter.missIfSet(to, miss)
    emitter.tag(from).tee(T0).i64(1n).op(op.i64Sub).i64(1n).op(op.i64GtU).brIf(miss)
    emitter.low(from).tee(T1).i64(step).op(op.i64Add).tee(T2)
    code.get(T1).op(op.i64Xor).i64(32n).op(op.i64ShrU).i64(0n).op(op.i64Ne).brIf(miss)
    code.get(to.local).get(T2).storeI64(to.offset)
    code
      .get(to.local)
      .get(T0)
      .storeI64(to.offset + 8)
  }, slow)
  emitter.know(dst)
  emitter.know(op0)
}

/** to = from + step where the value of `from` is known; leaves where it carries. False, and no code, where it is not. */
function addKnown(emitter: Emitter, pc: number, to: Address, from: Address, step: bigint): boolean {
  const { code } = emitter
  if (emitter.valueOf(from) === null) return false
  const local = emitter.fresh()
  // The local of the fact may have been the one that was taken.
  const known: Fact | null = emitter.valueOf(from)
  if (known === null) return false
  emitter.pushValue(known)
  code.i64(step).op(op.i64Add).set(local)
  code.get(local)
  emitter.pushValue(known)
  if (known.tag === 2) code.op(op.i64Xor).i64(32n).op(op.i64ShrU).i64(0n).op(op.i64Ne)
  else code.op(step < 0n ? op.i64GtU : op.i64LtU)
  code.if()
  emitter.leave(pc)
  code.end()
  emitter.either(
    (miss) => {
      emitter.missIfSet(to, miss)
      emitter.store(to, BigInt(known.tag), () => code.get(local))
    },
    () => emitter.assert(pc),
  )
  emitter.know(to, { tag: known.tag, local, value: null })
  return true
}

function add(emitter: Emitter, one: Of<'add'>): void {
  const { code } = emitter
  const dst = emitter.at(one.dst)
  const op0 = emitter.at(one.op0)
  const op1 = emitter.at(one.op1)
  const slow = () => {
    for (const address of [dst, op0, op1]) emitter.pushAddress(address)
    code.call(kernel.add).op(op.i32Eqz).if()
    emitter.assert(one.pc)
    code.end()
  }
  const isOp0Set = emitter.isLikelySet(one.op0)
  if (!emitter.isLikelySet(one.dst)) {
    emitter.either((miss) => {
      emitter.missIfSet(dst, miss)
      emitter.missIfNotSmall(op0, miss)
      emitter.missIfNotSmall(op1, miss)
      emitter.low(op0).tee(T0)
      emitter.low(op1).op(op.i64Add).tee(T1).get(T0).op(op.i64LtU).brIf(miss)
      emitter.store(dst, SMALL, () => code.get(T1))
    }, slow)
  } else if (isOp0Set !== emitter.isLikelySet(one.op1)) {
    const to = isOp0Set ? op1 : op0
    const other = isOp0Set ? op0 : op1
    emitter.either((miss) => {
      emitter.missIfSet(to, miss)
      emitter.missIfNotSmall(dst, miss)
      emitter.missIfNotSmall(other, miss)
      emitter.low(dst).tee(T0)
      emitter.low(other).tee(T1).op(op.i64LtU).brIf(miss)
      emitter.store(to, SMALL, () => code.get(T0).get(T1).op(op.i64Sub))
    }, slow)
  } else slow()
  for (const address of [dst, op0, op1]) emitter.know(address)
}

function multiply(
  emitter: Emitter,
  { pc, dst: dstPlace, op0: op0Place }: { pc: number; dst: Place; op0: Place },
  op1Place: Place | null,
): void {
  const { code } = emitter
  const dst = emitter.at(dstPlace)
  const op0 = emitter.at(op0Place)
  emitter.pushAddress(dst)
  emitter.pushAddress(op0)
  if (op1Place === null) emitter.pushImmediate(pc)
  else emitter.pushAddress(emitter.at(op1Place))
  code.call(kernel.multiply).op(op.i32Eqz).if()
  emitter.assert(pc)
  code.end()
  emitter.know(dst)
  emitter.know(op0)
  if (op1Place !== null) emitter.know(emitter.at(op1Place))
}
