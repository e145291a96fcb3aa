/**
 * A mirror that is told news now and then says what the chain says, at every height and with what is not stored yet:
 * whatever is executed, sealed, stored and taken back between two tellings.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { putOver } from '../../src/simulation/draft.ts'
import { LayeredState } from '../../src/simulation/layered-state.ts'
import type { StateId } from '../../src/simulation/request.ts'
import { type PendingBlock, StateFeed } from '../../src/simulation/state-feed.ts'
import { StateMirror } from '../../src/simulation/state-mirror.ts'
import type { StateDiff } from '../../src/starknet/execution.ts'
import { emptyStateDiff } from '../../src/starknet/state-diff.ts'
import type { StateReader } from '../../src/storage/chain-store.ts'
import { ChainWriter } from '../../src/storage/chain-writer.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { LmdbStore } from '../../src/storage/lmdb-store.ts'
import { createMemoryStore } from '../../src/storage/memory-store.ts'
import { seed } from '../seed.ts'
import { addresses, blockOf, classes, keys, RandomChain } from '../storage/_random-chain.ts'

const steps = Number(process.env.FUGUE_STEPS ?? 600)
console.log(`seed ${seed}`)

const folder = mkdtempSync(join(tmpdir(), 'fugue-mirror-'))
test.after(() => rmSync(folder, { recursive: true }))

class Pending implements PendingBlock {
  readonly number: number
  readonly parts: StateDiff[]
  diff: StateDiff

  constructor(number: number, opening: StateDiff) {
    this.number = number
    this.parts = [opening]
    this.diff = opening
  }

  add(part: StateDiff): void {
    this.parts.push(part)
    this.diff = emptyStateDiff()
    for (const each of this.parts) putOver(this.diff, each)
  }
}

/** A chain of which only the state matters, and two mirrors of it. */
class Mirrored {
  readonly random = new RandomChain(seed)
  readonly memory = createMemoryStore()
  readonly database = openDatabase(join(folder, 'chain.mdb'))
  readonly writer = new ChainWriter(this.database)
  readonly disk = new LmdbStore(this.database)
  pending: Pending[] = []
  aborts = 0
  readonly mirrors = [this.#mirror(false), this.#mirror(true)]
  checks = 0

  get tip(): number {
    return this.memory.height() + this.pending.length
  }

  step(): void {
    const { choice } = this.random
    switch (choice.below(12)) {
      case 0:
      case 1:
        this.open()
        break
      case 2:
      case 3:
      case 4:
        this.execute()
        break
      case 5:
      case 6:
        this.store()
        break
      case 7:
        if (choice.below(3) === 0) this.abort(choice.below(3))
        break
      default:
        for (const mirror of this.mirrors) if (choice.below(3) > 0) this.compare(mirror)
    }
  }

  /** Seals the open block, if there is one, and opens the next. */
  open(): void {
    if (this.pending.length >= 8) return
    const number = this.tip + 1
    this.pending.push(new Pending(number, this.#diff()))
  }

  /** Something happens in the open block. */
  execute(): void {
    this.pending.at(-1)?.add(this.#diff())
  }

  /** Stores the oldest sealed block. */
  store(): void {
    const [sealed] = this.pending
    if (sealed === undefined) return
    const { diff: stateDiff } = sealed
    const parentHash = this.memory.blockByNumber(sealed.number - 1)?.header.blockHash ?? 0n
    const block = {
      ...this.random.next(sealed.number, parentHash),
      stateDiff,
      classes: [],
    }
    this.writer.append(block)
    for (const store of [this.memory, this.disk]) store.append(blockOf(block), [])
    this.pending.shift()
  }

  /** Takes back what is not stored, and some blocks that are. */
  abort(count: number): void {
    this.pending = []
    this.aborts++
    const height = Math.max(this.memory.height() - count, 0)
    if (height >= this.memory.height()) return
    this.writer.abortAbove(height)
    for (const store of [this.memory, this.disk]) store.returnTo(height)
  }

  compare({ feed, mirror }: Mirrored['mirrors'][number]): void {
    if (this.memory.height() < 0) return
    const news = feed.news()
    if (news !== null) mirror.take(structuredClone(news))
    assert.is(feed.news(), null)
    const newest = new LayeredState(
      this.pending.map(({ diff }) => diff),
      this.memory.stateAt(this.memory.height()),
      this.tip,
    )
    this.#compare(mirror, 'pre_confirmed', newest)
    for (const below of [0, this.random.choice.below(4)]) {
      const height = this.memory.height() - below
      if (height >= 0) this.#compare(mirror, height, this.memory.stateAt(height))
    }
    assert.is(mirror.state(this.memory.height() + 1), null)
    mirror.release()
  }

  #compare(mirror: StateMirror, at: StateId, expected: StateReader): void {
    const found = mirror.state(at)!
    const same = (read: (state: StateReader) => unknown, what: string) => {
      this.checks++
      assert.is(read(found), read(expected), `${what} at ${at}`)
    }
    for (const address of addresses) {
      for (const key of keys) {
        same((state) => state.storageAt(address, key), `storage ${address} ${key}`)
      }
      same((state) => state.nonceAt(address), `nonce ${address}`)
      same((state) => state.classHashAt(address), `class ${address}`)
    }
    for (const classHash of classes) {
      same((state) => state.compiledClassHashAt(classHash), `compiled ${classHash}`)
    }
  }

  #diff(): StateDiff {
    return this.random.next(0, 0n).stateDiff
  }

  #mirror(onDisk: boolean) {
    const store = onDisk ? this.disk : this.memory
    const state = { store, pending: () => this.pending, aborts: () => this.aborts }
    return {
      feed: new StateFeed(state, !onDisk),
      mirror: new StateMirror(onDisk ? this.database : null),
    }
  }
}

test('mirrors in memory and in front of a database say what the chain says', async () => {
  const chain = new Mirrored()
  for (let step = 0; step < steps; step++) chain.step()
  console.log(`${chain.checks} checks, height ${chain.memory.height()}`)
  assert.ok(chain.checks > 10_000 || steps < 600)
  await chain.database.close()
})

test.run()
