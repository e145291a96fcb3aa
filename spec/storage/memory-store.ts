/**
 * The store in memory: history of cells, indices, events in pages, and that a bad block leaves no trace.
 */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readCellWords, writeCellWords } from '../../src/felt/cell.ts'
import type { Block, IncludedTransaction } from '../../src/starknet/block.ts'
import type { StateDiff, TransactionExecution } from '../../src/starknet/execution.ts'
import { emptyStateDiff } from '../../src/starknet/state-diff.ts'
import {
  CLASS_HASH,
  COMPILED_CLASS_HASH,
  KEY_WORDS,
  NONCE,
  STORAGE,
  writeLocation,
} from '../../src/state/location.ts'
import { readerForExecutor } from '../../src/storage/base-reader.ts'
import type { EmittedEvent, EventPosition, StoredClass } from '../../src/storage/chain-store.ts'
import { createMemoryStore } from '../../src/storage/memory-store.ts'
import { seed } from '../seed.ts'

test('a cell keeps its values of all heights', () => {
  const store = createMemoryStore()
  const values = [1n, null, 2n, 0n, null, 3n]
  values.forEach((value, number) => {
    store.append(blockOf(number, { storage: value === null ? [] : [[5n, 6n, value]] }), [])
  })
  const at = (number: number) => store.stateAt(number).storageAt(5n, 6n)
  assert.equal([0, 1, 2, 3, 4, 5].map(at), [1n, 1n, 2n, 0n, 0n, 3n])
  const last = (number: number) => store.stateAt(number).lastUpdateOf(5n, 6n)
  assert.equal([0, 1, 2, 3, 4, 5].map(last), [0, 0, 2, 3, 3, 5])
  assert.is(store.stateAt(0).lastUpdateOf(5n, 7n), null)
  assert.is(store.stateAt(5).storageAt(6n, 6n), 0n)
})

test('a reader taken before does not see later blocks', () => {
  const store = createMemoryStore()
  store.append(blockOf(0, { storage: [[5n, 6n, 1n]], nonces: [[5n, 1n]] }), [])
  const reader = store.stateAt(0)
  store.append(blockOf(1, { storage: [[5n, 6n, 2n]], nonces: [[5n, 2n]] }), [])
  assert.is(reader.storageAt(5n, 6n), 1n)
  assert.is(reader.nonceAt(5n), 1n)
  assert.is(store.stateAt(1).nonceAt(5n), 2n)
})
console.log(`seed ${seed}`)

test('random histories read as the last write up to each height', () => {
  const write = fc.tuple(fc.bigInt(0n, 2n), fc.bigInt(0n, 2n), fc.bigInt(0n, 9n))
  fc.assert(
    fc.property(
      fc.array(fc.array(write, { maxLength: 4 }), { minLength: 1, maxLength: 20 }),
      (writes) => {
        const store = createMemoryStore()
        const expected: Map<string, bigint>[] = []
        writes.forEach((storage, number) => {
          store.append(blockOf(number, { storage }), [])
          const cells = new Map(expected[number - 1] ?? [])
          for (const [address, key, value] of storage) cells.set(`${address} ${key}`, value)
          expected.push(cells)
        })
        expected.forEach((cells, number) => {
          const state = store.stateAt(number)
          for (let address = 0n; address < 3n; address++) {
            for (let key = 0n; key < 3n; key++) {
              assert.is(state.storageAt(address, key), cells.get(`${address} ${key}`) ?? 0n)
            }
          }
        })
      },
    ),
    { seed, numRuns: 60 },
  )
})

test('blocks and transactions are found by their hashes', () => {
  const store = createMemoryStore()
  assert.is(store.height(), -1)
  assert.is(store.blockByNumber(0), null)
  store.append(blockOf(0, { transactions: [[], []] }), [])
  store.append(blockOf(1, { transactions: [[]] }), [])
  assert.is(store.height(), 1)
  assert.is(store.blockByHash(hashOf(1))?.header.number, 1)
  assert.is(store.blockByHash(5n), null)
  const found = store.findTransaction(transactionHashOf(0, 1))
  assert.equal([found?.block.header.number, found?.index], [0, 1])
  assert.is(store.findTransaction(77n), null)
})

