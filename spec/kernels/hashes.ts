/**
 * Pedersen and Poseidon give the published values, agree with @scure/starknet, and do not depend on memo or batch.
 */
import { Point, poseidonHashMany, poseidonSmall, pedersen as scurePedersen } from '@scure/starknet'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CELL_LONGS, readCell, readCells, writeCells } from '../../src/felt/cell.ts'
import {
  attachCrypto,
  batchHashes,
  type Crypto,
  createCryptoMemory,
} from '../../src/felt/crypto.ts'
import { CURVE_ORDER, PEDERSEN_POINTS } from '../../src/felt/curve.ts'
import { P } from '../../src/felt/felt.ts'
import {
  defaultCrypto,
  pedersen,
  pedersenArray,
  poseidon,
  poseidonMany,
  poseidonPermute,
  poseidonSingle,
} from '../../src/felt/hash.ts'
import { compressedConstants } from '../../src/felt/poseidon-constants.ts'
import { selfTest } from '../../src/felt/self-test.ts'
import { anyFelt, checked } from './_felts.ts'

const oracle = (x: bigint, y: bigint) => BigInt(scurePedersen(x, y))

test('Pedersen gives the published values', () => {
  assert.is(
    pedersen(
      0x3d937c035c878245caf64531a5756109c53068da139362728feb561405371cbn,
      0x208a0a10250e382e1e4bbe2880906c2791bf6275695e02fbbc6aeff9cd8b31an,
    ),
    0x30e480bed5fe53fa909cc0f8c4d99b8f9f2c016be4c41e13a4848797979c662n,
  )
  assert.is(pedersen(0n, 0n), 0x49ee3eba8c1600700ee1b87eb599f16716b0b1022947733551fde4050ca6804n)
  assert.is(pedersen(1n, 2n), 0x5bb9440e27889a364bcb678b1f679ecd1347acdedcbf36e83494f857cc58026n)
})

test('Poseidon gives the published values', () => {
  assert.equal(poseidonPermute([9n, 11n, 2n]), [
    0x510f3a3faf4084e3b1e95fd44c30746271b48723f7ea9c8be6a9b6b5408e7e6n,
    0x4f511749bd4101266904288021211333fb0a514cb15381af087462fa46e6bd9n,
    0x186f6dd1a6e79cb1b66d505574c349272cd35c07c223351a0990410798bb9d8n,
  ])
  assert.is(poseidon(1n, 2n), 0x5d44a3decb2b2e0cc71071f7b802f45dd792d064f0fc7316c46514f70f9891an)
  assert.is(poseidonSingle(9n), 0x3bb3b91c714cb47003947f36dadc98326176963c434cd0a10320b8146c948b3n)
  assert.is(poseidonMany([]), 0x2272be0f580fd156823304800919530eaa97430e972d7213ee13f4fbf7a5dbcn)
  assert.is(
    poseidonMany([1n, 2n, 3n]),
    0x2f0d8840bcf3bc629598d8a6cc80cb7c0d9e52d93dab244bbf9cd0dca0ad082n,
  )
})

test('Pedersen is the oracle, computed or remembered', () => {
  checked(
    fc.property(anyFelt, anyFelt, (x, y) => {
      const expected = oracle(x, y)
      assert.is(pedersen(x, y), expected)
      assert.is(pedersen(x, y), expected)
    }),
    1000,
  )
  assert.is(pedersenArray([1n, 2n]), oracle(oracle(oracle(0n, 1n), 2n), 2n))
})

test('a batch is the hashes of its pairs, of every size and in any order', () => {
  const crypto = defaultCrypto()
  const at = crypto.scratch >> 3
  checked(
    fc.property(
      fc.array(fc.tuple(fc.oneof(anyFelt, fc.constant(0n)), anyFelt), { maxLength: 64 }),
      (pairs) => {
        const doubled = [...pairs, ...pairs].slice(0, 64).reverse()
        writeCells(crypto.cells, at, doubled.flat())
        const out = crypto.scratch + doubled.length * 64
        assert.is(crypto.pedersenBatch(crypto.scratch, doubled.length, out), 0)
        const hashes = readCells(crypto.cells, out >> 3, doubled.length)
        assert.equal(
          hashes,
          doubled.map(([x, y]) => pedersen(x, y)),
        )
      },
    ),
    60,
  )
})

test('hashes made ahead are the oracle, whatever was known before', () => {
  const crypto = defaultCrypto()
  const { cells, scratch } = crypto
  const at = scratch >> 3
  checked(
    fc.property(
      fc.array(fc.tuple(anyFelt, fc.oneof(anyFelt, fc.constant(5n))), { maxLength: 60 }),
      fc.integer({ min: 0, max: 60 }),
      (pairs, known) => {
        const once = [...new Map(pairs.map((pair) => [pair.join(), pair])).values()]
        const expected = once.map(([x, y]) => oracle(x, y))
        crypto.forgetHashes()
        for (const [x, y] of once.slice(0, known)) pedersen(x, y)
        const ahead = (count: number) => {
          writeCells(cells, at, once.flat())
          return crypto.pedersenAhead(scratch, count, scratch + 64 * 64)
        }
        // The shared memo has one place for some pairs together, so a few may be computed twice.
        assert.ok(ahead(once.length) >= Math.max(0, once.length - known))
        assert.ok(ahead(once.length) <= once.length / 8 + 1)
        assert.equal(
          once.map(([x, y]) => pedersen(x, y)),
          expected,
        )
      },
    ),
    12,
  )
})

