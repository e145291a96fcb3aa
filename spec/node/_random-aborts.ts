/**
 * A random life with reorganisations, and a second node that never had one: blocks of transfers, declares, deployments and
 * mints, taken back to random heights again and again. In the end the second node is given the transactions of the
 * surviving chain alone, and both must answer everything alike; in a folder also after a restart, and `fugue verify`
 * must find nothing.
 *
 * Both nodes have the same clock, which the life moves, so that hashes are the same.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { loadContract } from '../../src/contracts/catalogue.ts'
import { selector } from '../../src/felt/hash.ts'
import { Random } from '../../src/lab/random.ts'
import { type PredeployedAccount, predeployedAccounts } from '../../src/node/accounts.ts'
import { Refusal } from '../../src/node/chain.ts'
import { runFolderCommand } from '../../src/node/commands/folder-command.ts'
import { DEPLOYER_ADDRESS, STRK_ADDRESS } from '../../src/node/genesis.ts'
import { contractAddress, feeBalanceKey } from '../../src/starknet/addresses.ts'
import { sierraClassHash } from '../../src/starknet/class-hash.ts'
import type { SierraClass, Transaction } from '../../src/starknet/transaction.ts'
import { chainId } from './_options.ts'
import { hex, type RealNode, startRealNode } from './_real-node.ts'
import { signedDeclare, signedInvoke, signedTransfer } from './_signed.ts'

export interface AbortLife {
  seed: number
  workers: number
  /** Keeps the chain in a folder, else in memory. */
  inFolder: boolean
  steps: number
}

export interface AbortCensus {
  blocks: number
  transactions: number
  aborts: number
  abortedBlocks: number
  questions: number
}

const SEED = 5
const accounts = predeployedAccounts(SEED, 3)
const counter = loadContract('counter')

/** Lives one life and compares; throws at the first difference. */
export async function liveWithAborts(life: AbortLife): Promise<AbortCensus> {
  const base = mkdtempSync(join(tmpdir(), 'fugue-aborts-'))
  const now = Date.now
  let clockMs = 1_700_000_000_000
  Date.now = () => clockMs
  const args = [
    ...['--workers', String(life.workers), '--seed', String(SEED), '--accounts', '3'],
    ...['--start-time', '1700000000', '--block-generation-on', 'demand'],
  ]
  const folder = join(base, 'chain')
  const start = () => startRealNode(life.inFolder ? [...args, '--data-dir', folder] : args)
  const open: RealNode[] = []
  try {
    const node = await start()
    open.push(node)
    const script = new Script(node, new Random(life.seed), (ms) => {
      clockMs += ms
    })
    for (let step = 0; step < life.steps; step++) {
      await script.step()
      if (step % 3 === 0) await checkCalls(node)
    }
    const { store } = node.chain
    const height = store.height()
    const blocks = Array.from({ length: height }, (_, place) => store.blockByNumber(place + 1)!)
    const plain = await startRealNode(args)
    open.push(plain)
    for (const { header, transactions } of blocks) {
      clockMs = header.timestamp * 1000
      for (const { hash, transaction } of transactions) {
        await submitted(plain, transaction, script.classes.get(hash) ?? null)
      }
      await plain.chain.createBlock()
    }
    // What is open at the end is open at neither.
    await node.chain.createBlock()
    const last = store.blockByNumber(height + 1)!
    clockMs = last.header.timestamp * 1000
    for (const { hash, transaction } of last.transactions) {
      await submitted(plain, transaction, script.classes.get(hash) ?? null)
    }
    await plain.chain.createBlock()

    let questions = await compare(script, node, plain)
    if (life.inFolder) {
      await node.stop()
      const again = await start()
      open[0] = again
      questions += await compare(script, again, plain)
      await again.stop()
      const said: string[] = []
      const verify = { name: 'verify', dataDir: folder, from: null, to: null } as const
      assert.is(await runFolderCommand(verify, (line) => said.push(line)), 0, said.join())
    }
    const { aborts, abortedHashes, sent } = script
    return {
      blocks: height + 1,
      transactions: sent,
      aborts,
      abortedBlocks: abortedHashes.size,
      questions,
    }
  } catch (error) {
    ;(error as Error).message = `${JSON.stringify(life)}: ${(error as Error).message}`
    throw error
  } finally {
    Date.now = now
    for (const node of open) await node.stop()
    rmSync(base, { recursive: true, force: true })
  }
}

/** Admits a transaction and waits until it was executed; its hash. */
async function submitted(
  { chain }: RealNode,
  transaction: Transaction,
  contractClass: SierraClass | null,
): Promise<bigint> {
  const hash = await chain.submit(transaction, contractClass)
  for (;;) {
    const stage = chain.stageOf(hash)?.stage
    if (stage !== 'received' && stage !== 'candidate') return hash
    await sleep(1)
  }
}

