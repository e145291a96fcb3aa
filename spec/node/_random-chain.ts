/**
 * One random life of a chain: many clients at once, blocks closed in any way, workers dying; then the books are audited.
 *
 * At the end every admitted transaction must be accounted for: it is in the chain once, or another one of the same nonce
 * is, or it still waits behind a gap, or its sender ran out of money. Nonces have no holes, the supply of STRK is the sum
 * of the balances, and a sequential replay of all blocks gives the same blocks, hashes included.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { Random } from '../../src/lab/random.ts'
import { createChain, type RunningChain } from '../../src/main.ts'
import { predeployedAccounts } from '../../src/node/accounts.ts'
import { MINTER_ADDRESS, SEQUENCER_ADDRESS, STRK_ADDRESS } from '../../src/node/genesis.ts'
import type { BlockGeneration } from '../../src/node/options.ts'
import { feeBalanceKey, storageKey } from '../../src/starknet/addresses.ts'
import { chainOptions } from './_options.ts'
import { Client, isWaiting, type Log } from './_random-clients.ts'
import { replay } from './_replay.ts'

export interface Life {
  seed: number
  workers: number
  blockGeneration: BlockGeneration
  clients: number
  steps: number
  /** Workers that are terminated on the way. */
  kills: number
}

export interface Census {
  blocks: number
  transactions: number
  refused: number
  rejected: number
  replacements: number
}

/** Lives one life and checks it; throws at the first thing that is wrong. */
export async function liveRandomly(life: Life): Promise<Census> {
  const { seed, workers, blockGeneration } = life
  const accounts = predeployedAccounts(seed, life.clients)
  const options = chainOptions({
    seed,
    accounts: accounts.length,
    blockGeneration,
    workers,
  })
  const hint = `seed ${seed}, ${workers} workers, mode ${blockGeneration.mode}`
  const chain = await createChain(options)
  void chain.broken.then((reason) => {
    console.error(`${hint}: ${reason}`)
    process.exit(1)
  })
  const addresses = accounts.map(({ address }) => address)
  const log: Log = {
    admitted: new Map(),
    refusals: new Map(),
    holders: new Set([...addresses, MINTER_ADDRESS, SEQUENCER_ADDRESS]),
    poor: new Set(),
    late: new Set(),
    isOver: false,
  }
  const random = new Random(seed)
  try {
    const clients = accounts.map(
      (account) => new Client(chain, account, addresses, new Random(random.word()), log),
    )
    await Promise.all([
      killSometimes(chain, life, new Random(random.word())),
      ...clients.map((client) => client.live(life.steps)),
    ])
    await settled(chain, log)
    await Promise.all([chain.createBlock(), chain.createBlock()])
    const rejected = audit(chain, log)
    await Promise.all([chain.stop(), chain.stop()])
    const transactions = await replay(chain.store, options, hint)
    return {
      blocks: chain.store.height(),
      transactions,
      refused: [...log.refusals.values()].reduce((sum, count) => sum + count, 0),
      rejected,
      replacements: chain.pool?.replacements ?? 0,
    }
  } catch (error) {
    log.isOver = true
    ;(error as Error).message = `${hint}: ${(error as Error).message}`
    throw error
  } finally {
    await chain.stop()
  }
}

async function killSometimes(
  { pool }: RunningChain,
  { kills, workers }: Life,
  random: Random,
): Promise<void> {
  for (let left = pool === null ? 0 : kills; left > 0; left--) {
    await sleep(random.below(300))
    await pool!.kill(1 + random.below(workers))
    // Its successor may be starting by now.
    if (random.oneIn(3)) await pool!.kill(1 + random.below(workers))
  }
}

/** Waits until nothing is left that could be executed. */
async function settled(chain: RunningChain, { admitted }: Log): Promise<void> {
  const startMs = performance.now()
  const state = () => chain.stateOf('pre_confirmed')
  for (const [hash, { sender, nonce }] of admitted) {
    while (isWaiting(chain, hash) && !hasGapBelow(sender, nonce)) {
      if (performance.now() - startMs > 60_000) {
        throw new Error(`nonce ${nonce} of ${sender} waits and nothing is in its way`)
      }
      await sleep(5)
    }
  }

  /** No waiting transaction of the sender has the nonce that its account is at. */
  function hasGapBelow(sender: bigint, nonce: bigint): boolean {
    const next = state().nonceAt(sender)
    for (const [hash, other] of admitted) {
      if (other.sender === sender && other.nonce === next && isWaiting(chain, hash)) return false
    }
    return nonce > next
  }
}

/** Accounts for everything; returns the number of transactions that were rejected when executed. */
function audit(chain: RunningChain, log: Log): number {
  const { store } = chain
  const included = new Map<bigint, bigint[]>()
  const hashes = new Set<bigint>()
  for (let number = 1; number <= store.height(); number++) {
    for (const { hash, transaction, contractAddress } of store.blockByNumber(number)!
      .transactions) {
      assert.not(hashes.has(hash), 'a transaction is in the chain twice')
      hashes.add(hash)
      const sender =
        transaction.type === 'DEPLOY_ACCOUNT' ? contractAddress! : transaction.senderAddress
      const nonces = included.get(sender) ?? []
      assert.is(transaction.nonce, BigInt(nonces.length), 'nonces have a hole')
      nonces.push(transaction.nonce)
      included.set(sender, nonces)
    }
  }
  const state = store.stateAt(store.height())
  for (const [sender, nonces] of included) {
    assert.is(state.nonceAt(sender), BigInt(nonces.length), 'the nonce of an account')
  }
  let rejected = 0
  for (const [hash, { sender, nonce }] of log.admitted) {
    if (hashes.has(hash)) {
      assert.is(chain.stageOf(hash)?.stage, 'accepted')
      continue
    }
    const other = (included.get(sender)?.length ?? 0) > nonce
    const waits = isWaiting(chain, hash)
    if (!other && !waits) rejected++
    const mayBeRejected = log.poor.has(sender) || log.late.has(`${sender} ${nonce}`)
    assert.ok(other || waits || mayBeRejected, `nonce ${nonce} of ${sender} is lost`)
  }
  const balanceAt = (key: bigint) =>
    state.storageAt(STRK_ADDRESS, key) + (state.storageAt(STRK_ADDRESS, key + 1n) << 128n)
  const balances = [...log.holders].map((holder) => balanceAt(feeBalanceKey(holder)))
  const sum = balances.reduce((total, balance) => total + balance, 0n)
  assert.is(balanceAt(storageKey('ERC20_total_supply')), sum, 'the supply of STRK')
  return rejected
}
