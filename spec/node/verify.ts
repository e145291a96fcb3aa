/**
 * `fugue verify` finds each kind of lie: one thing of a stored chain is changed at a time, checksums and all, so that only
 * the one check that this thing is for can tell.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { contractHashes, loadContract } from '../../src/contracts/catalogue.ts'
import type { StoredChain } from '../../src/node/commands/stored-chain.ts'
import { decodeEvents } from '../../src/starknet/decode-outcome.ts'
import { FEE } from '../../src/starknet/outcome.ts'
import { rootsId } from '../../src/state/node-store.ts'
import { type BlockParts, decodeStateDiff, encodeBlock } from '../../src/storage/block-codec.ts'
import { readBlock } from '../../src/storage/chain-records.ts'
import type { StoredClass } from '../../src/storage/chain-store.ts'
import { encodeClass } from '../../src/storage/class-codec.ts'
import { removeEvents } from '../../src/storage/event-index.ts'
import { BLOCK, hashBytes, removeHash, TRANSACTION } from '../../src/storage/hash-table.ts'
import { packRecord } from '../../src/storage/record.ts'
import { allResults, writeResults } from '../../src/storage/result-table.ts'
import { decodeTransaction } from '../../src/storage/transaction-codec.ts'
import {
  busy,
  changed,
  command,
  folder,
  height,
  makeChain,
  refused,
  transfer,
} from './_stored-folder.ts'

const counter = contractHashes.counter
const otherCasm = loadContract('erc20').casm

test.before(makeChain)

test('a chain verifies, whole and in parts', async () => {
  const whole = await command(folder, 'verify')
  assert.is(whole.code, 0, whole.text)
  assert.match(whole.text, new RegExp(`blocks 0 to ${height} with \\d+ transactions are right`))
  const part = await command(folder, 'verify', '--from', `${busy}`, '--to', `${busy}`)
  assert.match(part.text, `blocks ${busy} to ${busy} with 1 transactions are right`)
})

test('heights that are not there are refused, each by its name', async () => {
  for (const args of [
    ['--from', '999'],
    ['--to', '999'],
    ['--from', '999', '--to', '3'],
  ]) {
    assert.match(await refused(folder, 'verify', ...args), 'there is no block 999, the newest is')
  }
  const reversed = await refused(folder, 'verify', '--from', '4', '--to', '3')
  assert.is(reversed, 'block 4 is not before block 3')
})

test('a changed execution is found, and named', async () => {
  const copy = await changed(({ database: { results } }) => {
    const [words] = [...allResults(results, busy, 1)]
    const later = words!.slice()
    later[FEE]! ^= 1
    writeResults(results, busy, [later])
  })
  const { code, lines } = await command(copy, 'verify')
  assert.is(code, 1)
  // On a slow machine lines about its progress come before.
  assert.match(
    lines.at(-1)!,
    new RegExp(
      `^block ${busy}: transaction 0 \\(${transfer}\\), its execution, actualFee: 0x[0-9a-f]+ when`,
    ),
  )
})

/** What is done to a chain behind its back, and what verify says of it. */
const lies: Record<string, [change: (chain: StoredChain) => void, said: string]> = {
  'the time of a block': [
    (chain) => rewrite(chain, ({ header }) => header.timestamp++),
    'the header, blockHash: ',
  ],
  'a time before its parent': [
    (chain) => rewrite(chain, ({ header }) => (header.timestamp = 1)),
    'it is older than its parent',
  ],
  'its parent': [
    (chain) => rewrite(chain, ({ header }) => header.parentHash++),
    'the hash of its parent: ',
  ],
  'what a transaction says': [
    (chain) =>
      rewrite(chain, ({ transactions: [sent] }) => {
        Object.assign(sent!.transaction, { nonceDataAvailabilityMode: 'L2' })
      }),
    'transaction 0 (HASH), its hash: ',
  ],
  'what it deploys': [
    (chain) => rewrite(chain, ({ transactions: [sent] }) => (sent!.contractAddress = 5n)),
    'transaction 0 (HASH), its new address: ',
  ],
  'its state diff': [
    (chain) => rewrite(chain, ({ stateDiff }) => stateDiff.nonces.clear()),
    'the state diff, nonces',
  ],
  'a cell': [
    ({ database: { state } }) =>
      state.write(busy, [[state.touchedIn(busy)[0]!, Buffer.of(1, 2, 3)]]),
    'a cell that it wrote is not what it wrote',
  ],
  'the hash of the block, lost': [
    ({ database, store }) =>
      removeHash(database.hashes, BLOCK, store.blockByNumber(busy)!.header.blockHash),
    'it is not found by its hash',
  ],
  'the hash of the transaction, lost': [
    ({ database: { hashes } }) => removeHash(hashes, TRANSACTION, BigInt(transfer)),
    'transaction 0 is not found by its hash',
  ],
  'its events, lost': [
    ({ database: { events, results } }) =>
      removeEvents(events, busy, decodeEvents([...allResults(results, busy, 1)][0]!)),
    'events are missing in their index',
  ],
  'the code of a class': [
    (chain) => rewriteClass(chain, (stored) => ({ ...stored, casm: otherCasm })),
    'class CLASS, its compiled class hash: ',
  ],
  'the source of a class': [
    (chain) =>
      rewriteClass(chain, (stored) => ({ ...stored, sierra: { ...stored.sierra!, abi: '[]' } })),
    'class CLASS, its hash: ',
  ],
  'a class, lost': [
    ({ database: { classes } }) => classes.removeSync(hashBytes(counter.classHash)),
    'class CLASS is missing',
  ],
  'the list of cells that it wrote, lost': [
    ({ database: { root } }) => {
      root.openDB('state.touched', { encoding: 'binary', keyEncoding: 'uint32' }).removeSync(busy)
    },
    'the list of cells that it wrote, length: ',
  ],
  'the list of nodes that it superseded, lost': [
    ({ database: { root } }) => {
      root
        .openDB('tries.superseded', { encoding: 'binary', keyEncoding: 'uint32' })
        .removeSync(busy)
    },
    'the list of nodes that it superseded, length: ',
  ],
  'a node of the tries': [
    ({ database: { tries } }) => {
      const superseded = tries.supersededBy(height)
      const nodes = []
      for (let at = rootsId(height); tries.read(at) !== undefined; at++) {
        nodes.push({ id: at, bytes: Buffer.from(tries.read(at)!) })
      }
      nodes.at(-1)!.bytes[10]! ^= 1
      tries.revertAbove(height - 1)
      tries.write({ block: height, nodes, superseded })
    },
    'of its tries is another',
  ],
  'a node of the tries, lost': [
    ({ database: { root } }) => {
      const nodes = root.openDB('tries.nodes', { encoding: 'binary', keyEncoding: 'binary' })
      nodes.removeSync([...nodes.getKeys()].at(-1)!)
    },
    'of its tries is missing',
  ],
}

