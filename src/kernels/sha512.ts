/**
 * The compression of SHA-512 over words in cells: 8 words of state, 16 of message, each below 2^64; as sha256.ts.
 */
import { limb0, setSmall } from './cell'
import { byteConstants, byteScratch, SHA512_CONSTANTS } from './layout'

/** out (8 cells) = the state after one block. */
export function sha512Block(state: usize, block: usize, out: usize): void {
  const schedule = byteScratch()
  for (let i: usize = 0; i < 16; i++) {
    store<u64>(schedule + i * 8, limb0(block + i * 32))
  }
  for (let i: usize = 16; i < 80; i++) {
    const word = schedule + i * 8
    const w2 = load<u64>(word - 16)
    const w15 = load<u64>(word - 120)
    const s0 = rotr<u64>(w15, 1) ^ rotr<u64>(w15, 8) ^ (w15 >>> 7)
    const s1 = rotr<u64>(w2, 19) ^ rotr<u64>(w2, 61) ^ (w2 >>> 6)
    store<u64>(word, load<u64>(word - 128) + s0 + load<u64>(word - 56) + s1)
  }
  let a = limb0(state)
  let b = limb0(state + 32)
  let c = limb0(state + 64)
  let d = limb0(state + 96)
  let e = limb0(state + 128)
  let f = limb0(state + 160)
  let g = limb0(state + 192)
  let h = limb0(state + 224)
  const constants = byteConstants() + SHA512_CONSTANTS
  // Eight rounds at a time, so that the words change names instead of places.
  for (let i: usize = 0; i < 640; i += 64) {
    const k = constants + i
    const w = schedule + i
    h += mixed(e, f, g) + load<u64>(k) + load<u64>(w)
    d += h
    h += majority(a, b, c)
    g += mixed(d, e, f) + load<u64>(k, 8) + load<u64>(w, 8)
    c += g
    g += majority(h, a, b)
    f += mixed(c, d, e) + load<u64>(k, 16) + load<u64>(w, 16)
    b += f
    f += majority(g, h, a)
    e += mixed(b, c, d) + load<u64>(k, 24) + load<u64>(w, 24)
    a += e
    e += majority(f, g, h)
    d += mixed(a, b, c) + load<u64>(k, 32) + load<u64>(w, 32)
    h += d
    d += majority(e, f, g)
    c += mixed(h, a, b) + load<u64>(k, 40) + load<u64>(w, 40)
    g += c
    c += majority(d, e, f)
    b += mixed(g, h, a) + load<u64>(k, 48) + load<u64>(w, 48)
    f += b
    b += majority(c, d, e)
    a += mixed(f, g, h) + load<u64>(k, 56) + load<u64>(w, 56)
    e += a
    a += majority(b, c, d)
  }
  setSmall(out, a + limb0(state))
  setSmall(out + 32, b + limb0(state + 32))
  setSmall(out + 64, c + limb0(state + 64))
  setSmall(out + 96, d + limb0(state + 96))
  setSmall(out + 128, e + limb0(state + 128))
  setSmall(out + 160, f + limb0(state + 160))
  setSmall(out + 192, g + limb0(state + 192))
  setSmall(out + 224, h + limb0(state + 224))
}

// @ts-ignore: decorator
@inline
function mixed(e: u64, f: u64, g: u64): u64 {
  return (rotr<u64>(e, 14) ^ rotr<u64>(e, 18) ^ rotr<u64>(e, 41)) + (g ^ (e & (f ^ g)))
}

// @ts-ignore: decorator
@inline
function majority(a: u64, b: u64, c: u64): u64 {
  return (rotr<u64>(a, 28) ^ rotr<u64>(a, 34) ^ rotr<u64>(a, 39)) + ((a & b) | (c & (a | b)))
}
