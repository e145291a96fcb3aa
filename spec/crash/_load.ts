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
import { signHash } from '../../src/node/signer.ts'
import { sierraClassHash } from '../../src/starknet/class-hash.ts'
import type { DeclareTransaction, SierraClass } from '../../src/starknet/transaction.ts'
import { transactionHash } from '../../src/starknet/transaction-hash.ts'
import { hex } from '../node/_real-node.ts'
import { signedTransfer } from '../node/_signed.ts'
import type { NodeProcess } from './_node-process.ts'

export const seedOfAccounts = 11
const chainId = encodeShortString('SN_SEPOLIA')
export const accounts = predeployedAccounts(seedOfAccounts, 8)

/** A receipt as far as it may not change: place, outcome, fee. */
type Shown = string

interface Receipt {
  transaction_hash: string
  execution_status: string
  actual_fee: { amount: string }
  events: unknown[]
}

interface BlockWithReceipts {
  block_number: number
  transactions: { receipt: Receipt }[]
}

export class Load {
  readonly acknowledged = new Set<string>()
  readonly shown = new Map<string, Shown>()
  refused = 0
  readonly #random: Random
  #declares = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Sends until the node dies; every account has a few transactions in flight. */
  async run(node: NodeProcess): Promise<void> {
    const life = { isOver: false }
    const clients = accounts.map((account) => this.#send(node, account, life))
    await Promise.all([...clients, this.#look(node, life)])
  }

  /** Notes every transaction of a block and checks those that were seen before. */
  note(block: BlockWithReceipts): void {
    block.transactions.forEach(({ receipt }, index) => {
      const text =
        `block ${block.block_number} index ${index}: ${receipt.execution_status} ` +
        `for ${receipt.actual_fee.amount}, ${JSON.stringify(receipt.events)}`
      const before = this.shown.get(receipt.transaction_hash)
      if (before !== undefined && before !== text) {
        throw new Error(`${receipt.transaction_hash} was shown as\n${before}\nand now as\n${text}`)
      }
      this.shown.set(receipt.transaction_hash, text)
    })
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
        for (let i = 0; i < batch; i++) answers.push(this.#submit(node, account, nonce++))
        await Promise.all(answers)
        // A refused one leaves a gap: begin again from the state.
        if (random.oneIn(4)) nonce = await settledNonce(node, account, life)
      }
    } catch {
      life.isOver = true
    }
  }

  async #submit(node: NodeProcess, account: PredeployedAccount, nonce: bigint): Promise<void> {
    const isDeclare = this.#random.oneIn(40)
    const [method, params] = isDeclare
      ? this.#declare(account, nonce)
      : this.#transfer(account, nonce)
    const { result, error } = await node.ask<{ transaction_hash: string }>(method, params)
    if (error === undefined) this.acknowledged.add(result.transaction_hash)
    else this.refused++
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
    const bound = (maxAmount: bigint) => ({ maxAmount, maxPricePerUnit: 2n * 10n ** 9n })
    const unsigned: DeclareTransaction = {
      type: 'DECLARE',
      version: 3n,
      senderAddress: account.address,
      classHash: sierraClassHash(contractClass),
      compiledClassHash,
      nonce,
      tip: 0n,
      signature: [],
      resourceBounds: {
        l1Gas: bound(1000n),
        l2Gas: bound(500_000_000n),
        l1DataGas: bound(1000n),
      },
      paymasterData: [],
      accountDeploymentData: [],
      nonceDataAvailabilityMode: 'L1',
      feeDataAvailabilityMode: 'L1',
    }
    const signature = signHash(transactionHash(unsigned, chainId), account.privateKey)
    const { class_hash: _, ...transaction } = encodeTransaction(
      { ...unsigned, signature },
      false,
    ) as {
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
