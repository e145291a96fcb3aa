/**
 * Felts for properties: anywhere, and where kernels break, near 0, P and the edges of limbs. Prints its seeds.
 */
import fc from 'fast-check'
import { P } from '../../src/felt/felt.ts'
import { seed } from '../seed.ts'

/** Powers of two at which a limb, a cell form or a window of a table ends. */
const edges = [29, 58, 64, 128, 192, 232, 240, 248, 251].map((bits) => 2n ** BigInt(bits))

/** A felt: uniform, or within a few of an edge. */
export const anyFelt: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: P - 1n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 64n + 3n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 3n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: P - 3n, max: P - 1n }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...edges), fc.bigInt({ min: -2n, max: 2n }))
      .map(([edge, near]) => edge + near),
  },
)

/** Runs a property with a fresh seed, or FUGUE_SEED's, that is printed when it fails. */
export function checked<T>(property: fc.IProperty<T>, numRuns = 200): void {
  try {
    fc.assert(property, { numRuns, seed })
  } catch (error) {
    console.error(`failed with FUGUE_SEED=${seed}`)
    throw error
  }
}