/** Calls run on a mirror of the state in another thread: it must have gone back as well. */
async function checkCalls({ call }: RealNode): Promise<void> {
  for (const block_id of ['latest', 'pre_confirmed']) {
    for (const { address } of accounts) {
      const request = {
        contract_address: hex(STRK_ADDRESS),
        entry_point_selector: hex(selector('balance_of')),
        calldata: [hex(address)],
      }
      const [low] = await call<string[]>('starknet_call', { request, block_id })
      const cell = { contract_address: hex(STRK_ADDRESS), key: hex(feeBalanceKey(address)) }
      assert.is(low, await call<string>('starknet_getStorageAt', { ...cell, block_id }))
    }
  }
}

class Script {
  /** Classes that declares brought, by transaction. */
  readonly classes = new Map<bigint, SierraClass>()
  readonly classHashes = new Set<bigint>()
  readonly contracts = new Set<bigint>()
  readonly abortedHashes = new Set<string>()
  readonly hashes = new Set<bigint>()
  aborts = 0
  sent = 0
  /** What was included once and taken back, to be sent again. */
  #lost: Transaction[] = []
  readonly #node: RealNode
  readonly #random: Random
  readonly #wait: (ms: number) => void

  constructor(node: RealNode, random: Random, wait: (ms: number) => void) {
    this.#node = node
    this.#random = random
    this.#wait = wait
  }

  /** A block, mostly; or blocks are taken back. */
  async step(): Promise<void> {
    const random = this.#random
    const { chain } = this.#node
    if (random.oneIn(7) && chain.store.height() > 0) return await this.#abort()
    for (let count = random.below(4); count > 0; count--) {
      if (random.oneIn(3)) this.#wait(random.below(3000))
      await this.#send()
    }
    // Sometimes the block stays open, and may be taken back as such.
    if (!random.oneIn(4)) await chain.createBlock()
  }

  async #abort(): Promise<void> {
    const random = this.#random
    const { chain, call } = this.#node
    const { store } = chain
    const height = store.height()
    // The block hash of ten blocks before is written into each block: go below that now and then.
    const number = random.oneIn(6)
      ? 1 + random.below(height)
      : Math.max(1, height - random.below(4))
    const byHash = { block_hash: hex(store.blockByNumber(number)!.header.blockHash) }
    const last = number === height && random.oneIn(3)
    const start = last ? 'latest' : random.oneIn(2) ? byHash : { block_number: number }
    for (let at = number; at <= height; at++) {
      for (const { transaction } of store.blockByNumber(at)!.transactions) {
        this.#lost.push(transaction)
      }
    }
    const params = { starting_block_id: start }
    const { aborted } = await call<{ aborted: string[] }>('devnet_abortBlocks', params)
    assert.is(aborted.length, height - number + 1)
    for (const hash of aborted) this.abortedHashes.add(hash)
    this.aborts++
  }

  async #send(): Promise<void> {
    const random = this.#random
    const account = random.pick(accounts)
    const nonce = this.#node.chain.stateOf('pre_confirmed').nonceAt(account.address)
    const again = this.#lost.find((lost) => isNext(lost, account, nonce))
    if (again !== undefined && random.oneIn(2)) return await this.#submit(again)
    const kind = random.below(8)
    if (kind === 0) return await this.#declare(account, nonce)
    if (kind === 1) return await this.#deploy(account, nonce)
    if (kind === 2 && this.contracts.size > 0) return await this.#increment(account, nonce)
    if (kind === 3) {
      const params = { address: hex(account.address), amount: random.below(1000), unit: 'WEI' }
      await this.#node.call('devnet_mint', params)
      this.sent++
      return
    }
    const amount = random.oneIn(8) ? 1n << 100n : BigInt(random.below(1000))
    const to = random.oneIn(4) ? 0x7000n + BigInt(random.below(20)) : random.pick(accounts).address
    await this.#submit(signedTransfer(account, nonce, to, amount, chainId))
  }

  async #declare(account: PredeployedAccount, nonce: bigint): Promise<void> {
    const contractClass = { ...counter.sierra, abi: `"${this.#random.word()}"` }
    const classHash = sierraClassHash(contractClass)
    this.classHashes.add(classHash)
    const declare = signedDeclare(account, nonce, classHash, counter.compiledClassHash, chainId)
    await this.#submit(declare, contractClass)
  }

  /** A counter of a class that may be there, or is no more. */
  async #deploy(account: PredeployedAccount, nonce: bigint): Promise<void> {
    const classHash = this.#random.pick([counter.classHash, ...this.classHashes])
    const salt = BigInt(this.#random.below(5))
    this.contracts.add(contractAddress(0n, salt, classHash, [1n]))
    const calldata = [classHash, salt, 0n, 1n, 1n]
    const call = [DEPLOYER_ADDRESS, selector('deployContract'), 5n, ...calldata]
    await this.#submit(signedInvoke(account, nonce, [1n, ...call], chainId))
  }

  async #increment(account: PredeployedAccount, nonce: bigint): Promise<void> {
    const to = this.#random.pick([...this.contracts])
    const calldata = [1n, to, selector('increment'), 0n]
    await this.#submit(signedInvoke(account, nonce, calldata, chainId))
  }

  async #submit(transaction: Transaction, given: SierraClass | null = null): Promise<void> {
    const contractClass =
      given ?? (transaction.type === 'DECLARE' ? this.#classOf(transaction.classHash) : null)
    try {
      const hash = await submitted(this.#node, transaction, contractClass)
      this.hashes.add(hash)
      this.sent++
      if (contractClass !== null) this.classes.set(hash, contractClass)
    } catch (error) {
      // Another declare of the class came first.
      if (!(error instanceof Refusal) || error.code !== 51) throw error
    }
  }

  #classOf(classHash: bigint): SierraClass {
    return [...this.classes.values()].find((known) => sierraClassHash(known) === classHash)!
  }
}

