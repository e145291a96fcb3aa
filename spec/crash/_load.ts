/**
 * Load on a node that may die: accounts that send transfers, and now and then a declare. What the node acknowledged is
 * noted, and where it showed a transaction, and its receipt.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { loadContract } from '../../src/contracts/catalogue.ts'
import { encodeShortString } from '../../src/felt/felt.ts'
import type { Random } from '../../src/lab/random.ts'
import { type PredeployedAccount, predeployedAccounts } from '../../src/node/accounts.ts'
import { encodeTransaction } from '../../src/node/encode/transaction.ts'
import { sierraClassHash } from '../../src/starknet/class-hash.ts'
import type { SierraClass } from '../../src/starknet/transaction.ts'
import { hex } from '../node/_real-node.ts'
import { signedDeclare, signedTransfer } from '../node/_signed.ts'
import type { NodeProcess } from './_node-process.ts'

export const seedOfAccounts = 11
const chainId = encodeShortString('SN_SEPOLIA')
export const accounts = predeployedAccounts(seedOfAccounts, 8)

/** A receipt as far as it may not change: place, outcome, fee. */
type Shown = string

export interface Receipt {
  transaction_hash: string
  block_number?: number
  execution_status: string
  actual_fee: { amount: string }
  events: unknown[]
}

export interface BlockWithReceipts {
  block_number: number
  transactions: { receipt: Receipt }[]
}

export class Load {
  readonly acknowledged = new Set<string>()
  readonly shown = new Map<string, Shown>()
  refused = 0
  /** Text of the newest refusal with 63, which says that the node has no room. */
  noRoom: string | null = null
  readonly #random: Random
  readonly #declareOneIn: number
  #declares = 0

  /** A declare follows one in so many times when an account has nothing in flight. */
  constructor(random: Random, declareOneIn = 4) {
    this.#random = random
    this.#declareOneIn = declareOneIn
  }

