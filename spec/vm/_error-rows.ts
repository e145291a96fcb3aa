/**
 * The texts of VM errors, by row of the table that receipts commit to, and programs for those that are rare.
 */
import { encodeShortString, P } from '../../src/felt/felt.ts'
import type { BuiltinName } from '../../src/vm/host.ts'
import { starkGenerator } from '../../src/vm/reference/curve.ts'
import { alloc, ap, deref, fp, type Item, immediate, sum, syscall, type Way } from './_assembler.ts'
import { encode } from './_instructions.ts'

const NUMBER = '\\d+'
const VALUE = `(${NUMBER}|${NUMBER}:${NUMBER})`

/** Every text that a machine gives, by name. */
export const errorRows: Record<string, RegExp> = {
  'assert eq': new RegExp(`^An ASSERT_EQ instruction failed: ${VALUE} != ${VALUE}\\.`),
  'unknown op0': /^Couldn't compute operand op0\. Unknown value for memory cell \d+:\d+/,
  'unknown op1': /^Couldn't compute operand op1\. Unknown value for memory cell \d+:\d+/,
  'unknown dst': /^Couldn't get or load dst/,
  'insert conflict':
    /^Inconsistent memory assignment at address Relocatable \{ segment_index: \d+, offset: \d+ \}\. (Int|RelocatableValue)\(.*\) != (Int|RelocatableValue)\(.*\)/,
  'range check': /^Range-check validation failed, number \d+ is out of valid range \[0, \d+\]/,
  'range check of a pointer':
    /^Range-check validation failed, encountered non-int value at address \d+:\d+/,
  'unknown cell': /^Unknown memory cell at address \d+:\d+/,
  'no integer': /^Expected integer at address \d+:\d+/,
  'no pointer': /^Expected relocatable at address \d+:\d+/,
  'address is no pointer': /^Memory addresses must be relocatable/,
  'double dereference': /^op0 must be known in double dereference/,
  'offset exceeded': /^Operation failed: \d+:\d+ \+ \d+, maximum offset value exceeded/,
  'offset negative': /^Operation failed: \d+:\d+ - \d+, offsets cant be negative/,
  'pointer plus pointer': /^Operation failed: \S+ \+ \S+, can't add two relocatable values/,
  'pointers of two segments':
    /^Operation failed: \S+ - \S+, can't subtract two relocatable values with different segment indexes/,
  'felt minus pointer':
    /^Operation failed \d+ - \S+, can't subtract a relocatable value from an integer/,
  'product of pointers':
    /^Failed to compute Res\.MUL: Could not complete computation of non pure values \S+ \* \S+/,
  'return pc':
    /^Call failed to write return-pc \(inconsistent op0\): \S+ != \S+\. Did you forget to increment ap\?/,
  'return fp':
    /^Call failed to write return-fp \(inconsistent dst\): \S+ != \S+\. Did you forget to increment ap\?/,
  'jump to a felt': /^Res\.UNCONSTRAINED cannot be used with PcUpdate\.JUMP$/,
  'relative jump by a pointer':
    /^A relocatable value as Res cannot be used with PcUpdate\.JUMP_REL/,
  'assert without res': /^Res\.UNCONSTRAINED cannot be used with Opcode\.ASSERT_EQ/,
  'advance without res': /^Res\.UNCONSTRAINED cannot be used with ApUpdate\.ADD/,
  'word too large': /^Instruction should be an int/,
  'op1 source': /^Invalid op1_register value: \d/,
  'pc update': /^Invalid pc_update value: \d/,
  res: /^Invalid res value: \d/,
  opcode: /^Invalid opcode value: \d/,
  extension: /^Invalid opcode extension value: \d+/,
  'ap update': /^Invalid ap_update value: \d/,
  'Blake flags': /^Blake2s opcode invalid flags \d+/,
  'QM31 flags': /^QM31 add mul opcode invalid flags \d+/,
  'immediate offset': /^In immediate mode, off2 should be 1/,
  'QM31 unreduced': /^Number is not a packing of a QM31 in reduced form: \d+\)/,
  'QM31 sum of pointers': /can't add a relocatable value as a QM31 element/,
  'QM31 difference of pointers':
    /can't subtract a relocatable value or from a relocatable value as a QM31 element/,
  'Blake word': /^Conversion to u32 failed for Felt252 \d+/,
  'count of 64 bits': /^Conversion to usize failed for Felt252 \d+/,
  bitwise:
    /^Expected integer at address Relocatable \{ segment_index: \d+, offset: \d+ \} to be smaller than 2\^251, Got \d+/,
  poseidon: /^poseidon_builtin: Expected integer at address \d+:\d+/,
  'ec_op off the curve': /^EcOpBuiltin: point \(0x[0-9a-f]+, 0x[0-9a-f]+\) is not on the curve/,
  'ec_op same x':
    /^Cannot apply EC operation: computation reached two points with the same x coordinate/,
  steps: /^Could not reach the end of the program\. RunResources has no remaining steps\./,
  memory: /^Vector capacity exceeded/,
  'auto-deduction': /^Inconsistent auto-deduction for \w+_builtin, expected \S+, got Some\(.*\)/,
  'missing cells': /^Missing memory cells for \w+_builtin/,
  'behind the program': /^Out of bounds access to program segment/,
  'final fp': /^Return FP felt 0 should equal expected final FP 1:\d+ offset/,
  'modular check': /^(add|mul)_mod_builtin: /,
  'final range_check96': /^The final pointer of range_check96 is elsewhere/,
  flag: /^Malformed return data : Failure flag expected to be either 0 or 1\.\./,
  'gas left': /^Malformed return data : Unexpected remaining gas: \d+\.\./,
  'gas of a pointer': /^Malformed return data : Error extracting return data\.\./,
  'return values':
    /^(Found a memory gap when calling get_continuous_range with base|Failed to fetch 5 return values)/,
  'return data':
    /^(Expected integer, found: Some|out of range conversion regarding|Cant convert felt: \d+ to Relocatable)/,
  'temporary address':
    /^Security Error: Invalid Memory Value: temporary address not relocated: \d+:\d+/,
  'impossible hint': /^Hint \w+ is impossible/,
  'squash scope': /^Variable dict_squash_exec_scope not present in current execution scope/,
  'arc scope': /^Variable excluded_arc not present in current execution scope/,
  cheatcode: /^Test functions are unsupported on starknet\./,
  selector: /^Invalid syscall selector: 0x[0-9a-f]+\./,
  'Cairo 0 selector': /^Unknown Hint: Unsupported syscall selector \w+\./,
  'syscall input': /^Invalid syscall input: 0x[0-9a-f]+; /,
  'key too large': /^Out of range \[0x0, 0x8[0]+\)\./,
  'half too large': /^Out of range Felt \d+ is too big to convert to 'u128'\./,
  'address domain': /^Invalid address domain: \d+\./,
  'called by the host':
    /(is not deployed|is not declared)\.$|^Out of range \d+\.$|^Deployment failed\.$/,
}

