/**
 * Class hashes and compiled class hashes of public classes.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CasmError } from '../../src/starknet/casm.ts'
import { compiledClassHashes, sierraClassHash } from '../../src/starknet/class-hash.ts'
import { fileClass, npmClass, npmFolder, sierraOf } from '../classes.ts'
import { decodeGoldenDiff, goldenBlock, goldenFiles } from '../golden.ts'
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
  classes: { class_hash: string; sierra: { npm: string; file: string } | string | null }[]
}

/** Classes of the npm package that a golden block uses, by class hash. */
function npmClasses(block: string): Map<bigint, string> {
  const names = new Map<bigint, string>()
  for (const { class_hash, sierra } of vector<Bundle>(`golden/${block}.bundle.json`).classes) {
    if (sierra === null || typeof sierra === 'string') continue
    names.set(BigInt(class_hash), sierra.file.replace(/^.*\/|\.contract_class\.js$/g, ''))
  }
  return names
}

const declares = {
  '05-declare': 'blake',
  '13-mix-0.13.4': 'poseidon',
  '17-mix-0.14.4': 'blake',
} as const

for (const [block, form] of Object.entries(declares)) {
  const files = [npmFolder, ...goldenFiles(block)]
  vectorTest(test, `classes of golden block ${block}, and what it declares`, files, () => {
    const declared = decodeGoldenDiff(goldenBlock(block).state_diff).declaredClasses
    let compared = 0
    for (const [classHash, name] of npmClasses(block)) {
      const { sierra, casm } = npmClass(name)
      assert.is(sierraClassHash(sierraOf(sierra)), classHash, name)
      const expected = declared.get(classHash)
      if (expected === undefined) continue
      assert.is(compiledClassHashes(casm)[form], expected, name)
      compared++
    }
    assert.is(compared, declared.size)
  })
}

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
