/**
 * Patricia tries against public ones, and against themselves: the shape depends on the leaves alone.
 */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pedersen } from '../../src/felt/hash.ts'
import { pedersenPairs, poseidonPairs } from '../../src/state/hash-pairs.ts'
import {
  type HashPairs,
  hashTries,
  nothingStored,
  oneByOne,
  PatriciaTrie,
} from '../../src/state/patricia.ts'
import { type Preimage, type Ways, waysTo } from '../../src/state/proof.ts'
import { seed } from '../seed.ts'
import { vector, vectorTest } from '../vectors.ts'

interface Paths {
  height: number
  initial_leaves: number[]
  modified_leaves_indices: number[]
  root_hash: string
  facts_storage: Record<string, string[]>
  expected_nodes: Record<string, string[]>
}

const names = ['10_5_2', '10_100_30', 'delete_leaves_10_5_2', 'delete_leaves_8_120_70']

for (const name of names) {
  const file = `tries/paths_${name}.json`
  vectorTest(test, `root, preimages and paths of ${name}`, [file], () => {
    const paths = vector<Paths>(file)
    const trie = trieOf(paths)
    assert.is(trie.root, BigInt(paths.root_hash))
    const everything = ways(trie, paths.initial_leaves.map(BigInt))
    assert.equal(plain(everything), expected(paths.facts_storage))
    for (const [hash, preimage] of everything) assert.is(hashOf(preimage), hash)
    const keys = paths.modified_leaves_indices.map(BigInt)
    assert.equal(plain(withBottoms(ways(trie, keys), everything)), expected(paths.expected_nodes))
  })
}

vectorTest(
  test,
  'deleting leaves gives the tree without them',
  names.slice(0, 3).map((name) => `tries/paths_${name}.json`),
  () => {
    const before = vector<Paths>('tries/paths_10_5_2.json')
    const after = vector<Paths>('tries/paths_delete_leaves_10_5_2.json')
    const trie = trieOf(before)
    for (const key of after.modified_leaves_indices) trie.set(BigInt(key), 0n)
    hashTries([trie], pedersenPairs)
    assert.is(trie.root, BigInt(after.root_hash))
  },
)

/** Cheap and order-sensitive, for properties of the shape. */
const mixed: HashPairs = oneByOne(
  (left, right) => (left * 1_000_003n + right * 7919n + 13n) % 2n ** 200n,
)

const update = fc.record({
  key: fc
    .bigInt({ min: 0n, max: 2n ** 16n - 1n })
    .map((key) => (key % 7n === 0n ? key : key % 40n)),
  value: fc.bigInt({ min: 0n, max: 3n }),
})
console.log(`seed ${seed}`)

test('updates in any order, with deletions, give the trie built from scratch', () => {
  fc.assert(
    fc.property(fc.array(fc.array(update, { maxLength: 12 }), { maxLength: 12 }), (batches) => {
      const trie = new PatriciaTrie(16)
      const leaves = new Map<bigint, bigint>()
      for (const batch of batches) {
        for (const { key, value } of batch) {
          trie.set(key, value)
          if (value === 0n) leaves.delete(key)
          else leaves.set(key, value)
        }
        hashTries([trie], mixed)
        assert.is(trie.root, fromScratch(16, leaves))
        for (let key = 0n; key < 50n; key++) assert.is(trie.get(key), leaves.get(key) ?? 0n)
      }
      for (const key of [...leaves.keys()]) trie.set(key, 0n)
      assert.ok(trie.isEmpty)
    }),
    { seed, numRuns: 150 },
  )
})

test('a witness holds the way to every key and nothing else', () => {
  fc.assert(
    fc.property(fc.array(update, { minLength: 1, maxLength: 30 }), (updates) => {
      const trie = new PatriciaTrie(16)
      for (const { key, value } of updates) trie.set(key, value)
      hashTries([trie], mixed)
      for (const { key } of updates) {
        const witness = ways(trie, [key])
        const { value, used } = follow(witness, trie.root, key, 16)
        assert.is(value, trie.get(key))
        assert.is(used, witness.size)
      }
    }),
    { seed, numRuns: 100 },
  )
})

test('the protocol height, batches of any size: one hash at a time gives the same', () => {
  const one = new PatriciaTrie(251)
  const many = new PatriciaTrie(251)
  for (let i = 0n; i < 90n; i++) {
    const key = (i * i * i * 0x123456789abcdefn ** 4n) % 2n ** 251n
    one.set(key, i + 1n)
    many.set(key, i + 1n)
  }
  hashTries([one], oneByOne(pedersen))
  hashTries([many], pedersenPairs)
  assert.is(one.root, many.root)
})

