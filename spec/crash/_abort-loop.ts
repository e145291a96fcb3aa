/**
 * Kills a node while it takes blocks back, and starts it again, many times on one data folder.
 *
 * After every start the chain is one of two: as it was, or ended at the height that was asked for; if that was answered,
 * the second. What waited is acknowledged and stays, whatever happens. At the end `fugue verify` executes the chain again.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeShortString } from '../../src/felt/felt.ts'
import { Random } from '../../src/lab/random.ts'
import type { PredeployedAccount } from '../../src/node/accounts.ts'
import { encodeTransaction } from '../../src/node/encode/transaction.ts'
import { hex } from '../node/_real-node.ts'
import { signedTransfer } from '../node/_signed.ts'
import { accounts, nonceOf, seedOfAccounts } from './_load.ts'
import {
  killWhileStarting,
  type NodeProcess,
  runCommand,
  startNodeProcess,
} from './_node-process.ts'

export interface AbortLoop {
  kills: number
  seed: number
  say(text: string): void
}

export interface AbortLoopCensus {
  kills: number
  /** Ends after which the chain was as before, or shorter though nobody was told, or shorter as told. */
  undone: number
  finished: number
  answered: number
  blocks: number
}

const chainId = encodeShortString('SN_SEPOLIA')
/** Its transactions wait for one that comes at the end. */
const waiter = accounts.at(-1)!
const senders = accounts.slice(0, -1)

/** Runs the loop; throws at the first thing that is wrong, and then keeps the data folder for whoever looks. */
export async function abortLoop({ kills, seed, say }: AbortLoop): Promise<AbortLoopCensus> {
  const random = new Random(seed)
  const folder = mkdtempSync(join(tmpdir(), 'fugue-abort-kills-'))
  const dataDir = join(folder, 'chain')
  const census = { kills, undone: 0, finished: 0, answered: 0 }
  const waiting: string[] = []
  /** Chains, as hashes by height, of which the node must have one. */
  let possible: string[][] = []
  /** How long an abort takes, about. */
  let tookMs = 20
  const start = () => startNodeProcess(argsOf(dataDir, random))
  try {
    for (let kill = 0; kill < kills; kill++) {
      if (random.oneIn(4)) await killWhileStarting(argsOf(dataDir, random), random.below(1000))
      const node = await start()
      try {
        const hashes = await checkChain(node, possible)
        if (kill > 0 && possible.length > 1) {
          census[hashes.length === possible[0]!.length ? 'undone' : 'finished']++
        }
        for (const hash of waiting) await requireWaiting(node, hash)
        await build(node, random, hashes)
        const nonce = BigInt(waiting.length + 1)
        waiting.push(await transfer(node, waiter, nonce))
        const number = 1 + random.below(hashes.length - 1)
        const short = hashes.slice(0, number)
        const startMs = performance.now()
        const asked = node.ask<object>('devnet_abortBlocks', [{ block_number: number }])
        // Others go on meanwhile.
        const sent = senders.map((account) => sendNext(node, account).catch(() => null))
        const answer = asked.then(({ result }) => result !== undefined).catch(() => false)
        if (random.oneIn(5)) {
          await answer
          tookMs = performance.now() - startMs
        } else await sleep(random.below(1.5 * tookMs))
        await node.kill()
        await Promise.all(sent)
        const isAnswered = await answer
        if (isAnswered) census.answered++
        possible = isAnswered ? [short] : [hashes, short]
        say(
          `kill ${kill + 1}: ${hashes.length} blocks to ${number}, ${isAnswered ? '' : 'not '}answered`,
        )
      } finally {
        await node.kill()
      }
    }
    const blocks = await checkEnd(await start(), dataDir, possible, waiting)
    rmSync(folder, { recursive: true })
    return { ...census, blocks }
  } catch (error) {
    say(`the data folder is kept: ${dataDir}`)
    throw error
  }
}

