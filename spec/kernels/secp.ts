/**
 * The secp kernels: fields against bigint on random limbs and on extreme ones; points against @noble/curves on random,
 * small, large and adversarial coordinates and scalars.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CELL_LONGS, readCell, writeCells } from '../../src/felt/cell.ts'
import {
  FIRST_OFF_CURVE,
  INFINITY,
  NOT_SQUARE,
  OK,
  OUT_OF_RANGE,
  SECP_POINT_BYTES,
} from '../../src/felt/crypto.ts'
import { defaultCrypto } from '../../src/felt/hash.ts'
import { SECP256K1, SECP256R1, type SecpCurve } from '../../src/felt/secp-constants.ts'
import { packageRoot } from '../../src/shared/package-root.ts'
import { checked } from './_felts.ts'

interface Point {
  x: bigint
  y: bigint
}

const curves: [name: string, constants: SecpCurve, oracle: typeof p256.Point][] = [
  ['secp256k1', SECP256K1, secp256k1.Point],
  ['secp256r1', SECP256R1, p256.Point],
]
const crypto = defaultCrypto()
const { scratch, cells } = crypto
const at = scratch >> 3
const HALF = 2n ** 128n
const LEFT = scratch + 1024
const RIGHT = LEFT + SECP_POINT_BYTES
const OUT = RIGHT + SECP_POINT_BYTES
/** The eigenvalue of secp256k1's endomorphism: a cube root of one modulo the order. */
const LAMBDA = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n

const modulo = (a: bigint, n: bigint) => ((a % n) + n) % n
const any256 = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
const nearby = fc.bigInt({ min: -40n, max: 40n })

/** Scalars: any, near 0, near multiples of the order, powers of two, and small combinations of 1 and lambda. */
const scalarOf = ({ order }: SecpCurve) =>
  fc.oneof(
    { weight: 4, arbitrary: any256 },
    { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 70n }) },
    { weight: 1, arbitrary: nearby.map((near) => order + near) },
    {
      weight: 1,
      arbitrary: fc.bigInt({ min: 0n, max: 40n }).map((near) => 2n ** 256n - 1n - near),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.bigInt({ min: 0n, max: 255n }), fc.constantFrom(-1n, 0n, 1n))
        .map(([bit, near]) => 2n ** bit + near),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(nearby, nearby, fc.constantFrom(1n, 16n, 2n ** 64n, 2n ** 120n))
        .map(([a, b, c]) => modulo((a + b * LAMBDA) * c, order)),
    },
  )

function put(numbers: bigint[]): void {
  writeCells(
    cells,
    at,
    numbers.flatMap((number) => [number % HALF, number / HALF]),
  )
}

function numberAt(index: number): bigint {
  const [low, high] = [2 * index, 2 * index + 1]
  return readCell(cells, at + low * CELL_LONGS) + readCell(cells, at + high * CELL_LONGS) * HALF
}

function create(curve: number, { x, y }: Point, to = LEFT): number {
  put([x, y])
  return crypto.secpNew(curve, scratch, to)
}

function read(curve: number, from: number): Point {
  crypto.secpXy(curve, from, scratch)
  return { x: numberAt(0), y: numberAt(1) }
}

/** A multiple of the generator by the oracle; (0, 0) is infinity. */
function multiple(curve: number, m: bigint): Point {
  const [, { order }, Oracle] = curves[curve]!
  const reduced = modulo(m, order)
  return reduced === 0n ? { x: 0n, y: 0n } : Oracle.BASE.multiply(reduced).toAffine()
}

const isInfinity = ({ x, y }: Point) => x === 0n && y === 0n

