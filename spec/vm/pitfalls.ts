/**
 * The nineteen rules of the Cairo VM that are easily missed, one test each, by number. Programs are written by hand and
 * run on both machines, which must agree, down to the last cell; where the text of an error is consensus it is spelt out.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeShortString, P } from '../../src/felt/felt.ts'
import { builtinNames, FAILED, FAULTED, RETURNED } from '../../src/vm/host.ts'
import { buildProgramImage, ProgramError } from '../../src/vm/program.ts'
import {
  alloc,
  ap,
  deref,
  fp,
  type Item,
  immediate,
  type Outcome,
  returns,
  runBoth,
  sum,
  syscall,
  type Way,
} from './_assembler.ts'
import { encode } from './_instructions.ts'

/** Runs a program that must end by an error with this text. */
function fails(text: string, items: Item[], way: Way = {}): Outcome {
  const outcome = runBoth(items, way)
  assert.is(outcome.text, text)
  assert.is(outcome.outcome, FAULTED)
  return outcome
}

/** Runs a program that must return. */
function passes(items: Item[], way: Way = {}): Outcome {
  const outcome = runBoth(items, way)
  assert.is(outcome.text, '')
  assert.is(outcome.outcome, RETURNED)
  return outcome
}

const RET = 0x208b7fff7fff7ffen
const countOf = (outcome: Outcome, name: (typeof builtinNames)[number]) =>
  outcome.builtins[builtinNames.indexOf(name)]
const store = (felt: bigint, offset: number) =>
  `[ap] = 0x${felt.toString(16)}, ap++; [ap - 1] = [[fp - 5] + ${offset}]`
const lessThan = (left: bigint, right: bigint) => ({
  TestLessThan: { lhs: immediate(left), rhs: immediate(right), dst: ap() },
})
/** Reads storage cell 7, which holds 77. */
const readStorage: Item[] = [
  store(encodeShortString('StorageRead'), 0),
  '[fp - 6] = [[fp - 5] + 1]',
  store(0n, 2),
  store(7n, 3),
]

test('1. every store is insert-or-equal, those of hints and of the host too', () => {
  passes(['[ap] = 5, ap++; [ap - 1] = 5', returns()])
  fails('An ASSERT_EQ instruction failed: 5 != 6.\n', ['[ap] = 5, ap++; [ap - 1] = 6'])
  passes(['[ap] = 1', lessThan(1n, 2n), 'ap += 1', returns()])
  fails(
    'Inconsistent memory assignment at address Relocatable { segment_index: 1, offset: 6 }. Int(1) != Int(0)',
    ['[ap] = 1', lessThan(2n, 1n), 'ap += 1'],
  )
  const preset = (value: bigint): Item[] => [...readStorage, store(value, 6), syscall, 'ap += 0']
  passes([...preset(77n), returns()])
  fails(
    'Inconsistent memory assignment at address Relocatable { segment_index: 3, offset: 6 }. Int(78) != Int(77)',
    preset(78n),
  )
})

test('2. unset is not 0, holes are legal, a read past the end is unset', () => {
  fails("Couldn't compute operand op1. Unknown value for memory cell 1:11\n", [
    '[ap] = [ap + 5], ap++',
  ])
  fails("Couldn't compute operand op1. Unknown value for memory cell 4:9\n", [
    '[ap] = [[fp - 4] + 9], ap++',
  ])
  fails("Couldn't get or load dst\n", ['jmp rel 2 if [ap] != 0'])
  const { segments } = passes(['ap += 3', returns()])
  assert.is(segments[1]![6], undefined)
})

test('3. all three operands are fetched, those without use too', () => {
  const unusedOp0 = encode({ dst: 0, op0: 3, op1: 1, source: 1, ap: 2, opcode: 4 })
  fails("Couldn't compute operand op0. Unknown value for memory cell 1:9\n", [`${unusedOp0}; 5`])
  const unusedDst = encode({ dst: 4, op0: -1, op0Fp: true, op1: 1, source: 1, pc: 2 })
  fails("Couldn't get or load dst\n", [`${unusedDst}; 2`])
  const unusedOp1 = encode({ dst: -1, dstFp: true, op0: -1, op0Fp: true, op1: 7, source: 4 })
  fails("Couldn't compute operand op1. Unknown value for memory cell 1:13\n", [`${unusedOp1}`])
})

