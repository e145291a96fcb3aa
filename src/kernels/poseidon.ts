/**
 * Poseidon (Hades) over three felts: 4 full rounds, 83 partial rounds, 4 full rounds of x^3 and the matrix
 * [[3, 1, 1], [1, -1, 1], [1, 1, -2]].
 *
 *     constants   12 (full) + 83 (partial, one each) + 12 (full), f29, in the tables
 *
 * The constants of elements 0 and 1 in partial rounds were pushed through the matrix when the table was made
 * (felt/poseidon-constants.ts). The constants of a round are added by the mix before it.
 *
 * Invariant: between rounds the three elements are carried and within 4 P.
 */
import { F29_BYTES, f29Add, f29Mul, f29Square, f29Zero, f29One, MASK, P6 } from './field29'
import { f29FromCell, f29ToCell } from './field29-border'
import { poseidonConstants, poseidonScratch } from './layout'

const FULL_ROUNDS = 4
const PARTIAL_ROUNDS = 83
const CONSTANTS: usize = 2 * 3 * FULL_ROUNDS + PARTIAL_ROUNDS
const ELEMENT: usize = F29_BYTES

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
    mixPartial(state, cube, constants)
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

/** The matrix, then three constants. */
function mixFull(state: usize, constants: usize): void {
  const a0 = load<i64>(state)
  const a1 = load<i64>(state, 8)
  const a2 = load<i64>(state, 16)
  const a3 = load<i64>(state, 24)
  const a4 = load<i64>(state, 32)
  const a5 = load<i64>(state, 40)
  const a6 = load<i64>(state, 48)
  const a7 = load<i64>(state, 56)
  const a8 = load<i64>(state, 64)
  const b0 = load<i64>(state, 72)
  const b1 = load<i64>(state, 80)
  const b2 = load<i64>(state, 88)
  const b3 = load<i64>(state, 96)
  const b4 = load<i64>(state, 104)
  const b5 = load<i64>(state, 112)
  const b6 = load<i64>(state, 120)
  const b7 = load<i64>(state, 128)
  const b8 = load<i64>(state, 136)
  const c0 = load<i64>(state, 144)
  const c1 = load<i64>(state, 152)
  const c2 = load<i64>(state, 160)
  const c3 = load<i64>(state, 168)
  const c4 = load<i64>(state, 176)
  const c5 = load<i64>(state, 184)
  const c6 = load<i64>(state, 192)
  const c7 = load<i64>(state, 200)
  const c8 = load<i64>(state, 208)
  let x = 3 * a8 + b8 + c8 + load<i64>(constants, 64)
  const xq = x >> 19
  const x8 = x & 0x7ffff
  x = 3 * a0 + b0 + c0 + load<i64>(constants) - xq
  store<i64>(state, x & MASK)
  x = 3 * a1 + b1 + c1 + load<i64>(constants, 8) + (x >> 29)
  store<i64>(state, x & MASK, 8)
  x = 3 * a2 + b2 + c2 + load<i64>(constants, 16) + (x >> 29)
  store<i64>(state, x & MASK, 16)
  x = 3 * a3 + b3 + c3 + load<i64>(constants, 24) + (x >> 29)
  store<i64>(state, x & MASK, 24)
  x = 3 * a4 + b4 + c4 + load<i64>(constants, 32) + (x >> 29)
  store<i64>(state, x & MASK, 32)
  x = 3 * a5 + b5 + c5 + load<i64>(constants, 40) + (x >> 29)
  store<i64>(state, x & MASK, 40)
  x = 3 * a6 + b6 + c6 + load<i64>(constants, 48) - xq * P6 + (x >> 29)
  store<i64>(state, x & MASK, 48)
  x = 3 * a7 + b7 + c7 + load<i64>(constants, 56) + (x >> 29)
  store<i64>(state, x & MASK, 56)
  x = x8 + (x >> 29)
  store<i64>(state, x, 64)
  let y = a8 - b8 + c8 + load<i64>(constants, 136)
  const yq = y >> 19
  const y8 = y & 0x7ffff
  y = a0 - b0 + c0 + load<i64>(constants, 72) - yq
  store<i64>(state, y & MASK, 72)
  y = a1 - b1 + c1 + load<i64>(constants, 80) + (y >> 29)
  store<i64>(state, y & MASK, 80)
  y = a2 - b2 + c2 + load<i64>(constants, 88) + (y >> 29)
  store<i64>(state, y & MASK, 88)
  y = a3 - b3 + c3 + load<i64>(constants, 96) + (y >> 29)
  store<i64>(state, y & MASK, 96)
  y = a4 - b4 + c4 + load<i64>(constants, 104) + (y >> 29)
  store<i64>(state, y & MASK, 104)
  y = a5 - b5 + c5 + load<i64>(constants, 112) + (y >> 29)
  store<i64>(state, y & MASK, 112)
  y = a6 - b6 + c6 + load<i64>(constants, 120) - yq * P6 + (y >> 29)
  store<i64>(state, y & MASK, 120)
  y = a7 - b7 + c7 + load<i64>(constants, 128) + (y >> 29)
  store<i64>(state, y & MASK, 128)
  y = y8 + (y >> 29)
  store<i64>(state, y, 136)
  let z = a0 + b0 - (c0 << 1) + load<i64>(constants, 144)
  store<i64>(state, z & MASK, 144)
  z = a1 + b1 - (c1 << 1) + load<i64>(constants, 152) + (z >> 29)
  store<i64>(state, z & MASK, 152)
  z = a2 + b2 - (c2 << 1) + load<i64>(constants, 160) + (z >> 29)
  store<i64>(state, z & MASK, 160)
  z = a3 + b3 - (c3 << 1) + load<i64>(constants, 168) + (z >> 29)
  store<i64>(state, z & MASK, 168)
  z = a4 + b4 - (c4 << 1) + load<i64>(constants, 176) + (z >> 29)
  store<i64>(state, z & MASK, 176)
  z = a5 + b5 - (c5 << 1) + load<i64>(constants, 184) + (z >> 29)
  store<i64>(state, z & MASK, 184)
  z = a6 + b6 - (c6 << 1) + load<i64>(constants, 192) + (z >> 29)
  store<i64>(state, z & MASK, 192)
  z = a7 + b7 - (c7 << 1) + load<i64>(constants, 200) + (z >> 29)
  store<i64>(state, z & MASK, 200)
  z = a8 + b8 - (c8 << 1) + load<i64>(constants, 208) + (z >> 29)
  store<i64>(state, z, 208)
}

