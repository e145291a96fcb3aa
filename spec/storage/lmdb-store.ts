/**
 * The store on disk says what the store in memory says: state at every kept height, blocks, receipts, classes, pages of
 * events; after random blocks, aborts, prunes, and after reopening.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkStoredBlock } from '../../src/storage/block-check.ts'
import type { ChainStore, EventFilter, EventPosition } from '../../src/storage/chain-store.ts'
import { ChainWriter, KEPT_HEIGHTS } from '../../src/storage/chain-writer.ts'
import { type ChainDatabase, openDatabase } from '../../src/storage/database.ts'
import { LmdbStore } from '../../src/storage/lmdb-store.ts'
import { createMemoryStore } from '../../src/storage/memory-store.ts'
import { seed } from '../seed.ts'
import { addresses, blockOf, classes, keys, RandomChain } from './_random-chain.ts'

const steps = Number(process.env.FUGUE_STEPS ?? 170)
console.log(`seed ${seed}`)

const folder = mkdtempSync(join(tmpdir(), 'fugue-store-'))
test.after(() => rmSync(folder, { recursive: true }))

test('both stores answer alike, whatever is appended, aborted, pruned and reopened', async () => {
  const pair = new Pair(join(folder, 'chain.mdb'), seed)
  for (let step = 0; step < steps; step++) {
    const { choice } = pair.chain
    const kind = choice.below(20)
    if (kind < 16) pair.append()
    else if (kind < 18) pair.abort(choice.below(6))
    else if (kind < 19) pair.prune(choice.below(20))
    else await pair.reopen()
    pair.compareState(50)
    pair.compareSomeBlock()
    pair.compareEvents()
  }
  await pair.reopen()
  pair.compareState(1000)
  for (let count = 0; count < 40; count++) pair.compareSomeBlock()
  for (let count = 0; count < 40; count++) pair.compareEvents()
  console.log(`${pair.checks} checks, height ${pair.disk.height()}`)
  assert.ok(pair.checks > 10_000 || steps < 170)
  pair.checkAll()
  await pair.database.close()
})

/** A chain in two stores. */
class Pair {
  readonly chain: RandomChain
  readonly memory: ChainStore = createMemoryStore()
  database: ChainDatabase
  writer: ChainWriter
  disk: LmdbStore
  checks = 0
  readonly #file: string

  constructor(file: string, chainSeed: number) {
    this.#file = file
    this.chain = new RandomChain(chainSeed)
    this.database = openDatabase(file)
    this.writer = new ChainWriter(this.database)
    this.disk = new LmdbStore(this.database)
  }

  append(): void {
    const number = this.memory.height() + 1
    const parentHash = this.memory.blockByNumber(number - 1)?.header.blockHash ?? 0n
    const block = this.chain.next(number, parentHash)
    this.writer.append(block)
    for (const store of [this.memory, this.disk]) {
      store.append(blockOf(block), [...block.classes])
    }
  }

  abort(count: number): void {
    const height = Math.max(this.memory.height() - count, this.disk.lowestState(), 0)
    if (height >= this.memory.height()) return
    this.writer.abortAbove(height)
    for (const store of [this.memory, this.disk]) store.returnTo(height)
  }

  prune(count: number): void {
    const newest = this.memory.height() - KEPT_HEIGHTS
    const before = this.disk.lowestState()
    // The newest heights are kept, whatever is asked for.
    while (!this.writer.pruneBelow(newest + 3 - count));
    const lowest = Math.max(before, Math.min(newest, newest + 3 - count), 0)
    assert.is(this.disk.lowestState(), lowest)
  }