test('hashes that a thread asks for the first time are noted, until the list is full', () => {
  const crypto = defaultCrypto()
  const { words, cells, scratch } = crypto
  const list = crypto.missedHashes() >> 2
  crypto.forgetHashes()
  words[list] = 0
  for (const y of [3n, 4n, 3n]) pedersen(P - 2n, y)
  assert.is(words[list], 2)
  const noted = [1, 2].map((i) => readCells(cells, words[list + i]! >> 3, 2))
  assert.equal(noted, [
    [P - 2n, 3n],
    [P - 2n, 4n],
  ])
  for (let y = 5n; y < 40n; y++) pedersen(P - 2n, y)
  assert.is(words[list], 15)
  assert.is(readCell(cells, scratch >> 3), P - 2n)
})

test('the Poseidon permutation is the oracle', () => {
  assert.is(compressedConstants().length, 107)
  checked(
    fc.property(anyFelt, anyFelt, anyFelt, (a, b, c) => {
      assert.equal(poseidonPermute([a, b, c]), poseidonSmall([a, b, c]))
    }),
    1000,
  )
})

test('a Poseidon list is the oracle for lengths 0 to 40 and past the scratch area', () => {
  checked(
    fc.property(fc.array(anyFelt, { minLength: 1, maxLength: 40 }), (felts) => {
      assert.is(poseidonMany(felts), poseidonHashMany(felts))
    }),
    30,
  )
  const crypto = defaultCrypto()
  for (const length of [crypto.scratchCells - 1, crypto.scratchCells, crypto.scratchCells + 3]) {
    const felts = Array.from({ length }, (_, i) => P - 1n - BigInt(i))
    assert.is(poseidonMany(felts), poseidonHashMany(felts))
  }
})

test('points that meet on the way are added all the same', () => {
  const memory = createCryptoMemory(1)
  const kernels = attachCrypto(memory, 0) as Crypto & { pedersenTable(): number }
  const { bytes, scratch, cells } = kernels
  const entry = (window: number) => kernels.pedersenTable() + window * 16384 * 64
  const zeros = new Array<bigint>(2 * batchHashes).fill(0n)
  const shift = Point.fromAffine(PEDERSEN_POINTS[0]!)
  // Entry 0 of window 0 is (3 - 2^36) S, that of window 1 is 2 S. Put the first, or its negative, in place of the second.
  const base = shift.multiply(CURVE_ORDER + 3n - 2n ** 36n)
  const first = bytes.slice(entry(0), entry(0) + 64)
  const negative = first.slice()
  const packed = new BigUint64Array(negative.buffer)
  const y = [7, 6, 5, 4].reduce((sum, i) => (sum << 64n) | packed[i]!, 0n)
  for (let i = 0; i < 4; i++) packed[4 + i] = (2n * P - y) >> BigInt(64 * i)
  for (const [point, sum] of [
    [first, base.subtract(shift)],
    [negative, shift.negate().subtract(base)],
  ] as const) {
    bytes.set(point, entry(1))
    const expected = sum.toAffine().x
    writeCells(cells, scratch >> 3, zeros)
    const out = scratch + zeros.length * 32
    assert.is(kernels.pedersenBatch(scratch, 1, out), 0)
    assert.is(readCell(cells, out >> 3), expected)
    assert.is(kernels.pedersenBatch(scratch, batchHashes, out), 0)
    assert.equal(readCells(cells, out >> 3, batchHashes), new Array(batchHashes).fill(expected))
  }
})

test('kernels with one wrong bit in a table refuse to start', () => {
  const crypto = attachCrypto(createCryptoMemory(1), 0)
  selfTest(crypto)
  // The lowest limb of the first Poseidon constant, where the tables begin.
  crypto.bytes[64]! ^= 1
  assert.throws(() => selfTest(crypto), /kernel poseidon: expected 0x2f0d.*, got 0x/)
})

test('results are cells in their one form', () => {
  const crypto = defaultCrypto()
  const at = crypto.scratch >> 3
  // A SMALL cell may come with anything in limbs 1 and 2.
  writeCells(crypto.cells, at, [1n, 2n])
  crypto.cells[at + 2] = 5n
  crypto.cells[at + CELL_LONGS + 3] = 5n
  crypto.pedersen(crypto.scratch, crypto.scratch + 32, crypto.scratch + 64)
  assert.is(readCell(crypto.cells, at + 2 * CELL_LONGS), pedersen(1n, 2n))
})

test.run()
