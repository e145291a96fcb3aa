/**
 * Reads parameters: a decoder takes a JSON value and where it stands, and gives the value or refuses with that place.
 *
 *     decodeFelt(value, 'invoke_transaction.nonce')  →  17n,  or -32602 { reason: 'invoke_transaction.nonce: …' }
 *
 * Invariant: nothing is guessed or cut; a value that a decoder passes on has exactly the type it says.
 */
import { isFelt } from '../felt/felt.ts'
import { invalidParams } from './errors.ts'

export type Decoder<T> = (value: unknown, path: string) => T

/** Refuses the value at `path`: what was expected, what came. */
export function refuse(path: string, expected: string, value: unknown): never {
  throw invalidParams(`${path}: expected ${expected}, got ${show(value)}`)
}

/** Text of a value for a message, short whatever came. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** `0x` and 1-64 digits, leading zeros allowed, below P. */
export function decodeFelt(value: unknown, path: string): bigint {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) {
    refuse(path, "a felt ('0x' and 1 to 64 hexadecimal digits)", value)
  }
  const felt = BigInt(value)
  if (!isFelt(felt)) refuse(path, 'a felt below the prime of the field', value)
  return felt
}

/** A hexadecimal number of up to `bits` bits. */
export function decodeUint(bits: number): Decoder<bigint> {
  return (value, path) => {
    if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) {
      refuse(path, "a number as '0x' and hexadecimal digits", value)
    }
    const number = BigInt(value)
    if (number >> BigInt(bits) !== 0n) refuse(path, `a number of at most ${bits} bits`, value)
    return number
  }
}

/** A JSON integer in [minimum, 2^53). */
export function decodeInteger(minimum: number): Decoder<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < minimum) {
      refuse(path, `an integer of at least ${minimum}`, value)
    }
    return value
  }
}

export function decodeString(value: unknown, path: string): string {
  if (typeof value !== 'string') refuse(path, 'a string', value)
  return value
}

export function decodeBoolean(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') refuse(path, 'true or false', value)
  return value
}

/** One word of a list. */
export function decodeWord<T extends string>(...words: T[]): Decoder<T> {
  return (value, path) => {
    const word = words.find((candidate) => candidate === value)
    if (word === undefined) refuse(path, words.map((each) => `'${each}'`).join(' or '), value)
    return word
  }
}

/** An array whose items all decode; no item may be missing. */
export function decodeList<T>(item: Decoder<T>): Decoder<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) refuse(path, 'an array', value)
    return value.map((each, index) => item(each, `${path}[${index}]`))
  }
}

/** A list of flags, each one of the words; flags that are not known are refused. */
export function decodeFlags<T extends string>(...words: T[]): Decoder<Set<T>> {
  const list = decodeList(decodeWord(...words))
  return (value, path) => new Set(list(value, path))
}

/** An object whose members are read one by one. */
export class Members {
  readonly #object: Record<string, unknown>
  readonly path: string

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      refuse(path, 'an object', value)
    }
    this.#object = value as Record<string, unknown>
    this.path = path
  }

  /** The member, which must be there. */
  get<T>(name: string, decode: Decoder<T>): T {
    return decode(this.#member(name), this.#pathOf(name))
  }

  /** The member, or `absent` where it is missing or null. */
  optional<T, A>(name: string, decode: Decoder<T>, absent: A): T | A {
    const value = this.#member(name)
    return value === undefined || value === null ? absent : decode(value, this.#pathOf(name))
  }

  has(name: string): boolean {
    return this.#member(name) !== undefined
  }

  #member(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined
  }

  #pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`
  }
}

export const decodeFelts = decodeList(decodeFelt)

export type BlockId =
  | { number: number }
  | { hash: bigint }
  | 'latest'
  | 'pre_confirmed'
  | 'l1_accepted'

/** A tag, `{block_number}` or `{block_hash}`. */
export function decodeBlockId(value: unknown, path: string): BlockId {
  if (value === 'latest' || value === 'pre_confirmed' || value === 'l1_accepted') return value
  const expected = "'latest', 'pre_confirmed', 'l1_accepted', {block_number} or {block_hash}"
  if (typeof value !== 'object' || value === null) refuse(path, expected, value)
  const members = new Members(value, path)
  const byNumber = members.has('block_number')
  if (byNumber === members.has('block_hash')) refuse(path, expected, value)
  return byNumber
    ? { number: members.get('block_number', decodeInteger(0)) }
    : { hash: members.get('block_hash', decodeFelt) }
}