/** Writes a block of that height again, whole, with something changed. */
function rewrite({ database }: StoredChain, change: (parts: BlockParts) => void): void {
  const { header, transactions, stateDiff, classHashes } = readBlock(database, busy)!
  const parts = {
    header: { ...header },
    transactions: transactions.map(({ hash, contractAddress, body }) => ({
      hash,
      contractAddress,
      transaction: decodeTransaction(body),
    })),
    stateDiff: decodeStateDiff(stateDiff),
    classHashes,
  }
  change(parts)
  database.blocks.putSync(busy, packRecord(encodeBlock(parts), `block ${busy}`))
}

function rewriteClass(
  { database, store }: StoredChain,
  change: (stored: StoredClass) => StoredClass,
): void {
  const { classHash } = counter
  const stored = change(store.classByHash(classHash)!)
  database.classes.putSync(
    hashBytes(classHash),
    packRecord(encodeClass(stored), `class 0x${classHash.toString(16)}`),
  )
}

for (const [what, [change, said]] of Object.entries(lies)) {
  test(`verify finds ${what}`, async () => {
    const { code, lines } = await command(await changed(change), 'verify')
    assert.is(code, 1)
    const named = said
      .replace('HASH', transfer)
      .replace('CLASS', `0x${counter.classHash.toString(16)}`)
    assert.match(lines.at(-1)!, named)
  })
}

test.run()
