/**
 * The texts of failed transactions. They are consensus data: the receipt commitment hashes them, so every character and
 * every cut is protocol.
 *
 *     error stack     header, then segments joined by newlines: call frame, VM frame, call frame, …, what went wrong
 *     panic summary   header, one line per call of the failing chain, panic data, '.'
 */
import { formatFelt } from '../felt/felt.ts'

export const EXECUTION_FAILED = 'Transaction execution has failed:\n'
export const VALIDATION_FAILED = 'Transaction validation has failed:\n'
export const CONSTRUCTOR_FAILED = 'Contract constructor execution has failed:\n'
export const PANIC_HEADER = 'Execution failed. Failure reason:'
export const VALIDATE_PANIC_HEADER = 'The `validate` entry point panicked with:'

/** Longest body of an error stack before it is cut, and what remains of each end. */
const STACK_BYTES = 15_100
const STACK_END_BYTES = 7500
const STACK_GAP = '\n\n...\n\n'

/** Longest panic summary. */
const SUMMARY_LENGTH = 15_000
const SUMMARY_GAP = '\n...'

/** First felt of a byte array among panic data. */
const BYTE_ARRAY_MAGIC = 0x46a6158a16a947e5916b2a2ca68501a45e93d7110e81aa2d6438b1c57c879a3n
const BYTES_PER_WORD = 31

/** Who was called. `selector` null: it has none. */
export interface CalledContract {
  contractAddress: bigint
  classHash: bigint
  selector: bigint | null
}

/** Addresses, hashes and selectors in texts. */
export function longHex(felt: bigint): string {
  return `0x${felt.toString(16).padStart(64, '0')}`
}

/** The segment of one call in an error stack. */
export function callFrame(
  depth: number,
  kind: 'call' | 'library' | 'constructor',
  called: CalledContract,
): string {
  const what = {
    call: 'Error in the called contract',
    library: 'Error in a library call',
    constructor: 'Error in the contract class constructor',
  }[kind]
  return `${depth}: ${what} (${described(called, 'UNKNOWN')}):`
}

/** The segment of the code that failed or called. */
export function vmFrame(pc: string, traceback: string[]): string {
  const head = `Error at pc=${pc}:`
  if (traceback.length === 0) return head
  const lines = traceback.map((caller) => `Unknown location (pc=${caller})\n`)
  return `${head}\nCairo traceback (most recent call last):\n${lines.join('')}`
}

/** An error stack with its header, cut in the middle when it is too long. */
export function errorStack(header: string, body: string): string {
  const bytes = Buffer.from(body)
  if (bytes.length <= STACK_BYTES) return header + body
  let head = STACK_END_BYTES
  while (isContinuation(bytes[head]!)) head--
  let tail = bytes.length - STACK_END_BYTES
  while (tail < bytes.length && isContinuation(bytes[tail]!)) tail++
  return header + bytes.toString('utf8', 0, head) + STACK_GAP + bytes.toString('utf8', tail)
}

/** The text of a panic: the calls that it came through, outermost first, and its data. */
export function panicSummary(header: string, chain: CalledContract[], data: bigint[]): string {
  const reason = formatPanicData(data)
  const bare = `${header}\n${reason}\n.\n`
  const lines = chain.map((called) => `Error in contract (${described(called, '_')}):`)
  if (lines.length === 0) return short(`${header}\n${reason}.\n`)
  const lineLength = lines[0]!.length + 1
  if (Buffer.byteLength(bare) >= SUMMARY_LENGTH - (2 * lineLength + SUMMARY_GAP.length) - 1) {
    return short(bare)
  }
  const whole = [header, ...lines, reason].join('\n').concat('.\n')
  if (whole.length <= SUMMARY_LENGTH) return whole
  const dropped = Math.ceil((whole.length - SUMMARY_LENGTH + SUMMARY_GAP.length) / lineLength)
  const kept = lines.length - dropped - 1
  if (kept < 0) return short(bare)
  const last = lines[lines.length - 1]!
  return [header, ...lines.slice(0, kept), SUMMARY_GAP, last, reason]
    .join('\n')
    .concat('.\n')
    .slice(0, SUMMARY_LENGTH)
}

/** Panic data as people read it: short strings and byte arrays beside plain felts. */
export function formatPanicData(data: bigint[]): string {
  const items: string[] = []
  for (let at = 0; at < data.length; ) {
    const array = data[at] === BYTE_ARRAY_MAGIC ? byteArray(data, at + 1) : null
    if (array === null) {
      items.push(formatPanicFelt(data[at]!))
      at++
    } else {
      items.push(`"${array.text}"`)
      at = array.end
    }
  }
  return items.length === 1 ? items[0]! : `(${items.join(', ')})`
}

function short(text: string): string {
  if (text.length <= SUMMARY_LENGTH) return text
  return text.slice(0, SUMMARY_LENGTH - SUMMARY_GAP.length) + SUMMARY_GAP
}

function described({ contractAddress, classHash, selector }: CalledContract, none: string): string {
  const name = selector === null ? none : longHex(selector)
  return `contract address: ${longHex(contractAddress)}, class hash: ${longHex(classHash)}, selector: ${name}`
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

function formatPanicFelt(felt: bigint): string {
  const text = printable(felt)
  return text === null ? formatFelt(felt) : `${formatFelt(felt)} ('${text}')`
}

/** The characters of a felt if all are printable or white space; zero bytes may only follow them. */
function printable(felt: bigint): string | null {
  let text = ''
  let isEnd = false
  for (const byte of bytesOf(felt)) {
    if (byte === 0) isEnd = true
    else if (isEnd || !isPrintable(byte)) return null
    else text += String.fromCharCode(byte)
  }
  return text
}

function byteArray(data: bigint[], start: number): { text: string; end: number } | null {
  const count = data[start]
  if (count === undefined || count + BigInt(start) + 3n > BigInt(data.length)) return null
  const end = start + Number(count) + 3
  let text = ''
  for (let at = start + 1; at < end - 2; at++) {
    const word = characters(data[at]!, BYTES_PER_WORD)
    if (word === null) return null
    text += word
  }
  const length = data[end - 1]!
  if (length >= BigInt(BYTES_PER_WORD)) return null
  const rest = characters(data[end - 2]!, Number(length))
  return rest === null ? null : { text: text + rest, end }
}

/** Exactly `length` characters, those that cannot be printed escaped; null when the felt has more. */
function characters(felt: bigint, length: number): string | null {
  if (length === 0) return felt === 0n ? '' : null
  const bytes = bytesOf(felt)
  if (bytes.length > length) return null
  const text = bytes.map((byte) => {
    if (byte === 0) return '\\0'
    return isPrintable(byte)
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`
  })
  return '\\0'.repeat(length - bytes.length) + text.join('')
}

/** Big-endian bytes without leading zeros; of zero, one zero byte. */
function bytesOf(felt: bigint): number[] {
  const hex = felt.toString(16)
  return [...Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')]
}

function isPrintable(byte: number): boolean {
  return (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 12 || byte === 13
}