/** The matrix over elements 0, 1 and a cube, then one constant for element 2. */
function mixPartial(state: usize, cube: usize, constant: usize): void {
  const a0 = load<i64>(state)
  const a1 = load<i64>(state, 8)
  const a2 = load<i64>(state, 16)
  const a3 = load<i64>(state, 24)
  const a4 = load<i64>(state, 32)
  const a5 = load<i64>(state, 40)
  const a6 = load<i64>(state, 48)
  const a7 = load<i64>(state, 56)
  const a8 = load<i64>(state, 64)
  const b0 = load<i64>(state, 72)
  const b1 = load<i64>(state, 80)
  const b2 = load<i64>(state, 88)
  const b3 = load<i64>(state, 96)
  const b4 = load<i64>(state, 104)
  const b5 = load<i64>(state, 112)
  const b6 = load<i64>(state, 120)
  const b7 = load<i64>(state, 128)
  const b8 = load<i64>(state, 136)
  const c0 = load<i64>(cube)
  const c1 = load<i64>(cube, 8)
  const c2 = load<i64>(cube, 16)
  const c3 = load<i64>(cube, 24)
  const c4 = load<i64>(cube, 32)
  const c5 = load<i64>(cube, 40)
  const c6 = load<i64>(cube, 48)
  const c7 = load<i64>(cube, 56)
  const c8 = load<i64>(cube, 64)
  let x = 3 * a8 + b8 + c8
  const xq = x >> 19
  const x8 = x & 0x7ffff
  x = 3 * a0 + b0 + c0 - xq
  store<i64>(state, x & MASK)
  x = 3 * a1 + b1 + c1 + (x >> 29)
  store<i64>(state, x & MASK, 8)
  x = 3 * a2 + b2 + c2 + (x >> 29)
  store<i64>(state, x & MASK, 16)
  x = 3 * a3 + b3 + c3 + (x >> 29)
  store<i64>(state, x & MASK, 24)
  x = 3 * a4 + b4 + c4 + (x >> 29)
  store<i64>(state, x & MASK, 32)
  x = 3 * a5 + b5 + c5 + (x >> 29)
  store<i64>(state, x & MASK, 40)
  x = 3 * a6 + b6 + c6 - xq * P6 + (x >> 29)
  store<i64>(state, x & MASK, 48)
  x = 3 * a7 + b7 + c7 + (x >> 29)
  store<i64>(state, x & MASK, 56)
  x = x8 + (x >> 29)
  store<i64>(state, x, 64)
  let y = a8 - b8 + c8
  const yq = y >> 19
  const y8 = y & 0x7ffff
  y = a0 - b0 + c0 - yq
  store<i64>(state, y & MASK, 72)
  y = a1 - b1 + c1 + (y >> 29)
  store<i64>(state, y & MASK, 80)
  y = a2 - b2 + c2 + (y >> 29)
  store<i64>(state, y & MASK, 88)
  y = a3 - b3 + c3 + (y >> 29)
  store<i64>(state, y & MASK, 96)
  y = a4 - b4 + c4 + (y >> 29)
  store<i64>(state, y & MASK, 104)
  y = a5 - b5 + c5 + (y >> 29)
  store<i64>(state, y & MASK, 112)
  y = a6 - b6 + c6 - yq * P6 + (y >> 29)
  store<i64>(state, y & MASK, 120)
  y = a7 - b7 + c7 + (y >> 29)
  store<i64>(state, y & MASK, 128)
  y = y8 + (y >> 29)
  store<i64>(state, y, 136)
  let z = a0 + b0 - (c0 << 1) + load<i64>(constant)
  store<i64>(state, z & MASK, 144)
  z = a1 + b1 - (c1 << 1) + load<i64>(constant, 8) + (z >> 29)
  store<i64>(state, z & MASK, 152)
  z = a2 + b2 - (c2 << 1) + load<i64>(constant, 16) + (z >> 29)
  store<i64>(state, z & MASK, 160)
  z = a3 + b3 - (c3 << 1) + load<i64>(constant, 24) + (z >> 29)
  store<i64>(state, z & MASK, 168)
  z = a4 + b4 - (c4 << 1) + load<i64>(constant, 32) + (z >> 29)
  store<i64>(state, z & MASK, 176)
  z = a5 + b5 - (c5 << 1) + load<i64>(constant, 40) + (z >> 29)
  store<i64>(state, z & MASK, 184)
  z = a6 + b6 - (c6 << 1) + load<i64>(constant, 48) + (z >> 29)
  store<i64>(state, z & MASK, 192)
  z = a7 + b7 - (c7 << 1) + load<i64>(constant, 56) + (z >> 29)
  store<i64>(state, z & MASK, 200)
  z = a8 + b8 - (c8 << 1) + load<i64>(constant, 64) + (z >> 29)
  store<i64>(state, z, 208)
}

