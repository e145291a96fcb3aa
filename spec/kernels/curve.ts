/**
 * Points: EcOp exact, blinded, by table and from the memo are one function; roots; signatures.
 */
import { Point as Oracle, sign } from '@scure/starknet'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CELL_LONGS, readCell, readCells, writeCells } from '../../src/felt/cell.ts'
import {
  attachCrypto,
  createCryptoMemory,
  FIRST_OFF_CURVE,
  INFINITY,
  NOT_SQUARE,
  OK,
  RANDOM_POINTS,
  SAME_X,
  SECOND_OFF_CURVE,
} from '../../src/felt/crypto.ts'
import { BETA, CURVE_ORDER, GENERATOR, PEDERSEN_POINTS, type Point } from '../../src/felt/curve.ts'
import { publicPoint, verifySignature } from '../../src/felt/ecdsa.ts'
import { P } from '../../src/felt/felt.ts'
import { defaultCrypto, poseidon } from '../../src/felt/hash.ts'
import { anyFelt, checked } from './_felts.ts'

const crypto = defaultCrypto()
const at = crypto.scratch >> 3
const N = CURVE_ORDER

const scalar = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt({ min: 1n, max: N - 1n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 40n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 40n }).map((near) => N - near) },
)
/** Multipliers: any felt, and those near 0 and the order, where windows meet special cases. */
const multiplier = fc.oneof(
  { weight: 3, arbitrary: anyFelt },
  { weight: 1, arbitrary: fc.bigInt({ min: -40n, max: 40n }).map((near) => N + near) },
)

/** A multiple of the generator by the oracle; null is infinity. */
function multiple(m: bigint): Point | null {
  const reduced = ((m % N) + N) % N
  return reduced === 0n ? null : Oracle.BASE.multiply(reduced).toAffine()
}

function ecOp(p: Point, q: Point, m: bigint, blinded: boolean): Point | number {
  writeCells(crypto.cells, at, [p.x, p.y, q.x, q.y, m])
  const status = crypto.ecOp(crypto.scratch, crypto.scratch + 5 * 32, blinded ? 1 : 0)
  if (status !== OK) return status
  return {
    x: readCell(crypto.cells, at + 5 * CELL_LONGS),
    y: readCell(crypto.cells, at + 6 * CELL_LONGS),
  }
}

/** The definition, for P = a G and Q = b G: a point, or null where a partial sum meets a doubled Q. */
function definition(a: bigint, b: bigint, m: bigint): Point | null {
  let sum = a
  let doubled = b
  for (let rest = m; rest > 0n; rest >>= 1n) {
    if ((sum - doubled) % N === 0n || (sum + doubled) % N === 0n) return null
    if (rest & 1n) sum += doubled
    doubled = (2n * doubled) % N
  }
  return multiple(sum)
}

test('the constants are points of the curve and the generator has its order', () => {
  for (const { x, y } of [...PEDERSEN_POINTS, GENERATOR]) {
    assert.is((y * y - x ** 3n - x - BETA) % P, 0n)
  }
  assert.equal(GENERATOR, Oracle.BASE.toAffine())
  assert.is(N, Oracle.Fn.ORDER)
})

test('EcOp is its definition, walked or blinded, computed or remembered', () => {
  checked(
    fc.property(scalar, scalar, multiplier, fc.boolean(), (a, b, m, blinded) => {
      const expected = definition(a, b, m)
      // Only points that nobody chose may be called blinded.
      fc.pre(expected !== null || !blinded)
      const [p, q] = [multiple(a)!, multiple(b)!]
      for (let time = 0; time < 2; time++) {
        assert.equal(ecOp(p, q, m, blinded), expected ?? SAME_X)
      }
    }),
    1000,
  )
})

test('EcOp of the generator by its table is the walk', () => {
  checked(
    fc.property(scalar, multiplier, (a, m) => {
      const expected = definition(a, 1n, m)
      fc.pre(expected !== null)
      assert.equal(ecOp(multiple(a)!, GENERATOR, m, true), expected)
    }),
    1000,
  )
})

test('EcOp of a point seen often, by a table of its own, is the walk', () => {
  checked(
    fc.property(
      scalar,
      fc.array(multiplier, { minLength: 12, maxLength: 12 }),
      (b, multipliers) => {
        const q = multiple(b)!
        multipliers.forEach((m, i) => {
          const a = N / 3n + BigInt(i)
          assert.equal(ecOp(multiple(a)!, q, m, true), definition(a, b, m))
        })
      },
    ),
    90,
  )
})