  async reopen(): Promise<void> {
    await this.database.close()
    this.database = openDatabase(this.#file)
    this.writer = new ChainWriter(this.database)
    this.disk = new LmdbStore(this.database)
  }

  compareState(count: number): void {
    assert.is(this.disk.height(), this.memory.height())
    const lowest = this.disk.lowestState()
    if (this.memory.height() < lowest) return
    const { choice } = this.chain
    for (let check = 0; check < count; check++) {
      const isTip = choice.below(3) === 0
      const depth = isTip ? 0 : choice.below(this.memory.height() - lowest + 1)
      const height = this.memory.height() - depth
      const [disk, memory] = [this.disk, this.memory].map((store) => store.stateAt(height)) as [
        ReturnType<ChainStore['stateAt']>,
        ReturnType<ChainStore['stateAt']>,
      ]
      const address = choice.of(addresses)
      const key = choice.of(keys)
      const where = `height ${height}, contract ${address}, key ${key}`
      assert.is(disk.storageAt(address, key), memory.storageAt(address, key), where)
      const last = memory.lastUpdateOf(address, key)
      assert.is(disk.lastUpdateOf(address, key), last, where)
      assert.is(disk.nonceAt(address), memory.nonceAt(address), where)
      assert.is(disk.classHashAt(address), memory.classHashAt(address), where)
      const classHash = choice.of(classes)
      assert.is(disk.compiledClassHashAt(classHash), memory.compiledClassHashAt(classHash), where)
      this.checks += 5
    }
    if (lowest > 0) assert.throws(() => this.disk.stateAt(lowest - 1), /no longer kept/)
  }

  compareSomeBlock(): void {
    const { choice } = this.chain
    const number = choice.below(this.memory.height() + 2)
    const [disk, memory] = [this.disk, this.memory].map((store) => store.blockByNumber(number))
    if (memory === null || memory === undefined) {
      assert.is(disk, null)
      return
    }
    assert.equal(disk!.header, memory.header)
    assert.equal(disk!.stateDiff, memory.stateDiff)
    assert.is(this.disk.blockByHash(memory.header.blockHash)?.header.number, number)
    memory.transactions.forEach((included, index) => {
      const other = disk!.transactions[index]!
      assert.equal(other.transaction, included.transaction)
      assert.is(other.contractAddress, included.contractAddress)
      assert.equal(other.execution(), included.execution())
      const found = this.disk.findTransaction(included.hash)
      assert.equal([found?.block.header.number, found?.index], [number, index])
      this.checks += 3
    })
    for (const classHash of classes) {
      // As texts, for a member of classes is called `constructor`, which deep equality takes for a type.
      const [stored, expected] = [this.disk, this.memory].map((s) =>
        textOf(s.classByHash(classHash)),
      )
      assert.is(stored, expected)
    }
    this.checks += 3
  }

  /** Everything that a block entered anywhere is found there. */
  checkAll(): void {
    for (let number = 0; number <= this.disk.height(); number++) {
      checkStoredBlock(this.database, number)
    }
    const { root } = this.database
    for (const name of ['hashes', 'events', 'state.now']) {
      const table = root.openDB<Buffer, Uint8Array>(name, {
        encoding: 'binary',
        keyEncoding: 'binary',
      })
      const entries = [...table.getRange({})].map(({ key, value }) => ({
        key: Buffer.from(key),
        height:
          name === 'state.now' ? Buffer.from(value).readUInt32BE(0) : Number.POSITIVE_INFINITY,
      }))
      // A cell that was last written where history is dropped is named by no block that is kept.
      const named = entries.filter(({ height }) => height >= this.disk.lowestState())
      if (named.length === 0) continue
      const lost = this.chain.choice.of(named).key
      const record = table.getBinary(lost)!
      table.removeSync(lost)
      root.resetReadTxn()
      assert.throws(() => {
        for (let number = 0; number <= this.disk.height(); number++) {
          checkStoredBlock(this.database, number)
        }
      }, /block \d+: /)
      table.putSync(lost, record)
    }
  }

  compareEvents(): void {
    const { choice } = this.chain
    const some = (most: number, from: readonly bigint[]) =>
      Array.from({ length: choice.below(most) }, () => choice.of(from))
    const fromBlock = choice.below(this.memory.height() + 2)
    const filter: EventFilter = {
      fromBlock: choice.below(3) === 0 ? 0 : fromBlock,
      toBlock: fromBlock + choice.below(60),
      addresses: some(3, addresses),
      keys: Array.from({ length: choice.below(4) }, () => some(3, keys)),
    }
    const limit = 1 + choice.below(30)
    let start: EventPosition | null = null
    for (let page = 0; page < 4; page++) {
      const expected = this.memory.events(filter, start, limit)
      assert.equal(this.disk.events(filter, start, limit), expected)
      this.checks += 1
      start = expected.next
      if (start === null) break
    }
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part))
}

test.run()
