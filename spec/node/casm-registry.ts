/**
 * Where the CASM of a declare comes from: own contracts, folders, and what was added.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { contractHashes, loadContract } from '../../src/contracts/catalogue.ts'
import { CasmRegistry } from '../../src/node/casm-registry.ts'
import { vector, vectorPath, vectorTest } from '../vectors.ts'

interface Hashes {
  compiledClassHashPoseidon: string
  compiledClassHashBlake2s: string
}

const unexpected = (file: string, reason: string) => assert.unreachable(`${file}: ${reason}`)

test('own contracts are found by either hash without a folder', () => {
  const registry = new CasmRegistry()
  const { compiledClassHash, compiledClassHashV1 } = contractHashes.counter
  assert.is(registry.find(compiledClassHash), loadContract('counter').casm)
  assert.is(registry.find(compiledClassHashV1), loadContract('counter').casm)
  assert.is(registry.find(0x1234n), null)
})

vectorTest(
  test,
  'a folder is searched with its subfolders, and what is no CASM is told',
  ['classes/hashes.json', 'classes/hello-2.6.0.casm.json', 'classes/udc-v2.casm.json'],
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'fugue-casm-'))
    try {
      mkdirSync(join(folder, 'inner'))
      cpSync(vectorPath('classes/hello-2.6.0.casm.json'), join(folder, 'a.casm'))
      const inner = join(folder, 'inner', 'b.compiled_contract_class.json')
      cpSync(vectorPath('classes/udc-v2.casm.json'), inner)
      writeFileSync(join(folder, 'broken.casm.json'), '{"bytecode": 1}')
      writeFileSync(join(folder, 'other.json'), '{}')
      const skipped: string[] = []
      const registry = new CasmRegistry()
      registry.addFolder(folder, (file) => skipped.push(file))
      assert.equal(skipped, [join(folder, 'broken.casm.json')])
      assert.is(registry.size, 2)
      const known = vector<Record<string, Hashes>>('classes/hashes.json')
      for (const name of ['hello-2.6.0', 'udc-v2']) {
        const { compiledClassHashPoseidon, compiledClassHashBlake2s } = known[name]!
        assert.ok(registry.find(BigInt(compiledClassHashPoseidon)), name)
        assert.ok(registry.find(BigInt(compiledClassHashBlake2s)), name)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

test('a folder that is not there is refused in a sentence', () => {
  const registry = new CasmRegistry()
  assert.throws(() => registry.addFolder('/no/such/folder', unexpected), /\/no\/such\/folder/)
})

test('what is no CASM is refused, and nothing of it is kept', () => {
  const registry = new CasmRegistry()
  const casm = loadContract('counter').casm as Record<string, unknown>
  for (const bad of [{}, null, 'x', { ...casm, bytecode: 3 }, { ...casm, hints: 7 }]) {
    assert.throws(() => registry.add(bad))
  }
  assert.is(registry.size, 0)
  assert.is(registry.add(casm).blake, contractHashes.counter.compiledClassHash)
})

test.run()
