/**
 * MT19937-64, the Mersenne Twister of 64-bit words (Nishimura and Matsumoto): 312 words of state, all renewed at once
 * when they are used up. Only the keys of development accounts come from it; it is no generator for secrets.
 */
const WORDS = 312
const MIDDLE = 156
const TWIST = 0xb5026f5aa96619e9n
const UPPER = 0xffffffff80000000n
const LOWER = 0x7fffffffn

/** A generator seeded with one 64-bit value; each call gives the next 64-bit output. */
export function mersenneTwister64(seed: bigint): () => bigint {
  const state = new BigUint64Array(WORDS)
  state[0] = seed
  for (let i = 1; i < WORDS; i++) {
    const previous = state[i - 1]!
    state[i] = 6364136223846793005n * (previous ^ (previous >> 62n)) + BigInt(i)
  }
  let used = WORDS
  return () => {
    if (used === WORDS) {
      renew(state)
      used = 0
    }
    return temper(state[used++]!)
  }
}

function renew(state: BigUint64Array): void {
  for (let i = 0; i < WORDS; i++) {
    const joined = (state[i]! & UPPER) | (state[(i + 1) % WORDS]! & LOWER)
    const twisted = (joined >> 1n) ^ (joined & 1n ? TWIST : 0n)
    state[i] = state[(i + MIDDLE) % WORDS]! ^ twisted
  }
}

function temper(word: bigint): bigint {
  let mixed = word
  mixed ^= (mixed >> 29n) & 0x5555555555555555n
  mixed ^= (mixed << 17n) & 0x71d67fffeda60000n
  mixed ^= (mixed << 37n) & 0xfff7eee000000000n
  return mixed ^ (mixed >> 43n)
}
