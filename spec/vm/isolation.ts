/**
 * Hostile programs: each ends at its limit with the error that the protocol has, harms no other call, and both machines
 * agree about it. After each the machine runs an innocent call, which must leave what the reference leaves, to the cell.
 *
 * What only one machine can be asked, such as 2^25 steps, is in limits.ts.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeShortString, P } from '../../src/felt/felt.ts'
import { type BuiltinName, FAILED, FAULTED, RETURNED } from '../../src/vm/host.ts'
import { buildProgramImage, MAX_BYTECODE_LENGTH } from '../../src/vm/program.ts'
import {
  alloc,
  ap,
  assemble,
  deref,
  fp,
  type Item,
  immediate,
  LEAF,
  type Outcome,
  returns,
  runBoth,
  runCasm,
  runOn,
  SELF,
  sum,
  syscall,
  type Way,
} from './_assembler.ts'
import { createPair } from './_compare.ts'
import { casmOf } from './_programs.ts'

const OUT_OF_STEPS =
  'Could not reach the end of the program. RunResources has no remaining steps.\n'
const NO_MEMORY = 'Vector capacity exceeded'
const PEDERSEN: Way = { builtins: ['pedersen', 'range_check'] }

/** Uses stack, heap, a builtin, a range check, storage and a segment of its own. */
const innocent: Item[] = [
  '[ap] = 3, ap++; [ap - 1] = [[fp - 8]]; [ap - 1] = [[fp - 8] + 1]; [ap] = [[fp - 8] + 2], ap++',
  '[fp - 3] = [fp - 4] + [ap], ap++; [ap - 1] = [[fp - 7]]',
  alloc,
  'ap += 1; [ap - 3] = [[ap - 1] + 3]; ap += 9; [ap] = [ap - 12], ap++',
  '[ap] = [fp - 8] + 3, ap++; [ap] = [fp - 7] + 1, ap++; [ap] = [fp - 6], ap++; [ap] = [fp - 5], ap++',
  '[ap] = 0, ap++; [ap] = [fp - 4], ap++; [ap] = [fp - 3], ap++; ret',
]

function isWhole(): void {
  for (const accounting of ['gas', 'steps'] as const) {
    const { outcome, data, memoryHoles } = runBoth(innocent, {
      ...PEDERSEN,
      accounting,
      calldata: [5n, P - 1n],
    })
    assert.is(outcome, RETURNED)
    assert.equal(data, [5n, P - 1n])
    assert.is(memoryHoles, accounting === 'gas' ? 0 : 12)
  }
}

/** Runs a hostile program in both ways of accounting, then the innocent one. */
function endsWith(text: string, items: Item[], way: Way = {}): Outcome {
  let last: Outcome | null = null
  for (const accounting of ['gas', 'steps'] as const) {
    last = runBoth(items, { accounting, stopAtPoll: 100, ...way })
    assert.is(last.outcome, FAULTED)
    assert.is(last.text.trimEnd(), text.trimEnd())
    isWhole()
  }
  return last!
}

/** A request for the frame's next syscall: fields are felts or cells. */
function request(name: string, at: number, fields: (bigint | string)[]): Item[] {
  const cell = (field: bigint | string) =>
    typeof field === 'bigint' ? `0x${field.toString(16)}` : field
  return [encodeShortString(name), '[fp - 6]', ...fields].map(
    (field, i) => `[ap] = ${cell(field)}, ap++; [ap - 1] = [[fp - 5] + ${at + i}]`,
  )
}

test('endless loops and recursion end by steps', () => {
  const way: Way = { accounting: 'steps', stepLimit: 20_000 }
  for (const loop of [
    'jmp rel 0',
    'call rel 0',
    '[ap] = 1, ap++; jmp rel -2',
    'ap += 9; jmp rel -2',
    'ap += 9; ap += -9; jmp rel -4',
    '[ap] = 1; jmp rel 0 if [ap] != 0',
    '[ap] = 0, ap++; jmp rel [ap - 1]',
  ]) {
    const { steps } = endsWith(OUT_OF_STEPS, [loop], way)
    assert.is(steps, 20_000)
  }
})

test('contracts that call themselves end at depth 50', () => {
  const callsItself: Item[] = [
    ...request('CallContract', 0, [SELF, 1n, '[fp - 4]', '[fp - 3]']),
    syscall,
    'ap += 0',
  ]
  const { error } = endsWith('Execution failed due to recursion depth exceeded.', callsItself)
  assert.ok(error!.host !== null)
})

