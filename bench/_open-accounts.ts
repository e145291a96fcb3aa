/**
 * Many accounts without a signature check, and transfers of STRK between them: real transactions of our own contracts,
 * made without a key. Everything but the nonces follows from a number.
 */
import { loadContract } from '../src/contracts/catalogue.ts'
import { selector } from '../src/felt/hash.ts'
import { Random } from '../src/lab/random.ts'
import { STRK_ADDRESS } from '../src/node/genesis.ts'
import { feeBalanceKey } from '../src/starknet/addresses.ts'
import type { StateDiff } from '../src/starknet/execution.ts'
import { emptyStateDiff } from '../src/starknet/state-diff.ts'
import type { InvokeTransaction } from '../src/starknet/transaction.ts'
import type { StoredClass } from '../src/storage/chain-store.ts'

/** A prime: steps of so many lead to senders that differ, while a block has fewer transfers than there are accounts. */
const STEP = 7919
const BALANCE = 10n ** 24n
const SPREAD = 0x9e3779b97f4a7c15f39cc0605cedc835n ** 2n

export class OpenAccounts {
  readonly count: number
  readonly #nonces: Uint32Array
  readonly #random: Random
  readonly #transfer = selector('transfer')

  /** `seed` says who pays whom. */
  constructor(count: number, seed = 1) {
    this.count = count
    this.#nonces = new Uint32Array(count)
    this.#random = new Random(seed)
  }

  /** Their class, declared by whoever deploys the first of them. */
  static declared(): StoredClass {
    const { classHash, compiledClassHash, sierra, casm } = loadContract('open-account')
    return { classHash, compiledClassHash, sierra, casm, declaredAt: 0 }
  }

  /** Addresses lie over the whole range, as hashes do. */
  address(index: number): bigint {
    return (BigInt(index + 1) * SPREAD) % 2n ** 250n
  }

  /** Any of them. */
  anyone(): bigint {
    return this.address(this.#random.below(this.count))
  }

  /** Deploys accounts `from` to `to`; the first of them brings the class. */
  deployment(from: number, to: number): StateDiff {
    const { classHash, compiledClassHash } = OpenAccounts.declared()
    const diff = this.funding(from, to, BALANCE)
    if (from === 0) diff.declaredClasses.set(classHash, compiledClassHash)
    for (let index = from; index < to; index++) {
      diff.deployedContracts.set(this.address(index), classHash)
    }
    return diff
  }

  /** Gives accounts `from` to `to` a balance. */
  funding(from: number, to: number, balance: bigint): StateDiff {
    const diff = emptyStateDiff()
    const balances = new Map<bigint, bigint>()
    for (let index = from; index < to; index++) {
      balances.set(feeBalanceKey(this.address(index)), balance)
    }
    diff.storage.set(STRK_ADDRESS, balances)
    return diff
  }

  /** The next transfers, each from another sender to anyone. */
  transfers(count: number): InvokeTransaction[] {
    const first = this.#random.below(this.count)
    return Array.from({ length: count }, (_, place) => {
      const sender = (first + place * STEP) % this.count
      return this.#invoke(sender, [this.anyone(), 1n + BigInt(place), 0n])
    })
  }

  #invoke(sender: number, payment: bigint[]): InvokeTransaction {
    const bound = (maxAmount: bigint) => ({ maxAmount, maxPricePerUnit: 2n * 10n ** 9n })
    return {
      type: 'INVOKE',
      version: 3n,
      senderAddress: this.address(sender),
      calldata: [1n, STRK_ADDRESS, this.#transfer, BigInt(payment.length), ...payment],
      nonce: BigInt(this.#nonces[sender]!++),
      tip: 0n,
      signature: [],
      resourceBounds: {
        l1Gas: bound(1000n),
        l2Gas: bound(50_000_000n),
        l1DataGas: bound(1000n),
      },
      paymasterData: [],
      accountDeploymentData: [],
      proofFacts: [],
      nonceDataAvailabilityMode: 'L1',
      feeDataAvailabilityMode: 'L1',
    }
  }
}