test('classes are found, the first declaration counts', () => {
  const store = createMemoryStore()
  const stored: StoredClass = {
    classHash: 1n,
    compiledClassHash: 2n,
    sierra: null,
    casm: {},
    declaredAt: 0,
  }
  store.append(blockOf(0, { declared: [[1n, 2n]] }), [stored])
  store.append(blockOf(1, { deployed: [[9n, 1n]] }), [{ ...stored, declaredAt: 1 }])
  assert.is(store.classByHash(1n), stored)
  assert.is(store.classByHash(2n), null)
  assert.is(store.stateAt(0).compiledClassHashAt(1n), 2n)
  assert.is(store.stateAt(0).classHashAt(9n), 0n)
  assert.is(store.stateAt(1).classHashAt(9n), 1n)
})

test('a block that does not follow is refused and leaves no trace', () => {
  const store = createMemoryStore()
  store.append(blockOf(0, { transactions: [[]] }), [])
  const orphan = blockOf(1, { storage: [[1n, 1n, 1n]], transactions: [[]] })
  const twice = orphan.transactions[0]!
  const bad: Block[] = [
    blockOf(2, {}),
    { ...orphan, header: { ...orphan.header, parentHash: 3n } },
    { ...orphan, transactions: [{ ...twice, hash: transactionHashOf(0, 0) }] },
    { ...orphan, transactions: [twice, twice] },
  ]
  for (const block of bad) assert.throws(() => store.append(block, []))
  assert.is(store.height(), 0)
  assert.is(store.findTransaction(twice.hash), null)
  assert.is(store.stateAt(0).storageAt(1n, 1n), 0n)
  assert.throws(() => store.stateAt(1), /there is no block 1/)
})

const events: [bigint, bigint[]][][][] = [
  [
    [
      [1n, [10n, 20n]],
      [2n, [10n]],
    ],
    [[1n, [11n]]],
  ],
  [],
  [
    [[2n, [11n, 20n]]],
    [],
    [
      [1n, [10n, 21n]],
      [3n, []],
    ],
  ],
]

test('events are filtered by contract, keys and blocks', () => {
  const store = storeOfEvents()
  const find = (addresses: bigint[], keys: bigint[][], fromBlock = 0, toBlock = 9) =>
    store.events({ fromBlock, toBlock, addresses, keys }, null, 100).events.map(placeOf)
  assert.is(find([], []).length, 6)
  assert.equal(find([1n], []), ['0 0 0', '0 1 0', '2 2 0'])
  assert.equal(find([1n, 3n], [], 1), ['2 2 0', '2 2 1'])
  assert.equal(find([], [[10n]]), ['0 0 0', '0 0 1', '2 2 0'])
  assert.equal(find([], [[], [20n]]), ['0 0 0', '2 0 0'])
  assert.equal(
    find(
      [],
      [
        [10n, 11n],
        [20n, 21n],
      ],
    ),
    ['0 0 0', '2 0 0', '2 2 0'],
  )
  assert.equal(find([], [[10n], []], 0, 0), ['0 0 0', '0 0 1'])
  assert.equal(find([4n], []), [])
})

test('pages of any size join to the whole', () => {
  const store = storeOfEvents()
  const filter = { fromBlock: 0, toBlock: 9, addresses: [], keys: [] }
  const whole = store.events(filter, null, 100)
  assert.is(whole.next, null)
  for (let limit = 1; limit <= 7; limit++) {
    const joined: EmittedEvent[] = []
    let start: EventPosition | null = null
    do {
      const page = store.events(filter, start, limit)
      assert.ok(page.events.length <= limit)
      joined.push(...page.events)
      start = page.next
    } while (start !== null)
    assert.equal(joined, whole.events)
  }
})