test('4. op0 is deduced before op1, res and dst; type errors propagate for op0 alone', () => {
  fails("Operation failed 5 - 4:0, can't subtract a relocatable value from an integer\n", [
    '[ap] = 5, ap++; [ap - 1] = [ap] + [fp - 4]',
  ])
  fails("Couldn't compute operand op1. Unknown value for memory cell 1:7\n", [
    '[ap] = 5, ap++; [ap - 1] = [fp - 4] + [ap]',
  ])
  fails("Couldn't compute operand op0. Unknown value for memory cell 1:8\n", [
    '[ap] = 5, ap++; [ap] = 0, ap++; [ap - 2] = [ap] * [ap - 1]',
  ])
  const { segments } = passes([
    '[ap] = 5, ap++; [ap] = 3, ap++; [ap - 2] = [ap] * [ap - 1], ap++',
    '[ap - 3] = [ap - 2] * [ap], ap++; [ap - 4] = [ap] + [ap - 3], ap++',
    returns(),
  ])
  const third = segments[1]![8] as bigint
  assert.is((third * 3n) % P, 5n)
  assert.equal(segments[1]!.slice(9, 11), [third, 2n])
})

test('5. rules of builtins answer reads of operands; at the end outputs are verified, not completed', () => {
  const pedersen: Way = { builtins: ['pedersen'] }
  const inputs = '[ap] = 1, ap++; [ap - 1] = [[fp - 7]]; [ap - 1] = [[fp - 7] + 1]'
  const read = passes([inputs, '[ap] = [[fp - 7] + 2], ap++', returns(1)], pedersen)
  assert.is(typeof read.segments[2]![2], 'bigint')
  const unread = passes([inputs, returns(1)], pedersen)
  assert.is(unread.segments[2]!.length, 2)
  assert.is(countOf(unread, 'pedersen'), 1)
  const hash = read.segments[2]![2]
  fails(
    `Inconsistent auto-deduction for pedersen_builtin, expected ${hash}, got Some(Int(7))`,
    ['[ap] = 7, ap++; [ap - 1] = [[fp - 7] + 2]', inputs, returns(1)],
    pedersen,
  )
  fails(
    'Missing memory cells for pedersen_builtin: [1]',
    [
      '[ap] = 1, ap++; [ap - 1] = [[fp - 7]]; [ap - 1] = [[fp - 7] + 2]',
      '[ap - 1] = [[fp - 7] + 3]; [ap - 1] = [[fp - 7] + 4]',
      returns(1),
    ],
    pedersen,
  )
})

test('6. range checks run on every insert, of hints and of pointers too', () => {
  const rangeCheck: Way = { builtins: ['range_check'] }
  passes([`[ap] = ${2n ** 128n - 1n}, ap++; [ap - 1] = [[fp - 7]]`, returns(1)], rangeCheck)
  fails(
    `Range-check validation failed, number ${2n ** 128n} is out of valid range [0, ${2n ** 128n}]\n`,
    [`[ap] = ${2n ** 128n}, ap++; [ap - 1] = [[fp - 7]]`],
    rangeCheck,
  )
  fails(
    'Range-check validation failed, encountered non-int value at address 2:0\n',
    ['[fp - 7] = [[fp - 7]]'],
    rangeCheck,
  )
  // s / A of the small arc, 96 bits at most; m / B of the middle one does not fit.
  const arcs = {
    AssertLeFindSmallArcs: {
      range_check_ptr: deref(fp(-7)),
      a: immediate(1n),
      b: immediate(P / 2n),
    },
  }
  const { text } = runBoth([arcs, 'ap += 0'], { builtins: ['range_check96'] })
  assert.match(text, /^Range-check validation failed, number \d+ is out of valid range/)
  assert.ok(text.endsWith(`[0, ${2n ** 96n}]`))
})

