/**
 * Programs: what a compiled class must look like, what is refused and by which name, and that all known classes pass.
 */

import { existsSync, readdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  attachProgram,
  buildProgramImage,
  CONSTRUCTOR_SELECTOR,
  MAX_BYTECODE_LENGTH,
  ProgramError,
} from '../../src/vm/program.ts'
import { vectorPath, vectorTest, vectorText } from '../vectors.ts'

const RET = '0x208b7fff7fff7ffe'
const entry = { selector: '0x1', offset: 0, builtins: ['range_check'] }

function casm(changes: object): object {
  return {
    prime: '0x800000000000011000000000000000000000000000000000000000000000001',
    bytecode: [RET],
    hints: [],
    entry_points_by_type: { EXTERNAL: [entry], L1_HANDLER: [], CONSTRUCTOR: [] },
    ...changes,
  }
}

function external(changes: object): object {
  const list = { EXTERNAL: [{ ...entry, ...changes }], L1_HANDLER: [], CONSTRUCTOR: [] }
  return casm({ entry_points_by_type: list })
}

function hint(one: unknown): object {
  return casm({ hints: [[0, [one]]] })
}

const ap = { register: 'AP', offset: 0 }

test('a program keeps its entry points and its length', () => {
  const image = structuredClone(buildProgramImage(casm({ bytecode: [RET, RET] })))
  const program = attachProgram('a key', image)
  assert.is(program.key, 'a key')
  assert.is(program.bytecodeLength, 2)
  assert.equal(program.entryPoints.external.get(1n), {
    selector: 1n,
    offset: 0,
    builtins: ['range_check'],
  })
  assert.is(program.entryPoints.constructor, null)
  assert.is(program.entryPoints.l1Handler.size, 0)
})

test('a class without code or entry points is a program', () => {
  const lists = { EXTERNAL: [], L1_HANDLER: [], CONSTRUCTOR: [] }
  const image = buildProgramImage(casm({ bytecode: [], entry_points_by_type: lists }))
  assert.is(attachProgram('empty', image).bytecodeLength, 0)
})

const refusals: [what: string, casm: unknown, message: RegExp][] = [
  ['what is no object', 'text', /expected a compiled class to be an object/],
  ['another prime', casm({ prime: '0x11' }), /expected the prime of Starknet/],
  ['a missing bytecode', casm({ bytecode: undefined }), /expected bytecode to be a list/],
  ['a word that is no felt', casm({ bytecode: ['12'] }), /bytecode\[0\] to be a felt/],
  [
    'a word above the prime',
    casm({ bytecode: [`0x${'f'.repeat(64)}`] }),
    /bytecode\[0\] to be a felt/,
  ],
  [
    'too many words',
    casm({ bytecode: new Array(MAX_BYTECODE_LENGTH + 1).fill('0x1') }),
    /at most 81920 felts of bytecode, got 81921/,
  ],
  ['an offset behind the code', external({ offset: 1 }), /below 1, got 1/],
  ['a builtin of Cairo 0', external({ builtins: ['ecdsa'] }), /builtin 'ecdsa' of entry point 0x1/],
  [
    'builtins out of order',
    external({ builtins: ['bitwise', 'range_check'] }),
    /protocol order, got 'range_check'/,
  ],
  [
    'a selector twice',
    casm({ entry_points_by_type: { EXTERNAL: [entry, entry], L1_HANDLER: [], CONSTRUCTOR: [] } }),
    /one EXTERNAL entry point 0x1, got two/,
  ],
  [
    'a constructor of another name',
    casm({ entry_points_by_type: { EXTERNAL: [], L1_HANDLER: [], CONSTRUCTOR: [entry] } }),
    /selector of its name/,
  ],
  ['an unknown hint', hint({ ReadMind: {} }), /hint 'ReadMind' is not supported/],
  ['a hint outside of contracts', hint({ AddMarker: {} }), /hint 'AddMarker' is not supported/],
  ['a hint with two names', hint({ A: {}, B: {} }), /a hint with one name/],
  ['a hint without its fields', hint({ AllocSegment: {} }), /dst of hint 'AllocSegment'/],
  [
    'an unknown register',
    hint({ AllocSegment: { dst: { register: 'PC', offset: 0 } } }),
    /register AP or FP in dst of hint 'AllocSegment', got PC/,
  ],
  [
    'an offset of more than 16 bits',
    hint({ AllocSegment: { dst: { register: 'AP', offset: 40_000 } } }),
    /offset of 16 bits/,
  ],
  [
    'an address that is a number',
    hint({ AllocFelt252Dict: { segment_arena_ptr: { Immediate: '0x1' } } }),
    /segment_arena_ptr of hint 'AllocFelt252Dict'/,
  ],
  ['hints behind the code', casm({ hints: [[1, [{ AllocSegment: { dst: ap } }]]] }), /below 1/],
]

for (const [what, bad, message] of refusals) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => buildProgramImage(bad),
      (error: unknown) => {
        assert.instance(error, ProgramError)
        assert.match((error as Error).message, message)
        return true
      },
    )
  })
}

test('accepts the selector of a constructor', () => {
  const made = { ...entry, selector: `0x${CONSTRUCTOR_SELECTOR.toString(16)}` }
  const list = { EXTERNAL: [], L1_HANDLER: [], CONSTRUCTOR: [made] }
  const image = buildProgramImage(casm({ entry_points_by_type: list }))
  assert.is(attachProgram('c', image).entryPoints.constructor?.selector, CONSTRUCTOR_SELECTOR)
})

const folder = vectorPath('classes')
const classes = existsSync(folder)
  ? readdirSync(folder).filter((file) => file.endsWith('.casm.json'))
  : ['erc20-blockifier.casm.json']

vectorTest(
  test,
  'makes programs of all known classes',
  classes.map((file) => `classes/${file}`),
  () => {
    for (const file of classes) {
      const parsed = JSON.parse(vectorText(`classes/${file}`))
      const program = attachProgram(file, buildProgramImage(parsed))
      assert.is(program.bytecodeLength, parsed.bytecode.length)
      assert.is(program.entryPoints.external.size, parsed.entry_points_by_type.EXTERNAL.length)
    }
  },
)

test.run()