test('memory comes to an end: stack, heap, segments', () => {
  const step = (1n << 24n) - 1n
  endsWith(NO_MEMORY, [`ap += ${step}; [ap] = 1; jmp rel -4`])
  endsWith(NO_MEMORY, [`call rel 4; ret; 0; ap += ${step}; call rel -2`])
  endsWith(NO_MEMORY, [alloc, 'ap += 1; jmp rel -2'], { stepLimit: 1e6 })
  endsWith(NO_MEMORY, [
    alloc,
    `ap += 1; [ap] = 7, ap++; [ap] = [ap - 2] + ${1n << 26n}, ap++; [ap - 2] = [[ap - 1]]`,
  ])
  const far = runBoth([
    alloc,
    `ap += 1; [ap] = 7, ap++; [ap] = [ap - 2] + ${1n << 18n}, ap++; [ap - 2] = [[ap - 1]]`,
    returns(),
  ])
  assert.is(far.outcome, RETURNED)
  isWhole()
})

test('no offset reaches below the stack or above a felt', () => {
  endsWith('Operation failed: 1:6 - 7, offsets cant be negative', ['[ap] = [fp - 7]'])
  endsWith('Operation failed: 1:6 - 32768, offsets cant be negative', ['[fp - 32768] = 1'])
  endsWith('Operation failed: 1:0 - 9, offsets cant be negative', ['ap += -6; [ap - 9] = 1'])
  endsWith(`Operation failed: 1:6 + ${P - 7n}, maximum offset value exceeded`, ['ap += -7'])
  endsWith('Operation failed: 4:0 - 1, offsets cant be negative', ['[ap] = [[fp - 4] - 1]'])
  endsWith('Memory addresses must be relocatable', ['[ap] = 4294967296, ap++; [ap] = [[ap - 1]]'])
  endsWith("Couldn't compute operand op1. Unknown value for memory cell 1:32773", [
    '[ap] = [fp + 32767]',
  ])
})

test('no pointer leaves a call', () => {
  const integer = (at: string) => `Expected integer at address ${at}`
  const first = ['[ap] = [fp - 5], ap++; [ap - 1] = [[fp - 5] + 40]']
  const list = ['[ap] = [fp - 5] + 40, ap++; [ap] = [fp - 5] + 41, ap++']
  const ends = (name: string, fields: (bigint | string)[], at: string) =>
    endsWith(integer(at), [...first, ...list, ...request(name, 0, fields), syscall, 'ap += 0'])
  ends('StorageWrite', [0n, 1n, '[fp - 5]'], '3:4')
  ends('StorageRead', [0n, '[fp - 5]'], '3:3')
  ends('CallContract', [LEAF, 1n, '[fp + 1]', '[fp + 2]'], '3:40')
  ends('EmitEvent', ['[fp + 1]', '[fp + 2]', '[fp - 4]', '[fp - 3]'], '3:40')
  ends('SendMessageToL1', [1n, '[fp + 1]', '[fp + 2]'], '3:40')
  ends('CallContract', ['[fp - 5]', 1n, '[fp - 4]', '[fp - 3]'], '3:2')
  const back = '[ap] = [fp - 6], ap++; [ap] = [fp - 5], ap++; [ap] = 0, ap++'
  endsWith(integer('3:40'), [
    ...first,
    back,
    '[ap] = [fp - 5] + 40, ap++; [ap] = [fp - 5] + 41, ap++; ret',
  ])
})

test('a call finds nothing of those before it, at any depth', () => {
  // With calldata it calls itself twice without; then it writes far and near, and must find what it finds unset.
  const scribble: Item[] = [
    'ap += 200; [ap] = 1; [ap + 99] = 2; ap += -200',
    alloc,
    'ap += 1; [ap] = 5, ap++; [ap - 1] = [[ap - 2] + 70]; [ap - 1] = [[fp - 5] + 90]',
    returns(),
  ]
  const inner = (at: number): Item[] => [
    ...request('CallContract', at, [SELF, 1n, '[fp - 3]', '[fp - 3]']),
    syscall,
    'ap += 0',
  ]
  const outer: Item[] = [
    ...inner(0),
    // The gas that is left is no longer in [fp - 6], but what that says is enough.
    ...inner(10),
    returns(),
  ]
  const length = assemble(outer).reduce((sum, { words }) => sum + words.length, 0)
  const program: Item[] = [
    '[fp - 3] = [fp - 4] + [ap], ap++',
    `jmp rel 4 if [ap - 1] != 0; jmp rel ${length + 2}`,
    ...outer,
    ...scribble,
  ]
  for (const accounting of ['gas', 'steps'] as const) {
    const { outcome, log } = runBoth(program, { calldata: [1n], accounting })
    assert.is(outcome, RETURNED)
    assert.is(log.filter((line) => line.startsWith('ended 0')).length, 2)
    isWhole()
  }
})

