/**
 * A chain that is ended at any moment and started again on what it kept: every acknowledged transaction is included once,
 * what was pre-confirmed keeps height, index and receipt, nonces have no gap.
 *
 * The journal is on a simulated folder that loses what was not synced.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadContract } from '../../src/contracts/catalogue.ts'
import { Random } from '../../src/lab/random.ts'
import { createChain, type RunningChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { Refusal } from '../../src/node/chain.ts'
import type { BlockGeneration, ChainOptions } from '../../src/node/options.ts'
import { openLogEngine } from '../../src/ordering/log.ts'
import { sierraClassHash } from '../../src/starknet/class-hash.ts'
import type { InvokeTransaction } from '../../src/starknet/transaction.ts'
import { SimulatedFolder } from '../ordering/_simulated-folder.ts'
import { seed } from '../seed.ts'
import { vector, vectorTest } from '../vectors.ts'
import { chainId, chainOptions } from './_options.ts'
import { signedDeclare, signedTransfer } from './_signed.ts'

console.log(`recovery: seed ${seed}`)
const lives = 4
const accounts = predeployedAccounts(7, 6)

function options(mode: BlockGeneration['mode'], workers: number): ChainOptions {
  return chainOptions({
    accounts: accounts.length,
    blockGeneration: mode === 'interval' ? { mode, intervalMs: 50 } : { mode },
    workers,
  })
}

/** The disk of a machine: a database that survives the chain, and a journal that can lose its power. */
class Machine {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'fugue-recovery-'))
  folder = new SimulatedFolder()
  readonly said: string[] = []

  async start(mode: BlockGeneration['mode'], workers = 0): Promise<RunningChain> {
    const say = (text: string) => this.said.push(text)
    const engine = await openLogEngine(this.folder, { segmentBytes: 20_000, retryMs: 1, say })
    return createChain({ ...options(mode, workers), dataDir: this.dataDir }, {}, { engine })
  }

  /** Ends everything now: the journal fails from here on, so nothing more can be told to anybody. */
  async crash(chain: RunningChain, random: Random): Promise<void> {
    this.folder = random.oneIn(2) ? this.folder.kill() : this.folder.cutPower(random)
    await chain.stop()
  }

  remove(): void {
    rmSync(this.dataDir, { recursive: true })
  }
}

/** Where a transaction was shown, and its fee. */
function placeOf(chain: RunningChain, hash: bigint): string {
  const stage = chain.stageOf(hash)
  if (stage?.stage !== 'preConfirmed' && stage?.stage !== 'accepted') return stage?.stage ?? 'none'
  const number = stage.stage === 'accepted' ? stage.block.header.number : stage.blockNumber
  const { outcome, actualFee } = stage.included.execution()
  return `block ${number} index ${stage.index}: ${outcome} for ${actualFee}`
}

async function settled(chain: RunningChain, hashes: Iterable<bigint>): Promise<void> {
  for (const hash of hashes) {
    while (!placeOf(chain, hash).startsWith('block')) await sleep(2)
  }
}

