/**
 * The classes that this thread can run, by class hash.
 *
 * It is a cache keyed by content: whether a class is *declared* is a location of the state, so a program may be here long
 * before the transaction that declares it, and no incarnation sees more than its reads allow.
 */
import { CELL_WORDS, writeCellWords } from '../felt/cell.ts'
import type { EntryPoint, Program } from '../vm/host.ts'
import { CONSTRUCTOR, EXTERNAL } from './call-tree.ts'
import type { VersionedConstants } from './versioned-constants.ts'

/** A class made ready: its program, and what decides how it is metered. */
export interface RunnableClass {
  readonly classHash: bigint
  readonly program: Program
  readonly sierraVersion: readonly [number, number, number]
  readonly external: EntryPointList
  readonly l1Handler: EntryPointList
  /** What accounts of this class are shown, by the constants it was looked up in last. */
  shown: ShownBounds
}

/** Accounts of old classes see a transaction of version 1, or no bound for data gas. */
export interface ShownBounds {
  constants: VersionedConstants | null
  isVersion1: boolean
  hidesDataGas: boolean
}

/** Entry points with their selectors as cells; classes have few, so they are searched in order. */
export interface EntryPointList {
  selectors: Int32Array
  entryPoints: EntryPoint[]
}

export class ClassTable {
  readonly #classes: RunnableClass[] = []
  #hashes = new Int32Array(64 * CELL_WORDS)
  /** Open addressing: index + 1, 0 is free. */
  #table = new Int32Array(256)

  /** Adds a class; the same hash again takes the place of the first. */
  add(classHash: bigint, program: Program, sierraVersion: readonly [number, number, number]): void {
    const index = this.#classes.length
    if ((index + 1) * CELL_WORDS > this.#hashes.length) this.#grow()
    writeCellWords(this.#hashes, index * CELL_WORDS, classHash)
    const position = this.#position(this.#hashes, index * CELL_WORDS)
    const runnable: RunnableClass = {
      classHash,
      program,
      sierraVersion,
      external: listOf(program.entryPoints.external),
      l1Handler: listOf(program.entryPoints.l1Handler),
      shown: { constants: null, isVersion1: false, hidesDataGas: false },
    }
    const entry = this.#table[position]!
    if (entry !== 0) {
      this.#classes[entry - 1] = runnable
      return
    }
    this.#table[position] = index + 1
    this.#classes.push(runnable)
  }

  /** The class whose hash is the cell at `words[offset]`, in exported form. */
  find(words: Int32Array, offset: number): RunnableClass | null {
    const entry = this.#table[this.#position(words, offset)]!
    return entry === 0 ? null : this.#classes[entry - 1]!
  }

  #position(words: Int32Array, offset: number): number {
    const mask = this.#table.length - 1
    // Class hashes are hashes: their low words are spread already.
    let position = (words[offset]! ^ words[offset + 4]!) & mask
    for (;;) {
      const entry = this.#table[position]!
      if (entry === 0 || sameCell(this.#hashes, (entry - 1) * CELL_WORDS, words, offset)) {
        return position
      }
      position = (position + 1) & mask
    }
  }

  #grow(): void {
    const hashes = new Int32Array(this.#hashes.length * 2)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    this.#table = new Int32Array(this.#table.length * 2)
    this.#classes.forEach((_, index) => {
      this.#table[this.#position(hashes, index * CELL_WORDS)] = index + 1
    })
  }
}

/** What accounts of a class are shown: the lists are long, and asked for in every call. */
export function shownBounds(runnable: RunnableClass, constants: VersionedConstants): ShownBounds {
  const { shown, classHash } = runnable
  if (shown.constants !== constants) {
    shown.constants = constants
    shown.isVersion1 = constants.v1BoundAccounts.includes(classHash)
    shown.hidesDataGas = constants.dataGasAccounts.includes(classHash)
  }
  return shown
}

/** The entry point of a type and selector, or null. Constructors have no other selector than their own. */
export function findEntryPoint(
  runnable: RunnableClass,
  type: number,
  words: Int32Array,
  selector: number,
): EntryPoint | null {
  if (type === CONSTRUCTOR) return runnable.program.entryPoints.constructor
  const { selectors, entryPoints } = type === EXTERNAL ? runnable.external : runnable.l1Handler
  for (let i = 0; i < entryPoints.length; i++) {
    if (sameCell(selectors, i * CELL_WORDS, words, selector)) return entryPoints[i]!
  }
  return null
}

function listOf(map: Map<bigint, EntryPoint>): EntryPointList {
  const selectors = new Int32Array(map.size * CELL_WORDS)
  const entryPoints = [...map.values()]
  let offset = 0
  for (const selector of map.keys()) {
    writeCellWords(selectors, offset, selector)
    offset += CELL_WORDS
  }
  return { selectors, entryPoints }
}

function sameCell(a: Int32Array, aOffset: number, b: Int32Array, bOffset: number): boolean {
  for (let i = 0; i < CELL_WORDS; i++) if (a[aOffset + i] !== b[bOffset + i]) return false
  return true
}
