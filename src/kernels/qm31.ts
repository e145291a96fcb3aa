/**
 * Arithmetic of QM31, the degree-4 extension of the Mersenne field 2^31 - 1, packed into felts.
 *
 *     felt = a + b * 2^36 + c * 2^72 + d * 2^108   stands for   (a + b i) + (c + d i) u,   i^2 = -1, u^2 = 2 + i
 *
 * A felt whose coordinates are not below 2^31 - 1, or with bits elsewhere, is an error; so is a pointer.
 */
import { limb0, limb1, limb2, limb3, setLimbs } from './cell'
import { failWith, isFelt } from './memory'
import {
  DONE,
  E_ADD_POINTERS,
  E_MUL_POINTERS,
  E_QM31_UNREDUCED,
  E_SUB_SEGMENTS,
  ERROR_DETAIL,
  FAULT,
  HOST_SCRATCH,
} from './vm-layout'

const PRIME: u64 = 0x7fffffff
const LEFT: usize = HOST_SCRATCH
const RIGHT: usize = HOST_SCRATCH + 32

export function qm31Add(out: usize, a: usize, b: usize): i32 {
  if (unpackBoth(a, b, E_ADD_POINTERS) != DONE) return FAULT
  pack(out, sum(0), sum(8), sum(16), sum(24))
  return DONE
}

export function qm31Subtract(out: usize, a: usize, b: usize): i32 {
  if (unpackBoth(a, b, E_SUB_SEGMENTS) != DONE) return FAULT
  pack(out, difference(0), difference(8), difference(16), difference(24))
  return DONE
}

export function qm31Multiply(out: usize, a: usize, b: usize): i32 {
  if (unpackBoth(a, b, E_MUL_POINTERS) != DONE) return FAULT
  multiply(out)
  return DONE
}

/** out = a / b; b is not 0. */
export function qm31Divide(out: usize, a: usize, b: usize): i32 {
  if (unpackBoth(a, b, E_MUL_POINTERS) != DONE) return FAULT
  // 1 / (x + y u) = (x - y u) / (x^2 - (2 + i) y^2), with x, y in the complex extension.
  const xr = load<u64>(RIGHT)
  const xi = load<u64>(RIGHT, 8)
  const yr = load<u64>(RIGHT, 16)
  const yi = load<u64>(RIGHT, 24)
  const squareR = sub(mul(yr, yr), mul(yi, yi))
  const squareI = mul(2, mul(yr, yi))
  const normR = sub(sub(mul(xr, xr), mul(xi, xi)), sub(mul(2, squareR), squareI))
  const normI = sub(mul(2, mul(xr, xi)), (mul(2, squareI) + squareR) % PRIME)
  const scale = invert((mul(normR, normR) + mul(normI, normI)) % PRIME)
  const r = mul(normR, scale)
  const i = sub(0, mul(normI, scale))
  store<u64>(RIGHT, sub(mul(xr, r), mul(xi, i)))
  store<u64>(RIGHT, (mul(xr, i) + mul(xi, r)) % PRIME, 8)
  store<u64>(RIGHT, sub(0, sub(mul(yr, r), mul(yi, i))), 16)
  store<u64>(RIGHT, sub(0, (mul(yr, i) + mul(yi, r)) % PRIME), 24)
  multiply(out)
  return DONE
}

function multiply(out: usize): void {
  const ar = load<u64>(LEFT)
  const ai = load<u64>(LEFT, 8)
  const br = load<u64>(LEFT, 16)
  const bi = load<u64>(LEFT, 24)
  const cr = load<u64>(RIGHT)
  const ci = load<u64>(RIGHT, 8)
  const dr = load<u64>(RIGHT, 16)
  const di = load<u64>(RIGHT, 24)
  const highR = sub(mul(br, dr), mul(bi, di))
  const highI = (mul(br, di) + mul(bi, dr)) % PRIME
  pack(
    out,
    (sub(mul(ar, cr), mul(ai, ci)) + sub(mul(2, highR), highI)) % PRIME,
    (mul(ar, ci) + mul(ai, cr) + mul(2, highI) + highR) % PRIME,
    (sub(mul(ar, dr), mul(ai, di)) + sub(mul(br, cr), mul(bi, ci))) % PRIME,
    (mul(ar, di) + mul(ai, dr) + mul(br, ci) + mul(bi, cr)) % PRIME,
  )
}

function sum(at: usize): u64 {
  return (load<u64>(LEFT + at) + load<u64>(RIGHT + at)) % PRIME
}

function difference(at: usize): u64 {
  return sub(load<u64>(LEFT + at), load<u64>(RIGHT + at))
}

function mul(a: u64, b: u64): u64 {
  return (a * b) % PRIME
}

function sub(a: u64, b: u64): u64 {
  return (a + PRIME - b) % PRIME
}

function invert(a: u64): u64 {
  let result: u64 = 1
  let base = a
  for (let exponent = PRIME - 2; exponent != 0; exponent >>>= 1) {
    if (exponent & 1) result = mul(result, base)
    base = mul(base, base)
  }
  return result
}

function unpackBoth(a: usize, b: usize, pointerError: i32): i32 {
  if (!isFelt(a) || !isFelt(b)) {
    failWith(pointerError, 0, 0, a, b)
    store<u32>(ERROR_DETAIL, 31)
    return FAULT
  }
  return unpack(LEFT, a) == DONE && unpack(RIGHT, b) == DONE ? DONE : FAULT
}

function unpack(out: usize, a: usize): i32 {
  const l0 = limb0(a)
  const l1 = limb1(a)
  const l2 = limb2(a)
  const c0 = l0 & 0xfffffffff
  const c1 = ((l0 >>> 36) | (l1 << 28)) & 0xfffffffff
  const c2 = (l1 >>> 8) & 0xfffffffff
  const c3 = ((l1 >>> 44) | (l2 << 20)) & 0xfffffffff
  const high = (l2 >>> 16) | limb3(a)
  if (high != 0 || c0 >= PRIME || c1 >= PRIME || c2 >= PRIME || c3 >= PRIME) {
    return failWith(E_QM31_UNREDUCED, 0, 0, a, a)
  }
  store<u64>(out, c0)
  store<u64>(out, c1, 8)
  store<u64>(out, c2, 16)
  store<u64>(out, c3, 24)
  return DONE
}

function pack(out: usize, a: u64, b: u64, c: u64, d: u64): void {
  setLimbs(out, a | (b << 36), (b >>> 28) | (c << 8) | (d << 44), d >>> 20, 0)
}
