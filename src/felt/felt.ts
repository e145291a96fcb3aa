/**
 * A felt as a `bigint`: the form of cold paths (decoding, encoding, specs). Hot paths use cells, see `cell.ts`.
 *
 * Invariant: a felt is in [0, P). Text that is not one is refused, never reduced.
 */

/** The prime of Starknet's field. */
export const P = 2n ** 251n + 17n * 2n ** 192n + 1n

/** Longest short string: 31 characters fill 248 bits. */
const SHORT_STRING_LENGTH = 31

/** Thrown when a text or a number is not the felt it should be. */
class FeltError extends Error {
  override name = 'FeltError'
}

/** The felt of a text: `0x` and 1-64 hexadecimal digits, below P. */
export function parseFelt(text: string): bigint {
  if (typeof text !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(text)) {
    throw new FeltError(`expected '0x' and 1 to 64 hexadecimal digits, got ${quote(text)}`)
  }
  return toFelt(BigInt(text))
}

/** Passes a felt on; refuses what is negative or not below P. */
export function toFelt(value: bigint): bigint {
  if (value < 0n || value >= P) {
    throw new FeltError(`expected a felt below 0x${P.toString(16)}, got ${value}`)
  }
  return value
}

/** Whether a number is a felt. */
export function isFelt(value: bigint): boolean {
  return value >= 0n && value < P
}

/** The canonical text: `0x`, lower case, no leading zeros. */
export function formatFelt(felt: bigint): string {
  return `0x${felt.toString(16)}`
}

/** The felt whose big-endian bytes are the characters: up to 31 of ASCII. */
export function encodeShortString(text: string): bigint {
  if (text.length > SHORT_STRING_LENGTH) {
    throw new FeltError(
      `expected at most ${SHORT_STRING_LENGTH} characters, got ${text.length} in ${quote(text)}`,
    )
  }
  let felt = 0n
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) throw new FeltError(`expected ASCII characters, got ${quote(text)}`)
    felt = (felt << 8n) | BigInt(code)
  }
  return felt
}

/** The characters of a felt's big-endian bytes, or null when one of them is not printable ASCII. */
export function decodeShortString(felt: bigint): string | null {
  let text = ''
  for (let rest = felt; rest > 0n; rest >>= 8n) {
    const code = Number(rest & 0xffn)
    if (code < 32 || code > 126) return null
    text = String.fromCharCode(code) + text
  }
  return text.length > SHORT_STRING_LENGTH ? null : text
}

function quote(value: unknown): string {
  return typeof value === 'string' ? `'${value.slice(0, 80)}'` : String(value)
}