test('EcOp fails where the partial sum meets a doubled point, also at a bit that is 0', () => {
  // P = 2^bit Q or its negative, met at `bit` with no lower bit set.
  for (let bit = 0; bit < 251; bit += 25) {
    for (const side of [1n, -1n]) {
      const p = multiple(side * 2n ** BigInt(bit) * 5n)!
      const q = multiple(5n)!
      assert.is(ecOp(p, q, 2n ** BigInt(bit), false), SAME_X)
      assert.is(ecOp(p, q, 2n ** BigInt(bit + 1) % P, false), SAME_X)
      if (bit > 0) assert.type(ecOp(p, q, 2n ** BigInt(bit - 1), false), 'object')
    }
  }
})

test('EcOp refuses points that are not on the curve, and 0 times a point adds nothing', () => {
  const off = { x: 0n, y: 0n }
  assert.is(ecOp(off, GENERATOR, 1n, false), FIRST_OFF_CURVE)
  assert.is(ecOp(GENERATOR, off, 1n, true), SECOND_OFF_CURVE)
  assert.equal(ecOp(GENERATOR, GENERATOR, 0n, false), GENERATOR)
  assert.equal(ecOp(multiple(7n)!, GENERATOR, 0n, true), multiple(7n))
})

test('multiples of the generator', () => {
  checked(
    fc.property(multiplier, (m) => {
      writeCells(crypto.cells, at, [m])
      const status = crypto.generatorMul(crypto.scratch, crypto.scratch)
      const expected = multiple(m)
      assert.is(status, expected ? OK : INFINITY)
      if (!expected) return
      assert.is(readCell(crypto.cells, at), expected.x)
      assert.is(readCell(crypto.cells, at + CELL_LONGS), expected.y)
    }),
    1000,
  )
})

test('a square gives its smaller root, any other felt the smaller root of its triple, computed or remembered', () => {
  checked(
    fc.property(anyFelt, (a) => {
      const smaller = a < P - a ? a : (P - a) % P
      const square = (a * a) % P
      const triple = (3n * a) % P
      for (let time = 0; time < 2; time++) {
        writeCells(crypto.cells, at, [square, (3n * square) % P])
        assert.is(crypto.fieldSqrt(crypto.scratch, crypto.scratch), OK)
        assert.is(readCell(crypto.cells, at), smaller)
        if (a === 0n) return
        assert.is(crypto.fieldSqrt(crypto.scratch + 32, crypto.scratch), NOT_SQUARE)
        assert.is(readCell(crypto.cells, at), triple < P - triple ? triple : P - triple)
      }
    }),
    1000,
  )
})

test('random points are points, follow from the secret, and are others for another process', () => {
  const memories = [createCryptoMemory(1, 77n), createCryptoMemory(1)]
  const [known, unknown] = memories.map((memory) => {
    const { cells, randomPoints } = attachCrypto(memory, 0)
    return readCells(cells, randomPoints() >> 3, 2 * RANDOM_POINTS)
  })
  for (let i = 0; i < RANDOM_POINTS; i++) {
    const factor = BigInt.asUintN(250, poseidon(77n, BigInt(i)))
    assert.equal({ x: known![2 * i], y: known![2 * i + 1] }, multiple(factor))
  }
  assert.is(new Set([...known!, ...unknown!]).size, 4 * RANDOM_POINTS)
})

test('verify accepts what the oracle signs, and nothing that is changed by one', () => {
  checked(
    fc.property(fc.bigInt({ min: 1n, max: N - 1n }), anyFelt, (privateKey, message) => {
      const hash = message % 2n ** 251n
      const { r, s } = sign(hash.toString(16).padStart(64, '0'), privateKey.toString(16))
      const { x } = publicPoint(privateKey)
      assert.ok(verifySignature(x, hash, r, s))
      assert.not(verifySignature(x, hash ^ 1n, r, s))
      assert.not(verifySignature(x, hash, r + 1n, s))
      assert.not(verifySignature(x, hash, r, s - 1n))
      assert.not(verifySignature(x - 1n, hash, r, s))
    }),
    1000,
  )
})

test("verify accepts the example of Cairo's library, whose key is the generator", () => {
  assert.ok(
    verifySignature(
      GENERATOR.x,
      0x2d6479c0758efbb5aa07d35ed5454d728637fceab7ba544d3ea95403a5630a8n,
      0x6ff7b413a8457ef90f326b5280600a4473fef49b5b1dcdfcd7f42ca7aa59c69n,
      0x23a9747ed71abc5cb956c0df44ee8638b65b3e9407deade65de62247b8fd77n,
    ),
  )
})

test('verify keeps its limits', () => {
  const { x } = GENERATOR
  const limit = 2n ** 251n
  for (const [hash, r, s] of [
    [limit, 1n, 1n],
    [-1n, 1n, 1n],
    [1n, 0n, 1n],
    [1n, limit, 1n],
    [1n, 1n, 0n],
    [1n, 1n, N],
  ] as const) {
    assert.not(verifySignature(x, hash, r, s))
  }
  assert.throws(() => publicPoint(0n), RangeError)
  assert.throws(() => publicPoint(N), RangeError)
})

test.run()