/** The matrix alone. */
function mixLast(state: usize): void {
  const a0 = load<i64>(state)
  const a1 = load<i64>(state, 8)
  const a2 = load<i64>(state, 16)
  const a3 = load<i64>(state, 24)
  const a4 = load<i64>(state, 32)
  const a5 = load<i64>(state, 40)
  const a6 = load<i64>(state, 48)
  const a7 = load<i64>(state, 56)
  const a8 = load<i64>(state, 64)
  const b0 = load<i64>(state, 72)
  const b1 = load<i64>(state, 80)
  const b2 = load<i64>(state, 88)
  const b3 = load<i64>(state, 96)
  const b4 = load<i64>(state, 104)
  const b5 = load<i64>(state, 112)
  const b6 = load<i64>(state, 120)
  const b7 = load<i64>(state, 128)
  const b8 = load<i64>(state, 136)
  const c0 = load<i64>(state, 144)
  const c1 = load<i64>(state, 152)
  const c2 = load<i64>(state, 160)
  const c3 = load<i64>(state, 168)
  const c4 = load<i64>(state, 176)
  const c5 = load<i64>(state, 184)
  const c6 = load<i64>(state, 192)
  const c7 = load<i64>(state, 200)
  const c8 = load<i64>(state, 208)
  let x = 3 * a8 + b8 + c8
  const xq = x >> 19
  const x8 = x & 0x7ffff
  x = 3 * a0 + b0 + c0 - xq
  store<i64>(state, x & MASK)
  x = 3 * a1 + b1 + c1 + (x >> 29)
  store<i64>(state, x & MASK, 8)
  x = 3 * a2 + b2 + c2 + (x >> 29)
  store<i64>(state, x & MASK, 16)
  x = 3 * a3 + b3 + c3 + (x >> 29)
  store<i64>(state, x & MASK, 24)
  x = 3 * a4 + b4 + c4 + (x >> 29)
  store<i64>(state, x & MASK, 32)
  x = 3 * a5 + b5 + c5 + (x >> 29)
  store<i64>(state, x & MASK, 40)
  x = 3 * a6 + b6 + c6 - xq * P6 + (x >> 29)
  store<i64>(state, x & MASK, 48)
  x = 3 * a7 + b7 + c7 + (x >> 29)
  store<i64>(state, x & MASK, 56)
  x = x8 + (x >> 29)
  store<i64>(state, x, 64)
  let y = a8 - b8 + c8
  const yq = y >> 19
  const y8 = y & 0x7ffff
  y = a0 - b0 + c0 - yq
  store<i64>(state, y & MASK, 72)
  y = a1 - b1 + c1 + (y >> 29)
  store<i64>(state, y & MASK, 80)
  y = a2 - b2 + c2 + (y >> 29)
  store<i64>(state, y & MASK, 88)
  y = a3 - b3 + c3 + (y >> 29)
  store<i64>(state, y & MASK, 96)
  y = a4 - b4 + c4 + (y >> 29)
  store<i64>(state, y & MASK, 104)
  y = a5 - b5 + c5 + (y >> 29)
  store<i64>(state, y & MASK, 112)
  y = a6 - b6 + c6 - yq * P6 + (y >> 29)
  store<i64>(state, y & MASK, 120)
  y = a7 - b7 + c7 + (y >> 29)
  store<i64>(state, y & MASK, 128)
  y = y8 + (y >> 29)
  store<i64>(state, y, 136)
  let z = a0 + b0 - (c0 << 1)
  store<i64>(state, z & MASK, 144)
  z = a1 + b1 - (c1 << 1) + (z >> 29)
  store<i64>(state, z & MASK, 152)
  z = a2 + b2 - (c2 << 1) + (z >> 29)
  store<i64>(state, z & MASK, 160)
  z = a3 + b3 - (c3 << 1) + (z >> 29)
  store<i64>(state, z & MASK, 168)
  z = a4 + b4 - (c4 << 1) + (z >> 29)
  store<i64>(state, z & MASK, 176)
  z = a5 + b5 - (c5 << 1) + (z >> 29)
  store<i64>(state, z & MASK, 184)
  z = a6 + b6 - (c6 << 1) + (z >> 29)
  store<i64>(state, z & MASK, 192)
  z = a7 + b7 - (c7 << 1) + (z >> 29)
  store<i64>(state, z & MASK, 200)
  z = a8 + b8 - (c8 << 1) + (z >> 29)
  store<i64>(state, z, 208)
}
