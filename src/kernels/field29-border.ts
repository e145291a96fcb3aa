/**
 * The borders of the f29 form: cells in and out, and the 32-byte entries of tables.
 *
 *     cell ── f29FromCell ──▶ Montgomery f29 ── f29ToCell ──▶ cell
 *     cell ── f29Plain ─────▶ plain f29      ── f29PlainToCell ──▶ cell
 *     table entry ── f29Unpack ──▶ f29 as it was packed ── f29Pack ──▶ table entry
 *
 * Invariant: what leaves is canonical, in [0, P); what enters is carried.
 */
import { limb0, limb1, limb2, limb3, setReduced } from './cell'
import { MASK, P6 } from './field29'

/** out = the limbs of a felt as they are, not in Montgomery form. */
export function f29Plain(out: usize, cell: usize): void {
  split(out, limb0(cell), limb1(cell), limb2(cell), limb3(cell))
}

/** out = the Montgomery form of a felt. */
export function f29FromCell(out: usize, cell: usize): void {
  f29Plain(out, cell)
  f29ToMontgomery(out, out)
}

/** out = a * R: brings a plain value into Montgomery form. */
export function f29ToMontgomery(out: usize, a: usize): void {
  const a0 = load<i64>(a)
  const a1 = load<i64>(a, 8)
  const a2 = load<i64>(a, 16)
  const a3 = load<i64>(a, 24)
  const a4 = load<i64>(a, 32)
  const a5 = load<i64>(a, 40)
  const a6 = load<i64>(a, 48)
  const a7 = load<i64>(a, 56)
  const a8 = load<i64>(a, 64)
  // R^2 mod P
  const b0: i64 = 0x100001
  const b1: i64 = 0x1fae6fc0
  const b2: i64 = 0x1fffffff
  const b3: i64 = 0x9987f
  const b5: i64 = 0x1ffedf00
  const b6: i64 = 0x43ffff
  const b7: i64 = 0xf004400
  const b8: i64 = 0x752ad
  let c = a0 * b0
  const m0 = -c & MASK
  c = a0 * b1 + a1 * b0 + ((c + MASK) >> 29)
  const m1 = -c & MASK
  c = a0 * b2 + a1 * b1 + a2 * b0 + ((c + MASK) >> 29)
  const m2 = -c & MASK
  c = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + ((c + MASK) >> 29)
  const m3 = -c & MASK
  c = a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + ((c + MASK) >> 29)
  const m4 = -c & MASK
  c = a0 * b5 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + ((c + MASK) >> 29)
  const m5 = -c & MASK
  c = a0 * b6 + a1 * b5 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + ((c + MASK) >> 29) + m0 * P6
  const m6 = -c & MASK
  c =
    a0 * b7 + a1 * b6 + a2 * b5 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + ((c + MASK) >> 29) +
    m1 * P6
  const m7 = -c & MASK
  c =
    a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 +
    ((c + MASK) >> 29) + m2 * P6 + (m0 << 19)
  const m8 = -c & MASK
  c =
    a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a6 * b3 + a7 * b2 + a8 * b1 + ((c + MASK) >> 29) +
    m3 * P6 + (m1 << 19)
  store<i64>(out, c & MASK)
  c = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a7 * b3 + a8 * b2 + (c >> 29) + m4 * P6 + (m2 << 19)
  store<i64>(out, c & MASK, 8)
  c = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a8 * b3 + (c >> 29) + m5 * P6 + (m3 << 19)
  store<i64>(out, c & MASK, 16)
  c = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + (c >> 29) + m6 * P6 + (m4 << 19)
  store<i64>(out, c & MASK, 24)
  c = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + (c >> 29) + m7 * P6 + (m5 << 19)
  store<i64>(out, c & MASK, 32)
  c = a6 * b8 + a7 * b7 + a8 * b6 + (c >> 29) + m8 * P6 + (m6 << 19)
  store<i64>(out, c & MASK, 40)
  c = a7 * b8 + a8 * b7 + (c >> 29) + (m7 << 19)
  store<i64>(out, c & MASK, 48)
  c = a8 * b8 + (c >> 29) + (m8 << 19)
  store<i64>(out, c & MASK, 56)
  store<i64>(out, c >> 29, 64)
}

