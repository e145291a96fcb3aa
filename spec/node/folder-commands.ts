/**
 * Commands on a data folder: a chain with transfers, a declared class and a deployed contract is inspected, dumped, loaded,
 * pruned and made shorter, and verifies after each.
 */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { firstDifference } from '../../src/node/commands/difference.ts'
import { withStoredChain } from '../../src/node/commands/stored-chain.ts'
import { verify } from '../../src/node/commands/verify.ts'
import { openJournalFolder } from '../../src/ordering/files.ts'
import { openLogEngine } from '../../src/ordering/log.ts'
import { packageRoot } from '../../src/shared/package-root.ts'
import { writeLowestState } from '../../src/storage/chain-records.ts'
import { KEPT_HEIGHTS } from '../../src/storage/chain-writer.ts'
import { startRealNode } from './_real-node.ts'
import {
  base,
  busy,
  changed,
  command,
  folder,
  height,
  makeChain,
  refused,
  transfer,
} from './_stored-folder.ts'

test.before(makeChain)

test('folder, blocks and transactions are shown', async () => {
  const shown = await command(folder, 'inspect', 'db')
  const early = await command(folder, 'inspect', 'block', '0')
  assert.match(early.text, 'on disk: block ')
  for (const part of [
    `0 to ${height}`,
    'SN_SEPOLIA',
    'state.now',
    'tries.nodes',
    'a transaction',
  ]) {
    assert.match(shown.text, part)
  }
  assert.match(shown.text, new RegExp(`^${height} +0 +\\d+ +\\d+ +\\d+ +\\d+$`, 'm'))
  const latest = await command(folder, 'inspect', 'block', 'latest')
  assert.match(latest.text, `"block_number": ${height}`)
  const byNumber = await command(folder, 'inspect', 'block', `${busy}`)
  assert.match(byNumber.text, `#0  ${transfer}  INVOKE  SUCCEEDED  fee `)
  const [, hash] = /"block_hash": "(0x[0-9a-f]+)"/.exec(byNumber.text)!
  assert.is((await command(folder, 'inspect', 'block', hash!)).text, byNumber.text)
  const transaction = await command(folder, 'inspect', 'tx', transfer)
  assert.match(transaction.lines[0]!, `block ${busy}, transaction 0`)
  assert.match(transaction.text, '"execution_status": "SUCCEEDED"')
  assert.match(await refused(folder, 'inspect', 'block', '999'), 'there is no block 999')
  assert.match(await refused(folder, 'inspect', 'tx', '0x1'), 'no stored block has')
  assert.match(await refused(join(base, 'none'), 'inspect', 'db'), 'holds no chain')
})

test('a dump is loaded again, and a damaged one is not', async () => {
  const file = join(base, 'chain.dump')
  assert.match((await command(folder, 'dump', file)).text, `wrote blocks 0 to ${height}`)
  assert.match(await refused(folder, 'dump', file), 'is there already')
  const loaded = join(base, 'loaded')
  await command(loaded, 'load', file)
  assert.is((await command(loaded, 'verify')).code, 0)
  const newest = async (of: string) => (await command(of, 'inspect', 'block', 'latest')).lines[0]
  assert.is(await newest(loaded), await newest(folder))
  assert.match(await refused(loaded, 'load', file), 'is not empty')

  const bytes = readFileSync(file)
  const other = join(base, 'other')
  bytes[bytes.length >> 1]! ^= 16
  writeFileSync(file, bytes)
  assert.match(await refused(other, 'load', file), 'does not match its checksum')
  truncateSync(file, bytes.length - 100)
  assert.match(await refused(other, 'load', file), 'it is cut off')
  writeFileSync(file, 'something else')
  assert.match(await refused(other, 'load', file), 'is no dump')
  assert.equal(
    readdirSync(base).filter((name) => /other|loading|part|database/.test(name)),
    [],
  )
})

test('after pruning the rest still verifies', async () => {
  const copy = await changed(() => {})
  assert.match(await refused(copy, 'prune', '--below', `${height + 1}`), 'there is no block')
  const { text } = await command(copy, 'prune', '--below', `${busy}`)
  assert.match(text, `are kept from block ${busy} on, before from 0 on`)
  assert.match((await command(copy, 'prune', '--below', '3')).text, 'nothing to drop')
  const most = await command(await changed(() => {}), 'prune', '--below', `${height}`)
  assert.match(most.text, `kept from block ${height - KEPT_HEIGHTS} on`)
  assert.match(most.text, `the newest ${KEPT_HEIGHTS} are never dropped`)
  const verified = await command(copy, 'verify')
  assert.match(verified.text, `blocks ${busy + 1} to ${height} with`)
  assert.match(
    await refused(copy, 'verify', '--from', '2'),
    `the first block that can be verified is ${busy + 1}`,
  )
  assert.match((await command(copy, 'inspect', 'block', '1')).text, '"block_number": 1')
})

test('a prune that was interrupted is finished by the next one', async () => {
  const copy = await changed(({ database }) => {
    // Readers are told first; then the process ended.
    writeLowestState(database, busy)
  })
  const { text } = await command(copy, 'prune', '--below', `${busy}`)
  assert.match(text, 'nothing to drop')
  await withStoredChain(copy, ({ database: { state } }) => {
    assert.equal(state.touchedIn(busy - 1), [])
    assert.equal(state.touchedIn(busy), [])
    assert.ok(state.touchedIn(height - KEPT_HEIGHTS - 1).length > 0)
  })
})

