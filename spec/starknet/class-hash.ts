/**
 * Class hashes and compiled class hashes of public classes.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CasmError } from '../../src/starknet/casm.ts'
import { compiledClassHashes, sierraClassHash } from '../../src/starknet/class-hash.ts'
import { fileClass, npmClass, npmClassNames, npmFolder, sierraOf } from '../classes.ts'
import { vector, vectorTest } from '../vectors.ts'

interface Hashes {
  classHash: string
  compiledClassHashPoseidon: string
  compiledClassHashBlake2s: string
}

vectorTest(test, 'the classes of the list', ['classes/hashes.json'], () => {
  const list = Object.entries(vector<Record<string, Hashes>>('classes/hashes.json'))
  assert.is(list.length, 14)
  for (const [name, expected] of list) {
    const { sierra, casm } = fileClass(name)
    assert.is(sierraClassHash(sierraOf(sierra)), BigInt(expected.classHash), name)
    assert.equal(
      compiledClassHashes(casm),
      {
        poseidon: BigInt(expected.compiledClassHashPoseidon),
        blake: BigInt(expected.compiledClassHashBlake2s),
      },
      name,
    )
  }
})

interface Bundle {
  starknet_version: string
  classes: {
    class_hash: string
    sierra: { file: string } | string | null
    casm: { file: string }
  }[]
}

interface Expected {
  state_diff: { declared_classes: Record<string, string> }
  migrations: { from: string; to: string }[]
}

vectorTest(
  test,
  'class hashes of the package that the golden blocks use',
  [npmFolder, 'golden/11-mix-200.bundle.json'],
  () => {
    const files = ['01-transfers-independent', '05-declare', '11-mix-200', '12-contracts']
    const expected = new Map<string, bigint>()
    for (const file of files) {
      for (const entry of vector<Bundle>(`golden/${file}.bundle.json`).classes) {
        if (entry.sierra === null || typeof entry.sierra === 'string') continue
        const name = entry.sierra.file.replace(/^.*\/|\.contract_class\.js$/g, '')
        expected.set(name, BigInt(entry.class_hash))
      }
    }
    assert.ok(expected.size >= 5)
    for (const [name, classHash] of expected) {
      assert.is(sierraClassHash(sierraOf(npmClass(name).sierra)), classHash, name)
    }
  },
)

vectorTest(
  test,
  'both compiled class hashes of classes that a golden block migrates',
  [npmFolder, 'golden/15-migration-0.14.1.expected.json'],
  () => {
    const { migrations } = vector<Expected>('golden/15-migration-0.14.1.expected.json')
    const known = new Map<bigint, bigint>()
    for (const name of npmClassNames()) {
      const { poseidon, blake } = compiledClassHashes(npmClass(name).casm)
      known.set(poseidon, blake)
    }
    let compared = 0
    for (const { from, to } of migrations) {
      const blake = known.get(BigInt(from))
      if (blake === undefined) continue
      assert.is(blake, BigInt(to))
      compared++
    }
    assert.ok(compared >= 3, `compared ${compared} of ${migrations.length}`)
  },
)

test('a class without code has hashes', () => {
  const entry_points_by_type = { EXTERNAL: [], L1_HANDLER: [], CONSTRUCTOR: [] }
  const casm = { bytecode: [], bytecode_segment_lengths: 0, entry_points_by_type }
  const { poseidon, blake } = compiledClassHashes(casm)
  assert.equal(compiledClassHashes({ bytecode: [], entry_points_by_type }), { poseidon, blake })
})

test('nested segments are a tree, not a list', () => {
  const entry_points_by_type = { EXTERNAL: [], L1_HANDLER: [], CONSTRUCTOR: [] }
  const hashWith = (bytecode_segment_lengths: unknown) =>
    compiledClassHashes({
      bytecode: ['0x1', '0x2', '0x3'],
      bytecode_segment_lengths,
      entry_points_by_type,
    }).poseidon
  const hashes = [3, [3], [1, 2], [1, 1, 1], [1, [1, 1]], [[1], [2]]].map(hashWith)
  assert.is(new Set(hashes).size, hashes.length)
})

test('what is no CASM is refused with the field', () => {
  const entry_points_by_type = { EXTERNAL: [], L1_HANDLER: [], CONSTRUCTOR: [] }
  const refusals: [unknown, RegExp][] = [
    [null, /CASM: expected an object/],
    [{}, /bytecode: expected a list/],
    [{ bytecode: ['7'], entry_points_by_type }, /bytecode\[0\]/],
    [{ bytecode: [], bytecode_segment_lengths: [1], entry_points_by_type }, /segment_lengths/],
    [{ bytecode: [], entry_points_by_type: { EXTERNAL: [{}] } }, /EXTERNAL\[0\]\.selector/],
  ]
  for (const [casm, message] of refusals) {
    assert.throws(
      () => compiledClassHashes(casm),
      (error: unknown) => error instanceof CasmError && message.test(error.message),
    )
  }
})

test.run()
