/**
 * Poseidon (Hades) over three felts: 4 full rounds, 83 partial rounds, 4 full rounds of x^3 and the matrix
 * [[3, 1, 1], [1, -1, 1], [1, 1, -2]].
 *
 *     constants   12 (full) + 83 (partial, one each) + 12 (full), f29, in the tables
 *
 * The constants of elements 0 and 1 in partial rounds were pushed through the matrix when the table was made
 * (felt/poseidon-constants.ts). The constants of a round are added by the mix before it.
 *
 * Invariant: what is cubed is carried and within a hair of [0, P]; elements 0 and 1 are so every 8th partial round.
 */
import { F29_BYTES, f29Add, f29Mul, f29One, f29Square, f29Zero } from './field29'
import { f29FromCell, f29ToCell } from './field29-border'
import { poseidonConstants, poseidonScratch } from './layout'
import { mixFull, mixLast, mixLazily, mixPartial } from './poseidon-mix'

const FULL_ROUNDS = 4
const PARTIAL_ROUNDS = 83
const CONSTANTS: usize = 2 * 3 * FULL_ROUNDS + PARTIAL_ROUNDS
const ELEMENT: usize = F29_BYTES
/** Partial rounds from one carrying of elements 0 and 1 to the next. */
const LAZY_ROUNDS: i32 = 8

/** Converts the constants from 107 cells in a row. */
export function poseidonBuild(cells: usize): void {
  for (let i: usize = 0; i < CONSTANTS; i++) {
    f29FromCell(poseidonConstants() + i * F29_BYTES, cells + i * 32)
  }
}

/** state (3 cells) = the permutation of it. */
export function poseidonPermute(state: usize): void {
  const inner = poseidonScratch()
  f29FromCell(inner, state)
  f29FromCell(inner + ELEMENT, state + 32)
  f29FromCell(inner + 2 * ELEMENT, state + 64)
  permute(inner)
  f29ToCell(state, inner)
  f29ToCell(state + 32, inner + ELEMENT)
  f29ToCell(state + 64, inner + 2 * ELEMENT)
}

/** out = the hash of two felts: the first element of the permutation of (x, y, 2). */
export function poseidonPair(x: usize, y: usize, out: usize): void {
  const inner = poseidonScratch()
  f29FromCell(inner, x)
  f29FromCell(inner + ELEMENT, y)
  f29One(inner + 2 * ELEMENT)
  f29Add(inner + 2 * ELEMENT, inner + 2 * ELEMENT, inner + 2 * ELEMENT)
  permute(inner)
  f29ToCell(out, inner)
}

/** Starts a hash of many felts. */
export function poseidonStart(): void {
  const inner = poseidonScratch()
  f29Zero(inner)
  f29Zero(inner + ELEMENT)
  f29Zero(inner + 2 * ELEMENT)
}

/** Absorbs an even count of cells. */
export function poseidonAbsorb(cells: usize, count: i32): void {
  const inner = poseidonScratch()
  for (let i = 0; i < count; i += 2) {
    absorb(inner, inner, cells)
    absorb(inner, inner + ELEMENT, cells + 32)
    permute(inner)
    cells += 64
  }
}

/** Absorbs the rest, at most one cell, and the padding; out = the hash. */
export function poseidonFinish(cells: usize, count: i32, out: usize): void {
  const inner = poseidonScratch()
  const padded = count == 0 ? inner : inner + ELEMENT
  if (count != 0) absorb(inner, inner, cells)
  f29One(inner + 3 * ELEMENT)
  f29Add(padded, padded, inner + 3 * ELEMENT)
  permute(inner)
  f29ToCell(out, inner)
}

/** out = the hash of `count` cells in a row. */
export function poseidonMany(cells: usize, count: i32, out: usize): void {
  const even = count & ~1
  poseidonStart()
  poseidonAbsorb(cells, even)
  poseidonFinish(cells + ((<usize>even) << 5), count & 1, out)
}

function absorb(inner: usize, element: usize, cell: usize): void {
  const value = inner + 3 * ELEMENT
  f29FromCell(value, cell)
  f29Add(element, element, value)
}

/** Permutes three carried elements; the two places after them are scratch. */
function permute(state: usize): void {
  const square = state + 3 * ELEMENT
  const cube = state + 4 * ELEMENT
  const third = state + 2 * ELEMENT
  let constants = poseidonConstants()
  f29Add(state, state, constants)
  f29Add(state + ELEMENT, state + ELEMENT, constants + ELEMENT)
  f29Add(third, third, constants + 2 * ELEMENT)
  constants += 3 * ELEMENT
  for (let round = 1; round < FULL_ROUNDS; round++) {
    cubes(state, square)
    mixFull(state, constants)
    constants += 3 * ELEMENT
  }
  cubes(state, square)
  mixPartial(state, third, constants)
  constants += ELEMENT
  for (let round = 1; round < PARTIAL_ROUNDS; round++) {
    f29Square(square, third)
    f29Mul(cube, square, third)
    if (round % LAZY_ROUNDS == 0) mixPartial(state, cube, constants)
    else mixLazily(state, cube, constants)
    constants += ELEMENT
  }
  f29Square(square, third)
  f29Mul(third, square, third)
  for (let round = 0; round < FULL_ROUNDS; round++) {
    mixFull(state, constants)
    constants += 3 * ELEMENT
    cubes(state, square)
  }
  mixLast(state)
}

function cubes(state: usize, square: usize): void {
  for (let i = 0; i < 3; i++) {
    f29Square(square, state)
    f29Mul(state, square, state)
    state += ELEMENT
  }
}
