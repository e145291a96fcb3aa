/**
 * The ring laws of f29 against bigint, on random limbs and on extreme ones, with the bounds that later steps rely on.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readCell, writeCell } from '../../src/felt/cell.ts'
import { P } from '../../src/felt/felt.ts'
import { packageRoot } from '../../src/shared/package-root.ts'
import { anyFelt, checked } from './_felts.ts'

type Kernel = Record<string, (...args: number[]) => number>

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
const bytes = readFileSync(join(packageRoot, 'dist/kernels/crypto.wasm'))
const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
  env: { memory, abort: () => assert.unreachable() },
})
const kernel = instance.exports as Kernel
const limbs = new BigInt64Array(memory.buffer)
const cells = new BigUint64Array(memory.buffer)

const LIMB = 2n ** 29n
const R = 2n ** 261n
const [A, B, C, D, OUT, SCRATCH] = [1024, 1152, 1280, 1408, 1536, 2048] as const

/** Nine limbs: each 0, full or anything; the top one of both signs, within 16 P. */
const value = fc
  .tuple(
    fc.array(
      fc.oneof(fc.constant(0n), fc.constant(LIMB - 1n), fc.bigInt({ min: 0n, max: LIMB - 1n })),
      { minLength: 8, maxLength: 8 },
    ),
    fc.oneof(
      fc.constantFrom(0n, 1n, -1n, 2n ** 19n, 2n ** 23n - 1n, -(2n ** 23n)),
      fc.bigInt({ min: -(2n ** 23n), max: 2n ** 23n - 1n }),
    ),
  )
  .map(([low, top]) => low.reduceRight((sum, limb) => sum * LIMB + limb, top))

const multipleOfP = fc.bigInt({ min: -16n, max: 15n }).map((count) => count * P)
const any = fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: multipleOfP })

const mod = (a: bigint) => ((a % P) + P) % P
const inverseOf = (a: bigint) => power(mod(a), P - 2n)
const unR = inverseOf(R)

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let rest = exponent, square = base; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P
    square = (square * square) % P
  }
  return result
}

function put(address: number, a: bigint): void {
  let rest = a
  for (let i = 0; i < 8; i++, rest >>= 29n) limbs[address / 8 + i] = rest & (LIMB - 1n)
  limbs[address / 8 + 8] = rest
}

function get(address: number): bigint {
  let sum = 0n
  for (let i = 8; i >= 0; i--) sum = sum * LIMB + limbs[address / 8 + i]!
  return sum
}

/** The value at OUT: congruent to what is expected, carried, within the bounds. */
function expectCarried(expected: bigint, low = -16n * P, high = 16n * P): void {
  for (let i = 0; i < 8; i++) {
    const limb = limbs[OUT / 8 + i]!
    assert.ok(limb >= 0n && limb < LIMB, `limb ${i} is ${limb}`)
  }
  const found = get(OUT)
  assert.is(mod(found), mod(expected))
  assert.ok(found >= low && found <= high, `${found} is out of bounds`)
}

const productLow = -P / 4n
const productHigh = (5n * P) / 4n

test('products and squares, of carried values and of differences', () => {
  checked(
    fc.property(any, any, any, (a, b, c) => {
      put(A, a)
      put(B, b)
      put(C, c)
      kernel.f29Mul!(OUT, A, B)
      expectCarried(a * b * unR, productLow, productHigh)
      kernel.f29Square!(OUT, A)
      expectCarried(a * a * unR, productLow, productHigh)
      kernel.f29Difference!(OUT, A, B)
      assert.is(get(OUT), a - b)
      kernel.f29Difference!(D, B, C)
      kernel.f29Mul!(OUT, OUT, D)
      expectCarried((a - b) * (b - c) * unR)
      kernel.f29Square!(OUT, D)
      expectCarried((b - c) ** 2n * unR)
      kernel.f29MulSub!(OUT, A, B, C, D)
      expectCarried((a * b - c * (b - c)) * unR)
    }),
    2000,
  )
})

test('sums, differences, multiples', () => {
  checked(
    fc.property(any, any, any, (a, b, c) => {
      put(A, a)
      put(B, b)
      put(C, c)
      kernel.f29Add!(OUT, A, B)
      expectCarried(a + b, -32n * P, 32n * P)
      kernel.f29Sub!(OUT, A, B)
      expectCarried(a - b, -32n * P, 32n * P)
      kernel.f29SubTwice!(OUT, A, B, C)
      expectCarried(a - b - 2n * c, -64n * P, 64n * P)
      kernel.f29SubFolded!(OUT, A, B, C)
      expectCarried(a - b - c, -P / 1000n, P + P / 1000n)
    }),
    1000,
  )
})