const GENERATOR = starkGenerator!
const qm31 = (op1: object) =>
  `${encode({ dst: 0, op0: -1, res: 1, ap: 2, opcode: 4, extension: 3, op1: 1, source: 1, ...op1 })}`

/** Programs that end with a row which random ones seldom meet. */
export const errorPrograms: Record<string, { items: Item[]; way?: Way }> = {
  'return fp': {
    items: ['jmp rel 3; ret; call rel -1; [ap] = 5; [ap + 1] = [ap - 1] + 6; call rel 2'],
  },
  'QM31 sum of pointers': { items: ['[ap] = [fp - 4], ap++', `${qm31({})}; 3`] },
  steps: { items: ['jmp rel 0'], way: { accounting: 'steps', stepLimit: 10 } },
  memory: {
    items: [
      alloc,
      `ap += 1; [ap] = 7, ap++; [ap] = [ap - 2] + ${1n << 26n}, ap++; [ap - 2] = [[ap - 1]]`,
    ],
  },
  'behind the program': {
    items: [
      'jmp rel 3; ret; call rel -1; [ap] = 5, ap++; [ap - 1] = [[ap - 2] + 900]',
      '[ap] = [fp - 6], ap++; [ap] = 0, ap++; [ap] = 0, ap++; [ap] = [fp - 4], ap++; [ap] = [fp - 3], ap++; ret',
    ],
  },
  'squash scope': { items: [{ ShouldSkipSquashLoop: { should_skip_loop: ap() } }, 'ap += 1'] },
  'arc scope': {
    items: [{ AssertLeIsFirstArcExcluded: { skip_exclude_a_flag: ap() } }, 'ap += 1'],
  },
  cheatcode: { items: [{ Cheatcode: {} }, 'ap += 0'] },
  'impossible hint': {
    items: [{ Felt252DictEntryInit: { dict_ptr: deref(fp(-4)), key: immediate(0n) } }, 'ap += 0'],
  },
  'temporary address': {
    items: [
      { TestLessThanOrEqual: { lhs: deref(ap(3)), rhs: sum(fp(-4), 0n), dst: ap() } },
      'ap += 1',
    ],
  },
}

