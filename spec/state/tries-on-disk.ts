/**
 * The tries on disk are those of the definition: after any blocks, at every kept height, after undoing, pruning and
 * opening again.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pedersen, poseidon } from '../../src/felt/hash.ts'
import { emptyStateDiff } from '../../src/starknet/state-diff.ts'
import { pedersenPairs } from '../../src/state/hash-pairs.ts'
import { NodeCache } from '../../src/state/node-cache.ts'
import type { Roots } from '../../src/state/node-codec.ts'
import { MemoryNodeStore, type NodeStore, rootsId } from '../../src/state/node-store.ts'
import { hashTries, PatriciaTrie } from '../../src/state/patricia.ts'
import { sealNodes } from '../../src/state/seal-nodes.ts'
import { StateCommitter, stateRoot, type TrieChanges } from '../../src/state/state-root.ts'
import { closedHash, type Node, valueLeaf } from '../../src/state/trie-node.ts'
import { decodeStateDiff, type FeederStateDiff } from '../feeder.ts'
import { seed } from '../seed.ts'
import { vector, vectorTest } from '../vectors.ts'
import { type Disk, openDisk, quickHash, quickPairs } from './_disk.ts'
import { type PairHash, plainRoots } from './_plain-trie.ts'
import { after, noState, type PlainState, RandomState } from './_random-state.ts'

const BLOCKS = Number(process.env.FUGUE_BLOCKS ?? 1000)
console.log(`seed ${seed}`)

/** Few enough that most nodes are read from the store. */
const quick = { pedersen: quickPairs, poseidon: quickPairs, keptNodes: 20 }

let disk: Disk
test.before.each(() => {
  disk = openDisk()
})
test.after.each(() => disk.remove())

const inTransaction = (action: () => void) => disk.database.root.transactionSync(action)

vectorTest(test, 'root of block 0 of mainnet', ['legacy/mainnet-0.json'], () => {
  const { block, state_update } = vector<{
    block: { state_root: string }
    state_update: { state_diff: FeederStateDiff }
  }>('legacy/mainnet-0.json')
  const committer = new StateCommitter(disk.database.tries)
  const diff = decodeStateDiff(state_update.state_diff)
  inTransaction(() => committer.apply(diff))
  const again = new StateCommitter(disk.database.tries, 0)
  assert.is(stateRoot(again.contractsRoot, 0n, true), BigInt(block.state_root))
})

const trees = ['10_5_2', '10_100_30', 'delete_leaves_10_5_2', 'delete_leaves_8_120_70']
const fileOf = (name: string) => `tries/paths_${name}.json`

vectorTest(test, 'public trees, one from another by updates', trees.map(fileOf), () => {
  const roots = trees.map((name) => {
    const { height, initial_leaves, root_hash } = vector<{
      height: number
      initial_leaves: number[]
      root_hash: string
    }>(fileOf(name))
    return { height, leaves: new Set(initial_leaves), root: BigInt(root_hash) }
  })
  const random = new RandomState(seed).random
  for (const height of [8, 10]) {
    const targets = roots.filter((each) => each.height === height)
    let block = 0
    let root: Node | null = null
    for (let round = 0; round < 6; round++) {
      const { leaves, root: expected } = targets[round % targets.length]!
      // The way there: in two blocks, through half of the changes and some leaves that go again.
      for (const share of [2, 1]) {
        const cache = new NodeCache(disk.database.tries, 4)
        const trie: PatriciaTrie = new PatriciaTrie(height, root, cache)
        for (let key = 0; key < 2 ** height; key++) {
          const isThere = leaves.has(key) || (share === 2 && random.oneIn(9))
          if (share === 2 && random.oneIn(2)) continue
          trie.update([[BigInt(key), valueLeaf(isThere ? BigInt(key + 2 ** height) : 0n)]])
        }
        hashTries([trie], pedersenPairs)
        const sealed = sealNodes(block, { contracts: trie.node, classes: null }, trie.superseded)
        inTransaction(() => disk.database.tries.write(sealed.batch))
        root = new NodeCache(disk.database.tries, 4).roots(block++).contracts
      }
      assert.is(closedHash(root), expected)
    }
    inTransaction(() => disk.database.tries.revertAbove(-1))
  }
})