test('the unique form, zero, packed entries', () => {
  checked(
    fc.property(any, (a) => {
      put(A, a)
      assert.is(kernel.f29IsZero!(A) !== 0, mod(a) === 0n)
      kernel.f29Reduce!(OUT, A)
      assert.is(get(OUT), mod(a))
      kernel.f29Pack!(B, OUT)
      kernel.f29Unpack!(OUT, B)
      assert.is(get(OUT), mod(a))
      kernel.f29ToCell!(B, A)
      assert.is(readCell(cells, B / 8), mod(a * unR))
    }),
    2000,
  )
})

test('inverses', () => {
  checked(
    fc.property(any, (a) => {
      put(A, a)
      kernel.f29Invert!(OUT, A, SCRATCH)
      expectCarried(mod(a) === 0n ? 0n : inverseOf(a) * R * R, productLow, productHigh)
    }),
    1000,
  )
})

test('chains of fifty operations keep their bounds', () => {
  const step = fc.constantFrom('f29Mul', 'f29Square', 'f29Add', 'f29Sub', 'f29MulSub')
  checked(
    fc.property(any, any, fc.array(step, { minLength: 50, maxLength: 50 }), (a, b, steps) => {
      let x = a
      put(OUT, x)
      put(B, b)
      for (const name of steps) {
        if (name === 'f29Mul') x = x * b * unR
        if (name === 'f29Square') x = x * x * unR
        if (name === 'f29Add') x = x + b
        if (name === 'f29Sub') x = x - b
        if (name === 'f29MulSub') x = (x * b - b * b) * unR
        if (name === 'f29Square') kernel.f29Square!(OUT, OUT)
        else if (name === 'f29MulSub') kernel.f29MulSub!(OUT, OUT, B, B, B)
        else kernel[name]!(OUT, OUT, B)
        // Sums leave the bounds of a factor: bring them back as the kernels do.
        if (name === 'f29Add' || name === 'f29Sub') kernel.f29Reduce!(OUT, OUT)
        expectCarried(x)
        x = mod(x)
      }
    }),
    100,
  )
})

test('arithmetic of cells', () => {
  checked(
    fc.property(anyFelt, anyFelt, (a, b) => {
      const result = (name: string) => {
        writeCell(cells, A / 8, a)
        writeCell(cells, B / 8, b)
        kernel[name]!(OUT, A, B, SCRATCH)
        const felt = readCell(cells, OUT / 8)
        const again = new BigUint64Array(4)
        writeCell(again, 0, felt)
        assert.equal([...cells.slice(OUT / 8, OUT / 8 + 4)], [...again])
        return felt
      }
      assert.is(result('cellAdd'), mod(a + b))
      assert.is(result('cellSub'), mod(a - b))
      assert.is(result('cellMul'), mod(a * b))
      assert.is(result('cellNegate'), mod(-a))
      assert.is(kernel.cellLess!(A, B) !== 0, a < b)
      if (b !== 0n) assert.is(result('cellDiv'), mod(a * inverseOf(b)))
    }),
    1000,
  )
})

test('products of two halves: numbers below 2^128 take a shorter way', () => {
  const edge = fc.constantFrom(0n, 1n, (1n << 64n) - 1n, 1n << 64n, 1n << 127n, (1n << 128n) - 1n)
  const half = fc.oneof(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), edge)
  checked(
    fc.property(half, half, (a, b) => {
      writeCell(cells, A / 8, a)
      writeCell(cells, B / 8, b)
      kernel.cellMul!(OUT, A, B, SCRATCH)
      assert.is(readCell(cells, OUT / 8), mod(a * b))
    }),
    1000,
  )
})

test('squares: one cell as both factors takes a shorter way', () => {
  checked(
    fc.property(anyFelt, (a) => {
      writeCell(cells, A / 8, a)
      kernel.cellMul!(OUT, A, A, SCRATCH)
      assert.is(readCell(cells, OUT / 8), mod(a * a))
    }),
    1000,
  )
})

test.run()