  /** Sends until the node dies; every account has a few transactions in flight. */
  async run(node: NodeProcess): Promise<void> {
    const life = { isOver: false }
    const clients = accounts.map((account) => this.#send(node, account, life))
    await Promise.all([...clients, this.#look(node, life)])
  }

  /** Sends the next nonce of every account. */
  async fillGaps(node: NodeProcess): Promise<void> {
    for (const account of accounts) {
      await this.#submit(node, this.#transfer(account, await nonceOf(node, account)))
    }
  }

  /** Notes every transaction of a block and checks those that were seen before. */
  note(block: BlockWithReceipts): void {
    block.transactions.forEach(({ receipt }, index) => {
      this.#note(receipt, `block ${block.block_number} index ${index}: ${textOf(receipt)}`)
    })
  }

  /** Notes a receipt, which does not tell its index. */
  noteReceipt(receipt: Receipt): void {
    this.#note(receipt, `block ${receipt.block_number}: ${textOf(receipt)}`)
  }

  #note({ transaction_hash: hash }: Receipt, text: string): void {
    const before = this.shown.get(hash)
    const isSame = before === undefined || before === text
    if (!isSame && withoutIndex(before) !== text && before !== withoutIndex(text)) {
      throw new Error(`${hash} was shown as\n${before}\nand now as\n${text}`)
    }
    if (before === undefined || before.length < text.length) this.shown.set(hash, text)
  }

  async #send(
    node: NodeProcess,
    account: PredeployedAccount,
    life: { isOver: boolean },
  ): Promise<void> {
    const random = this.#random
    try {
      let nonce = await nonceOf(node, account)
      while (!life.isOver) {
        const batch = 1 + random.below(4)
        const answers: Promise<void>[] = []
        for (let i = 0; i < batch; i++)
          answers.push(this.#submit(node, this.#transfer(account, nonce++)))
        await Promise.all(answers)
        if (!random.oneIn(4)) continue
        // A refused one leaves a gap: begin again from the state. A declare must have the next nonce.
        nonce = await settledNonce(node, account, life)
        if (random.oneIn(this.#declareOneIn))
          await this.#submit(node, this.#declare(account, nonce++))
      }
    } catch {
      life.isOver = true
    }
  }

  async #submit(node: NodeProcess, [method, params]: [string, object]): Promise<void> {
    const { result, error } = await node.ask<{ transaction_hash: string }>(method, params)
    if (error === undefined) this.acknowledged.add(result.transaction_hash)
    else this.refused++
    if (error?.code === 63) this.noRoom = String(error.data)
  }

  #transfer(account: PredeployedAccount, nonce: bigint): [string, object] {
    const random = this.#random
    // Some want to pay more than there is, and are reverted.
    const amount = random.oneIn(10) ? 1n << 100n : BigInt(random.below(1000))
    const transfer = signedTransfer(account, nonce, random.pick(accounts).address, amount, chainId)
    return [
      'starknet_addInvokeTransaction',
      { invoke_transaction: encodeTransaction(transfer, false) },
    ]
  }

  /** A class that nobody has declared: a contract of ours with another ABI. Its CASM is the node's own. */
  #declare(account: PredeployedAccount, nonce: bigint): [string, object] {
    const { sierra, compiledClassHash } = loadContract('counter')
    const contractClass: SierraClass = {
      ...sierra,
      abi: `"${++this.#declares} ${this.#random.word()}"`,
    }
    const signed = signedDeclare(
      account,
      nonce,
      sierraClassHash(contractClass),
      compiledClassHash,
      chainId,
    )
    const { class_hash: _, ...transaction } = encodeTransaction(signed, false) as {
      class_hash: string
    }
    const declare = { ...transaction, contract_class: encodeClass(contractClass) }
    return ['starknet_addDeclareTransaction', { declare_transaction: declare }]
  }

  /** Looks at the blocks that a client sees. */
  async #look(node: NodeProcess, life: { isOver: boolean }): Promise<void> {
    while (!life.isOver) {
      try {
        const { result } = await node.ask<BlockWithReceipts>('starknet_getBlockWithReceipts', {
          block_id: this.#random.oneIn(2) ? 'pre_confirmed' : 'latest',
        })
        if (result !== undefined) this.note(result)
      } catch (error) {
        if (String(error).includes('was shown')) throw error
        life.isOver = true
      }
      await sleep(5 + this.#random.below(20))
    }
  }
}

function textOf({ execution_status, actual_fee, events }: Receipt): string {
  return `${execution_status} for ${actual_fee.amount}, ${JSON.stringify(events)}`
}

function withoutIndex(text: string): string {
  return text.replace(/ index \d+/, '')
}

export async function nonceOf(node: NodeProcess, account: PredeployedAccount): Promise<bigint> {
  const parameters = { block_id: 'pre_confirmed', contract_address: hex(account.address) }
  return BigInt(await node.call<string>('starknet_getNonce', parameters))
}

/** The nonce when it no longer moves: what was sent has run. */
async function settledNonce(
  node: NodeProcess,
  account: PredeployedAccount,
  life: { isOver: boolean },
): Promise<bigint> {
  let nonce = await nonceOf(node, account)
  while (!life.isOver) {
    await sleep(15)
    const later = await nonceOf(node, account)
    if (later === nonce) break
    nonce = later
  }
  return nonce
}

function encodeClass(contractClass: SierraClass): object {
  const points = (list: SierraClass['entryPointsByType']['external']) =>
    list.map(({ selector, functionIdx }) => ({
      selector: hex(selector),
      function_idx: functionIdx,
    }))
  const byType = contractClass.entryPointsByType
  return {
    sierra_program: contractClass.sierraProgram.map(hex),
    contract_class_version: contractClass.contractClassVersion,
    entry_points_by_type: {
      EXTERNAL: points(byType.external),
      L1_HANDLER: points(byType.l1Handler),
      CONSTRUCTOR: points(byType.constructor),
    },
    abi: contractClass.abi,
  }
}
