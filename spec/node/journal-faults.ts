/** A node whose journal was cut, damaged or removed says so in a sentence, and goes on only where nothing is unsure. */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { UsageError } from '../../src/node/usage-error.ts'
import { chainId, chainOptions } from './_options.ts'
import { signedTransfer } from './_signed.ts'

const accounts = predeployedAccounts(3, 2)
const folder = mkdtempSync(join(tmpdir(), 'fugue-journal-faults-'))
const dataDir = join(folder, 'chain')
const journal = join(dataDir, 'journal')

const options = chainOptions({
  seed: 3,
  accounts: accounts.length,
  blockGeneration: { mode: 'auto' },
  dataDir,
})

/** What the node writes to standard error while something is done. */
async function errorsOf(work: () => Promise<unknown>): Promise<string> {
  const { write } = process.stderr
  let text = ''
  process.stderr.write = (chunk: string | Uint8Array) => {
    text += String(chunk)
    return true
  }
  try {
    await work()
  } finally {
    process.stderr.write = write
  }
  return text
}

/** Starts the chain, sends transfers, stops. */
async function live(nonces: bigint[]): Promise<void> {
  const chain = await createChain(options)
  for (const nonce of nonces) {
    await chain.submit(signedTransfer(accounts[0]!, nonce, accounts[1]!.address, 1n, chainId), null)
  }
  await chain.createBlock()
  assert.is(chain.stateOf(chain.store.height()).nonceAt(accounts[0]!.address) > 0n, true)
  await chain.stop()
}

function newestFile(): string {
  return join(journal, readdirSync(journal).sort().at(-1)!)
}

test('a torn tail is cut and told with its size', async () => {
  await live([0n, 1n])
  const bytes = readFileSync(newestFile())
  writeFileSync(newestFile(), Buffer.concat([bytes, Buffer.from(bytes.subarray(32, 100))]))
  assert.match(await errorsOf(() => live([2n])), /^fugue: the last 68 bytes of the journal/)
})

test('damage before the tail is refused with file and byte, and nothing is changed', async () => {
  const bytes = readFileSync(newestFile())
  const damaged = Buffer.from(bytes)
  damaged[200]! ^= 1
  writeFileSync(newestFile(), damaged)
  const error = await createChain(options).catch((reason: Error) => reason)
  assert.instance(error, UsageError)
  assert.match((error as Error).message, /0000000001\.log cannot be read from byte \d+ on/)
  assert.equal(readFileSync(newestFile()), damaged)
  writeFileSync(newestFile(), bytes)
  assert.is(await errorsOf(() => live([3n])), '')
})

test('a journal that ends before the chain is told, and the chain goes on', async () => {
  truncateSync(newestFile(), 300)
  const told = await errorsOf(() => live([4n]))
  assert.match(told, /the journal ends .* and the stored chain at block \d+/)
  assert.is(await errorsOf(() => live([5n])), '')
  rmSync(folder, { recursive: true })
})

test.run()
