/**
 * The hints that programs may carry: code, operands with what they must be, results in the order of their insertion.
 *
 * Codes below `FIRST_RARE_HINT` run in the interpreter, the others in rare-hints.ts. What is not in the table is
 * refused by name when a class is loaded. `v` is a felt, `m` a felt or a pointer, `a` an address.
 *
 * Operands are evaluated before the hint is run. One hint looks at the frame first, and of two things wrong it names
 * that one: it is written as two records, a question without operands and itself.
 */
import {
  FIRST_RARE_HINT,
  HINT_ALLOC_CONSTANT,
  HINT_ALLOC_SEGMENT,
  HINT_DIV_MOD,
  HINT_LINEAR_SPLIT,
  HINT_SYSTEM_CALL,
  HINT_TEST_LESS,
  HINT_TEST_LESS_OR_EQUAL,
  HINT_WIDE_MUL,
} from '../kernels/vm-layout.ts'

export interface HintShape {
  name: string
  code: number
  operands: { field: string; want: 'v' | 'm' | 'a' }[]
  results: string[]
  /** Code of what is asked before its operands are evaluated, or null. */
  question: number | null
}

/** By name; `operands` as `field:want`. */
const inKernel: [string, number, string, string][] = [
  ['AllocSegment', HINT_ALLOC_SEGMENT, '', 'dst'],
  ['TestLessThan', HINT_TEST_LESS, 'lhs:v rhs:v', 'dst'],
  ['TestLessThanOrEqual', HINT_TEST_LESS_OR_EQUAL, 'lhs:m rhs:m', 'dst'],
  ['TestLessThanOrEqualAddress', HINT_TEST_LESS_OR_EQUAL, 'lhs:m rhs:m', 'dst'],
  ['WideMul128', HINT_WIDE_MUL, 'lhs:v rhs:v', 'high low'],
  ['DivMod', HINT_DIV_MOD, 'lhs:v rhs:v', 'quotient remainder'],
  ['LinearSplit', HINT_LINEAR_SPLIT, 'value:v scalar:v max_x:v', 'x y'],
  ['AllocConstantSize', HINT_ALLOC_CONSTANT, 'size:v', 'dst'],
  ['SystemCall', HINT_SYSTEM_CALL, '', ''],
]

const inTypeScript: [string, string, string][] = [
  [
    'Uint256DivMod',
    'dividend0:v dividend1:v divisor0:v divisor1:v',
    'quotient0 quotient1 remainder0 remainder1',
  ],
  [
    'Uint512DivModByUint256',
    'dividend0:v dividend1:v dividend2:v dividend3:v divisor0:v divisor1:v',
    'quotient0 quotient1 quotient2 quotient3 remainder0 remainder1',
  ],
  ['SquareRoot', 'value:v', 'dst'],
  [
    'Uint256SquareRoot',
    'value_low:v value_high:v',
    'sqrt0 sqrt1 remainder_low remainder_high sqrt_mul_2_minus_remainder_ge_u128',
  ],
  ['RandomEcPoint', '', 'x y'],
  ['FieldSqrt', 'val:v', 'sqrt'],
  ['U256InvModN', 'b0:v b1:v n0:v n1:v', 's_or_r0 s_or_r1 t_or_k0 t_or_k1 g0_or_no_inv g1_option'],
  ['EvalCircuit', 'n_add_mods:v add_mod_builtin:a n_mul_mods:v mul_mod_builtin:a', ''],
  ['AllocFelt252Dict', 'segment_arena_ptr:a', ''],
  ['Felt252DictEntryInit', 'dict_ptr:a key:v', ''],
  ['Felt252DictEntryUpdate', 'dict_ptr:a value:m', ''],
  ['GetSegmentArenaIndex', 'dict_end_ptr:a', 'dict_index'],
  ['InitSquashData', 'dict_accesses:a n_accesses:v', 'big_keys first_key'],
  ['GetCurrentAccessIndex', 'range_check_ptr:a', ''],
  ['ShouldSkipSquashLoop', '', 'should_skip_loop'],
  ['GetCurrentAccessDelta', '', 'index_delta_minus1'],
  ['ShouldContinueSquashLoop', '', 'should_continue'],
  ['GetNextDictKey', '', 'next_key'],
  ['AssertLeFindSmallArcs', 'a:v b:v range_check_ptr:a', ''],
  ['AssertLeIsFirstArcExcluded', '', 'skip_exclude_a_flag'],
  ['AssertLeIsSecondArcExcluded', '', 'skip_exclude_b_minus_a'],
  ['DebugPrint', 'start:a end:a', ''],
  ['Felt252DictRead', 'dict_ptr:a key:v', 'value_dst'],
  ['Felt252DictWrite', 'dict_ptr:a key:v value:m', ''],
  ['AssertAllAccessesUsed', '', ''],
  ['AssertLtAssertValidInput', '', ''],
  ['AssertCurrentAccessIndicesIsEmpty', '', ''],
  ['AssertAllKeysUsed', '', ''],
  ['AssertLeAssertThirdArcExcluded', '', ''],
  ['Cheatcode', '', ''],
]

/** Asks for a key that is being squashed. */
export const HINT_SQUASHED_KEY = FIRST_RARE_HINT + inTypeScript.length

const questions: Record<string, number> = { GetCurrentAccessIndex: HINT_SQUASHED_KEY }

/** Shapes by the name of the hint. */
export const hintShapes: ReadonlyMap<string, HintShape> = new Map(
  [
    ...inKernel.map(([name, code, operands, results]) => shape(name, code, operands, results)),
    ...inTypeScript.map(([name, operands, results], index) =>
      shape(name, FIRST_RARE_HINT + index, operands, results),
    ),
  ].map((one) => [one.name, one]),
)

/** The name of a hint by its code, or by that of its question. */
export const hintNames: ReadonlyMap<number, string> = new Map(
  [...hintShapes.values()].flatMap(({ name, code, question }): [number, string][] => [
    [code, name],
    ...(question === null ? [] : [[question, name] as [number, string]]),
  ]),
)

function shape(name: string, code: number, operands: string, results: string): HintShape {
  return {
    name,
    code,
    operands: words(operands).map((text) => {
      const [field, want] = text.split(':') as [string, 'v' | 'm' | 'a']
      return { field, want }
    }),
    results: words(results),
    question: questions[name] ?? null,
  }
}

function words(text: string): string[] {
  return text === '' ? [] : text.split(' ')
}
