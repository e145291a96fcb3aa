/**
 * Classes of others: declared with CASM from a folder or added while the node runs, then deployed and called.
 */
import { type Account, type CompiledSierra, hash } from 'starknet'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { vector, vectorPath, vectorTest } from '../vectors.ts'
import { type RealNode, startRealNode } from './_real-node.ts'

const classFiles = (name: string) => [`classes/${name}.sierra.json`, `classes/${name}.casm.json`]

let fugue: RealNode | undefined
let account: Account

test.after(() => fugue?.stop())

async function start(): Promise<RealNode> {
  if (fugue === undefined) {
    fugue = await startRealNode(['--workers', '1', '--casm-dir', vectorPath('classes')])
    account = fugue.account(0)
  }
  return fugue
}

async function declareAndDeploy(running: RealNode, name: string): Promise<string> {
  const [sierra, casm] = classFiles(name)
  const contract = vector<CompiledSierra>(sierra!)
  const declared = await account.declare({ contract, casm: vector(casm!) as never })
  const { classHash } = vector<Record<string, { classHash: string }>>('classes/hashes.json')[name]!
  assert.is(BigInt(declared.class_hash), BigInt(classHash))
  const receipt = await running.provider.waitForTransaction(declared.transaction_hash)
  assert.ok(receipt.isSuccess())
  const deployed = await account.deployContract({ classHash, constructorCalldata: [] })
  assert.ok((await running.provider.waitForTransaction(deployed.transaction_hash)).isSuccess())
  return deployed.contract_address
}

vectorTest(
  test,
  'a class whose CASM is in a folder is declared, deployed and called',
  ['classes/hashes.json', ...classFiles('echo-2.11.4')],
  async () => {
    const running = await start()
    const contractAddress = await declareAndDeploy(running, 'echo-2.11.4')
    const served = await running.provider.getClassAt(contractAddress)
    assert.is(hash.computeContractClassHash(served as never), await classHashAt(contractAddress))
  },
)

async function classHashAt(contractAddress: string): Promise<string> {
  return fugue!.provider.getClassHashAt(contractAddress)
}

vectorTest(
  test,
  'the class is served as it was declared, CASM too',
  ['classes/hashes.json', ...classFiles('udc-v2')],
  async () => {
    const running = await start()
    const contractAddress = await declareAndDeploy(running, 'udc-v2')
    const casm = await running.call<{ bytecode: string[] }>('starknet_getCompiledCasm', {
      class_hash: await classHashAt(contractAddress),
    })
    const given = vector<{ bytecode: string[] }>('classes/udc-v2.casm.json')
    assert.equal(casm.bytecode.map(BigInt), given.bytecode.map(BigInt))
    const added = await running.call<Record<string, string>>('fugue_addCompiledClass', {
      casm: given,
    })
    const hashes = vector<Record<string, Record<string, string>>>('classes/hashes.json')['udc-v2']!
    assert.is(added.compiled_class_hash, hashes.compiledClassHashBlake2s)
    assert.is(added.compiled_class_hash_poseidon, hashes.compiledClassHashPoseidon)
  },
)

test.run()