test('7. pointers: sums wrap, differences may be negative, equality with a felt is false', () => {
  passes(
    [
      `[ap] = [fp - 3] + ${P - 1n}, ap++; [ap - 1] = [fp - 4]`,
      '[fp - 4] = [fp - 3] + [ap], ap++; [ap - 1] = -1',
      returns(),
    ],
    { calldata: [9n] },
  )
  fails("Operation failed: 4:0 + 3:0, can't add two relocatable values\n", [
    '[ap] = [fp - 4] + [fp - 5]',
  ])
  fails('An ASSERT_EQ instruction failed: 4:0 != 5.\n', ['[fp - 4] = 5'])
  fails(`Operation failed: 4:0 + ${P - 1n}, maximum offset value exceeded\n`, [
    '[ap] = [fp - 4] + -1',
  ])
  const operands = (lhs: object, rhs: object) => ({ lhs, rhs, dst: ap() })
  const [pointer, felt] = [deref(fp(-4)), immediate(5n)]
  fails('Expected integer at address 1:2\n', [{ TestLessThan: operands(pointer, felt) }, 'ap += 1'])
  const atMost = (lhs: object, rhs: object) => ({ TestLessThanOrEqual: operands(lhs, rhs) })
  const { segments } = passes(
    [
      atMost(pointer, felt),
      'ap += 1',
      atMost(felt, pointer),
      'ap += 1',
      atMost(deref(fp(-5)), pointer),
      'ap += 1',
      atMost(deref(fp(-3)), pointer),
      'ap += 1',
      returns(),
    ],
    { calldata: [1n] },
  )
  assert.equal(segments[1]!.slice(6, 10), [1n, 0n, 1n, 0n])
})

test('8. ap moves down too; absolute jumps need pointers, and pc may leave the program', () => {
  passes(['ap += 7; [ap] = 1; ap += -3; [ap + 3] = 1; ap += 4', returns()])
  fails('Res.UNCONSTRAINED cannot be used with PcUpdate.JUMP\n', ['jmp abs 4'])
  fails('A relocatable value as Res cannot be used with PcUpdate.JUMP_REL\n', ['jmp rel [fp - 4]'])
  // Calldata is code: [ap] = 5, ap++; ret.
  const code = [encode({ dst: 0, op0: -1, op0Fp: true, op1: 1, source: 1, ap: 2, opcode: 4 }), 5n]
  const { segments } = passes(['call abs [fp - 4]; [ap - 1] = 5', returns()], {
    calldata: [...code, RET],
  })
  assert.is(segments[1]![8], 5n)
})

test('9. call accepts what is set and equal; words are judged when they are executed', () => {
  // The first call leaves fp and a return pc on the stack, from which the second one's are made.
  const preset = (distance: number): Item[] => [
    'jmp rel 3; ret; call rel -1',
    `[ap] = [ap - 2]; [ap + 1] = [ap - 1] + ${distance}; call rel -6`,
  ]
  passes([...preset(5), returns()])
  fails(
    'Call failed to write return-pc (inconsistent op0): 0:9 != 0:10. Did you forget to increment ap?\n',
    preset(4),
  )
  passes(['jmp rel 4', `${2n ** 127n}; 0x7fff7fff7fff7fff`, returns()])
  fails('Instruction should be an int\n', [`${2n ** 128n}`])
  const qm31 = encode({
    dst: 0,
    op0: -1,
    op1: 1,
    source: 1,
    res: 1,
    ap: 2,
    opcode: 4,
    extension: 3,
  })
  const { segments } = passes([`[ap] = ${2n ** 31n - 2n}, ap++; ${qm31}; 3`, returns()])
  assert.is(segments[1]![7], 2n)
  const flags = encode({ dst: 0, op0: -1, op1: 1, source: 1, ap: 2, opcode: 4, extension: 1 })
  fails(`Blake2s opcode invalid flags ${(flags >> 48n) & 0x7fffn}\n`, [`${flags}`])
})

test('10. ret restores fp alone, and takes its offset from a felt as well', () => {
  const { segments } = passes(['jmp rel 5; ap += 5; ret; call rel -3; [ap] = 1, ap++', returns()])
  assert.is(segments[1]![13], 1n)
  // The outermost frame's saved fp is the felt 0.
  assert.is(passes([returns()]).segments[1]![4], 0n)
})

