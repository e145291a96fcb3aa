/**
 * The compression of SHA-256 over words in cells: 8 words of state, 16 of message, each below 2^32.
 *
 * The syscall compresses one block and never pads. Word i of a block is a number, so byte order is not seen here.
 */
import { limb0, setSmall } from './cell'
import { byteConstants, byteScratch, SHA256_CONSTANTS } from './layout'

/** out (8 cells) = the state after one block. */
export function sha256Block(state: usize, block: usize, out: usize): void {
  const schedule = byteScratch()
  for (let i: usize = 0; i < 16; i++) {
    store<u32>(schedule + i * 4, <u32>limb0(block + i * 32))
  }
  for (let i: usize = 16; i < 64; i++) {
    const word = schedule + i * 4
    const w2 = load<u32>(word - 8)
    const w15 = load<u32>(word - 60)
    const s0 = rotr<u32>(w15, 7) ^ rotr<u32>(w15, 18) ^ (w15 >>> 3)
    const s1 = rotr<u32>(w2, 17) ^ rotr<u32>(w2, 19) ^ (w2 >>> 10)
    store<u32>(word, load<u32>(word - 64) + s0 + load<u32>(word - 28) + s1)
  }
  let a = <u32>limb0(state)
  let b = <u32>limb0(state + 32)
  let c = <u32>limb0(state + 64)
  let d = <u32>limb0(state + 96)
  let e = <u32>limb0(state + 128)
  let f = <u32>limb0(state + 160)
  let g = <u32>limb0(state + 192)
  let h = <u32>limb0(state + 224)
  const constants = byteConstants() + SHA256_CONSTANTS
  // Eight rounds at a time, so that the words change names instead of places.
  for (let i: usize = 0; i < 256; i += 32) {
    const k = constants + i
    const w = schedule + i
    h += mixed(e, f, g) + load<u32>(k) + load<u32>(w)
    d += h
    h += majority(a, b, c)
    g += mixed(d, e, f) + load<u32>(k, 4) + load<u32>(w, 4)
    c += g
    g += majority(h, a, b)
    f += mixed(c, d, e) + load<u32>(k, 8) + load<u32>(w, 8)
    b += f
    f += majority(g, h, a)
    e += mixed(b, c, d) + load<u32>(k, 12) + load<u32>(w, 12)
    a += e
    e += majority(f, g, h)
    d += mixed(a, b, c) + load<u32>(k, 16) + load<u32>(w, 16)
    h += d
    d += majority(e, f, g)
    c += mixed(h, a, b) + load<u32>(k, 20) + load<u32>(w, 20)
    g += c
    c += majority(d, e, f)
    b += mixed(g, h, a) + load<u32>(k, 24) + load<u32>(w, 24)
    f += b
    b += majority(c, d, e)
    a += mixed(f, g, h) + load<u32>(k, 28) + load<u32>(w, 28)
    e += a
    a += majority(b, c, d)
  }
  setSmall(out, <u64><u32>(a + <u32>limb0(state)))
  setSmall(out + 32, <u64><u32>(b + <u32>limb0(state + 32)))
  setSmall(out + 64, <u64><u32>(c + <u32>limb0(state + 64)))
  setSmall(out + 96, <u64><u32>(d + <u32>limb0(state + 96)))
  setSmall(out + 128, <u64><u32>(e + <u32>limb0(state + 128)))
  setSmall(out + 160, <u64><u32>(f + <u32>limb0(state + 160)))
  setSmall(out + 192, <u64><u32>(g + <u32>limb0(state + 192)))
  setSmall(out + 224, <u64><u32>(h + <u32>limb0(state + 224)))
}

// @ts-ignore: decorator
@inline
function mixed(e: u32, f: u32, g: u32): u32 {
  return (rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25)) + (g ^ (e & (f ^ g)))
}

// @ts-ignore: decorator
@inline
function majority(a: u32, b: u32, c: u32): u32 {
  return (rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)) + ((a & b) | (c & (a | b)))
}
