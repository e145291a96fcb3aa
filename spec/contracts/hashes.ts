/**
 * The committed artifacts are what the table says they are: every hash is computed again by starknet.js, so an
 * artifact that was edited, or compiled anew without the table, fails.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { hash } from 'starknet'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  artifactPath,
  type ContractName,
  contractHashes,
  contractNames,
  loadContract,
} from '../../src/contracts/catalogue.ts'

function artifact(name: ContractName, kind: 'sierra' | 'casm') {
  return JSON.parse(readFileSync(artifactPath(name, kind), 'utf8'))
}

/** A line as the table has it, to be pasted there when a contract has changed. */
function line(hashes: object): string {
  const members = Object.entries(hashes).map(([key, value]) => `${key}: 0x${value.toString(16)}n`)
  return `{ ${members.join(', ')} }`
}

for (const name of contractNames) {
  test(`${name} has the hashes of its artifacts`, () => {
    const casm = artifact(name, 'casm')
    const hashes = {
      classHash: BigInt(hash.computeContractClassHash(artifact(name, 'sierra'))),
      compiledClassHash: BigInt(hash.computeCompiledClassHashBlake(casm)),
      compiledClassHashV1: BigInt(hash.computeCompiledClassHashPoseidon(casm)),
    }
    assert.is(line(contractHashes[name]), line(hashes))
  })

  test(`${name} runs in gas mode: its Sierra is 1.7.0`, () => {
    assert.equal(loadContract(name).sierra.sierraProgram.slice(0, 3), [1n, 7n, 0n])
  })

  test(`${name} is loaded with the text of its ABI that is hashed`, () => {
    const { sierra } = loadContract(name)
    const { abi } = artifact(name, 'sierra')
    assert.is(sierra.abi, hash.formatSpaces(JSON.stringify(abi)))
    assert.equal(JSON.parse(sierra.abi), abi)
  })

  test(`${name} was committed without debug info`, () => {
    const keys = ['abi', 'contract_class_version', 'entry_points_by_type', 'sierra_program']
    assert.equal(Object.keys(artifact(name, 'sierra')).sort(), keys)
  })
}

test('every artifact is in the table', () => {
  const expected = contractNames.flatMap((name) => [`${name}.casm.json`, `${name}.sierra.json`])
  assert.equal(readdirSync(dirname(artifactPath('account', 'casm'))).sort(), expected.sort())
})

test.run()
