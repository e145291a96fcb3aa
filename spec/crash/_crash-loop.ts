/**
 * Kills a node under load at random moments and starts it again, many times on one data folder.
 *
 * After every start: what was acknowledged is known, what was shown stands where it stood, with its receipt. At the end:
 * every acknowledged transaction is in the chain once, the nonces of each account have no gap, and `fugue verify` executes
 * the chain again and finds it as it is stored.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../../src/lab/random.ts'
import { hex } from '../node/_real-node.ts'
import {
  accounts,
  type BlockWithReceipts,
  Load,
  nonceOf,
  type Receipt,
  seedOfAccounts,
} from './_load.ts'
import {
  killWhileStarting,
  type NodeProcess,
  runCommand,
  startNodeProcess,
} from './_node-process.ts'

export interface CrashLoop {
  kills: number
  seed: number
  /** Longest life under load. */
  lifeMs: number
  say(text: string): void
}

export interface CrashCensus {
  kills: number
  acknowledged: number
  refused: number
  blocks: number
  transactions: number
  slowestStartMs: number
}

/** Waits until something more is acknowledged, for five seconds at most: the node may have no room. */
async function nextAnswer({ acknowledged }: Load): Promise<void> {
  const before = acknowledged.size
  for (let wait = 0; acknowledged.size === before && wait < 500; wait++) await sleep(10)
}

/** Runs the loop; throws at the first thing that is wrong, and then keeps the data folder for whoever looks. */
export async function crashLoop({ kills, seed, lifeMs, say }: CrashLoop): Promise<CrashCensus> {
  const random = new Random(seed)
  const folder = mkdtempSync(join(tmpdir(), 'fugue-crash-'))
  const dataDir = join(folder, 'chain')
  const load = new Load(random)
  let slowestStartMs = 0
  try {
    for (let kill = 0; kill < kills; kill++) {
      // Recovery itself is interrupted too.
      if (random.oneIn(5)) await killWhileStarting(argsOf(dataDir, random), random.below(1000))
      const node = await startNode(dataDir, random)
      slowestStartMs = Math.max(slowestStartMs, node.readyMs)
      try {
        await checkShown(node, load)
        const running = load.run(node)
        // Most lives last into the load, however slow the machine; the others end on the way there.
        if (!random.oneIn(4)) await nextAnswer(load)
        await sleep(random.below(lifeMs))
        await node.kill()
        await running
      } finally {
        await node.kill()
      }
      const { acknowledged, shown, refused } = load
      say(
        `kill ${kill + 1}: ${acknowledged.size} acknowledged, ${refused} refused, ${shown.size} shown${recoveryOf(node)}`,
      )
    }
    const census = await checkEnd(dataDir, load, random)
    rmSync(folder, { recursive: true })
    return { kills, slowestStartMs: Math.round(slowestStartMs), ...census }
  } catch (error) {
    say(`the data folder is kept: ${dataDir}`)
    throw error
  }
}

export function startNode(
  dataDir: string,
  random: Random,
  limits: { fileKib: number | null } = { fileKib: null },
): Promise<NodeProcess> {
  return startNodeProcess(argsOf(dataDir, random), limits)
}

/** The command line of a node: blocks close in any way, workers vary. */
function argsOf(dataDir: string, random: Random): string[] {
  const mode = random.pick(['auto', 'auto', 'auto', 'demand', '100ms'])
  return [
    ...['run', '--data-dir', dataDir, '--port', '0', '--seed', String(seedOfAccounts)],
    ...['--accounts', String(accounts.length), '--workers', String(random.below(3))],
    ...['--block-generation-on', mode],
  ]
}

/** What the node said about its journal at start. */
function recoveryOf(node: NodeProcess): string {
  const text = node.errors().trim()
  return text === '' ? '' : `\n  ${text.replaceAll('\n', '\n  ')}`
}

