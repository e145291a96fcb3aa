/**
 * The mempool: admitted transactions that wait for a block (starknet-rules: admission and mempool).
 *
 *     add ──▶ waiting, by account and nonce ──▶ queue: the next nonce of each account ──▶ take: staged ──▶ settle
 *
 * Nonces of an account form a chain: only the next one competes, by tip, ties by hash; when it is taken its successor
 * enters at once. A later nonce waits for its predecessors. The size is bounded: when it is full, a transaction that
 * would open a nonce gap is refused, any other evicts one behind a gap.
 *
 * An item may be added as *held*: it has its place and is not taken, until it is released or withdrawn.
 *
 * Invariants: per account `next` is the lowest nonce not staged; the queue holds exactly one entry for each account
 * whose `next` waits and is not held; an entry of the queue that is not its account's `queued` is stale and is passed over.
 */
import { Heap } from '../shared/heap.ts'

export interface PoolItem {
  readonly hash: bigint
  readonly sender: bigint
  readonly nonce: bigint
  readonly tip: bigint
  readonly maxL2Price: bigint
  readonly sizeBytes: number
  readonly arrivedMs: number
}

export type PoolRefusal = 'duplicate' | 'nonce' | 'underpriced' | 'full'

export type PoolAnswer<T> =
  | { admitted: true; replaced: T | null; evicted: T[] }
  | { admitted: false; refusal: PoolRefusal; text: string }

export interface MempoolLimits {
  capacityBytes: number
  /** A transaction waits at most so long. */
  timeToLiveMs: number
  /** Tip and price of a replacement must rise by so much. */
  bumpPercent: bigint
}

export const defaultMempoolLimits: MempoolLimits = {
  capacityBytes: 1 << 30,
  timeToLiveMs: 300_000,
  bumpPercent: 10n,
}

interface Account<T> {
  next: bigint
  waiting: Map<bigint, T>
  queued: T | null
  staged: number
}

export class Mempool<T extends PoolItem> {
  readonly #limits: MempoolLimits
  readonly #accounts = new Map<bigint, Account<T>>()
  /** Waiting and staged, in order of arrival. */
  readonly #byHash = new Map<bigint, T>()
  readonly #staged = new Set<T>()
  readonly #held = new Set<T>()
  /** What left without being included since `drainDropped`. */
  #dropped: T[] = []
  readonly #queue = new Heap<T>((a, b) => a.tip > b.tip || (a.tip === b.tip && a.hash > b.hash))
  #sizeBytes = 0
  #ready = 0

  constructor(limits: MempoolLimits = defaultMempoolLimits) {
    this.#limits = limits
  }

  /** Transactions waiting or staged, by hash. */
  get(hash: bigint): T | undefined {
    return this.#byHash.get(hash)
  }

  isStaged(item: T): boolean {
    return this.#staged.has(item)
  }

  /** How many could be taken at least: accounts whose next nonce waits. */
  get ready(): number {
    return this.#ready
  }

