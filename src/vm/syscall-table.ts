/**
 * What syscalls are called and what their requests look like.
 */
import { cellsOf } from '../felt/cell.ts'
import { encodeShortString } from '../felt/felt.ts'
import { type SyscallName, syscallNames } from './host.ts'

/** Fields of a request: f felt, k key below 2^251, p pointer, l list of felts, u u64, b flag, d domain, w half of a u256. */
const requests: Record<SyscallName, string> = {
  CallContract: 'kfl',
  LibraryCall: 'ffl',
  Deploy: 'fflb',
  MetaTxV0: 'kfll',
  EmitEvent: 'll',
  SendMessageToL1: 'fl',
  StorageRead: 'dk',
  StorageWrite: 'dkf',
  GetExecutionInfo: '',
  GetBlockHash: 'u',
  GetClassHashAt: 'k',
  ReplaceClass: 'f',
  Keccak: 'pp',
  KeccakRound: '',
  Sha256ProcessBlock: 'pp',
  Sha512ProcessBlock: 'pp',
  Secp256k1New: 'wwww',
  Secp256k1Add: 'pp',
  Secp256k1Mul: 'pww',
  Secp256k1GetPointFromX: 'wwb',
  Secp256k1GetXy: 'p',
  Secp256r1New: 'wwww',
  Secp256r1Add: 'pp',
  Secp256r1Mul: 'pww',
  Secp256r1GetPointFromX: 'wwb',
  Secp256r1GetXy: 'p',
}

export const indexOf = Object.fromEntries(syscallNames.map((name, i) => [name, i])) as Record<
  SyscallName,
  number
>

/** Names that only Cairo 0 contracts may call. */
const cairo0Selectors = new Map(
  [
    'DelegateCall',
    'DelegateL1Handler',
    'GetBlockNumber',
    'GetBlockTimestamp',
    'GetCallerAddress',
    'GetContractAddress',
    'GetSequencerAddress',
    'GetTxInfo',
    'GetTxSignature',
    'LibraryCallL1Handler',
  ].map((name) => [encodeShortString(name), name]),
)

/** Words of the selectors' cells, 8 each. */
const selectorWords = new Int32Array(cellsOf(syscallNames.map(encodeShortString)).buffer)
/** An open table: index of a selector plus one by the hash of its words. */
const selectorTable = new Uint8Array(256)
syscallNames.forEach((name, i) => {
  if (name === 'KeccakRound') return
  let slot = hashWords(selectorWords, i * 8)
  while (selectorTable[slot] !== 0) slot = (slot + 1) & 255
  selectorTable[slot] = i + 1
})

function hashWords(words: Int32Array, at: number): number {
  const mixed = Math.imul(words[at]! ^ words[at + 4]!, 0x9e3779b1) ^ words[at + 1]!
  return Math.imul(mixed, 0x85ebca6b) >>> 24
}

/** Shapes as codes of characters, by index. */
export const shapeCodes = syscallNames.map((name) => Uint8Array.from(Buffer.from(requests[name])))
export const FELT = codeOf('f')
export const KEY = codeOf('k')
export const POINTER = codeOf('p')
export const LIST = codeOf('l')
export const NUMBER = codeOf('u')
export const FLAG = codeOf('b')
export const DOMAIN = codeOf('d')
export const HALF = codeOf('w')

function codeOf(letter: string): number {
  return letter.charCodeAt(0)
}

/** Index of the syscall whose selector is the cell in these words, or -1. */
export function findSyscall(words: Int32Array, at: number): number {
  for (let slot = hashWords(words, at); ; slot = (slot + 1) & 255) {
    const index = selectorTable[slot]! - 1
    if (index < 0) return -1
    let word = 0
    while (word < 8 && words[at + word] === selectorWords[index * 8 + word]) word++
    if (word === 8) return index
  }
}

/** Why a selector is none of ours. */
export function unknownSelectorText(selector: bigint): string {
  const name = cairo0Selectors.get(selector)
  if (name !== undefined) return `Unknown Hint: Unsupported syscall selector ${name}.`
  return `Invalid syscall selector: 0x${selector.toString(16)}.`
}