/** The cell of a value in Montgomery form. */
export function f29ToCell(cell: usize, a: usize): void {
  // A product by 1: the result lies in [0, P].
  let c = load<i64>(a)
  const m0 = -c & MASK
  c = load<i64>(a, 8) + ((c + MASK) >> 29)
  const m1 = -c & MASK
  c = load<i64>(a, 16) + ((c + MASK) >> 29)
  const m2 = -c & MASK
  c = load<i64>(a, 24) + ((c + MASK) >> 29)
  const m3 = -c & MASK
  c = load<i64>(a, 32) + ((c + MASK) >> 29)
  const m4 = -c & MASK
  c = load<i64>(a, 40) + ((c + MASK) >> 29)
  const m5 = -c & MASK
  c = load<i64>(a, 48) + ((c + MASK) >> 29) + m0 * P6
  const m6 = -c & MASK
  c = load<i64>(a, 56) + ((c + MASK) >> 29) + m1 * P6
  const m7 = -c & MASK
  c = load<i64>(a, 64) + ((c + MASK) >> 29) + m2 * P6 + (m0 << 19)
  const m8 = -c & MASK
  c = ((c + MASK) >> 29) + m3 * P6 + (m1 << 19)
  const r0 = <u64>(c & MASK)
  c = (c >> 29) + m4 * P6 + (m2 << 19)
  const r1 = <u64>(c & MASK)
  c = (c >> 29) + m5 * P6 + (m3 << 19)
  const r2 = <u64>(c & MASK)
  c = (c >> 29) + m6 * P6 + (m4 << 19)
  const r3 = <u64>(c & MASK)
  c = (c >> 29) + m7 * P6 + (m5 << 19)
  const r4 = <u64>(c & MASK)
  c = (c >> 29) + m8 * P6 + (m6 << 19)
  const r5 = <u64>(c & MASK)
  c = (c >> 29) + (m7 << 19)
  const r6 = <u64>(c & MASK)
  c = (c >> 29) + (m8 << 19)
  const r7 = <u64>(c & MASK)
  const r8 = <u64>(c >> 29)
  setReduced(
    cell,
    r0 | (r1 << 29) | (r2 << 58),
    (r2 >>> 6) | (r3 << 23) | (r4 << 52),
    (r4 >>> 12) | (r5 << 17) | (r6 << 46),
    (r6 >>> 18) | (r7 << 11) | (r8 << 40),
  )
}

/** The cell of a plain value (not in Montgomery form), carried and in [0, 2P). */
export function f29PlainToCell(cell: usize, a: usize): void {
  const r2 = load<u64>(a, 16)
  const r4 = load<u64>(a, 32)
  const r6 = load<u64>(a, 48)
  setReduced(
    cell,
    load<u64>(a) | (load<u64>(a, 8) << 29) | (r2 << 58),
    (r2 >>> 6) | (load<u64>(a, 24) << 23) | (r4 << 52),
    (r4 >>> 12) | (load<u64>(a, 40) << 17) | (r6 << 46),
    (r6 >>> 18) | (load<u64>(a, 56) << 11) | (load<u64>(a, 64) << 40),
  )
}

/** The 32 bytes of a table entry: a carried value in [0, 2^256), as four limbs of 64 bits. */
export function f29Pack(out: usize, a: usize): void {
  const r2 = load<u64>(a, 16)
  const r4 = load<u64>(a, 32)
  const r6 = load<u64>(a, 48)
  store<u64>(out, load<u64>(a) | (load<u64>(a, 8) << 29) | (r2 << 58))
  store<u64>(out, (r2 >>> 6) | (load<u64>(a, 24) << 23) | (r4 << 52), 8)
  store<u64>(out, (r4 >>> 12) | (load<u64>(a, 40) << 17) | (r6 << 46), 16)
  store<u64>(out, (r6 >>> 18) | (load<u64>(a, 56) << 11) | (load<u64>(a, 64) << 40), 24)
}

export function f29Unpack(out: usize, packed: usize): void {
  split(
    out,
    load<u64>(packed),
    load<u64>(packed, 8),
    load<u64>(packed, 16),
    load<u64>(packed, 24),
  )
}

// @ts-ignore: decorator
@inline
function split(out: usize, l0: u64, l1: u64, l2: u64, l3: u64): void {
  store<u64>(out, l0 & MASK)
  store<u64>(out, (l0 >>> 29) & MASK, 8)
  store<u64>(out, ((l0 >>> 58) | (l1 << 6)) & MASK, 16)
  store<u64>(out, (l1 >>> 23) & MASK, 24)
  store<u64>(out, ((l1 >>> 52) | (l2 << 12)) & MASK, 32)
  store<u64>(out, (l2 >>> 17) & MASK, 40)
  store<u64>(out, ((l2 >>> 46) | (l3 << 18)) & MASK, 48)
  store<u64>(out, (l3 >>> 11) & MASK, 56)
  store<u64>(out, l3 >>> 40, 64)
}
