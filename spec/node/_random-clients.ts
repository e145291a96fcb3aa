/**
 * Clients of a chain that do what clients do, well and badly, all at once: bursts of transfers (also to the fee
 * recipient), gaps and repeated nonces, the same transaction twice, higher bids, forged signatures, bounds that cannot be
 * paid, accounts that run out of money in the middle of a burst, classes declared, deployed and called in one breath.
 *
 * Everything follows from the seed but the times at which things happen. What must be true at the end whatever happened
 * first is checked by `_census.ts`, what the blocks say by `_replay.ts`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type ContractName, loadContract } from '../../src/contracts/catalogue.ts'
import { selector } from '../../src/felt/hash.ts'
import type { Random } from '../../src/lab/random.ts'
import type { RunningChain } from '../../src/main.ts'
import type { PredeployedAccount } from '../../src/node/accounts.ts'
import { Refusal } from '../../src/node/chain.ts'
import { DEPLOYER_ADDRESS, SEQUENCER_ADDRESS, STRK_ADDRESS } from '../../src/node/genesis.ts'
import { signHash } from '../../src/node/signer.ts'
import { contractAddress } from '../../src/starknet/addresses.ts'
import type {
  DeclareTransaction,
  DeployAccountTransaction,
  InvokeTransaction,
  SierraClass,
  Transaction,
} from '../../src/starknet/transaction.ts'
import { transactionHash } from '../../src/starknet/transaction-hash.ts'

/** Who signs. */
export type Signer = Pick<PredeployedAccount, 'address' | 'privateKey' | 'publicKey'>

export interface Admitted {
  sender: bigint
  nonce: bigint
}

/** What all clients of a chain did. */
export interface Log {
  admitted: Map<bigint, Admitted>
  /** Number of refusals by code. */
  refusals: Map<number, number>
  /** Everybody who may hold STRK. */
  holders: Set<bigint>
  /** Accounts that were meant to run out of money: their transactions may be rejected when executed. */
  poor: Set<bigint>
  /** `sender nonce` of what may have been rejected because a declare before it came too late. */
  late: Set<string>
  /** Set when something went wrong: clients give up. */
  isOver: boolean
}

const GAS_PRICE = 10n ** 9n
/** What one transfer may cost at most, and about three times what it does cost. */
const TRANSFER_BOUNDS = { l1: 0n, l2: 3_000_000n, data: 1000n }
const WIDE_BOUNDS = { l1: 0n, l2: 300_000_000n, data: 20_000n }
const MOST_TRANSFER_FEE = (TRANSFER_BOUNDS.l2 + TRANSFER_BOUNDS.data) * 2n * GAS_PRICE
/** Classes that are not declared at genesis; `increment` of a counter succeeds, other calls revert. */
const CLASSES: ContractName[] = ['counter', 'loop', 'hasher']

interface Call {
  to: bigint
  name: string
  calldata: bigint[]
}

interface Offer {
  tip?: bigint
  price?: bigint
  bounds?: { l1: bigint; l2: bigint; data: bigint }
}

export class Client {
  nonce = 0n
  private readonly chain: RunningChain
  private readonly self: Signer
  private readonly others: readonly bigint[]
  private readonly random: Random
  private readonly log: Log
  private readonly pending: Promise<unknown>[] = []

  constructor(
    chain: RunningChain,
    self: Signer,
    others: readonly bigint[],
    random: Random,
    log: Log,
  ) {
    this.chain = chain
    this.self = self
    this.others = others
    this.random = random
    this.log = log
  }

