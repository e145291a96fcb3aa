/**
 * Windows in which a promise could break: a transaction that left the mempool and came back, two compilations of one
 * class, a sealed block without transactions, a folder of another chain, a journal that is ahead of the database.
 *
 * The journal is an engine in memory that outlives its node, the database a folder.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadContract } from '../../src/contracts/catalogue.ts'
import { encodeShortString } from '../../src/felt/felt.ts'
import { createChain, type RunningChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import type { Refusal } from '../../src/node/chain.ts'
import type { ChainOptions } from '../../src/node/options.ts'
import { UsageError } from '../../src/node/usage-error.ts'
import { MemoryEngine } from '../../src/ordering/memory.ts'
import type { BlockContext } from '../../src/starknet/block-context.ts'
import { sierraClassHash } from '../../src/starknet/class-hash.ts'
import { chainId, chainOptions } from './_options.ts'
import { signedDeclare, signedTransfer } from './_signed.ts'

const accounts = predeployedAccounts(7, 4)
const now = Date.now
const folders: string[] = []
let options: ChainOptions

test.before.each(() => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fugue-promises-'))
  folders.push(dataDir)
  options = chainOptions({ accounts: accounts.length, dataDir })
})
test.after.each(() => {
  Date.now = now
})
test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** An engine that stays open when its node stops, as a file stays. */
class LastingEngine extends MemoryEngine {
  override async close(): Promise<void> {}
}

const transfer = (account: number, nonce: bigint) =>
  signedTransfer(accounts[account]!, nonce, accounts[3]!.address, 1n, chainId)

async function executed(chain: RunningChain, hash: bigint): Promise<void> {
  for (let tries = 0; chain.stageOf(hash)?.stage !== 'preConfirmed'; tries++) {
    if (tries > 1000) throw new Error('it is not executed')
    await sleep(2)
  }
}

/** Why a chain does not start: something that the user can put right. */
async function reasonOf(starting: Promise<RunningChain>): Promise<string> {
  const outcome = await starting.catch((error: Error) => error)
  if (outcome instanceof Error) {
    assert.instance(outcome, UsageError)
    return outcome.message
  }
  await outcome.stop()
  return 'it started'
}

test('what waited too long and was sent again is not forgotten', async () => {
  let laterMs = 0
  Date.now = () => now() + laterMs
  const engine = new LastingEngine()
  const chain = await createChain(options, {}, { engine })
  // It waits for nonce 0 until it is given up: noticed when the next one comes in.
  await chain.submit(transfer(0, 1n), null)
  laterMs = 301_000
  await chain.submit(transfer(1, 1n), null)
  const again = await chain.submit(transfer(0, 1n), null)
  await executed(chain, await chain.submit(transfer(2, 0n), null))
  const waiting = (await engine.waiting()).map(({ hash }) => hash)
  assert.ok(waiting.includes(again), 'the journal has what was acknowledged')
  await executed(chain, await chain.submit(transfer(0, 0n), null))
  await executed(chain, again)
  for await (const { chunks } of engine.read(1)) assert.ok(chunks.length > 0)
  await chain.stop()
})

test('what took the place of a transaction that waited too long is what comes back', async () => {
  let laterMs = 0
  Date.now = () => now() + laterMs
  const engine = new LastingEngine()
  const first = await createChain(options, {}, { engine })
  const old = await first.submit(transfer(0, 1n), null)
  laterMs = 301_000
  await first.submit(transfer(1, 1n), null)
  const other = signedTransfer(accounts[0]!, 1n, accounts[3]!.address, 2n, chainId)
  const fresh = await first.submit(other, null)
  await first.stop()
  const second = await createChain(options, {}, { engine })
  assert.is(second.stageOf(fresh)?.stage, 'received')
  assert.is(second.stageOf(old), null)
  await second.stop()
})

test('two compilations of one class at once: the second is refused, and the node goes on', async () => {
  const engine = new LastingEngine()
  const chain = await createChain(options, {}, { engine })
  const contractClass = { ...loadContract('counter').sierra, abi: '"twice"' }
  const classHash = sierraClassHash(contractClass)
  const declare = (account: number, name: 'counter' | 'account') => {
    const { compiledClassHash } = loadContract(name)
    const signed = signedDeclare(accounts[account]!, 0n, classHash, compiledClassHash, chainId)
    return chain.submit(signed, contractClass).catch((error: Refusal) => error)
  }
  const [first, second] = await Promise.all([declare(0, 'counter'), declare(1, 'account')])
  assert.is(typeof first, 'bigint')
  assert.is((second as Refusal).code, 60)
  await executed(chain, first as bigint)
  await executed(chain, await chain.submit(transfer(2, 0n), null))
  await chain.stop()
})

test('a sealed block without transactions keeps its time', async () => {
  const engine = new LastingEngine()
  const first = await createChain(options, {}, { engine })
  const { header } = first.store.blockByNumber(0)!
  await first.stop()
  const context: BlockContext = { ...header, number: 1, timestamp: 1_700_000_005 }
  const term = await engine.campaign(0)
  assert.is(await engine.begin(term, { context }), 'written')
  assert.is(await engine.seal(term, { height: 1, count: 0, reason: 'demand' }), 'written')
  const next = { ...context, number: 2, timestamp: 1_700_000_006 }
  assert.is(await engine.begin(term, { context: next }), 'written')
  assert.is(await engine.seal(term, { height: 2, count: 0, reason: 'demand' }), 'written')
  const second = await createChain(options, {}, { engine })
  const times = [1, 2].map((number) => second.store.blockByNumber(number)!.header.timestamp)
  assert.equal(times, [1_700_000_005, 1_700_000_006])
  await second.stop()
})

test('the folder of another chain is refused in one sentence, and is as it was', async () => {
  await (await createChain(options)).stop()
  const start = (other: Partial<ChainOptions>) => reasonOf(createChain({ ...options, ...other }))
  const mainnet = encodeShortString('SN_MAIN')
  assert.match(await start({ chainId: mainnet }), 'holds chain SN_SEPOLIA, not SN_MAIN')
  assert.match(await start({ seed: 8 }), 'with the accounts of another --seed')
  assert.match(await start({ initialBalance: 1n }), `give --initial-balance ${10n ** 21n}`)
  assert.is(await start({ accounts: 5 }), 'it started')
  assert.is(await start({ startTime: null }), 'it started')
})

test('a database that is behind the journal is refused in one sentence', async () => {
  const engine = new LastingEngine()
  const chain = await createChain(options, {}, { engine })
  await chain.stop()
  const ahead = await engine.campaign(5)
  assert.ok(ahead > 0)
  assert.match(
    await reasonOf(createChain(options, {}, { engine })),
    /the journal .* block 5.* stored chain .* block 0/,
  )
  // Nothing holds the folder.
  const again = await createChain(options, {}, { engine: new LastingEngine() })
  await again.stop()
})

test.run()
