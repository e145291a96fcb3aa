/**
 * The state root: block 0 of mainnet from nothing, and what a root must not depend on.
 */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyStateDiff } from '../../src/starknet/state-diff.ts'
import { MemoryNodeStore } from '../../src/state/node-store.ts'
import { type HashPairs, oneByOne } from '../../src/state/patricia.ts'
import { StateCommitter, stateRoot, type TrieChanges } from '../../src/state/state-root.ts'
import { decodeStateDiff, type FeederStateDiff } from '../feeder.ts'
import { seed } from '../seed.ts'
import { vector, vectorTest } from '../vectors.ts'

const file = 'legacy/mainnet-0.json'

vectorTest(test, 'root of block 0 of mainnet', [file], () => {
  const { block, state_update } = vector<{
    block: { state_root: string }
    state_update: { state_diff: FeederStateDiff }
  }>(file)
  const committer = new StateCommitter()
  committer.apply(decodeStateDiff(state_update.state_diff))
  assert.is(stateRoot(committer.contractsRoot, 0n, true), BigInt(block.state_root))
  assert.is.not(committer.root, BigInt(block.state_root))
})

const empty: TrieChanges = emptyStateDiff()

test('an empty state has root 0, and an empty diff changes nothing', () => {
  const committer = new StateCommitter()
  assert.is(committer.apply(empty), 0n)
  const root = committer.apply({ ...empty, nonces: new Map([[5n, 1n]]) })
  assert.is(committer.apply(empty), root)
  assert.is.not(root, 0n)
})

test('what is set back to 0 leaves no trace', () => {
  const committer = new StateCommitter()
  const before = committer.apply({ ...empty, nonces: new Map([[5n, 1n]]) })
  committer.apply({ ...empty, storage: new Map([[1n, new Map([[7n, 9n]])]]) })
  assert.is(committer.apply({ ...empty, storage: new Map([[1n, new Map([[7n, 0n]])]]) }), before)
})

test('a migrated class has another leaf', () => {
  const committer = new StateCommitter()
  const before = committer.apply({ ...empty, declaredClasses: new Map([[5n, 1n]]) })
  const after = committer.apply({ ...empty, migratedCompiledClasses: new Map([[5n, 2n]]) })
  assert.is.not(after, before)
  assert.is(committer.apply({ ...empty, migratedCompiledClasses: new Map([[5n, 1n]]) }), before)
})
console.log(`seed ${seed}`)
const cheap: HashPairs = oneByOne(
  (left, right) => (left * 1_000_003n + right * 7919n + 13n) % 2n ** 240n,
)
const small = fc.bigInt({ min: 0n, max: 9n })
const pairs = fc.array(fc.tuple(small, small), { maxLength: 4 }).map((list) => new Map(list))
const changes: fc.Arbitrary<TrieChanges> = fc.record({
  storage: fc.array(fc.tuple(small, pairs), { maxLength: 4 }).map((list) => new Map(list)),
  nonces: pairs,
  deployedContracts: pairs,
  replacedClasses: fc.constant(new Map()),
  declaredClasses: pairs,
  migratedCompiledClasses: fc.constant(new Map()),
})

test('many diffs in a row give the root of their sum', () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 8 }), (diffs) => {
      const committer = new StateCommitter(new MemoryNodeStore(), -1, {
        pedersen: cheap,
        poseidon: cheap,
      })
      for (const diff of diffs) committer.apply(diff)
      const once = new StateCommitter(new MemoryNodeStore(), -1, {
        pedersen: cheap,
        poseidon: cheap,
      })
      assert.is(once.apply(sum(diffs)), committer.root)
    }),
    { seed, numRuns: 100 },
  )
})

function sum(diffs: TrieChanges[]): TrieChanges {
  const storage = new Map<bigint, Map<bigint, bigint>>()
  for (const diff of diffs) {
    for (const [address, cells] of diff.storage) {
      storage.set(address, new Map([...(storage.get(address) ?? []), ...cells]))
    }
  }
  const last = (pick: (diff: TrieChanges) => ReadonlyMap<bigint, bigint>) =>
    new Map(diffs.flatMap((diff) => [...pick(diff)]))
  return {
    ...empty,
    storage,
    nonces: last((diff) => diff.nonces),
    deployedContracts: last((diff) => diff.deployedContracts),
    declaredClasses: last((diff) => diff.declaredClasses),
  }
}

test.run()
