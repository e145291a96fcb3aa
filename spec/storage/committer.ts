/**
 * The committer's thread: what it answers is stored, after an abort the same blocks give the same headers again, and a
 * block that does not fit leaves tries and database as they were.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createCryptoMemory } from '../../src/felt/crypto.ts'
import type { BlockHeader } from '../../src/starknet/block.ts'
import type { SealedBlock } from '../../src/starknet/sealed-block.ts'
import type { StoredClass } from '../../src/storage/chain-store.ts'
import { ChainWriter, KEPT_HEIGHTS } from '../../src/storage/chain-writer.ts'
import { DamagedError } from '../../src/storage/checksum.ts'
import type { ChainDatabase } from '../../src/storage/database.ts'
import { LmdbStore } from '../../src/storage/lmdb-store.ts'
import { openStorage } from '../../src/storage/storage.ts'
import { type RunningCommitter, startCommitter } from '../../workers/start-committer.ts'
import { seed } from '../seed.ts'
import { RandomChain } from './_random-chain.ts'

console.log(`seed ${seed}`)

const folder = mkdtempSync(join(tmpdir(), 'fugue-committer-'))
test.after(() => rmSync(folder, { recursive: true }))

const crypto = createCryptoMemory(3)
const HEIGHT = 24

test('blocks are stored when they are answered; aborted and committed again they are the same', async () => {
  const { disk, close } = await openStorage(folder)
  const store = new LmdbStore(disk!.database)
  const onDisk = startCommitter(crypto, 1, disk!.folder.database)
  const inMemory = startCommitter(crypto, 2, null)
  const blocks = sealedBlocks()
  const headers: BlockHeader[] = []
  for (const [number, { sealed, classes }] of blocks.entries()) {
    const parentHash = headers[number - 1]?.blockHash ?? 0n
    const header = await onDisk.commit({ ...sealed, parentHash }, classes)
    assert.equal(await inMemory.commit({ ...sealed, parentHash }, classes), header)
    note(store, header, sealed)
    headers.push(header)
  }

  await fails(onDisk.commit({ ...blocks[0]!.sealed, parentHash: 1n }, []), /expected block 25/)

  for (const height of [20, 7, 0]) {
    await onDisk.abortAbove(height)
    await inMemory.abortAbove(height)
    store.returnTo(height)
    assert.is(store.height(), height)
    for (let number = height + 1; number <= HEIGHT; number++) {
      const parentHash = headers[number - 1]!.blockHash
      const header = await recommit(onDisk, blocks[number]!, parentHash)
      assert.equal(header, headers[number])
      assert.equal(await recommit(inMemory, blocks[number]!, parentHash), header)
      note(store, header, blocks[number]!.sealed)
    }
  }

  const writer = new ChainWriter(disk!.database)
  while (!writer.pruneBelow(HEIGHT));
  disk!.database.root.resetReadTxn()
  const lowest = HEIGHT - KEPT_HEIGHTS
  assert.is(store.lowestState(), lowest)
  assert.is(store.prove(lowest - 1, { classes: [], contracts: [], storage: [] }), null)
  assert.ok(store.prove(lowest, { classes: [], contracts: [1n], storage: [] }) !== null)
  await fails(onDisk.abortAbove(lowest - 1), /the state of block 7 is no longer kept/)
  await onDisk.stop()

  // Started again, it goes on from what is stored.
  const again = startCommitter(crypto, 1, disk!.folder.database)
  await again.abortAbove(18)
  const header = await recommit(again, blocks[19]!, headers[18]!.blockHash)
  assert.equal(header, headers[19])
  await Promise.all([again.stop(), inMemory.stop()])
  await close()
})

test('damage that the thread meets at its start is told as damage', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fugue-committer-'))
  const { disk, close } = await openStorage(dataDir)
  const file = disk!.folder.database
  const blocks = sealedBlocks()
  const first = startCommitter(crypto, 1, file)
  const { blockHash } = await recommit(first, blocks[0]!, 0n)
  damageNodes(disk!.database)
  const damaged = async (committer: RunningCommitter) =>
    await recommit(committer, blocks[1]!, blockHash).catch((error: Error) => error)
  // What it wrote itself it remembers; another thread reads it.
  await first.stop()
  const second = startCommitter(crypto, 1, file)
  assert.instance(await damaged(second), DamagedError)
  await second.stop()
  await close()
  rmSync(dataDir, { recursive: true })
})

/** Changes all records of the tries but their names. */
function damageNodes({ root }: ChainDatabase): void {
  const nodes = root.openDB<Buffer, Buffer>('tries.nodes', {
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  root.transactionSync(() => {
    for (const key of [...nodes.getKeys({ start: Buffer.alloc(0) })])
      nodes.putSync(key, Buffer.alloc(20))
  })
}

interface Sealed {
  sealed: SealedBlock
  classes: StoredClass[]
}

/** Random blocks that are complete but for what the committer finds. */
function sealedBlocks(): Sealed[] {
  const chain = new RandomChain(seed)
  return Array.from({ length: HEIGHT + 1 }, (_, number) => {
    const { header, transactions, results, stateDiff, classes } = chain.next(number, 0n)
    // Keys of tries are below 2^251, which random felts need not be.
    const storage = [...stateDiff.storage].map(([address, cells]) => {
      const short = [...cells].map(([key, value]): [bigint, bigint] => [shorten(key), value])
      return [shorten(address), new Map(short)] as const
    })
    const shortened = (map: Map<bigint, bigint>) =>
      new Map([...map].map(([key, value]) => [shorten(key), value]))
    return {
      sealed: {
        context: header,
        parentHash: 0n,
        transactions,
        results: [...results],
        stateDiff: {
          ...stateDiff,
          storage: new Map(storage),
          nonces: shortened(stateDiff.nonces),
          deployedContracts: shortened(stateDiff.deployedContracts),
          replacedClasses: shortened(stateDiff.replacedClasses),
        },
      },
      classes: [...classes],
    }
  })
}

function shorten(felt: bigint): bigint {
  return BigInt.asUintN(251, felt)
}

function recommit(
  committer: RunningCommitter,
  { sealed, classes }: Sealed,
  parentHash: bigint,
): Promise<BlockHeader> {
  return committer.commit({ ...sealed, parentHash }, classes)
}

/** Main's part, after the answer. */
function note(store: LmdbStore, header: BlockHeader, sealed: SealedBlock): void {
  store.append({ header, transactions: [], stateDiff: sealed.stateDiff }, [])
  const fresh = store.blockByHash(header.blockHash)
  assert.is(fresh?.header.number, header.number)
}

async function fails(call: Promise<unknown>, text: RegExp): Promise<void> {
  try {
    await call
  } catch (error) {
    assert.match((error as Error).message, text)
    return
  }
  assert.unreachable(`expected a failure: ${text}`)
}

test.run()
