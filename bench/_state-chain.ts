/**
 * Blocks of transfers as diffs, without a sequencer: what tries and stores see of them.
 *
 * Accounts have a class, a nonce and one storage cell; the token has a balance of each.
 */
import { poseidon } from '../src/felt/hash.ts'
import { Random } from '../src/lab/random.ts'
import type { StateDiff } from '../src/starknet/execution.ts'

const TOKEN = 0x4718f5a0fc34cc1af16a1cdee98ffb20c31f5cd61d6ab07201858f4287c938dn
const SEQUENCER = 0x1000n
const ACCOUNT_CLASS = poseidon(1n, 1n)
const TOKEN_CLASS = poseidon(1n, 2n)
const MASK = (1n << 250n) - 1n

export class TransferChain {
  readonly #accounts: bigint[]
  readonly #balances: bigint[]
  readonly #nonces: number[]
  readonly #random: Random
  #height = 0

  /** `seed` says who pays whom. */
  constructor(accounts: number, seed = 1) {
    const indices = Array.from({ length: accounts }, (_, index) => BigInt(index))
    this.#accounts = indices.map((index) => poseidon(2n, index) & MASK)
    this.#balances = indices.map((index) => poseidon(3n, index) & MASK)
    this.#nonces = indices.map(() => 0)
    this.#random = new Random(seed)
  }

  /** Address of an account. */
  account(index: number): bigint {
    return this.#accounts[index % this.#accounts.length]!
  }

  /** The diff that deploys accounts `from` to `to` and funds them; the first one deploys the token. */
  genesis(from = 0, to: number = this.#accounts.length): StateDiff {
    const diff = emptyDiff()
    if (from === 0) diff.deployedContracts.set(TOKEN, TOKEN_CLASS)
    const balances = new Map<bigint, bigint>()
    diff.storage.set(TOKEN, balances)
    for (let index = from; index < to; index++) {
      const account = this.#accounts[index]!
      diff.deployedContracts.set(account, ACCOUNT_CLASS)
      diff.storage.set(account, new Map([[5n, poseidon(4n, account)]]))
      balances.set(this.#balances[index]!, 10n ** 21n + BigInt(index))
    }
    return diff
  }

  /** The diff of the next block: each transfer has a sender of its own. */
  transfers(count: number): StateDiff {
    const diff = emptyDiff()
    const balances = new Map<bigint, bigint>()
    const accounts = this.#accounts.length
    this.#height++
    const first = this.#random.below(accounts)
    for (let i = 0; i < count; i++) {
      // 7919 is a prime, so senders differ while a block has fewer transfers than there are accounts.
      const sender = (first + i * 7919) % accounts
      const recipient = this.#random.below(accounts)
      this.#nonces[sender]!++
      diff.nonces.set(this.#accounts[sender]!, BigInt(this.#nonces[sender]!))
      for (const index of [sender, recipient]) {
        balances.set(this.#balances[index]!, 10n ** 21n - BigInt(this.#height * 1000 + i))
      }
    }
    balances.set(SEQUENCER, BigInt(this.#height) * 10n ** 18n)
    diff.storage.set(TOKEN, balances)
    diff.storage.set(1n, new Map([[BigInt(this.#height), poseidon(5n, BigInt(this.#height))]]))
    return diff
  }
}

function emptyDiff() {
  return {
    storage: new Map<bigint, Map<bigint, bigint>>(),
    nonces: new Map<bigint, bigint>(),
    deployedContracts: new Map<bigint, bigint>(),
    replacedClasses: new Map<bigint, bigint>(),
    declaredClasses: new Map<bigint, bigint>(),
    migratedCompiledClasses: new Map<bigint, bigint>(),
  }
}
