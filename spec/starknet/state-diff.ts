/**
 * State diffs: those of golden blocks from their transactions' diffs, the aliases of real blocks, and the way from the
 * engine's changes and back.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ALIAS_CONTRACT, BLOCK_HASH_CONTRACT } from '../../src/starknet/addresses.ts'
import { stateDiffCommitment } from '../../src/starknet/commitments.ts'
import type { StateDiff } from '../../src/starknet/execution.ts'
import {
  aliasDiff,
  changesOfStateDiff,
  emptyStateDiff,
  mergeStateDiffs,
  stateDiffOfChanges,
  storageDiff,
} from '../../src/starknet/state-diff.ts'
import { nothingWritten, type ReadableState } from '../../src/state/readable-state.ts'
import { decodeStateDiff, type FeederStateDiff } from '../feeder.ts'
import {
  decodeGoldenDiff,
  goldenBlock,
  goldenBlocks,
  goldenBundle,
  goldenFiles,
  goldenState,
} from '../golden.ts'
import { vector, vectorTest } from '../vectors.ts'

for (const name of goldenBlocks) {
  vectorTest(test, `diff of golden block ${name}`, goldenFiles(name), () => {
    const bundle = goldenBundle(name)
    const block = goldenBlock(name)
    const expected = decodeGoldenDiff(block.state_diff)
    const before = goldenState(bundle)
    const old = BigInt(bundle.block.number - 10)
    // The hash that the block writes is in the bundle, so the state before the block must not have it.
    const beforeBlock: ReadableState = {
      ...before,
      storageAt: (address, key) =>
        address === BLOCK_HASH_CONTRACT && key === old ? 0n : before.storageAt(address, key),
      compiledClassHashAt: (hash) => (expected.migratedCompiledClasses.has(hash) ? 1n : 0n),
    }
    const opening = storageDiff(BLOCK_HASH_CONTRACT, [
      [old, before.storageAt(BLOCK_HASH_CONTRACT, old)],
    ])
    const ofTransactions = block.transactions.flatMap(({ state_diff }) =>
      state_diff === undefined ? [] : [decodeGoldenDiff(state_diff)],
    )
    const executed = mergeStateDiffs([opening, ...ofTransactions], beforeBlock)
    const migrated = {
      ...emptyStateDiff(),
      migratedCompiledClasses: expected.migratedCompiledClasses,
    }
    const aliases = aliasDiff(executed, beforeBlock)
    const whole = mergeStateDiffs([executed, aliases, migrated], beforeBlock)
    assert.equal(rows(whole), rows(mergeStateDiffs([expected], beforeBlock)))
    assert.is(stateDiffCommitment(whole), stateDiffCommitment(expected))
  })
}

const update = 'blocks/integration-sepolia-63881.state-update.json'
vectorTest(test, 'the first aliases of a chain', [update], () => {
  const expected = decodeStateDiff(vector<{ state_diff: FeederStateDiff }>(update).state_diff)
  const storage = new Map(expected.storage)
  storage.delete(ALIAS_CONTRACT)
  const aliases = aliasDiff({ ...expected, storage }, nothingWritten)
  const onlyAliases = { ...emptyStateDiff(), storage: new Map(expected.storage) }
  for (const address of storage.keys()) onlyAliases.storage.delete(address)
  assert.equal(rows(aliases), rows(mergeStateDiffs([onlyAliases], nothingWritten)))
})

test('the alias counter is set even where nothing gets an alias', () => {
  assert.equal(
    rows(aliasDiff(emptyStateDiff(), nothingWritten)),
    rows(storageDiff(2n, [[0n, 0x80n]])),
  )
  const set: ReadableState = { ...nothingWritten, storageAt: () => 0x85n }
  assert.equal(rows(aliasDiff(emptyStateDiff(), set)), [])
})

test('small keys and system contracts get no alias', () => {
  const diff: StateDiff = {
    ...emptyStateDiff(),
    storage: new Map([
      [0x1n, new Map([[0x1000n, 1n]])],
      [
        0x10n,
        new Map([
          [0x7fn, 1n],
          [0x80n, 1n],
        ]),
      ],
    ]),
  }
  const expected = storageDiff(2n, [
    [0n, 0x81n],
    [0x80n, 0x80n],
  ])
  assert.equal(rows(aliasDiff(diff, nothingWritten)), rows(expected))
})

const big = 2n ** 250n + 12345n

test('a diff becomes changes and a diff again', () => {
  const diff: StateDiff = {
    storage: new Map([
      [
        5n,
        new Map([
          [1n, 2n],
          [big, big - 1n],
        ]),
      ],
      [big, new Map([[0n, 1n]])],
    ]),
    nonces: new Map([
      [5n, 1n],
      [big, 2n],
    ]),
    deployedContracts: new Map([[big, 7n]]),
    replacedClasses: new Map([[5n, big]]),
    declaredClasses: new Map([[8n, 9n]]),
    migratedCompiledClasses: new Map([[big, 3n]]),
  }
  const before: ReadableState = {
    ...nothingWritten,
    classHashAt: (address) => (address === 5n ? 6n : 0n),
    compiledClassHashAt: (classHash) => (classHash === big ? 2n : 0n),
  }
  const changes = changesOfStateDiff(diff, before)
  assert.is(changes.length, 9)
  assert.equal(rows(stateDiffOfChanges(changes)), rows(diff))
  assert.equal(changesOfStateDiff(storageDiff(4n, [[1n, 0n]]), before), [])
})

test('runs of one block merge into what differs from the state before it', () => {
  const before: ReadableState = {
    ...nothingWritten,
    storageAt: (_, key) => key,
    classHashAt: (address) => (address === 5n ? 6n : 0n),
  }
  const first: StateDiff = {
    ...emptyStateDiff(),
    storage: new Map([
      [
        1n,
        new Map([
          [7n, 8n],
          [9n, 1n],
        ]),
      ],
    ]),
    deployedContracts: new Map([[4n, 10n]]),
    replacedClasses: new Map([[5n, 11n]]),
  }
  const second: StateDiff = {
    ...emptyStateDiff(),
    storage: new Map([
      [
        1n,
        new Map([
          [7n, 7n],
          [3n, 4n],
        ]),
      ],
    ]),
    replacedClasses: new Map([
      [4n, 12n],
      [5n, 6n],
    ]),
  }
  const expected: StateDiff = {
    ...emptyStateDiff(),
    storage: new Map([
      [
        1n,
        new Map([
          [3n, 4n],
          [9n, 1n],
        ]),
      ],
    ]),
    deployedContracts: new Map([[4n, 12n]]),
  }
  assert.equal(rows(mergeStateDiffs([first, second], before)), rows(expected))
})

/** A diff as lines in the order of its maps. */
function rows(diff: StateDiff): string[] {
  const lines: string[] = []
  for (const [address, cells] of diff.storage) {
    for (const [key, value] of cells) lines.push(`storage ${address} ${key} ${value}`)
  }
  const { storage: _, ...maps } = diff
  for (const [name, map] of Object.entries(maps)) {
    for (const [key, value] of map as Map<bigint, bigint>) lines.push(`${name} ${key} ${value}`)
  }
  return lines
}

test.run()
