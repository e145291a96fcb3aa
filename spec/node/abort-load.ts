/**
 * Blocks are taken back while clients send: no block is torn, nobody waits for ever, and the chain that is left gives the
 * same blocks when it is executed again from genesis on a fresh machine.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Random } from '../../src/lab/random.ts'
import { createChain, type RunningChain } from '../../src/main.ts'
import { type PredeployedAccount, predeployedAccounts } from '../../src/node/accounts.ts'
import { Refusal } from '../../src/node/chain.ts'
import type { BlockGeneration } from '../../src/node/options.ts'
import { seed } from '../seed.ts'
import { chainId, chainOptions } from './_options.ts'
import { replay } from './_replay.ts'
import { signedTransfer } from './_signed.ts'

const accounts = predeployedAccounts(7, 4)
const base = mkdtempSync(join(tmpdir(), 'fugue-abort-load-'))
test.after(() => rmSync(base, { recursive: true }))

const modes: BlockGeneration[] = [{ mode: 'auto' }, { mode: 'interval', intervalMs: 20 }]
const ABORTS = 8

for (const [index, blockGeneration] of modes.entries()) {
  const { mode } = blockGeneration
  test(`${mode}: ${ABORTS} aborts under load, seed ${seed + index}`, async () => {
    console.log(`aborts under load: seed ${seed + index}, ${mode}`)
    const random = new Random(seed + index)
    const options = chainOptions({
      accounts: accounts.length,
      blockGeneration,
      workers: 2,
      dataDir: join(base, mode),
    })
    const chain = await createChain(options)
    void chain.broken.then((reason) => {
      console.error(`seed ${seed + index}: ${reason}`)
      process.exit(1)
    })
    const life = { isOver: false, sent: 0 }
    const clients = accounts.map((account) => send(chain, account, life))
    for (let count = 0; count < ABORTS; count++) {
      await sleep(random.below(150))
      const height = chain.store.height()
      if (height === 0) continue
      const number = Math.max(1, height - random.below(12))
      const start = random.oneIn(4) ? 'pre_confirmed' : { number }
      // Those who ask at once for a block have one.
      const [aborted] = await Promise.all([
        chain.abortBlocks(start),
        random.oneIn(3) ? chain.createBlock() : null,
      ])
      // An empty block that is made again in the same second is the same block.
      assert.ok(aborted.length > 0)
    }
    life.isOver = true
    await Promise.all(clients)
    await chain.createBlock()
    assert.ok(life.sent > 0)
    await chain.stop()
    // The folder is closed: read what is stored with a chain that does nothing.
    const quiet = await createChain({ ...options, blockGeneration: { mode: 'demand' }, workers: 0 })
    await replay(quiet.store, options, `seed ${seed + index}`)
    await quiet.stop()
  })
}

/** Sends the next nonce that the newest state says, and a few above it, over and over. */
async function send(
  chain: RunningChain,
  account: PredeployedAccount,
  life: { isOver: boolean; sent: number },
): Promise<void> {
  while (!life.isOver) {
    const nonce = chain.stateOf('pre_confirmed').nonceAt(account.address)
    for (let ahead = 0n; ahead < 3n; ahead++) {
      try {
        const to = accounts[0]!.address
        await chain.submit(signedTransfer(account, nonce + ahead, to, 1n, chainId), null)
        life.sent++
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
      }
    }
    await sleep(2)
  }
}

test.run()