for (const [curve, [name, constants, Oracle]] of curves.entries()) {
  const { p, a, b, order, generator } = constants
  const sideOf = (x: bigint) => modulo(x ** 3n + a * x + b, p)
  const scalar = scalarOf(constants)

  test(`${name}: the constants are those of the oracle`, () => {
    assert.equal(generator, Oracle.BASE.toAffine())
    assert.is(order, Oracle.Fn.ORDER)
    assert.is(p, Oracle.Fp.ORDER)
  })

  test(`${name}: multiples and sums of points`, () => {
    checked(
      fc.property(scalar, scalar, scalar, (m, k, l) => {
        const [point, other] = [multiple(curve, m), multiple(curve, l)]
        assert.is(create(curve, point), isInfinity(point) ? INFINITY : OK)
        assert.equal(read(curve, LEFT), point)
        put([k])
        const product = multiple(curve, m * k)
        const status = crypto.secpMul(curve, LEFT, scratch, OUT)
        assert.is(status, isInfinity(product) ? INFINITY : OK)
        assert.equal(read(curve, OUT), product)
        create(curve, other, RIGHT)
        const sum = multiple(curve, m * k + l)
        const sumStatus = crypto.secpAdd(curve, OUT, RIGHT, OUT)
        assert.is(sumStatus, isInfinity(sum) ? INFINITY : OK)
        assert.equal(read(curve, OUT), sum)
      }),
      1000,
    )
  })

  test(`${name}: sums of equal and opposite points and with infinity`, () => {
    checked(
      fc.property(scalar, (m) => {
        const point = multiple(curve, m)
        const opposite = multiple(curve, -m)
        const infinity = { x: 0n, y: 0n }
        for (const [left, right, expected] of [
          [point, point, multiple(curve, 2n * m)],
          [point, opposite, infinity],
          [point, infinity, point],
          [infinity, point, point],
          [infinity, infinity, infinity],
        ] as const) {
          create(curve, left, LEFT)
          create(curve, right, RIGHT)
          const status = crypto.secpAdd(curve, LEFT, RIGHT, OUT)
          assert.is(status, isInfinity(expected) ? INFINITY : OK)
          assert.equal(read(curve, OUT), expected)
        }
        put([0n])
        create(curve, infinity)
        put([m])
        assert.is(crypto.secpMul(curve, LEFT, scratch, OUT), INFINITY)
        assert.equal(read(curve, OUT), infinity)
      }),
      200,
    )
  })

  test(`${name}: a point from its x`, () => {
    const x = fc.oneof(
      { weight: 3, arbitrary: any256.map((value) => value % p) },
      { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 60n }) },
      { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 60n }).map((near) => p - near) },
    )
    checked(
      fc.property(x, fc.boolean(), (x, odd) => {
        put([x])
        const status = crypto.secpFromX(curve, scratch, odd ? 1 : 0, OUT)
        const side = Oracle.Fp.create(sideOf(x))
        if (power(side, (p - 1n) / 2n, p) !== 1n) {
          assert.is(status, NOT_SQUARE)
          return
        }
        assert.is(status, OK)
        const found = read(curve, OUT)
        assert.is(found.x, x)
        assert.is(found.y & 1n, odd ? 1n : 0n)
        assert.is(modulo(found.y * found.y, p), side)
        // The same point by its coordinates is the same bytes, and a changed y is on no curve.
        assert.is(create(curve, found, LEFT), OK)
        const { bytes } = crypto
        assert.equal(
          bytes.slice(LEFT, LEFT + SECP_POINT_BYTES),
          bytes.slice(OUT, OUT + SECP_POINT_BYTES),
        )
        assert.is(create(curve, { x, y: (found.y + 1n) % p }), FIRST_OFF_CURVE)
      }),
      1000,
    )
  })

  test(`${name}: coordinates that are no residues are refused, whatever else is wrong`, () => {
    for (const out of [p, p + 1n, 2n ** 256n - 1n]) {
      for (const other of [0n, 1n, generator.x, generator.y, p]) {
        assert.is(create(curve, { x: out, y: other }), OUT_OF_RANGE)
        assert.is(create(curve, { x: other, y: out }), OUT_OF_RANGE)
      }
      put([out])
      assert.is(crypto.secpFromX(curve, scratch, 0, OUT), OUT_OF_RANGE)
    }
    assert.is(create(curve, { x: 0n, y: 1n }), FIRST_OFF_CURVE)
    assert.is(create(curve, { x: p - 1n, y: p - 1n }), FIRST_OFF_CURVE)
  })
}