  get size(): number {
    return this.#byHash.size
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Whether a transaction of this account waits or is staged. */
  knows(sender: bigint): boolean {
    return this.#accounts.has(sender)
  }

  /**
   * Admits a transaction of an account whose nonce in the newest state is `accountNonce`. A held one is not taken before
   * `release`.
   */
  add(item: T, accountNonce: bigint, isHeld = false): PoolAnswer<T> {
    this.expire(item.arrivedMs)
    const account = this.#accounts.get(item.sender)
    const refusal = this.#refuse(item, account, accountNonce)
    if (refusal) return refusal
    const home = account ?? this.#open(item.sender, accountNonce)
    const replaced = home.waiting.get(item.nonce) ?? null
    const evicted = this.#makeRoom(item, home, replaced)
    if (evicted === null) {
      this.#close(item.sender, home)
      return {
        admitted: false,
        refusal: 'full',
        text: 'Transaction rejected: mempool capacity exceeded.',
      }
    }
    if (replaced) this.#remove(replaced, home)
    home.waiting.set(item.nonce, item)
    this.#byHash.set(item.hash, item)
    this.#sizeBytes += item.sizeBytes
    if (isHeld) this.#held.add(item)
    this.#enqueue(home)
    return { admitted: true, replaced, evicted }
  }

  /** Lets held items be taken; `displaced` are those that they replaced or evicted, which are now gone for good. */
  release(items: readonly T[], displaced: readonly T[]): void {
    for (const item of items) {
      this.#held.delete(item)
      if (this.#byHash.get(item.hash) === item) this.#enqueue(this.#accounts.get(item.sender)!)
    }
    this.#dropped.push(...displaced)
  }

  /** Takes back held items, and admits again what they displaced. */
  withdraw(
    items: readonly T[],
    displaced: readonly T[],
    nonceOf: (sender: bigint) => bigint,
  ): void {
    for (const item of items) {
      this.#held.delete(item)
      if (this.#byHash.get(item.hash) === item) this.#drop(item, this.#accounts.get(item.sender)!)
      // It may have been here before, and then it is gone only now.
      this.#dropped.push(item)
    }
    for (const item of displaced) {
      if (!this.add(item, nonceOf(item.sender)).admitted) this.#dropped.push(item)
    }
  }

  /** Everything that waits or is staged, in order of arrival. */
  items(): Iterable<T> {
    return this.#byHash.values()
  }

  /**
   * Goes back to a state in which nonces may be lower, while nothing is staged. What waits stays, behind a gap where its
   * predecessors are gone.
   */
  returnTo(nonceOf: (sender: bigint) => bigint): void {
    for (const [sender, account] of this.#accounts) {
      account.next = nonceOf(sender)
      if (account.queued !== null && account.queued.nonce !== account.next) this.#unqueue(account)
      this.#enqueue(account)
    }
  }

  /** What was displaced, waited too long or lost its nonce since the last call; rejected ones are not among them. */
  drainDropped(): T[] {
    const dropped = this.#dropped
    this.#dropped = []
    return dropped
  }

  /** Takes up to `limit` transactions in block order; they stay known, as staged, until `settle`. */
  take(limit: number, nowMs: number): T[] {
    const taken: T[] = []
    this.expire(nowMs)
    while (taken.length < limit && this.#ready > 0) {
      const from = taken.length
      while (taken.length < limit) {
        const item = this.#queue.pop()
        if (item === undefined) break
        const account = this.#accounts.get(item.sender)
        if (account?.queued !== item) continue
        account.queued = null
        this.#ready--
        taken.push(this.#stage(item, account))
      }
      // Successors compete only after the whole round, so one account cannot fill a block by itself.
      for (let place = from; place < taken.length; place++) {
        this.#enqueue(this.#accounts.get(taken[place]!.sender)!)
      }
      if (taken.length === from) break
    }
    return taken
  }

  /**
   * Forgets staged transactions that were included or rejected; a rejected one makes its account go back to the nonce of
   * the newest state.
   */
  settle(included: T[], rejected: T[], nonceOf: (sender: bigint) => bigint): void {
    for (const item of included) this.#unstage(item)
    for (const item of rejected) {
      const account = this.#unstage(item)
      this.#unqueue(account)
      account.next = nonceOf(item.sender)
      this.#dropBelow(account)
      this.#enqueue(account)
    }
    for (const item of [...included, ...rejected]) {
      const account = this.#accounts.get(item.sender)
      if (account) this.#close(item.sender, account)
    }
  }

  /** Drops what waited too long; returns it. `add` and `take` do this too. */
  expire(nowMs: number): T[] {
    const dropped: T[] = []
    for (const item of this.#byHash.values()) {
      if (!this.#isExpired(item, nowMs)) break
      if (this.#staged.has(item) || this.#held.has(item)) continue
      this.#expire(item, this.#accounts.get(item.sender)!)
      dropped.push(item)
    }
    return dropped
  }

  #refuse(item: T, account: Account<T> | undefined, accountNonce: bigint): PoolAnswer<T> | null {
    const refused = (refusal: PoolRefusal, text: string): PoolAnswer<T> => ({
      admitted: false,
      refusal,
      text,
    })
    if (this.#byHash.has(item.hash)) {
      return refused('duplicate', `Duplicate transaction, with hash: 0x${item.hash.toString(16)}`)
    }
    const expected = account?.next ?? accountNonce
    if (item.nonce < expected) {
      return refused(
        'nonce',
        `Invalid transaction nonce. Expected: ${expected}, got: ${item.nonce}.`,
      )
    }
    const old = account?.waiting.get(item.nonce)
    if (
      old &&
      !(this.#outbids(item.tip, old.tip) && this.#outbids(item.maxL2Price, old.maxL2Price))
    ) {
      const sender = `0x${item.sender.toString(16)}`
      return refused(
        'underpriced',
        `Duplicate nonce, sender address: ${sender}, nonce: ${item.nonce}`,
      )
    }
    return null
  }

  #outbids(offer: bigint, old: bigint): boolean {
    return offer >= old + (old * this.#limits.bumpPercent + 99n) / 100n
  }

  /** What has to go so that `item` fits, removed; null if it may not come in. */
  #makeRoom(item: T, home: Account<T>, replaced: T | null): T[] | null {
    const evicted: T[] = []
    let excess =
      this.#sizeBytes + item.sizeBytes - (replaced?.sizeBytes ?? 0) - this.#limits.capacityBytes
    if (excess <= 0) return evicted
    if (this.#opensGap(item, home)) return null
    const victims = this.#behindGaps(home)
    for (const victim of victims) {
      evicted.push(victim)
      excess -= victim.sizeBytes
      if (excess <= 0) break
    }
    if (excess > 0) return null
    for (const victim of evicted) {
      const account = this.#accounts.get(victim.sender)!
      this.#drop(victim, account)
    }
    return evicted
  }

  #opensGap(item: T, home: Account<T>): boolean {
    for (let nonce = home.next; nonce < item.nonce; nonce++) {
      if (!home.waiting.has(nonce)) return true
    }
    return false
  }

  /** Transactions behind a nonce gap, highest nonce of each account first; never those of `except`. */
  *#behindGaps(except: Account<T>): Generator<T> {
    for (const account of this.#accounts.values()) {
      if (account === except) continue
      let executable = account.next
      while (account.waiting.has(executable)) executable++
      const behind = [...account.waiting.values()].filter((item) => item.nonce > executable)
      yield* behind.sort((a, b) => (a.nonce < b.nonce ? 1 : -1))
    }
  }

  #isExpired(item: T, nowMs: number): boolean {
    return nowMs - item.arrivedMs > this.#limits.timeToLiveMs
  }

  #open(sender: bigint, next: bigint): Account<T> {
    const account: Account<T> = { next, waiting: new Map(), queued: null, staged: 0 }
    this.#accounts.set(sender, account)
    return account
  }

  /** Forgets an account of which nothing waits and nothing is staged. */
  #close(sender: bigint, account: Account<T>): void {
    if (account.waiting.size === 0 && account.staged === 0) this.#accounts.delete(sender)
  }

  #enqueue(account: Account<T>): void {
    const item = account.waiting.get(account.next)
    if (item === undefined || account.queued === item || this.#held.has(item)) return
    this.#unqueue(account)
    account.queued = item
    this.#ready++
    this.#queue.push(item)
  }

  #unqueue(account: Account<T>): void {
    if (account.queued === null) return
    account.queued = null
    this.#ready--
  }

  #stage(item: T, account: Account<T>): T {
    account.waiting.delete(item.nonce)
    account.next = item.nonce + 1n
    account.staged++
    this.#staged.add(item)
    return item
  }

  #unstage(item: T): Account<T> {
    if (!this.#staged.delete(item)) throw new Error(`0x${item.hash.toString(16)} is not staged`)
    const account = this.#accounts.get(item.sender)!
    account.staged--
    this.#byHash.delete(item.hash)
    this.#sizeBytes -= item.sizeBytes
    return account
  }

  #dropBelow(account: Account<T>): void {
    for (const item of [...account.waiting.values()]) {
      if (item.nonce >= account.next) continue
      this.#remove(item, account)
      this.#dropped.push(item)
    }
  }

  #expire(item: T, account: Account<T>): void {
    this.#drop(item, account)
    this.#dropped.push(item)
  }

  #remove(item: T, account: Account<T>): void {
    if (account.queued === item) this.#unqueue(account)
    account.waiting.delete(item.nonce)
    this.#byHash.delete(item.hash)
    this.#sizeBytes -= item.sizeBytes
  }

  #drop(item: T, account: Account<T>): void {
    this.#remove(item, account)
    this.#close(item.sender, account)
  }
}