function isNext(transaction: Transaction, { address }: PredeployedAccount, nonce: bigint): boolean {
  if (transaction.type === 'DEPLOY_ACCOUNT') return false
  return transaction.senderAddress === address && transaction.nonce === nonce
}

/** Asks both nodes everything; the number of questions. */
async function compare(script: Script, one: RealNode, other: RealNode): Promise<number> {
  const height = one.chain.store.height()
  assert.is(other.chain.store.height(), height)
  const questions: [string, object][] = [['starknet_blockHashAndNumber', {}]]
  const addresses = [...accounts.map(({ address }) => address), ...script.contracts].map(hex)
  const keys = accounts.map(({ address }) => hex(feeBalanceKey(address)))
  const classes = [...script.classHashes].map(hex)
  const ids: unknown[] = ['pre_confirmed', 'latest', { block_number: height + 1 }]
  for (let number = 0; number <= height; number++) {
    ids.push({ block_number: number })
    ids.push({ block_hash: hex(one.chain.store.blockByNumber(number)!.header.blockHash) })
  }
  for (const hash of script.abortedHashes) ids.push({ block_hash: hash })
  for (const [place, id] of ids.entries()) {
    const at = { block_id: id }
    questions.push(['starknet_getBlockWithReceipts', at], ['starknet_getStateUpdate', at])
    if (place > 0) {
      questions.push(['starknet_traceBlockTransactions', at])
      const proof = {
        ...at,
        class_hashes: classes.slice(-20),
        contract_addresses: [...addresses.slice(0, 20), hex(STRK_ADDRESS)],
        contracts_storage_keys: [{ contract_address: hex(STRK_ADDRESS), storage_keys: keys }],
      }
      questions.push(['starknet_getStorageProof', proof])
    }
    for (const address of addresses) {
      questions.push(['starknet_getNonce', { ...at, contract_address: address }])
      questions.push(['starknet_getClassHashAt', { ...at, contract_address: address }])
    }
    for (const key of keys) {
      const cell = { contract_address: hex(STRK_ADDRESS), key }
      const response_flags = ['INCLUDE_LAST_UPDATE_BLOCK']
      questions.push(['starknet_getStorageAt', { ...at, ...cell, response_flags }])
    }
    for (const class_hash of classes) questions.push(['starknet_getClass', { ...at, class_hash }])
  }
  for (const class_hash of classes) questions.push(['starknet_getCompiledCasm', { class_hash }])
  for (const hash of script.hashes) {
    questions.push(['starknet_getTransactionReceipt', { transaction_hash: hex(hash) }])
    questions.push(['starknet_getTransactionStatus', { transaction_hash: hex(hash) }])
  }
  for (const address of [undefined, hex(STRK_ADDRESS), ...addresses]) {
    const filter = {
      address,
      from_block: { block_number: 0 },
      to_block: 'latest',
      chunk_size: 1000,
    }
    questions.push(['starknet_getEvents', { filter }])
  }
  for (const address of addresses) {
    for (const unit of ['WEI', 'FRI'])
      questions.push(['devnet_getAccountBalance', { address, unit }])
  }
  for (let at = 0; at < questions.length; at += 100) {
    const batch = questions.slice(at, at + 100)
    const [mine, theirs] = await Promise.all([one, other].map((node) => ask(node, batch)))
    for (const [place, question] of batch.entries()) {
      const text = JSON.stringify(question).slice(0, 300)
      assert.equal(mine![place], theirs![place], text)
    }
  }
  return questions.length
}

async function ask({ node }: RealNode, batch: [string, object][]): Promise<unknown[]> {
  const calls = batch.map(([method, params], id) => ({ jsonrpc: '2.0', id, method, params }))
  const init = { method: 'POST', body: JSON.stringify(calls) }
  return (await fetch(`${node.url}/rpc`, init)).json() as Promise<unknown[]>
}
