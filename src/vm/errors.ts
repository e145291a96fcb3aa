/**
 * The texts of VM errors, which are consensus data: a receipt's hash contains them. The kernel leaves a code, an address
 * and two values; the words are those of the Rust VM.
 *
 * An error of an instruction, or of an operand of a hint, ends in a newline; one of a hint's own work does not.
 */
import {
  AP,
  E_ADD_POINTERS,
  E_ADDRESS_NOT_POINTER,
  E_AP_UPDATE,
  E_ASSERT,
  E_BITWISE_RANGE,
  E_BLAKE_FLAGS,
  E_BUILTIN_INTEGER,
  E_CONFLICT,
  E_EC_CURVE,
  E_EC_INFINITY,
  E_EC_SAME_X,
  E_ENCODING,
  E_EXPECTED_INTEGER,
  E_EXPECTED_POINTER,
  E_EXTENSION,
  E_HINT,
  E_IMMEDIATE_OFFSET,
  E_JUMP,
  E_JUMP_RELATIVE,
  E_MEMORY,
  E_MUL_POINTERS,
  E_NEGATIVE_OFFSET,
  E_NO_DST,
  E_NOT_RELOCATED,
  E_OFFSET_EXCEEDED,
  E_OP1_SOURCE,
  E_OPCODE,
  E_OPERAND,
  E_PC_UPDATE,
  E_QM31_FLAGS,
  E_QM31_UNREDUCED,
  E_RANGE_CHECK,
  E_RANGE_CHECK_POINTER,
  E_RES,
  E_RES_ADVANCE,
  E_RES_ASSERT,
  E_RETURN_FP,
  E_RETURN_PC,
  E_STEPS,
  E_SUB_FROM_INT,
  E_SUB_SEGMENTS,
  E_TO_USIZE,
  E_UNKNOWN_CELL,
  E_UNKNOWN_OP0,
  ERROR_A,
  ERROR_B,
  ERROR_CODE,
  ERROR_DETAIL,
  ERROR_HINT,
  ERROR_OFFSET,
  ERROR_SEGMENT,
  FP,
  PC_OFFSET,
  PC_SEGMENT,
  RULE_POSEIDON,
  STACK_BASE,
} from '../kernels/vm-layout.ts'
import { hintNames } from './hint-table.ts'
import { E_TEXT, type Segments } from './segments.ts'

/** The text of the error that control memory describes, with its newline where it has one. */
export function errorText(segments: Segments): string {
  const text = wordsOf(segments)
  return segments.register(ERROR_HINT) === 0 ? `${text}\n` : text
}