test('11. the program is readable memory, and a write past it fails at the end alone', () => {
  // The call leaves 0:5; the program is 22 words long, then come `ret` and the pointer to the prices.
  const { segments } = passes([
    'jmp rel 3; ret; call rel -1; [ap] = [[ap - 1] - 2], ap++; [ap] = [[ap - 2] + 17], ap++',
    '[ap] = [[ap - 3] + 18], ap++; [ap] = [[ap - 1]], ap++; jmp rel 2; jmp rel 2; ap += 0',
    returns(),
  ])
  assert.is(segments[0]!.length, 24)
  assert.equal(segments[1]!.slice(9, 12), [RET, { segment: 2, offset: 0 }, 4050n])
  assert.is(segments[1]![8], encode({ dst: 0, op0: 1, op1: 1, source: 1, pc: 2, opcode: 1 }))
  fails('Out of bounds access to program segment', [
    'jmp rel 3; ret; call rel -1; [ap] = 5, ap++; [ap - 1] = [[ap - 2] + 900]',
    returns(),
  ])
  fails('An ASSERT_EQ instruction failed: 1 != 2.\n', [
    'jmp rel 3; ret; call rel -1; [ap] = 5, ap++; [ap - 1] = [[ap - 2] + 900]',
    '[ap] = 1, ap++; [ap - 1] = 2',
  ])
})

test('12. segments are numbered as they are made, the useless ones of SHA-256 too', () => {
  const isFive = [alloc, 'ap += 1; [ap - 1] = 5']
  fails('An ASSERT_EQ instruction failed: 6:0 != 5.\n', isFive)
  fails('An ASSERT_EQ instruction failed: 9:0 != 5.\n', isFive, {
    builtins: ['range_check', 'segment_arena'],
  })
  const hash = (at: number): Item[] => [
    store(encodeShortString('Sha256ProcessBlock'), at),
    `[fp - 6] = [[fp - 5] + ${at + 1}]`,
    `[fp - 4] = [[fp - 5] + ${at + 2}]; [fp - 4] = [[fp - 5] + ${at + 3}]`,
    syscall,
    'ap += 0',
  ]
  const calldata = Array.from({ length: 16 }, (_, i) => BigInt(i))
  fails('An ASSERT_EQ instruction failed: 8:0 != 5.\n', [...hash(0), ...hash(7), ...isFive], {
    calldata,
  })
})

test('13. holes are counted in step mode, and not in segments that nobody accessed', () => {
  const holes = (items: Item[], accounting: 'gas' | 'steps') =>
    passes([...items, returns()], { accounting }).memoryHoles
  assert.is(holes(['ap += 3'], 'gas'), 0)
  assert.is(holes(['ap += 3'], 'steps'), 3)
  const far = [alloc, 'ap += 1; [ap] = 9, ap++; [ap - 1] = [[ap - 2] + 5]']
  assert.is(holes(far, 'steps'), 5)
  const arcs = {
    AssertLeFindSmallArcs: { range_check_ptr: sum(ap(-1), 4n), a: immediate(1n), b: immediate(2n) },
  }
  assert.is(holes([alloc, 'ap += 1; [ap] = [ap - 1], ap++', arcs, 'ap += 0'], 'steps'), 0)
})

test('14. instances are counted by what was used; range_check96 is filled first', () => {
  const bits = passes(
    [
      '[ap] = 6, ap++; [ap - 1] = [[fp - 7] + 5]; [ap - 1] = [[fp - 7] + 6]',
      '[ap - 1] = [[fp - 7]]; [ap - 1] = [[fp - 7] + 1]',
      returns(1),
    ],
    { builtins: ['bitwise'] },
  )
  // The final pointer that goes back is the first one.
  assert.is(countOf(bits, 'bitwise'), 2)
  const filled = passes(
    [
      '[ap] = 6, ap++; [ap - 1] = [[fp - 7] + 2]; [ap] = [fp - 7] + 10, ap++',
      '[ap] = [ap - 1], ap++',
      returns(),
    ],
    { builtins: ['range_check96'] },
  )
  assert.is(countOf(filled, 'range_check96'), 10)
  assert.equal(filled.segments[2], [0n, 0n, 6n, 0n, 0n, 0n, 0n, 0n, 0n, 0n])
})

