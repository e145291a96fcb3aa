/**
 * A node that ends in the midst of taking blocks back: before the journal has the decision nothing has happened, after it
 * the next start finishes the work, whatever came to the database. Both ends verify.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createChain, type RunningChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { runFolderCommand } from '../../src/node/commands/folder-command.ts'
import type { ChainOptions } from '../../src/node/options.ts'
import { EngineError, type Term, type Written } from '../../src/ordering/engine.ts'
import { MemoryEngine } from '../../src/ordering/memory.ts'
import { storedHeight } from '../../src/storage/chain-records.ts'
import { ChainWriter } from '../../src/storage/chain-writer.ts'
import { openStorage } from '../../src/storage/storage.ts'
import { chainId, chainOptions } from './_options.ts'
import { signedTransfer } from './_signed.ts'

const base = mkdtempSync(join(tmpdir(), 'fugue-abort-crash-'))
test.after(() => rmSync(base, { recursive: true }))

const accounts = predeployedAccounts(7, 3)

type End = 'before the record' | 'after the record' | 'after the store'

/** A journal that outlives its node, and fails at a moment of a rewind, as if the process ended there. */
class FailingEngine extends MemoryEngine {
  end: End | null = null

  override async close(): Promise<void> {}

  override async rewind(term: Term, height: number): Promise<Written> {
    if (this.end === 'before the record') throw new EngineError('the end')
    const written = await super.rewind(term, height)
    if (this.end !== null) throw new EngineError('the end')
    return written
  }
}

function optionsOf(dataDir: string): ChainOptions {
  return chainOptions({ accounts: accounts.length, dataDir })
}

/** Three blocks with a transfer each, one in the open block, and one that waits behind a gap. */
async function fill(chain: RunningChain): Promise<bigint> {
  const send = (nonce: bigint) =>
    chain.submit(signedTransfer(accounts[0]!, nonce, accounts[1]!.address, 1n, chainId), null)
  for (const nonce of [0n, 1n, 2n, 3n]) {
    await send(nonce)
    await executed(chain, nonce)
    if (nonce < 3n) await chain.createBlock()
  }
  return send(5n)
}

/** Resolves when the transaction of that nonce was executed. */
async function executed(chain: RunningChain, nonce: bigint): Promise<void> {
  while (chain.stateOf('pre_confirmed').nonceAt(accounts[0]!.address) <= nonce) await sleep(1)
}

const ends: Record<End, number> = {
  'before the record': 3,
  'after the record': 1,
  'after the store': 1,
}

for (const [end, expected] of Object.entries(ends) as [End, number][]) {
  test(`an end ${end} leaves a chain of ${expected} blocks`, async () => {
    const dataDir = mkdtempSync(join(base, 'chain-'))
    const engine = new FailingEngine()
    const first = await createChain(optionsOf(dataDir), {}, { engine })
    const waiting = await fill(first)
    const hashes = [1, 2, 3].map((number) => first.store.blockByNumber(number)!.header.blockHash)
    engine.end = end
    const refused = await first.abortBlocks({ number: 2 }).catch((error: Error) => error)
    assert.instance(refused, Error)
    assert.match(await first.broken, 'the end')
    await first.stop()
    if (end === 'after the store') await cutStore(dataDir, 1)
    engine.end = null

    const check = (chain: RunningChain) => {
      assert.is(chain.store.height(), expected)
      const last = chain.store.blockByHash(hashes[2]!)?.header.number
      assert.is(last, expected === 3 ? 3 : undefined)
      assert.is(chain.stageOf(waiting)?.stage, 'received')
      const nonce = chain.stateOf('pre_confirmed').nonceAt(accounts[0]!.address)
      assert.is(nonce, expected === 3 ? 4n : 1n)
    }
    if (expected === 1) {
      // A start may end as well before anything is begun.
      const chain = await createChain(optionsOf(dataDir), {}, { engine })
      check(chain)
      await chain.stop()
    }
    const last = await createChain(optionsOf(dataDir), {}, { engine })
    check(last)
    const { address } = accounts[0]!
    for (let next = last.stateOf('pre_confirmed').nonceAt(address); next < 5n; next++) {
      await last.submit(signedTransfer(accounts[0]!, next, accounts[2]!.address, 7n, chainId), null)
    }
    await executed(last, 5n)
    await last.createBlock()
    assert.is(last.stageOf(waiting)?.stage, 'accepted')
    await last.stop()
    const said: string[] = []
    const verify = { name: 'verify', dataDir, from: null, to: null } as const
    assert.is(await runFolderCommand(verify, (line) => said.push(line)), 0, said.join())
  })
}

/** What the committer does before the answer. */
async function cutStore(dataDir: string, height: number): Promise<void> {
  const { disk, close } = await openStorage(dataDir)
  new ChainWriter(disk!.database).abortAbove(height)
  assert.is(storedHeight(disk!.database), height)
  await close()
}

test.run()