function wordsOf(segments: Segments): string {
  const code = segments.register(ERROR_CODE)
  const detail = segments.register(ERROR_DETAIL)
  const segment = segments.register(ERROR_SEGMENT)
  const offset = segments.register(ERROR_OFFSET)
  const at = `${segment}:${offset}`
  const a = () => show(segments, ERROR_A)
  const b = () => show(segments, ERROR_B)
  switch (code) {
    case E_TEXT:
      return segments.text
    case E_UNKNOWN_CELL:
      return `Unknown memory cell at address ${at}`
    case E_EXPECTED_INTEGER:
      return `Expected integer at address ${at}`
    case E_EXPECTED_POINTER:
      return `Expected relocatable at address ${at}`
    case E_ENCODING:
      return 'Instruction should be an int'
    case E_OP1_SOURCE:
      return `Invalid op1_register value: ${detail}`
    case E_PC_UPDATE:
      return `Invalid pc_update value: ${detail}`
    case E_RES:
      return `Invalid res value: ${detail}`
    case E_OPCODE:
      return `Invalid opcode value: ${detail}`
    case E_EXTENSION:
      return `Invalid opcode extension value: ${a()}`
    case E_BLAKE_FLAGS:
      return `Blake2s opcode invalid flags ${detail}`
    case E_QM31_FLAGS:
      return `QM31 add mul opcode invalid flags ${detail}`
    case E_AP_UPDATE:
      return `Invalid ap_update value: ${detail}`
    case E_IMMEDIATE_OFFSET:
      return 'In immediate mode, off2 should be 1'
    case E_UNKNOWN_OP0:
      return 'op0 must be known in double dereference'
    case E_ADDRESS_NOT_POINTER:
      return 'Memory addresses must be relocatable'
    case E_NEGATIVE_OFFSET:
      return `Operation failed: ${a()} - ${b()}, offsets cant be negative`
    case E_OFFSET_EXCEEDED:
      return `Operation failed: ${a()} + ${b()}, maximum offset value exceeded`
    case E_ADD_POINTERS:
      return detail === 31
        ? `Operation failed: ${a()} - ${b()}, can't add a relocatable value as a QM31 element`
        : `Operation failed: ${a()} + ${b()}, can't add two relocatable values`
    case E_SUB_SEGMENTS:
      return detail === 31
        ? `Operation failed: ${a()} - ${b()}, can't subtract a relocatable value or from a relocatable value as a QM31 element`
        : `Operation failed: ${a()} - ${b()}, can't subtract two relocatable values with different segment indexes`
    case E_SUB_FROM_INT:
      return `Operation failed ${a()} - ${b()}, can't subtract a relocatable value from an integer`
    case E_MUL_POINTERS:
      return `Failed to compute Res.MUL: Could not complete computation of non pure values ${a()} * ${b()}`
    case E_OPERAND:
      return `Couldn't compute operand op${detail}. Unknown value for memory cell ${at}`
    case E_NO_DST:
      return "Couldn't get or load dst"
    case E_CONFLICT:
      return `Inconsistent memory assignment at address ${debugPointer(segment, offset)}. ${debug(segments, ERROR_A)} != ${debug(segments, ERROR_B)}`
    case E_RANGE_CHECK:
      return `Range-check validation failed, number ${a()} is out of valid range [0, ${1n << BigInt(detail)}]`
    case E_RANGE_CHECK_POINTER:
      return `Range-check validation failed, encountered non-int value at address ${at}`
    case E_ASSERT:
      return `An ASSERT_EQ instruction failed: ${a()} != ${b()}.`
    case E_RETURN_PC:
      return `Call failed to write return-pc (inconsistent op0): ${a()} != ${b()}. Did you forget to increment ap?`
    case E_RETURN_FP:
      return `Call failed to write return-fp (inconsistent dst): ${a()} != ${b()}. Did you forget to increment ap?`
    case E_JUMP:
      return 'Res.UNCONSTRAINED cannot be used with PcUpdate.JUMP'
    case E_JUMP_RELATIVE:
      return 'A relocatable value as Res cannot be used with PcUpdate.JUMP_REL'
    case E_MEMORY:
      return 'Vector capacity exceeded'
    case E_STEPS:
      return 'Could not reach the end of the program. RunResources has no remaining steps.'
    case E_BITWISE_RANGE:
      return `Expected integer at address ${debugPointer(segment, offset)} to be smaller than 2^251, Got ${a()}`
    case E_BUILTIN_INTEGER: {
      const isPoseidon = segments.words[segments.entry(segment) + 3] === RULE_POSEIDON
      return `${isPoseidon ? 'poseidon_builtin: ' : ''}Expected integer at address ${at}`
    }
    case E_EC_CURVE:
      return `EcOpBuiltin: point (${hex(segments, ERROR_A)}, ${hex(segments, ERROR_B)}) is not on the curve`
    case E_EC_SAME_X:
      return segments.text
    case E_EC_INFINITY:
      return 'EcOp builtin: Invalid Point'
    case E_RES_ADVANCE:
      return 'Res.UNCONSTRAINED cannot be used with ApUpdate.ADD'
    case E_NOT_RELOCATED:
      return `Security Error: Invalid Memory Value: temporary address not relocated: ${at}`
    case E_RES_ASSERT:
      return 'Res.UNCONSTRAINED cannot be used with Opcode.ASSERT_EQ'
    case E_TO_USIZE:
      return `Conversion to ${detail === 32 ? 'u32' : 'usize'} failed for Felt252 ${a()}`
    case E_QM31_UNREDUCED:
      return `Number is not a packing of a QM31 in reduced form: ${a()})`
    case E_HINT:
      return `Hint ${hintNames.get(detail) ?? detail} is impossible`
    default:
      throw new Error(`expected a code of an error, got ${code}`)
  }
}