  /** Does some random things, then waits until all were answered. */
  async live(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.act()
      if (this.random.oneIn(3)) await this.nap(this.random.below(8))
    }
    await this.answered()
  }

  private async act(): Promise<void> {
    const { random } = this
    switch (random.below(16)) {
      case 0:
        return this.gap()
      case 1:
        return this.repeat()
      case 2:
        return this.outbid()
      case 3:
        return this.tooMuch()
      case 4:
        return this.declareDeployCall()
      case 5:
        return this.bearPoorChild()
      case 6:
        return this.look()
      case 7:
        return void (await this.chain.mint(random.pick(this.others), 7n, 'FRI'))
      case 8: {
        const hash = await this.chain.createBlock()
        if (this.chain.store.blockByHash(hash) === null) throw new Error('a block was not appended')
        return
      }
      default: {
        const burst = 1 + random.below(8)
        for (let left = burst; left > 0; left--) this.send(this.randomCalls())
        if (random.oneIn(2)) await this.answered()
      }
    }
  }

  /** A later nonce first. */
  private async gap(): Promise<void> {
    const [second, first] = [this.invoke(this.nonce + 1n), this.invoke(this.nonce)]
    this.nonce += 2n
    this.expect(this.mustPass(second), this.mustPass(first))
  }

  /** The same transaction twice at the same time: one is a duplicate. Then once more, and a used nonce. */
  private async repeat(): Promise<void> {
    await this.answered()
    const transaction = this.invoke(this.nonce++)
    const answers = await Promise.all([this.try(transaction), this.try(transaction)])
    if (answers.filter((hash) => hash !== null).length !== 1) {
      throw new Error(`a transaction that was sent twice was admitted ${answers}`)
    }
    await this.mustFail(transaction, [59])
    await this.mustFail(this.invoke(this.nonce - 1n), [52, 64])
    await this.mustFail(this.invoke(this.nonce + 500n), [52])
  }

  /** A higher bid for the same nonce: it replaces, or comes too late. */
  private async outbid(): Promise<void> {
    const nonce = this.nonce++
    this.expect(this.mustPass(this.invoke(nonce, this.randomCalls(), { tip: 10n })))
    const higher = { tip: 100n, price: 3n * GAS_PRICE }
    const bid = this.invoke(nonce, this.randomCalls(), higher)
    this.expect(this.try(bid))
  }

  private async tooMuch(): Promise<void> {
    await this.answered()
    const endless = { l1: 10n ** 15n, l2: 10n ** 9n, data: 20_000n }
    const offer = { bounds: endless }
    await this.mustFail(this.invoke(this.nonce, this.randomCalls(), offer), [54])
    const forged = this.invoke(this.nonce)
    await this.mustFail({ ...forged, signature: [1n, 2n] }, [55])
    const stingy = { bounds: { l1: 0n, l2: 1000n, data: 0n } }
    await this.mustFail(this.invoke(this.nonce, this.randomCalls(), stingy), [53])
  }

  /** Declares, deploys and calls a class without waiting in between. Another client may have declared it already. */
  private async declareDeployCall(): Promise<void> {
    await this.executed()
    const name = this.random.pick(CLASSES)
    const contract = loadContract(name)
    const given = name === 'counter' ? [5n] : []
    const { classHash, compiledClassHash, sierra } = contract
    const salt = BigInt(this.random.below(1 << 30))
    const declare = this.declare({ classHash, compiledClassHash })
    const declared = this.try(declare, sierra)
    const deploy = [
      {
        to: DEPLOYER_ADDRESS,
        name: 'deployContract',
        calldata: [classHash, salt, 0n, BigInt(given.length), ...given],
      },
    ]
    const address = contractAddress(0n, salt, classHash, given)
    const call = [{ to: address, name: 'increment', calldata: [] }]
    const first = this.nonce++
    const next = this.invoke(this.nonce++, deploy, { bounds: WIDE_BOUNDS })
    this.expect(this.mustPass(next))
    const last = this.invoke(this.nonce++, call, { bounds: WIDE_BOUNDS })
    this.expect(this.mustPass(last))
    await Promise.all([declared, this.answered()])
    await this.catchUp(first)
  }

  /** After a declare that came too late: it and what followed were rejected, so their nonces are used by others. */
  private async catchUp(first: bigint): Promise<void> {
    const { chain, log, self } = this
    for (let now = this.nonceNow(); now < this.nonce; now = this.nonceNow()) {
      const isMine = ({ sender, nonce }: Admitted) => sender === self.address && nonce === now
      const waits = [...log.admitted].some(([hash, one]) => isMine(one) && isWaiting(chain, hash))
      if (!waits && this.nonceNow() === now) await this.try(this.invoke(now))
      else await this.nap(3)
    }
    for (let nonce = first; nonce < this.nonce; nonce++) log.late.add(`${self.address} ${nonce}`)
  }

  /** A new account that has money for a few transactions and sends many; most are rejected when executed. */
  private async bearPoorChild(): Promise<void> {
    const { random, chain, log } = this
    await this.executed()
    const { classHash } = loadContract('account')
    const salt = BigInt(random.below(1 << 30))
    const calldata = [this.self.publicKey]
    const address = contractAddress(0n, salt, classHash, calldata)
    log.poor.add(address)
    log.holders.add(address)
    const purse = MOST_TRANSFER_FEE * BigInt(2 + random.below(3))
    this.send([{ to: STRK_ADDRESS, name: 'transfer', calldata: [address, purse, 0n] }])
    await this.executed()
    const child = { ...this.self, address }
    const deploy: DeployAccountTransaction = {
      ...common(0n, { bounds: TRANSFER_BOUNDS }),
      type: 'DEPLOY_ACCOUNT',
      classHash,
      contractAddressSalt: salt,
      constructorCalldata: calldata,
    }
    // The first invoke passes unvalidated while the deployment waits; those after it need the account.
    const first = [{ to: STRK_ADDRESS, name: 'transfer', calldata: [this.self.address, 1n, 0n] }]
    const sent = [
      this.try(signed(deploy, chain.chainId, this.self)),
      this.try(invokeOf(child, 1n, first, chain.chainId, {})),
    ]
    while (isWaiting(chain, (await sent[0]) ?? 0n)) await this.nap(3)
    for (let nonce = 2n; nonce < 9n; nonce++) {
      const calls = [{ to: STRK_ADDRESS, name: 'transfer', calldata: [this.self.address, 1n, 0n] }]
      sent.push(this.try(invokeOf(child, nonce, calls, chain.chainId, { tip: nonce % 2n })))
    }
    this.expect(...sent)
  }

  /** Simulations share a machine with the sequential executor. */
  private async look(): Promise<void> {
    const { chain, random } = this
    const flags = { skipValidate: true, skipFeeCharge: random.oneIn(2) }
    const transaction = this.invoke(this.nonceNow())
    await chain.simulate([{ transaction, contractClass: null }], 'pre_confirmed', flags)
    chain.stateOf(random.below(chain.store.height() + 1)).nonceAt(this.self.address)
    for (const hash of [...this.log.admitted.keys()].slice(-5)) chain.stageOf(hash)
  }

  private send(calls: Call[]): void {
    const tip = BigInt(this.random.below(4))
    this.expect(this.mustPass(this.invoke(this.nonce++, calls, { tip })))
  }

  /** One to three transfers, some to the fee recipient, to nobody yet, or of more than there is. */
  private randomCalls(): Call[] {
    const { random } = this
    return Array.from({ length: 1 + random.below(3) }, () => {
      const to = random.oneIn(4)
        ? SEQUENCER_ADDRESS
        : random.oneIn(12)
          ? 0x700000n + BigInt(random.below(1000))
          : random.pick(this.others)
      this.log.holders.add(to)
      const amount = random.oneIn(15) ? 1n << 120n : BigInt(random.below(1000))
      return { to: STRK_ADDRESS, name: 'transfer', calldata: [to, amount, 0n] }
    })
  }

  private invoke(nonce: bigint, calls = this.randomCalls(), offer: Offer = {}): InvokeTransaction {
    return invokeOf(this.self, nonce, calls, this.chain.chainId, offer)
  }

  private declare(hashes: { classHash: bigint; compiledClassHash: bigint }): DeclareTransaction {
    const declare: DeclareTransaction = {
      ...common(this.nonce, { bounds: WIDE_BOUNDS }),
      type: 'DECLARE',
      senderAddress: this.self.address,
      ...hashes,
      accountDeploymentData: [],
    }
    return signed(declare, this.chain.chainId, this.self)
  }

  /** Submits; the hash, or null when it was refused. */
  private async try(transaction: Transaction, sierra?: SierraClass): Promise<bigint | null> {
    const { chain, log } = this
    try {
      const hash = await chain.submit(transaction, sierra ?? null)
      const sender = senderOf(transaction)
      log.admitted.set(hash, { sender, nonce: transaction.nonce })
      return hash
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      log.refusals.set(error.code, (log.refusals.get(error.code) ?? 0) + 1)
      lastRefusal.set(transaction, error)
      return null
    }
  }

  private async mustPass(transaction: Transaction): Promise<void> {
    if ((await this.try(transaction)) !== null) return
    const { code, data } = lastRefusal.get(transaction)!
    throw new Error(`a good transaction of nonce ${transaction.nonce} was refused: ${code} ${data}`)
  }

  private async mustFail(transaction: Transaction, codes: number[]): Promise<void> {
    if ((await this.try(transaction)) !== null) {
      throw new Error(`a transaction was admitted that is to be refused with ${codes}`)
    }
    const { code, data } = lastRefusal.get(transaction)!
    if (!codes.includes(code)) throw new Error(`expected refusal ${codes}, got ${code} ${data}`)
  }

  /** Looked at by `answered`; who fails before that should be heard. */
  private expect(...answers: Promise<unknown>[]): void {
    for (const answer of answers) answer.catch(() => {})
    this.pending.push(...answers)
  }

  private async answered(): Promise<void> {
    await Promise.all(this.pending.splice(0))
  }

  /** Waits until everything that this client sent is executed. */
  private async executed(): Promise<void> {
    await this.answered()
    while (this.nonceNow() < this.nonce) await this.nap(3)
  }

  private async nap(ms: number): Promise<void> {
    if (this.log.isOver) throw new Error('another client failed')
    await sleep(ms)
  }

  private nonceNow(): bigint {
    return this.chain.stateOf('pre_confirmed').nonceAt(this.self.address)
  }
}