test(`${BLOCKS} random blocks: incremental is as rebuilt, at each height`, async () => {
  const made = new RandomState(seed)
  const { random } = made
  const states: PlainState[] = []
  const roots: { contracts: bigint; classes: bigint }[] = []
  let kept = 0
  let committer = new StateCommitter(disk.database.tries, -1, quick)
  for (let blocks = 0; blocks < BLOCKS; ) {
    // Several blocks a transaction, for each waits for the disk.
    inTransaction(() => {
      for (let i = 0; i < 25; i++, blocks++) {
        const diff = made.diff(6)
        committer.apply(diff)
        states.push(after(states.at(-1) ?? noState, diff))
        const { contractsRoot: contracts, classesRoot: classes } = committer
        assert.equal({ contracts, classes }, plainRoots(states.at(-1)!, quickHash, quickHash))
        roots.push({ contracts, classes })
      }
    })
    if (random.oneIn(4)) {
      const height = kept + random.below(states.length - kept)
      inTransaction(() => disk.database.tries.revertAbove(height))
      states.length = height + 1
      roots.length = height + 1
      committer.returnTo(height)
    }
    if (random.oneIn(4)) {
      kept = Math.max(kept, states.length - 1 - random.below(40))
      inTransaction(() => disk.database.tries.pruneBelow(kept))
    }
    if (random.oneIn(4)) {
      await disk.reopen()
      committer = new StateCommitter(disk.database.tries, states.length - 1, quick)
    }
    // Any height that is kept: the leaves are those of its state, so no node is missing or of another time.
    for (let i = 0; i < 3; i++) {
      const height = kept + random.below(states.length - kept)
      assert.equal(leavesOf(disk.database.tries, height), leavesIn(states[height]!, roots[height]!))
    }
  }
  assert.equal(recordsOf(), reachable(disk.database.tries, kept, states.length))
})

test('the same with the hashes of the protocol', () => {
  const made = new RandomState(seed + 1)
  const committer = new StateCommitter(disk.database.tries, -1, { keptNodes: 20 })
  let state = noState
  const known = new Map<string, bigint>()
  const pedersenOnce: PairHash = (left, right) => {
    const pair = `${left} ${right}`
    if (!known.has(pair)) known.set(pair, pedersen(left, right))
    return known.get(pair)!
  }
  for (let block = 0; block < 60; block++) {
    const diff = made.diff(8)
    inTransaction(() => committer.apply(diff))
    state = after(state, diff)
    const { contractsRoot: contracts, classesRoot: classes } = committer
    assert.equal({ contracts, classes }, plainRoots(state, pedersenOnce, poseidon))
  }
})

test('reverted blocks were never there', async () => {
  const made = new RandomState(seed + 2)
  const [before, undone, others] = [20, 15, 10].map((blocks) =>
    Array.from({ length: blocks }, () => made.diff(6)),
  ) as [TrieChanges[], TrieChanges[], TrieChanges[]]
  const straight = new MemoryNodeStore()
  const straightOn = new StateCommitter(straight, -1, quick)
  for (const diff of [...before, ...others]) straightOn.apply(diff)

  const { tries } = disk.database
  const committer = new StateCommitter(tries, -1, quick)
  for (const diff of [...before, ...undone]) inTransaction(() => committer.apply(diff))
  inTransaction(() => tries.revertAbove(before.length - 1))
  committer.returnTo(before.length - 1)
  for (const diff of others) inTransaction(() => committer.apply(diff))
  assert.is(committer.root, straightOn.root)
  const ids = recordsOf()
  assert.is(ids.length, straight.size)
  for (const id of ids) assert.equal(Buffer.from(tries.read(id)!), Buffer.from(straight.read(id)!))
  // What was undone is not pruned later either.
  inTransaction(() => tries.pruneBelow(29))
  straight.pruneBelow(29)
  assert.equal(recordsOf(), reachable(tries, 29, 30))
  assert.is(straight.size, recordsOf().length)
})

test('a block that was prepared and not written has not happened', () => {
  const made = new RandomState(seed + 3)
  const { tries } = disk.database
  const committer = new StateCommitter(tries, -1, quick)
  const [first, second, other] = [made.diff(8), made.diff(8), made.diff(8)]
  inTransaction(() => committer.apply(first))
  const root = committer.root
  committer.prepare(second)
  assert.is(committer.root, root)
  inTransaction(() => committer.apply(other))
  const state = after(after(noState, first), other)
  assert.is(committer.contractsRoot, plainRoots(state, quickHash, quickHash).contracts)
  const late = committer.prepare(second)
  inTransaction(() => committer.apply(second))
  assert.throws(() => committer.accept(late), /expected block 3, got 2/)
  assert.throws(
    () => inTransaction(() => tries.write(late.batch)),
    /expected a block above 2, got 2/,
  )
})

test('an update reads the ways to what it changes, and no more', () => {
  const nodes = new MemoryNodeStore()
  let reads = 0
  const counted = {
    read: (id: number) => {
      reads++
      return nodes.read(id)
    },
    write: nodes.write.bind(nodes),
    revertAbove: nodes.revertAbove.bind(nodes),
    pruneBelow: nodes.pruneBelow.bind(nodes),
  }
  const many = new Map<bigint, bigint>()
  for (let i = 0n; i < 4096n; i++) many.set(quickHash(i, BigInt(seed)), i + 1n)
  const empty = emptyStateDiff()
  new StateCommitter(counted, -1, quick).apply({ ...empty, nonces: many })
  const cold = new StateCommitter(counted, 0, { ...quick, keptNodes: 1000 })
  const [account] = many.keys()
  reads = 0
  const { batch } = cold.prepare({ ...empty, nonces: new Map([[account!, 9n]]) })
  // The way has about 12 binary nodes and the contract's record; each is read once and written once.
  assert.ok(reads > 5 && reads < 40, `${reads} reads`)
  assert.is(batch.superseded.length, reads)
  assert.is(batch.nodes.length, reads + 1)
})