function hex(segments: Segments, address: number): string {
  return `0x${segments.felt(address).toString(16)}`
}

/** `12`, or `1:5` for a pointer. */
export function show(segments: Segments, address: number): string {
  if (!segments.isPointer(address)) return segments.felt(address).toString()
  return `${segments.segmentOf(address)}:${segments.offsetOf(address)}`
}

/** `Int(12)` or `RelocatableValue(…)`. */
export function debug(segments: Segments, address: number): string {
  if (!segments.isPointer(address)) return `Int(${segments.felt(address)})`
  return `RelocatableValue(${debugPointer(segments.segmentOf(address), segments.offsetOf(address))})`
}

function debugPointer(segment: number, offset: number): string {
  return `Relocatable { segment_index: ${segment}, offset: ${offset} }`
}

/** Most callers that a traceback names. */
const TRACEBACK_DEPTH = 20

/** Where the run stands, as `segment:offset`. */
export function programCounter(segments: Segments): string {
  return `${segments.register(PC_SEGMENT)}:${segments.register(PC_OFFSET)}`
}

/** Program counters of the `call` instructions that led to the running frame, oldest first. */
export function traceback(segments: Segments): string[] {
  const callers: string[] = []
  const base = segments.register(STACK_BASE)
  let frame = 1
  let fp = (segments.register(FP) - base) >> 5
  while (callers.length < TRACEBACK_DEPTH) {
    const returnPc = segments.address(frame, fp - 1)
    const savedFp = segments.address(frame, fp - 2)
    if (returnPc === 0 || !segments.isPointer(returnPc)) break
    if (savedFp === 0 || !segments.isPointer(savedFp)) break
    if (segments.segmentOf(savedFp) === frame && segments.offsetOf(savedFp) === fp) break
    frame = segments.segmentOf(savedFp)
    fp = segments.offsetOf(savedFp)
    const segment = segments.segmentOf(returnPc)
    const offset = segments.offsetOf(returnPc)
    const before = segments.address(segment, offset - 1)
    if (before === 0 || !segments.isFelt(before)) break
    if (isCall(segments, before)) callers.push(`${segment}:${offset - 1}`)
    else if (isCall(segments, segments.address(segment, offset - 2))) {
      callers.push(`${segment}:${offset - 2}`)
    } else break
  }
  return callers.reverse()
}

/** Whether a cell holds a word that decodes as a call; one that computes its target is none to Rust's traceback. */
function isCall(segments: Segments, address: number): boolean {
  if (address === 0 || !segments.isFelt(address)) return false
  const word = segments.felt(address)
  if (word >> 63n !== 0n) return false
  const flags = Number(word >> 48n)
  const op1 = (flags >> 2) & 7
  const jump = (flags >> 7) & 7
  const res = (flags >> 5) & 3
  const offsets = Number(word & 0xffffffffn)
  return (
    flags >> 12 === 1 &&
    (flags & 3) === 0 &&
    [0, 1, 2, 4].includes(op1) &&
    (jump === 1 || jump === 2) &&
    res === 0 &&
    ((flags >> 10) & 3) === 0 &&
    offsets === 0x8001_8000
  )
}

/** Offset of ap. */
export function apOffset(segments: Segments): number {
  return (segments.register(AP) - segments.register(STACK_BASE)) >> 5
}