test('several tries are hashed together', () => {
  const tries = [1n, 2n, 3n].map((value) => {
    const trie = new PatriciaTrie(8)
    for (let key = 0n; key < 20n * value; key++) trie.set(key, value)
    return trie
  })
  hashTries(tries, poseidonPairs)
  for (const trie of tries) {
    const leaves = new Map<bigint, bigint>()
    for (let key = 0n; key < 256n; key++) if (trie.get(key) !== 0n) leaves.set(key, trie.get(key))
    assert.is(trie.root, fromScratch(8, leaves, poseidonPairs))
  }
})

test('an open hash is not read, a key of another height is refused', () => {
  const trie = new PatriciaTrie(8)
  trie.set(3n, 1n)
  assert.throws(() => trie.root, /before they were closed/)
  assert.throws(() => trie.set(256n, 1n), /expected a key of 8 bits/)
  assert.throws(() => trie.set(-1n, 1n), /expected a key of 8 bits/)
})

/** The definition, top down over the list of leaves. */
function fromScratch(height: number, leaves: Map<bigint, bigint>, hash = mixed): bigint {
  const one = (left: bigint, right: bigint) => hash([left], [right])[0]!
  const build = (below: number, entries: [bigint, bigint][]): bigint => {
    if (entries.length === 0) return 0n
    if (below === 0) return entries[0]![1]
    let common = below
    for (const [key] of entries) {
      while (key >> BigInt(below - common) !== entries[0]![0] >> BigInt(below - common)) common--
    }
    if (common > 0) {
      const path = entries[0]![0] >> BigInt(below - common)
      const inner = entries.map(([key, value]): [bigint, bigint] => [
        BigInt.asUintN(below - common, key),
        value,
      ])
      return one(build(below - common, inner), path) + BigInt(common)
    }
    const half = 1n << BigInt(below - 1)
    const left = entries.filter(([key]) => key < half)
    const right = entries.filter(([key]) => key >= half)
    return one(
      build(below - 1, left),
      build(
        below - 1,
        right.map(([key, value]) => [key - half, value]),
      ),
    )
  }
  return build(height, [...leaves])
}

function ways(trie: PatriciaTrie, keys: bigint[]): Ways {
  return waysTo(trie.node, trie.height, keys, nothingStored)
}

/** Adds the nodes below edges where a way ended, which an update would need. */
function withBottoms(found: Ways, all: Ways): Ways {
  for (const preimage of [...found.values()]) {
    const below = 'left' in preimage ? undefined : all.get(preimage.bottom)
    if (below && !('left' in preimage)) found.set(preimage.bottom, below)
  }
  return found
}

/** Walks a witness from the root to a key. */
function follow(witness: Map<bigint, Preimage>, root: bigint, key: bigint, height: number) {
  let hash = root
  let used = 0
  for (let below = height; below > 0 && hash !== 0n; ) {
    const preimage = witness.get(hash)
    if (preimage === undefined) throw new Error('the witness has a gap')
    used++
    if ('left' in preimage) {
      below--
      hash = (key >> BigInt(below)) & 1n ? preimage.right : preimage.left
    } else {
      below -= preimage.length
      const path = BigInt.asUintN(preimage.length, key >> BigInt(below))
      hash = path === preimage.path ? preimage.bottom : 0n
    }
  }
  return { value: hash, used }
}

function trieOf({ height, initial_leaves }: Paths): PatriciaTrie {
  const trie = new PatriciaTrie(height)
  for (const index of initial_leaves) trie.set(BigInt(index), BigInt(index + 2 ** height))
  hashTries([trie], pedersenPairs)
  return trie
}

function hashOf(preimage: Preimage): bigint {
  if ('left' in preimage) return pedersen(preimage.left, preimage.right)
  return pedersen(preimage.bottom, preimage.path) + BigInt(preimage.length)
}

function plain(nodes: Map<bigint, Preimage>) {
  const felts = (node: Preimage) =>
    'left' in node ? [node.left, node.right] : [BigInt(node.length), node.path, node.bottom]
  return sorted([...nodes].map(([hash, node]) => [hash, ...felts(node)]))
}

function expected(nodes: Record<string, string[]>) {
  return sorted(Object.entries(nodes).map(([hash, felts]) => [hash, ...felts].map(BigInt)))
}

function sorted(rows: bigint[][]): string[] {
  return rows.map((row) => row.join(' ')).sort()
}

test.run()