test('15. errors are no panics: text, pc and callers are kept', () => {
  const error = fails('An ASSERT_EQ instruction failed: 1 != 2.\n', [
    'call rel 2; call rel 2; [ap] = 1, ap++; [ap - 1] = 2',
  ]).error!
  assert.is(error.pc, '0:6')
  assert.equal(error.traceback, ['0:0', '0:2'])
  assert.is(error.framed, true)
  assert.is(error.host, null)
})

test('16. gas out is at most gas in, the flag 0 or 1; final pointers are not looked at', () => {
  const back = (gas: bigint, flag: bigint) => [
    `[ap] = ${gas}, ap++; [ap] = 0, ap++; [ap] = ${flag}, ap++`,
    '[ap] = [fp - 4], ap++; [ap] = [fp - 3], ap++; ret',
  ]
  passes(back(1n, 0n))
  assert.is(runBoth(back(1n, 1n)).outcome, FAILED)
  // More than the entry point was given, but not more than the call had.
  passes(back(50_000n, 0n), { gas: 50_000 })
  const { error } = fails(
    'Malformed return data : Unexpected remaining gas: 50001..\n',
    back(50_001n, 0n),
    { gas: 50_000 },
  )
  assert.is(error!.framed, false)
  fails('Malformed return data : Failure flag expected to be either 0 or 1..\n', back(1n, 2n))
  const poor = runBoth([...readStorage, syscall, 'ap += 0', returns()], { gas: 15_000 })
  assert.is(poor.outcome, RETURNED)
  assert.equal(poor.segments[3]!.slice(4, 6), [5000n, 1n])
  assert.equal(poor.segments[6], [encodeShortString('Out of gas')])
})

test('17. hints take full felts, and impossible ones crash nothing', () => {
  const big = P - 1n
  const { segments } = passes([
    { WideMul128: { lhs: immediate(big), rhs: immediate(big), high: ap(), low: ap(1) } },
    'ap += 2',
    { DivMod: { lhs: immediate(big), rhs: immediate(7n), quotient: ap(), remainder: ap(1) } },
    'ap += 2',
    {
      LinearSplit: {
        value: immediate(big),
        scalar: immediate(3n),
        max_x: immediate(10n),
        x: ap(),
        y: ap(1),
      },
    },
    'ap += 2',
    returns(),
  ])
  const product = big * big
  assert.equal(segments[1]!.slice(6, 12), [
    (product >> 128n) % P,
    product & (2n ** 128n - 1n),
    big / 7n,
    big % 7n,
    10n,
    big - 30n,
  ])
  const none = immediate(0n)
  fails('Hint DivMod is impossible', [
    { DivMod: { lhs: none, rhs: none, quotient: ap(), remainder: ap(1) } },
    'ap += 2',
  ])
  fails('Hint Felt252DictEntryInit is impossible', [
    { Felt252DictEntryInit: { dict_ptr: deref(fp(-4)), key: none } },
    'ap += 0',
  ])
  passes([returns()])
})

test('18. random points are other ones for every transaction, and on the curve', () => {
  const point = { RandomEcPoint: { x: ap(), y: ap(1) } }
  const drawn = (seed: bigint) =>
    passes([point, 'ap += 2', point, 'ap += 2', returns()], { seed }).segments[1]!.slice(6, 10)
  const [x0, y0, x1] = drawn(11n) as bigint[]
  assert.is.not(x0, x1)
  assert.equal(drawn(11n).slice(0, 3), [x0, y0, x1])
  assert.is.not(drawn(12n)[0], x0)
  const beta = 0x6f21413efbe40de150e596d72f7a8c5609ad26c15c915c1f4cdfcb99cee9e89n
  assert.is((y0! * y0! - x0! * x0! * x0! - x0! - beta) % P, 0n)
})

test('19. a Cairo 0 class is refused when it is read', () => {
  const cairo0 = { program: { data: [], hints: {} }, entry_points_by_type: {} }
  assert.throws(
    () => buildProgramImage(cairo0),
    (error: unknown) => error instanceof ProgramError && /Cairo 0 class/.test(error.message),
  )
})

test.run()