function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n
  for (let rest = exponent, square = base; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % p
    square = (square * square) % p
  }
  return result
}

type Kernel = Record<string, (...args: number[]) => void>

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
const wasm = readFileSync(join(packageRoot, 'dist/kernels/crypto.wasm'))
const kernel = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
  env: { memory, abort: () => assert.unreachable() },
}).exports as Kernel
const limbs = new BigInt64Array(memory.buffer)
const LIMB = 2n ** 29n
const [A, B, PRODUCT] = [1024, 1152, 1280] as const

/** Limbs of factors: each 0, full or anything, of both signs, as uncarried differences have them. */
const limbsOf = (topBits: bigint) => {
  const full = LIMB - 1n
  const top = 2n ** topBits
  return fc
    .tuple(
      fc.array(fc.oneof(fc.constantFrom(0n, full, -full), fc.bigInt({ min: -full, max: full })), {
        minLength: 8,
        maxLength: 8,
      }),
      fc.oneof(
        fc.constantFrom(0n, top - 1n, 1n - top, 2n ** 24n - 1n, -1n),
        fc.bigInt({ min: -top + 1n, max: top - 1n }),
      ),
    )
    .map(([low, high]) => [...low, high])
}

const putLimbs = (address: number, list: bigint[]) => void limbs.set(list, address / 8)
const sumOf = (list: bigint[]) => list.reduceRight((sum, limb) => sum * LIMB + limb, 0n)
const limbsAt = (address: number) => [...limbs.subarray(address / 8, address / 8 + 9)]

/** Bits of the top limb: as far as factors may grow, 32 p in one field, 5 p in the other. */
for (const [curve, prefix, p, r, topBits, excess] of [
  [0, 'k1', SECP256K1.p, 1n, 29n, 2n ** 20n],
  [1, 'r1', SECP256R1.p, 2n ** 261n, 26n, 0n],
] as const) {
  test(`${prefix}: products and squares of extreme limbs`, () => {
    checked(
      fc.property(limbsOf(topBits), limbsOf(topBits), (a, b) => {
        for (const [right, run] of [
          [b, () => kernel[`${prefix}Mul`]!(PRODUCT, A, B)],
          [a, () => kernel[`${prefix}Square`]!(PRODUCT, A)],
        ] as const) {
          putLimbs(A, a)
          putLimbs(B, b)
          run()
          const found = limbsAt(PRODUCT)
          found.forEach((limb, i) => {
            if (i < 8) assert.ok(limb >= -excess && limb < LIMB + excess, `limb ${i} is ${limb}`)
          })
          const value = sumOf(found)
          assert.is(modulo(value * r, p), modulo(sumOf(a) * sumOf(right), p))
          assert.ok(value > -p && value < 2n * p, 'out of bounds')
          kernel.secpCanonical!(curve, PRODUCT, PRODUCT)
          assert.is(sumOf(limbsAt(PRODUCT)), modulo(value, p))
        }
      }),
      1000,
    )
  })

  test(`${prefix}: the unique form near multiples of p`, () => {
    for (let count = -20n; count <= 20n; count++) {
      for (let near = -3n; near <= 3n; near++) {
        const value = count * p + near
        const list = Array.from({ length: 8 }, (_, i) => (value >> BigInt(29 * i)) % LIMB)
        putLimbs(A, [...list.map((limb) => modulo(limb, LIMB)), value >> 232n])
        kernel.secpCanonical!(curve, PRODUCT, A)
        assert.is(sumOf(limbsAt(PRODUCT)), modulo(near, p))
      }
    }
  })
}

test.run()