const builtin = (name: BuiltinName): Way => ({ builtins: [name] })
const put = (felt: bigint | string, offset: number) =>
  `[ap] = ${felt}, ap++; [ap - 1] = [[fp - 7] + ${offset}]`
const request = (fields: (bigint | string)[]): Item[] => [
  ...fields.map((field, i) => `[ap] = ${field}, ap++; [ap - 1] = [[fp - 5] + ${i}]`),
  syscall,
  'ap += 0',
]
const ask = (name: string, ...fields: (bigint | string)[]) => ({
  items: request([encodeShortString(name), '[fp - 6]', ...fields]),
})
const ends = (...values: string[]): Item[] => [
  values.map((value) => `[ap] = ${value}, ap++`).join('; '),
  'ret',
]

/** An instance of add_mod: modulus 5, values and offsets in calldata. */
function modular(count: bigint): Item[] {
  return [
    ...[5n, 0n, 0n, 0n].map((felt, i) => put(felt, i)),
    put('[fp - 4]', 4),
    put('[fp - 4]', 5),
    put(count, 6),
    ...ends('[fp - 7]', '[fp - 6]', '0', '0', '[fp - 4]', '[fp - 3]'),
  ]
}

Object.assign(errorPrograms, {
  'range check': { items: [put(1n << 128n, 0)], way: builtin('range_check') },
  'no integer': {
    items: [{ TestLessThan: { lhs: deref(fp(-4)), rhs: immediate(1n), dst: ap() } }, 'ap += 1'],
  },
  'advance without res': {
    items: [
      '[ap] = 1, ap++',
      `${encode({ dst: -1, op0: -1, op0Fp: true, op1: 1, source: 1, pc: 4, ap: 1 })}; 2`,
    ],
  },
  'Blake word': {
    items: [
      `[ap] = ${1n << 40n}, ap++; [ap] = [fp - 4]`,
      `${encode({ dst: -1, op0: -4, op0Fp: true, op1: -4, source: 2, extension: 1 })}`,
    ],
  },
  bitwise: {
    items: [put(P - 1n, 0), put(3n, 1), '[ap] = [[fp - 7] + 2]'],
    way: builtin('bitwise'),
  },
  poseidon: {
    items: [put(1n, 0), put('[fp - 7]', 1), put(3n, 2), '[ap] = [[fp - 7] + 3]'],
    way: builtin('poseidon'),
  },
  'ec_op off the curve': {
    items: [0, 1, 2, 3, 4].map((i) => put(BigInt(i + 1), i)).concat('[ap] = [[fp - 7] + 5]'),
    way: builtin('ec_op'),
  },
  'ec_op same x': {
    items: [
      ...[...GENERATOR, ...GENERATOR, 1n].map((felt, i) => put(felt, i)),
      '[ap] = [[fp - 7] + 5]',
    ],
    way: builtin('ec_op'),
  },
  'auto-deduction': {
    items: [
      put(7n, 2),
      put(1n, 0),
      put(1n, 1),
      ...ends('[fp - 7]', '[fp - 6]', '0', '0', '[fp - 4]', '[fp - 3]'),
    ],
    way: builtin('pedersen'),
  },
  'missing cells': {
    items: [put(1n, 0), ...ends('[fp - 7]', '[fp - 6]', '0', '0', '[fp - 4]', '[fp - 3]')],
    way: builtin('pedersen'),
  },
  // Offsets and values are the same cells: twice 4 * 2^192, and 9.
  'modular check': {
    items: modular(1n),
    way: { builtins: ['add_mod'], calldata: [0n, 0n, 4n, 0n, 9n, 0n, 0n, 0n] },
  },
  'count of 64 bits': { items: modular(1n << 70n), way: builtin('add_mod') },
  'return pc': {
    items: ['jmp rel 3; ret; call rel -1; [ap] = [ap - 2]; [ap + 1] = [ap - 1] + 4; call rel -6'],
  },
  'final fp': {
    items: [
      ...ends('[fp - 6]', '[fp - 5]', '0', '[fp - 4]', '[fp - 3]').slice(0, 1),
      'jmp abs [fp - 1]',
    ],
  },
  'final range_check96': {
    items: ends('[fp - 5]', '[fp - 6]', '0', '0', '[fp - 4]', '[fp - 3]'),
    way: builtin('range_check96'),
  },
  'gas left': { items: ends(`${1n << 60n}`, '0', '0', '[fp - 4]', '[fp - 3]') },
  'gas of a pointer': { items: ends('[fp - 5]', '0', '0', '[fp - 4]', '[fp - 3]') },
  'return values': { items: ['ap += 9; ret'] },
  'return data': {
    items: ends('[fp - 6]', '0', '0', '[fp - 3]', '[fp - 4]'),
    way: { calldata: [1n] },
  },
  selector: { items: request([5n]) },
  'Cairo 0 selector': ask('GetTxInfo'),
  'key too large': ask('StorageRead', 0n, P - 1n),
  'half too large': ask('Secp256k1New', P - 1n, 0n, 0n, 0n),
  'address domain': ask('StorageRead', 1n, 0n),
  'syscall input': ask('GetBlockHash', P - 1n),
  'called by the host': ask('SendMessageToL1', P - 1n, '[fp - 4]', '[fp - 3]'),
} satisfies Record<string, { items: Item[]; way?: Way }>)

/** Forms of instructions that compilers and the protocol know. */
export const forms = [
  'assert op1 immediate',
  'assert op1 ap',
  'assert op1 fp',
  'assert op1 op0',
  'assert add immediate',
  'assert add ap',
  'assert add fp',
  'assert add op0',
  'assert mul immediate',
  'assert mul ap',
  'assert mul fp',
  'assert mul op0',
  'call jumpRelative immediate',
  'call jump ap',
  'ret',
  'jumpRelative immediate',
  'jumpRelative ap',
  'jump ap',
  'jnz immediate',
  'jnz ap',
  'ap += immediate',
  'ap += ap',
  'nop',
  'blake',
  'blakeLast',
  'qm31 add',
  'qm31 mul',
]

/** Texts of the protocol around those of the machine, and the specs that pin them. */
export const textsElsewhere: Record<string, string> = {
  'Cairo traceback (most recent call last):': 'spec/starknet/revert-reason.ts',
  '\\n\\n...\\n\\n': 'spec/starknet/revert-reason.ts',
  'Transaction execution has failed:': 'spec/vm/_verdict.ts',
  'a library call': 'spec/vm/_memory-host.ts',
  'Execution failed due to recursion depth exceeded.': 'spec/vm/isolation.ts',
}