const none = immediate(0n)
const big = immediate(P - 1n)
const cells = (...names: string[]) => Object.fromEntries(names.map((name, i) => [name, ap(i)]))
const calldata = deref(fp(-4))
const impossible: Record<string, object> = {
  DivMod: { lhs: big, rhs: none, ...cells('quotient', 'remainder') },
  LinearSplit: { value: big, scalar: none, max_x: big, ...cells('x', 'y') },
  Uint256DivMod: {
    dividend0: big,
    dividend1: big,
    divisor0: none,
    divisor1: none,
    ...cells('quotient0', 'quotient1', 'remainder0', 'remainder1'),
  },
  Uint512DivModByUint256: {
    dividend0: big,
    dividend1: big,
    dividend2: big,
    dividend3: big,
    divisor0: none,
    divisor1: none,
    ...cells('quotient0', 'quotient1', 'quotient2', 'quotient3', 'remainder0', 'remainder1'),
  },
  U256InvModN: {
    b0: immediate(1n),
    b1: none,
    n0: none,
    n1: none,
    ...cells('s_or_r0', 's_or_r1', 't_or_k0', 't_or_k1', 'g0_or_no_inv', 'g1_option'),
  },
  AllocConstantSize: { size: big, ...cells('dst') },
  InitSquashData: {
    dict_accesses: calldata,
    ptr_diff: none,
    n_accesses: none,
    ...cells('big_keys', 'first_key'),
  },
  Felt252DictEntryInit: { dict_ptr: calldata, key: none },
  Felt252DictEntryUpdate: { dict_ptr: sum(fp(-4), 3n), value: none },
  Felt252DictRead: { dict_ptr: calldata, key: none, ...cells('value_dst') },
  Felt252DictWrite: { dict_ptr: calldata, key: none, value: none },
  GetSegmentArenaIndex: { dict_end_ptr: calldata, ...cells('dict_index') },
  AllocFelt252Dict: { segment_arena_ptr: sum(fp(-4), 2n) },
}

test('impossible hints end the call, not the process', () => {
  for (const [name, fields] of Object.entries(impossible)) {
    const way: Way = { calldata: [2n ** 200n, 1n, 2n, 3n] }
    endsWith(`Hint ${name} is impossible`, [{ [name]: fields }, 'ap += 9'], way)
  }
  endsWith('Unknown memory cell at address 4:4', [
    {
      EvalCircuit: {
        n_add_mods: none,
        add_mod_builtin: calldata,
        n_mul_mods: none,
        mul_mod_builtin: calldata,
      },
    },
    'ap += 0',
  ])
  endsWith('Unknown memory cell at address 4:0', [
    { DebugPrint: { start: calldata, end: deref(fp(-5)) } },
    'ap += 0',
  ])
})

test('a circuit of more gates than memory holds ends the call at once', () => {
  const instance = sum(fp(-5), 20n)
  const evaluate = {
    EvalCircuit: {
      n_add_mods: immediate(1n << 33n),
      add_mod_builtin: instance,
      n_mul_mods: none,
      mul_mod_builtin: instance,
    },
  }
  const limbs = [5n, 0n, 0n, 0n].map(
    (limb, i) => `[ap] = ${limb}, ap++; [ap - 1] = [[fp - 5] + ${20 + i}]`,
  )
  const pointers = '[ap] = [fp - 4], ap++; [ap - 1] = [[fp - 5] + 24]; [ap - 1] = [[fp - 5] + 25]'
  const way: Way = { calldata: [900n, 900n, 900n] }
  endsWith(NO_MEMORY, [...limbs, pointers, evaluate, 'ap += 0'], way)
})

test('hints of a squash out of their order end the call', () => {
  const absent = 'Variable dict_squash_exec_scope not present in current execution scope'
  const steps: Record<string, object> = {
    GetCurrentAccessIndex: { range_check_ptr: calldata },
    ShouldSkipSquashLoop: cells('should_skip_loop'),
    GetCurrentAccessDelta: cells('index_delta_minus1'),
    ShouldContinueSquashLoop: cells('should_continue'),
    GetNextDictKey: cells('next_key'),
  }
  for (const [name, fields] of Object.entries(steps)) {
    endsWith(absent, [{ [name]: fields }, 'ap += 1'])
  }
  // The scope is looked for before an operand that is nowhere.
  for (const cell of [ap(40), ap(-50)]) {
    endsWith(absent, [{ GetCurrentAccessIndex: { range_check_ptr: deref(cell) } }, 'ap += 1'])
  }
  const flag = { AssertLeIsFirstArcExcluded: cells('skip_exclude_a_flag') }
  endsWith('Variable excluded_arc not present in current execution scope', [flag, 'ap += 1'])
  const init = {
    InitSquashData: {
      dict_accesses: calldata,
      ptr_diff: none,
      n_accesses: immediate(2n),
      ...cells('big_keys', 'first_key'),
    },
  }
  const next = { GetNextDictKey: steps.GetNextDictKey! }
  const delta = { GetCurrentAccessDelta: steps.GetCurrentAccessDelta! }
  // One key with two accesses: it cannot be left before the second, and there is no third.
  const way: Way = { calldata: [8n, 0n, 0n, 8n, 0n, 0n] }
  endsWith('Hint GetNextDictKey is impossible', [init, 'ap += 2', next, 'ap += 1'], way)
  endsWith(
    'Hint GetCurrentAccessDelta is impossible',
    [init, 'ap += 2', delta, 'ap += 1', delta, 'ap += 1'],
    way,
  )
  endsWith(
    'Hint GetNextDictKey is impossible',
    [init, 'ap += 2', delta, 'ap += 1', next, 'ap += 1'],
    way,
  )
})

