/**
 * The operations of the secp syscalls, for curve 0 (secp256k1) and 1 (secp256r1).
 *
 *     number   two cells, the low and the high 128 bits
 *     point    64 bytes: x and y packed (secp-field.ts), all 0 for infinity, which no point has
 *
 * Callers keep points as they are; only `secpNew`, `secpFromX` and `secpXy` convert coordinates. Scalars are any number.
 */
import { limb0, limb1, setLimbs } from './cell'
import { F29_BYTES, f29Negate, f29Sub } from './field29'
import { f29Unpack } from './field29-border'
import { secpScratch } from './layout'
import {
  SECP_ADDEND_BYTES,
  SECP_AFFINE_BYTES,
  SECP_JACOBIAN_BYTES,
  SECP_Y,
  secpAddend,
  secpFromAffine,
  secpIsInfinity,
  secpSetInfinity,
  secpSide,
  secpToAddend,
  secpToAffine,
} from './secp-curve'
import {
  constantOf,
  K1,
  MODULUS,
  ORDER,
  R1,
  ROOT_EXPONENT,
  secpEnter,
  secpIsZero,
  secpLeave,
  secpPack,
  secpPower,
  secpReduce,
  secpSquare as fieldSquare,
} from './secp-field'
import { SECP_MULTIPLY_BYTES, secpMultiple } from './secp-multiply'
import { FIRST_OFF_CURVE, INFINITY, NOT_SQUARE, OK, OUT_OF_RANGE } from './status'

const PACKED_BYTES: usize = 64
const NUMBER_CELLS: usize = 64

/** Behind the scratch of multiplications: an affine point, an addend, a Jacobian point, two plain numbers, steps. */
const AFFINE: usize = SECP_MULTIPLY_BYTES
const ADDEND: usize = AFFINE + SECP_AFFINE_BYTES
const SUM: usize = ADDEND + SECP_ADDEND_BYTES
const PLAIN: usize = SUM + SECP_JACOBIAN_BYTES
const STEP: usize = PLAIN + 64

/** point = (x, y), two numbers: OK, INFINITY for (0, 0), FIRST_OFF_CURVE, or OUT_OF_RANGE. */
export function secpNew(curve: i32, coordinates: usize, point: usize): i32 {
  return curve == 0 ? newPoint<K1>(coordinates, point) : newPoint<R1>(coordinates, point)
}

/** point = the one with this x and a y of that parity: OK, NOT_SQUARE, or OUT_OF_RANGE. */
export function secpFromX(curve: i32, x: usize, odd: i32, point: usize): i32 {
  return curve == 0 ? fromX<K1>(x, odd, point) : fromX<R1>(x, odd, point)
}

/** out = left + right: OK or INFINITY. */
export function secpAdd(curve: i32, left: usize, right: usize, out: usize): i32 {
  return curve == 0 ? addPoints<K1>(left, right, out) : addPoints<R1>(left, right, out)
}

/** out = scalar * point: OK or INFINITY. */
export function secpMul(curve: i32, point: usize, scalar: usize, out: usize): i32 {
  return curve == 0 ? multiply<K1>(point, scalar, out) : multiply<R1>(point, scalar, out)
}

/** out (two numbers) = x and y of a point; both 0 for infinity. */
export function secpXy(curve: i32, point: usize, out: usize): void {
  if (curve == 0) coordinatesOf<K1>(point, out)
  else coordinatesOf<R1>(point, out)
}

/** out = the unique limbs of a residue; for specs. */
export function secpCanonical(curve: i32, out: usize, a: usize): void {
  if (curve == 0) secpReduce<K1>(out, a)
  else secpReduce<R1>(out, a)
}

function newPoint<C>(coordinates: usize, point: usize): i32 {
  const work = secpScratch()
  const step = work + STEP
  const plain = work + PLAIN
  const affine = work + AFFINE
  const side = work + SUM
  loadNumber(plain, coordinates)
  loadNumber(plain + 32, coordinates + NUMBER_CELLS)
  const modulus = constantOf<C>(MODULUS)
  if (!isBelow(plain, modulus) || !isBelow(plain + 32, modulus)) return OUT_OF_RANGE
  if (isInfinity(plain)) {
    setInfinity(point)
    return INFINITY
  }
  secpEnter<C>(affine, plain, step)
  secpEnter<C>(affine + SECP_Y, plain + 32, step)
  secpSide<C>(side, affine, step)
  fieldSquare<C>(side + F29_BYTES, affine + SECP_Y)
  f29Sub(side, side, side + F29_BYTES)
  if (!secpIsZero<C>(side, step)) return FIRST_OFF_CURVE
  pack<C>(point, affine, step)
  return OK
}

