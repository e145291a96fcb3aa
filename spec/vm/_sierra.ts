/**
 * Which libfuncs a Sierra class declares.
 *
 *     version 3 · compiler 3 · packed: distinct words n, padding, the n words, length, the program as indices into them
 *     program: types (name, argument count with flags above bit 128, arguments) · libfuncs (name, arguments) · ...
 *
 * An argument is a kind and one felt. Names longer than a felt are hashes.
 */
import { decodeShortString, P } from '../../src/felt/felt.ts'
import { starknetKeccak } from '../../src/felt/hash.ts'

const VERSION_WORDS = 6
const COUNT_MASK = (1n << 128n) - 1n

/** Names of the generic libfuncs of a class; of long ones those among `longNames`. */
export function libfuncsOf(sierraProgram: bigint[], longNames: string[]): Set<string> {
  const hashes = new Map(longNames.map((name) => [starknetKeccak(name), name]))
  const words = unpack(sierraProgram.slice(VERSION_WORDS))
  let at = 0
  const next = () => words[at++]!
  const skipArguments = (count: bigint) => {
    at += 2 * Number(count)
  }
  for (let types = next(); types > 0n; types--) {
    next()
    skipArguments(next() & COUNT_MASK)
  }
  const names = new Set<string>()
  for (let libfuncs = next(); libfuncs > 0n; libfuncs--) {
    const id = next()
    names.add(hashes.get(id) ?? decodeShortString(id) ?? `0x${id.toString(16)}`)
    skipArguments(next())
  }
  return names
}

function unpack(packed: bigint[]): bigint[] {
  const distinct = Number(packed[0]!)
  const size = BigInt(distinct) + packed[1]!
  const code = packed.slice(2, 2 + distinct)
  const length = Number(packed[2 + distinct]!)
  let perFelt = 0
  for (let most = size * size; most < P * size; most *= size) perFelt++
  const words: bigint[] = []
  for (const felt of packed.slice(3 + distinct)) {
    let rest = felt
    for (let i = 0; i < perFelt && words.length < length; i++) {
      words.push(code[Number(rest % size)]!)
      rest /= size
    }
  }
  return words
}