test('executors read the same cells by location', () => {
  const store = createMemoryStore()
  const big = 2n ** 250n + 3n
  const diff = {
    storage: [
      [big, 6n, big],
      [5n, big, 7n],
    ] as [bigint, bigint, bigint][],
    nonces: [[big, 4n]] as [bigint, bigint][],
    deployed: [[5n, big]] as [bigint, bigint][],
    declared: [[big, 8n]] as [bigint, bigint][],
  }
  store.append(blockOf(0, diff), [])
  const reader = readerForExecutor(store.stateAt(0))
  const read = (kind: number, address: bigint, key = 0n) => {
    const words = new Int32Array(3 + KEY_WORDS)
    writeLocation(words, 3, kind, address, key)
    const out = new Int32Array(12).fill(-1)
    reader.read(words, 3, out, 2)
    const expected = new Int32Array(12).fill(-1)
    writeCellWords(expected, 2, readCellWords(out, 2))
    assert.equal(out, expected)
    return readCellWords(out, 2)
  }
  assert.is(read(STORAGE, big, 6n), big)
  assert.is(read(STORAGE, 5n, big), 7n)
  assert.is(read(STORAGE, 5n, 6n), 0n)
  assert.is(read(NONCE, big), 4n)
  assert.is(read(CLASS_HASH, 5n), big)
  assert.is(read(COMPILED_CLASS_HASH, big), 8n)
  assert.throws(() => read(5, 1n), /expected a kind/)
})

function storeOfEvents() {
  const store = createMemoryStore()
  events.forEach((transactions, number) => {
    store.append(blockOf(number, { transactions }), [])
  })
  return store
}

function placeOf({ blockNumber, transactionIndex, indexInTransaction }: EmittedEvent): string {
  return `${blockNumber} ${transactionIndex} ${indexInTransaction}`
}

interface Contents {
  storage?: [bigint, bigint, bigint][]
  nonces?: [bigint, bigint][]
  deployed?: [bigint, bigint][]
  declared?: [bigint, bigint][]
  /** Address and keys of the events of each transaction. */
  transactions?: [bigint, bigint[]][][]
}

function blockOf(number: number, contents: Contents): Block {
  const stateDiff: StateDiff = {
    ...emptyStateDiff(),
    nonces: new Map(contents.nonces),
    deployedContracts: new Map(contents.deployed),
    declaredClasses: new Map(contents.declared),
  }
  for (const [address, key, value] of contents.storage ?? []) {
    const cells = stateDiff.storage.get(address) ?? new Map()
    stateDiff.storage.set(address, cells.set(key, value))
  }
  const transactions = (contents.transactions ?? []).map((list, index) =>
    transactionOf(transactionHashOf(number, index), list),
  )
  const price = { wei: 1n, fri: 1n }
  return {
    header: {
      number,
      timestamp: number,
      sequencerAddress: 1n,
      chainId: 1n,
      starknetVersion: '0.14.2',
      l1GasPrice: price,
      l1DataGasPrice: price,
      l2GasPrice: price,
      useKzgDa: true,
      strkAddress: 1n,
      ethAddress: 2n,
      blockHash: hashOf(number),
      parentHash: number === 0 ? 0n : hashOf(number - 1),
      newRoot: 0n,
      transactionCommitment: 0n,
      eventCommitment: 0n,
      receiptCommitment: 0n,
      stateDiffCommitment: 0n,
      transactionCount: transactions.length,
      eventCount: 0,
      stateDiffLength: 0,
    },
    transactions,
    stateDiff,
  }
}

function transactionOf(hash: bigint, list: [bigint, bigint[]][]): IncludedTransaction {
  const bound = { maxAmount: 0n, maxPricePerUnit: 0n }
  const events = list.map(([fromAddress, keys], order) => ({ order, fromAddress, keys, data: [] }))
  return {
    hash,
    contractAddress: null,
    transaction: {
      type: 'INVOKE',
      version: 3n,
      senderAddress: 1n,
      calldata: [],
      nonce: 0n,
      signature: [],
      resourceBounds: { l1Gas: bound, l2Gas: bound, l1DataGas: bound },
      tip: 0n,
      paymasterData: [],
      accountDeploymentData: [],
      proofFacts: [],
      nonceDataAvailabilityMode: 'L1',
      feeDataAvailabilityMode: 'L1',
    },
    // The store looks at nothing but the events.
    execution: () => ({ events }) as unknown as TransactionExecution,
  }
}

function hashOf(number: number): bigint {
  return 1000n + BigInt(number)
}

function transactionHashOf(number: number, index: number): bigint {
  return 5000n + BigInt(number * 100 + index)
}

test.run()