function fromX<C>(x: usize, odd: i32, point: usize): i32 {
  const work = secpScratch()
  const step = work + STEP
  const plain = work + PLAIN
  const affine = work + AFFINE
  const side = work + SUM
  loadNumber(plain, x)
  if (!isBelow(plain, constantOf<C>(MODULUS))) return OUT_OF_RANGE
  secpEnter<C>(affine, plain, step)
  secpSide<C>(side, affine, step)
  const root = affine + SECP_Y
  secpPower<C>(root, side, constantOf<C>(ROOT_EXPONENT), step)
  fieldSquare<C>(side + F29_BYTES, root)
  f29Sub(side, side, side + F29_BYTES)
  if (!secpIsZero<C>(side, step)) return NOT_SQUARE
  // No point has y = 0, so the other root has the other parity.
  secpLeave<C>(plain, root, step)
  if ((load<u32>(plain) & 1) != <u32>odd) f29Negate(root, root)
  pack<C>(point, affine, step)
  return OK
}

function addPoints<C>(left: usize, right: usize, out: usize): i32 {
  if (isInfinity(left) || isInfinity(right)) {
    memory.copy(out, isInfinity(left) ? right : left, PACKED_BYTES)
    return isInfinity(out) ? INFINITY : OK
  }
  const work = secpScratch()
  const step = work + STEP
  const sum = work + SUM
  unpack(work + AFFINE, right)
  secpFromAffine<C>(work + ADDEND, work + AFFINE, step)
  secpToAddend<C>(work + ADDEND)
  unpack(work + AFFINE, left)
  secpFromAffine<C>(sum, work + AFFINE, step)
  secpAddend<C>(sum, work + ADDEND, false, step)
  return packSum<C>(out, sum, work)
}

function multiply<C>(point: usize, scalar: usize, out: usize): i32 {
  const work = secpScratch()
  const plain = work + PLAIN
  const sum = work + SUM
  loadNumber(plain, scalar)
  // The order is above 2^255: once is enough.
  if (!isBelow(plain, constantOf<C>(ORDER))) subtract(plain, constantOf<C>(ORDER))
  if (isInfinity(point)) {
    secpSetInfinity(sum)
  } else {
    unpack(work + AFFINE, point)
    secpMultiple<C>(sum, work + AFFINE, plain)
  }
  return packSum<C>(out, sum, work)
}

/** Makes a point of a Jacobian one. */
function packSum<C>(out: usize, sum: usize, work: usize): i32 {
  if (secpIsInfinity(sum)) {
    setInfinity(out)
    return INFINITY
  }
  secpToAffine<C>(work + AFFINE, sum, work + STEP)
  pack<C>(out, work + AFFINE, work + STEP)
  return OK
}

function coordinatesOf<C>(point: usize, out: usize): void {
  const work = secpScratch()
  const plain = work + PLAIN
  for (let i: usize = 0; i < 2; i++) {
    f29Unpack(work + AFFINE, point + 32 * i)
    secpLeave<C>(plain, work + AFFINE, work + STEP)
    setLimbs(out + 64 * i, load<u64>(plain), load<u64>(plain, 8), 0, 0)
    setLimbs(out + 64 * i + 32, load<u64>(plain, 16), load<u64>(plain, 24), 0, 0)
  }
}

function unpack(affine: usize, point: usize): void {
  f29Unpack(affine, point)
  f29Unpack(affine + SECP_Y, point + 32)
}

function pack<C>(point: usize, affine: usize, step: usize): void {
  secpPack<C>(point, affine, step)
  secpPack<C>(point + 32, affine + SECP_Y, step)
}

function isInfinity(point: usize): bool {
  let bits: u64 = 0
  for (let i: usize = 0; i < PACKED_BYTES; i += 8) bits |= load<u64>(point + i)
  return bits == 0
}

function setInfinity(point: usize): void {
  memory.fill(point, 0, PACKED_BYTES)
}

/** A plain number of its two cells. */
function loadNumber(plain: usize, cells: usize): void {
  store<u64>(plain, limb0(cells))
  store<u64>(plain, limb1(cells), 8)
  store<u64>(plain, limb0(cells + 32), 16)
  store<u64>(plain, limb1(cells + 32), 24)
}

/** Whether a < b, plain numbers. */
function isBelow(a: usize, b: usize): bool {
  for (let i: isize = 24; i >= 0; i -= 8) {
    const left = load<u64>(a + i)
    const right = load<u64>(b + i)
    if (left != right) return left < right
  }
  return false
}

/** a -= b, plain numbers, the second not above the first. */
function subtract(a: usize, b: usize): void {
  let borrow: i64 = 0
  for (let i: usize = 0; i < 32; i += 4) {
    borrow += <i64>load<u32>(a + i) - <i64>load<u32>(b + i)
    store<u32>(a + i, <u32>borrow)
    borrow >>= 32
  }
}