test('blocks above a height are taken back, and the chain goes on from there', async () => {
  const copy = await changed(() => {})
  assert.match(await refused(copy, 'abort', '--above', `${height}`), 'there is no block above')
  const { text } = await command(copy, 'abort', '--above', `${busy - 1}`)
  assert.match(text, `blocks ${busy} to ${height} are gone, the chain ends at block ${busy - 1}`)
  assert.match((await command(copy, 'verify')).text, `blocks 0 to ${busy - 1} with`)
  assert.match(await refused(copy, 'inspect', 'tx', transfer), transfer)
  const node = await startRealNode(['--data-dir', copy, '--accounts', '2', '--workers', '1'])
  try {
    assert.match(await refused(copy, 'abort', '--above', '1'), 'is in use by')
    const account = node.account(0)
    assert.is(BigInt(await account.getNonce()), 0n)
    await node.chain.mint(0x99n, 5n, 'WEI')
    await node.chain.createBlock()
  } finally {
    await node.stop()
  }
  assert.match((await command(copy, 'verify')).text, 'are right')
})

test('beside a node its chain is inspected and verified, as far as it is not taken back meanwhile', async () => {
  const copy = await changed(() => {})
  const node = await startRealNode(['--data-dir', copy, '--accounts', '2', '--workers', '1'])
  const cli = join(packageRoot, 'dist/src/cli.js')
  const printed = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, [cli, ...args, '--data-dir', copy])).stdout
  try {
    await node.chain.mint(0x99n, 5n, 'WEI')
    await node.chain.createBlock()
    const newest = node.chain.store.height()
    const verifying = printed('verify')
    for (let count = 0; count < 20; count++) await node.chain.createBlock()
    assert.match(await verifying, /blocks 0 to \d+ with \d+ transactions are right/)
    assert.match(await printed('inspect', 'db'), `0 to ${newest + 20};`)
    assert.match(await printed('inspect', 'block', 'latest'), `"block_number": ${newest + 20}`)
    const begun = verify({ dataDir: copy, from: null, to: null }, () => {}, 0)
    const interrupted = begun.then(String, (error: Error) => error.message)
    await node.chain.abortBlocks({ number: newest })
    assert.match(await interrupted, /the chain was changed when block \d+ had been verified/)
    assert.match(await printed('inspect', 'db'), `0 to ${newest - 1};`)
  } finally {
    await node.stop()
  }
})

/** A copy of a chain whose end was decided and not brought about. */
async function rewound(to: number): Promise<string> {
  const copy = await changed(() => {})
  const engine = await openLogEngine(await openJournalFolder(join(copy, 'journal')))
  await engine.rewind(await engine.campaign(height), to)
  await engine.close()
  return copy
}

test('what is being taken back is shown no more, before and after it is done', async () => {
  const copy = await rewound(busy - 1)
  const note = `blocks ${busy} to ${height} are still stored and no longer part of the chain`
  const verified = await command(copy, 'verify')
  assert.match(verified.text, note)
  assert.match(verified.text, `blocks 0 to ${busy - 1} with`)
  assert.match((await command(copy, 'inspect', 'db')).text, `0 to ${busy - 1};`)
  assert.match(await refused(copy, 'inspect', 'tx', transfer), 'no stored block has')
  const file = join(base, 'rewound.dump')
  assert.match((await command(copy, 'dump', file)).text, `wrote blocks 0 to ${busy - 1}`)
  const loaded = join(base, 'rewound')
  await command(loaded, 'load', file)
  for (const folder of [copy, loaded]) {
    assert.match(await refused(folder, 'abort', '--above', `${busy - 1}`), 'there is no block')
    assert.is((await command(folder, 'verify')).lines[0]!.includes('no longer part'), false)
  }
})

test('a prune finishes what is being taken back, for it would make that impossible', async () => {
  const copy = await rewound(busy - 1)
  await refused(copy, 'prune', '--below', `${busy}`)
  const { text } = await command(copy, 'verify')
  assert.match(text, `blocks 0 to ${busy - 1} with`)
  assert.not.match(text, 'no longer part')
})

test('what was pruned cannot be the end of the chain', async () => {
  const copy = await changed(() => {})
  await command(copy, 'prune', '--below', `${busy}`)
  assert.match(
    await refused(copy, 'abort', '--above', `${busy - 1}`),
    `the state of block ${busy - 1} was pruned; blocks can be taken back down to ${busy}`,
  )
  await command(copy, 'abort', '--above', `${busy}`)
  assert.match(await refused(copy, 'abort', '--above', `${busy}`), 'there is no block above')
})

test('differences are told by their place', () => {
  const one = { a: [1n, { b: 'x' }], m: new Map([[1n, 2n]]) }
  assert.is(firstDifference(one, structuredClone(one)), null)
  assert.equal(firstDifference(one, { ...one, a: [1n, { b: 'y' }] }), {
    path: 'a[1].b',
    one: '"x"',
    other: '"y"',
  })
  assert.equal(firstDifference(one, { ...one, m: new Map([[1n, 3n]]) }), {
    path: 'm[0x1]',
    one: '0x2',
    other: '0x3',
  })
  assert.is(firstDifference([1], [1, 2])!.path, 'length')
})

test.run()