function argsOf(dataDir: string, random: Random): string[] {
  return [
    ...['dev', '--data-dir', dataDir, '--port', '0', '--seed', String(seedOfAccounts)],
    ...['--accounts', String(accounts.length), '--workers', String(random.below(3))],
    ...['--block-generation-on', 'demand'],
  ]
}

/** The node's hashes by height, which must be one of the lists. */
async function checkChain(node: NodeProcess, possible: string[][]): Promise<string[]> {
  const height = await node.call<number>('starknet_blockNumber')
  const hashes: string[] = []
  for (let number = 0; number <= height; number++) {
    const id = { block_number: number }
    const { block_hash: hash } = await node.call<{ block_hash: string }>(
      'starknet_getBlockWithTxHashes',
      { block_id: id },
    )
    hashes.push(hash)
  }
  const text = hashes.join()
  if (possible.length > 0 && !possible.some((list) => list.join() === text)) {
    const lengths = possible.map(({ length }) => length)
    throw new Error(
      `the chain has ${hashes.length} blocks, none of the chains of ${lengths} blocks`,
    )
  }
  for (const hash of possible.flat().filter((known) => !hashes.includes(known))) {
    const id = { block_hash: hash }
    const { error } = await node.ask('starknet_getBlockWithTxHashes', { block_id: id })
    if (error?.code !== 24) throw new Error(`block ${hash} was taken back and is there`)
  }
  return hashes
}

async function requireWaiting(node: NodeProcess, hash: string): Promise<void> {
  const params = { transaction_hash: hash }
  const { finality_status: status } = await node.call<{ finality_status: string }>(
    'starknet_getTransactionStatus',
    params,
  )
  if (status !== 'RECEIVED') throw new Error(`${hash} waited and is ${status}`)
}

/** Some blocks more, noted in `hashes`; what is executed last may stay in the open one. */
async function build(node: NodeProcess, random: Random, hashes: string[]): Promise<void> {
  for (let count = 2 + random.below(5); count > 0; count--) {
    for (let sends = random.below(3); sends > 0; sends--) {
      const account = random.pick(senders)
      const nonce = await nonceOf(node, account)
      await transfer(node, account, nonce)
      await reached(node, account, nonce + 1n)
    }
    hashes.push((await node.call<{ block_hash: string }>('devnet_createBlock')).block_hash)
  }
}

async function sendNext(node: NodeProcess, account: PredeployedAccount): Promise<string> {
  return await transfer(node, account, await nonceOf(node, account))
}

/** Resolves when what was sent has run. */
async function reached(node: NodeProcess, account: PredeployedAccount, nonce: bigint) {
  for (let turn = 0; (await nonceOf(node, account)) < nonce; turn++) {
    if (turn > 1000) throw new Error(`account ${hex(account.address)} does not reach ${nonce}`)
    await sleep(10)
  }
}

async function transfer(
  node: NodeProcess,
  account: PredeployedAccount,
  nonce: bigint,
): Promise<string> {
  const transaction = signedTransfer(account, nonce, accounts[0]!.address, 1n, chainId)
  const { transaction_hash: hash } = await node.call<{ transaction_hash: string }>(
    'starknet_addInvokeTransaction',
    { invoke_transaction: encodeTransaction(transaction, false) },
  )
  return hash
}

/** Sends what the others wait for, and verifies; the number of blocks. */
async function checkEnd(
  node: NodeProcess,
  dataDir: string,
  possible: string[][],
  waiting: string[],
): Promise<number> {
  try {
    await checkChain(node, possible)
    await transfer(node, waiter, 0n)
    await reached(node, waiter, BigInt(waiting.length + 1))
    await node.call('devnet_createBlock')
    const code = await node.stop()
    if (code !== 0) throw new Error(`the node stopped with code ${code}: ${node.errors()}`)
  } finally {
    await node.kill()
  }
  const { code, output } = await runCommand(['verify', '--data-dir', dataDir])
  if (code !== 0) throw new Error(`the chain does not verify: ${output}`)
  return Number(/blocks 0 to (\d+)/.exec(output)?.[1])
}