for (const mode of ['auto', 'demand'] as const) {
  test(`${mode}: nothing acknowledged is lost, nothing pre-confirmed moves, seed ${seed}`, async () => {
    const random = new Random(seed)
    const machine = new Machine()
    const acknowledged = new Set<bigint>()
    const shown = new Map<bigint, string>()
    for (let life = 0; life < lives; life++) {
      const chain = await machine.start(mode, life === 1 ? 2 : 0)
      for (const [hash, place] of shown) assert.is(placeOf(chain, hash), place, `life ${life}`)
      for (const hash of acknowledged) assert.is.not(placeOf(chain, hash), 'none')
      await settled(chain, acknowledged)
      const nonces = await noncesOf(chain)
      const sent: Promise<unknown>[] = []
      for (let i = 0; i < 40; i++) {
        const account = random.below(accounts.length)
        const nonce = nonces[account]!++
        const to = random.pick(accounts).address
        const transfer = signedTransfer(accounts[account]!, nonce, to, 1n, chainId)
        const keep = (hash: bigint) => acknowledged.add(hash)
        sent.push(chain.submit(transfer, null).then(keep, () => null))
        if (random.oneIn(4)) await sleep(random.below(4))
        if (mode === 'demand' && random.oneIn(15)) chain.createBlock().catch(() => null)
      }
      // Some have their answer when the machine ends, others not.
      await Promise.all(sent.slice(0, random.below(sent.length)))
      if (life === lives - 1) {
        await Promise.all(sent)
        await settled(chain, acknowledged)
        await chain.createBlock()
      }
      for (const hash of acknowledged) {
        const place = placeOf(chain, hash)
        if (place.startsWith('block')) shown.set(hash, place)
      }
      if (life === lives - 1) await chain.stop()
      else await machine.crash(chain, random)
    }
    const chain = await machine.start('demand')
    const { store } = chain
    const hashes = [...acknowledged]
    assert.ok(hashes.length > 40, `${hashes.length} acknowledged`)
    assert.ok(hashes.every((hash) => store.findTransaction(hash) !== null))
    let count = 0
    for (let number = 1; number <= store.height(); number++) {
      count += store.blockByNumber(number)!.header.transactionCount
    }
    const state = store.stateAt(store.height())
    const used = accounts.reduce((sum, { address }) => sum + state.nonceAt(address), 0n)
    assert.is(BigInt(count), used)
    await chain.stop()
    machine.remove()
  })
}

/** The nonces that each account may use next, when everything that waited has run. */
async function noncesOf(chain: RunningChain): Promise<bigint[]> {
  const read = () => {
    const state = chain.stateOf('pre_confirmed')
    return accounts.map(({ address }) => state.nonceAt(address))
  }
  for (let nonces = read(); ; ) {
    await sleep(20)
    const later = read()
    if (later.every((nonce, index) => nonce === nonces[index])) return nonces
    nonces = later
  }
}

vectorTest(
  test,
  'a declare is executed again with the CASM that came from outside',
  ['classes/echo-2.11.4.casm.json'],
  async () => {
    const machine = new Machine()
    const chain = await machine.start('demand')
    const casm = vector('classes/echo-2.11.4.casm.json')
    const { blake } = await chain.addCompiledClass(casm)
    const contractClass = { ...loadContract('counter').sierra, abi: '"another"' }
    const signed = signedDeclare(accounts[0]!, 0n, sierraClassHash(contractClass), blake, chainId)
    const hash = await chain.submit(signed, contractClass)
    await settled(chain, [hash])
    const place = placeOf(chain, hash)
    assert.match(place, 'SUCCEEDED')
    await machine.crash(chain, new Random(seed))
    const later = await machine.start('demand')
    assert.is(placeOf(later, hash), place)
    await later.createBlock()
    assert.is(placeOf(later, hash), place)
    assert.equal(later.classByHash(signed.classHash)?.casm, casm)
    await later.stop()
    machine.remove()
  },
)

test('a disk without room refuses transactions with 63 and goes on when there is room', async () => {
  const machine = new Machine()
  const chain = await machine.start('auto')
  const transfer = (nonce: bigint): InvokeTransaction =>
    signedTransfer(accounts[0]!, nonce, accounts[1]!.address, 1n, chainId)
  const first = await chain.submit(transfer(0n), null)
  await settled(chain, [first])
  await chain.createBlock()
  machine.folder.roomBytes = 0
  const refused = await chain.submit(transfer(1n), null).catch((error: Error) => error)
  assert.instance(refused, Refusal)
  assert.is((refused as Refusal).code, 63)
  assert.match(String((refused as Refusal).data), 'no space left on device')
  machine.folder.roomBytes = Number.POSITIVE_INFINITY
  const second = await chain.submit(transfer(1n), null)
  await settled(chain, [second])
  await chain.stop()
  machine.remove()
})

test('a journal that fails ends the node with one sentence', async () => {
  const machine = new Machine()
  const chain = await machine.start('auto')
  machine.folder.failSync = 'EIO'
  const transfer = signedTransfer(accounts[0]!, 0n, accounts[1]!.address, 1n, chainId)
  const refused = await chain.submit(transfer, null).catch((error: Refusal) => error)
  assert.is((refused as Refusal).code, 63)
  assert.match(await chain.broken, /journal: the journal cannot be written: EIO/)
  await chain.stop()
  machine.remove()
})

test.run()