/** What was shown is where it was, and what was acknowledged is known. */
async function checkShown(node: NodeProcess, load: Load): Promise<void> {
  const height = await node.call<number>('starknet_blockNumber')
  const known = new Set<string>()
  const newest = Array.from({ length: 12 }, (_, back) => ({ block_number: height - back }))
  for (const id of ['pre_confirmed', ...newest.filter((at) => at.block_number > 0)]) {
    const block = await node.call<BlockWithReceipts>('starknet_getBlockWithReceipts', {
      block_id: id,
    })
    load.note(block)
    for (const { receipt } of block.transactions) known.add(receipt.transaction_hash)
  }
  for (const hash of new Set([...load.shown.keys(), ...load.acknowledged])) {
    if (known.has(hash)) continue
    const { result } = await node.ask<Receipt>('starknet_getTransactionReceipt', {
      transaction_hash: hash,
    })
    if (result !== undefined) load.noteReceipt(result)
    else if (load.shown.has(hash))
      throw new Error(`${hash} was ${load.shown.get(hash)}, and is not there`)
    else await node.call('starknet_getTransactionStatus', { transaction_hash: hash })
  }
}

/** Starts the node a last time, waits for everything that was acknowledged, and checks the chain. */
export async function checkEnd(dataDir: string, load: Load, random: Random) {
  const node = await startNode(dataDir, random)
  try {
    await checkShown(node, load)
    await settle(node, load)
    const counts = await checkChain(node, load)
    const code = await node.stop()
    if (code !== 0) throw new Error(`the node stopped with code ${code}: ${node.errors()}`)
    const { code: verified, output } = await runCommand(['verify', '--data-dir', dataDir])
    if (verified !== 0) throw new Error(`the chain does not verify: ${output}`)
    return { acknowledged: load.acknowledged.size, refused: load.refused, ...counts }
  } finally {
    await node.kill()
  }
}

/** Waits until what was acknowledged is in stored blocks. */
async function settle(node: NodeProcess, load: Load): Promise<void> {
  for (const hash of load.acknowledged) {
    for (let turn = 0; ; turn++) {
      const { result } = await node.ask<{ finality_status: string }>(
        'starknet_getTransactionStatus',
        {
          transaction_hash: hash,
        },
      )
      if (result?.finality_status === 'ACCEPTED_ON_L2') break
      if (turn > 500) throw new Error(`${hash} was acknowledged and is ${result?.finality_status}`)
      // It may wait behind a nonce that was refused, or in a block that closes on demand.
      if (turn % 50 === 25) await load.fillGaps(node)
      if (turn % 50 === 49) await node.call('devnet_createBlock')
      await sleep(10)
    }
  }
}

/** Every acknowledged transaction is included once; each account's nonces count up from 0. */
async function checkChain(
  node: NodeProcess,
  load: Load,
): Promise<{ blocks: number; transactions: number }> {
  const blocks = await node.call<number>('starknet_blockNumber')
  const seen = new Set<string>()
  const nonces = new Map<string, bigint>()
  for (let number = 1; number <= blocks; number++) {
    const block = await node.call<{
      transactions: { transaction_hash: string; sender_address: string; nonce: string }[]
    }>('starknet_getBlockWithTxs', { block_id: { block_number: number } })
    for (const { transaction_hash: hash, sender_address: sender, nonce } of block.transactions) {
      if (seen.has(hash)) throw new Error(`${hash} is included twice`)
      seen.add(hash)
      const expected = nonces.get(sender) ?? 0n
      if (BigInt(nonce) !== expected) {
        throw new Error(`${sender} has nonce ${nonce} in block ${number}, expected ${expected}`)
      }
      nonces.set(sender, expected + 1n)
    }
  }
  for (const hash of load.acknowledged) {
    if (!seen.has(hash)) throw new Error(`${hash} was acknowledged and is in no block`)
  }
  for (const account of accounts) {
    const nonce = await nonceOf(node, account)
    const counted = nonces.get(hex(account.address)) ?? 0n
    if (nonce !== counted)
      throw new Error(`account ${hex(account.address)} has nonce ${nonce}, not ${counted}`)
  }
  return { blocks, transactions: seen.size }
}