test('hints belong to their pc, wherever it is', () => {
  const casm = casmOf(assemble(['jmp rel 2', returns()]), []) as {
    hints: unknown[]
    bytecode: string[]
  }
  // On an immediate it never runs, behind the code it is refused.
  const onImmediate = { ...casm, hints: [[1, ['Cheatcode']]] }
  assert.is(runCasm(onImmediate).outcome, RETURNED)
  const behind = { ...casm, hints: [[casm.bytecode.length, [alloc]]] }
  assert.throws(() => buildProgramImage(behind), /expected a pc with hints below/)
  endsWith('Test functions are unsupported on starknet.', [{ Cheatcode: {} }, 'ap += 0'])
})

test('the longest program runs, one word more is refused', () => {
  const end = assemble([returns()]).reduce((sum, { words }) => sum + words.length, 0)
  const lines = (MAX_BYTECODE_LENGTH - end) / 2
  assert.is(Math.floor(lines) * 2 + end + (lines % 1 === 0 ? 0 : 1), MAX_BYTECODE_LENGTH)
  const slots = assemble([
    ...Array.from({ length: Math.floor(lines) }, () => '[ap] = 7, ap++'),
    ...(lines % 1 === 0 ? [] : ['[ap] = [ap - 1], ap++']),
    returns(),
  ])
  const casm = casmOf(slots, []) as { bytecode: string[] }
  assert.is(casm.bytecode.length, MAX_BYTECODE_LENGTH)
  const { outcome, steps } = runCasm(casm, { accounting: 'steps' })
  assert.is(outcome, RETURNED)
  assert.is(steps, slots.length)
  isWhole()
  const longer = { ...casm, bytecode: [...casm.bytecode, '0x1'] }
  assert.throws(() => buildProgramImage(longer), /at most 81920 felts/)
})

test('calldata, return data and events may be huge', () => {
  const felts = Array.from({ length: 100_000 }, (_, i) =>
    i % 3 === 0 ? P - BigInt(i + 1) : BigInt(i),
  )
  const items: Item[] = [
    ...request('EmitEvent', 0, ['[fp - 4]', '[fp - 3]', '[fp - 4]', '[fp - 3]']),
    syscall,
    ...request('CallContract', 8, [LEAF, 1n, '[fp - 4]', '[fp - 3]']),
    syscall,
    returns(),
  ]
  const { outcome, data } = runBoth(items, { calldata: felts, gas: 1e9 })
  assert.is(outcome, RETURNED)
  assert.is(data.length, felts.length)
  assert.ok(data.every((felt, i) => felt === felts[i]))
  isWhole()
})

test('a used machine is as good as a fresh one', () => {
  const builtins: BuiltinName[] = ['pedersen', 'range_check']
  const casm = casmOf(assemble(innocent), builtins)
  const used = createPair().fast
  const seen: unknown[][] = []
  for (const machine of [used, createPair().fast]) {
    if (machine === used) {
      runOn(machine, casmOf(assemble(['call rel 0']), []), { gas: 1e8, stopAtPoll: 3 })
      runOn(machine, casmOf(assemble(['ap += 30000; [ap] = 1; jmp rel -4']), []))
      runOn(machine, casmOf(assemble([alloc, 'ap += 1; jmp rel -2']), []))
    }
    machine.onEnd = (segments) => seen.push(segments)
    const { result } = runOn(machine, casm, { ...PEDERSEN, calldata: [5n, P - 1n] })
    machine.onEnd = null
    seen.push([result.outcome, result.gasLeft, result.steps, [...result.builtins]])
  }
  assert.equal(seen.slice(0, 2), seen.slice(2))
})

test('too little gas refuses the call, and takes none', () => {
  const { outcome, gasLeft, data } = runBoth([returns()], { gas: 9_999 })
  assert.is(outcome, FAILED)
  assert.is(gasLeft, 9_999)
  assert.equal(data, [encodeShortString('Out of gas')])
})

test.run()