const lastRefusal = new WeakMap<Transaction, Refusal>()

/** Whether a transaction has not been executed yet. */
export function isWaiting(chain: RunningChain, hash: bigint): boolean {
  const stage = chain.stageOf(hash)?.stage
  return stage === 'received' || stage === 'candidate'
}

function senderOf(transaction: Transaction): bigint {
  if (transaction.type !== 'DEPLOY_ACCOUNT') return transaction.senderAddress
  const { contractAddressSalt, classHash, constructorCalldata } = transaction
  return contractAddress(0n, contractAddressSalt, classHash, constructorCalldata)
}

function common(nonce: bigint, { tip = 0n, price = 2n * GAS_PRICE, bounds }: Offer) {
  const { l1, l2, data } = bounds ?? WIDE_BOUNDS
  const bound = (maxAmount: bigint) => ({ maxAmount, maxPricePerUnit: price })
  return {
    version: 3n,
    nonce,
    tip,
    signature: [],
    resourceBounds: { l1Gas: bound(l1), l2Gas: bound(l2), l1DataGas: bound(data) },
    paymasterData: [],
    nonceDataAvailabilityMode: 'L1' as const,
    feeDataAvailabilityMode: 'L1' as const,
  }
}

function invokeOf(
  signer: Signer,
  nonce: bigint,
  calls: Call[],
  chainId: bigint,
  offer: Offer,
): InvokeTransaction {
  const list = calls.flatMap(({ to, name, calldata }) => [
    to,
    selector(name),
    BigInt(calldata.length),
    ...calldata,
  ])
  const bounds = offer.bounds ?? (calls.length === 1 ? TRANSFER_BOUNDS : WIDE_BOUNDS)
  const transaction: InvokeTransaction = {
    ...common(nonce, { ...offer, bounds }),
    type: 'INVOKE',
    senderAddress: signer.address,
    calldata: [BigInt(calls.length), ...list],
    accountDeploymentData: [],
    proofFacts: [],
  }
  return signed(transaction, chainId, signer)
}

function signed<T extends Transaction>(transaction: T, chainId: bigint, { privateKey }: Signer): T {
  const hash = transactionHash(transaction, chainId)
  return { ...transaction, signature: signHash(hash, privateKey) }
}