test('a damaged record is never believed', () => {
  const { tries, root } = disk.database
  const committer = new StateCommitter(tries, -1, quick)
  inTransaction(() => committer.apply(new RandomState(seed + 4).diff(20)))
  const table = root.openDB<Buffer, Uint8Array>('tries.nodes', {
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  const key = [...table.getKeys()][0]!
  const record = Buffer.from(table.getBinary(key)!)
  record[record.length - 1]! ^= 1
  table.putSync(key, record)
  assert.throws(() => new StateCommitter(tries, 0), /node 0 of tries does not match its checksum/)
})

/** All leaves after a block, by walking from its roots: contracts with their parts, classes. */
function leavesOf(store: NodeStore, height: number) {
  const cache = new NodeCache(store, 50)
  const roots = cache.roots(height)
  const cellsOf = (node: Node | null) => {
    const cells: [bigint, bigint][] = []
    walk(node, 251, 0n, cache, (key, leaf) => cells.push([key, leaf.hash]))
    return cells
  }
  const contracts: unknown[] = []
  walk(roots.contracts, 251, 0n, cache, (address, leaf) => {
    const { classHash, nonce, storage } = cache.contract(leaf)
    contracts.push([address, classHash, nonce, cellsOf(storage)])
  })
  const classes = cellsOf(roots.classes)
  const [contractsRoot, classesRoot] = [closedHash(roots.contracts), closedHash(roots.classes)]
  return { contracts, classes, roots: { contracts: contractsRoot, classes: classesRoot } }
}

/** The same of plain maps. */
function leavesIn(state: PlainState, roots: { contracts: bigint; classes: bigint }) {
  const { storage, nonces, classHashes, classes } = state
  const sorted = (map: ReadonlyMap<bigint, bigint>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  const addresses = new Set([...storage.keys(), ...nonces.keys(), ...classHashes.keys()])
  const contracts = [...addresses]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((address) => [
      address,
      classHashes.get(address) ?? 0n,
      nonces.get(address) ?? 0n,
      sorted(storage.get(address) ?? new Map()),
    ])
    .filter(([, classHash, nonce, cells]) => classHash || nonce || (cells as []).length > 0)
  const tag = BigInt(`0x${Buffer.from('CONTRACT_CLASS_LEAF_V0').toString('hex')}`)
  const leaves = sorted(classes).map(([key, value]) => [key, quickHash(tag, value)])
  return { contracts, classes: leaves, roots }
}

function walk(
  node: Node | null,
  height: number,
  prefix: bigint,
  cache: NodeCache,
  visit: (key: bigint, leaf: Node & { kind: 'leaf' }) => void,
): void {
  if (node === null) return
  if (node.kind === 'leaf') {
    visit(prefix, node)
  } else if (node.kind === 'edge') {
    const key = (prefix << BigInt(node.length)) | node.path
    walk(node.child, height - node.length, key, cache, visit)
  } else {
    const { left, right } = node.kind === 'stored' ? cache.binary(node) : node
    walk(left, height - 1, prefix << 1n, cache, visit)
    walk(right, height - 1, (prefix << 1n) | 1n, cache, visit)
  }
}

/** Ids in the table, ascending. */
function recordsOf(): number[] {
  const table = disk.database.root.openDB<Buffer, Buffer>('tries.nodes', {
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  return [...table.getKeys()].map((key) => key.readUInt32BE(0) * 2 ** 24 + key.readUIntBE(4, 3))
}

/** Ids that the heights from `from` to before `to` use, ascending. */
function reachable(store: NodeStore, from: number, to: number): number[] {
  const cache = new NodeCache(store, 50)
  const found = new Set<number>()
  const mark = (node: Node | null): void => {
    if (node?.kind === 'edge') {
      mark(node.child)
    } else if (node?.kind === 'leaf' && node.id !== 0 && !found.has(node.id)) {
      found.add(node.id)
      mark(cache.contract(node).storage)
    } else if (node?.kind === 'stored' && !found.has(node.id)) {
      found.add(node.id)
      const { left, right } = cache.binary(node)
      mark(left)
      mark(right)
    }
  }
  for (let height = from; height < to; height++) {
    found.add(rootsId(height))
    const { contracts, classes }: Roots = cache.roots(height)
    mark(contracts)
    mark(classes)
  }
  return [...found].sort((a, b) => a - b)
}

test.run()
