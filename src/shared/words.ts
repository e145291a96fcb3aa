/**
 * Copying and comparing cells (8 words), loads whose order matters only on some processors, and a growing list of words.
 */

/** Words of a cell. */
const CELL = 8

/** Copies one cell. */
export function copyCell(source: Int32Array, from: number, target: Int32Array, to: number): void {
  target[to] = source[from]!
  target[to + 1] = source[from + 1]!
  target[to + 2] = source[from + 2]!
  target[to + 3] = source[from + 3]!
  target[to + 4] = source[from + 4]!
  target[to + 5] = source[from + 5]!
  target[to + 6] = source[from + 6]!
  target[to + 7] = source[from + 7]!
}

/** Whether two cells of one memory hold the same words. */
export function sameCell(words: Int32Array, a: number, b: number): boolean {
  for (let word = 0; word < CELL; word++) if (words[a + word] !== words[b + word]) return false
  return true
}

/** Writes the felt 0 (tag SMALL). */
export function writeZero(words: Int32Array, offset: number): void {
  words.fill(0, offset, offset + CELL)
  words[offset + 2] = 1
}

/**
 * Speculative walks follow a pointer and then read what it points to. x86-64 keeps plain loads in order; ECMAScript does
 * not promise it elsewhere, so other processors pay for an atomic load (5-8 ns).
 */
const plainLoads = process.arch === 'x64'

/** Loads a word that another thread may have just published. */
export function loadLink(words: Int32Array, index: number): number {
  return plainLoads ? words[index]! : Atomics.load(words, index)
}

/** A private list of words that grows by doubling. */
export class WordList {
  words = new Int32Array(64)
  length = 0

  push(word: number): void {
    if (this.length === this.words.length) {
      const wider = new Int32Array(this.length * 2)
      wider.set(this.words)
      this.words = wider
    }
    this.words[this.length++] = word
  }
}
