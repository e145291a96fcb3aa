/**
 * The round constants of Poseidon: SHA-256 of `Hades0`, `Hades1`, … as big-endian numbers mod P, three a round.
 *
 * A partial round cubes its third element only, so what it adds to the first two may as well be added after the
 * matrix, where it joins the constants of the next round. Pushed on through all 83 partial rounds, these leave one
 * constant a round, and a changed triple at the first full round that follows: 107 constants instead of 273.
 */
import { createHash } from 'node:crypto'
import { P } from './felt.ts'

const FULL_ROUNDS = 8
const PARTIAL_ROUNDS = 83

const ROUNDS = FULL_ROUNDS + PARTIAL_ROUNDS

/** All constants as defined: one triple a round. */
function roundConstants(): bigint[][] {
  return Array.from({ length: ROUNDS }, (_, round) =>
    [0, 1, 2].map((element) => hades(3 * round + element)),
  )
}

/** The constants in the order in which the kernel adds them: 12 full, 83 partial, 12 full. */
export function compressedConstants(): bigint[] {
  const rounds = roundConstants()
  const firstPartial = FULL_ROUNDS / 2
  const lastFull = firstPartial + PARTIAL_ROUNDS
  const compressed = rounds.slice(0, firstPartial).flat()
  let first = 0n
  let second = 0n
  let third = 0n
  for (let round = firstPartial; round < lastFull; round++) {
    const a = first + rounds[round]![0]!
    const b = second + rounds[round]![1]!
    compressed.push(mod(third + rounds[round]![2]!))
    // The matrix over (a, b, 0).
    first = mod(3n * a + b)
    second = mod(a - b)
    third = mod(a + b)
  }
  const [a, b, c] = rounds[lastFull]!
  compressed.push(mod(first + a!), mod(second + b!), mod(third + c!))
  return [...compressed, ...rounds.slice(lastFull + 1).flat()]
}

function hades(index: number): bigint {
  return BigInt(`0x${createHash('sha256').update(`Hades${index}`).digest('hex')}`) % P
}

function mod(value: bigint): bigint {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}
