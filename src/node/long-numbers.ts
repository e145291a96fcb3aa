/**
 * Keeps the digits of long JSON numbers. `JSON.parse` rounds beyond 2^53, and some clients write token amounts as bare
 * numbers; so the number is put between quotes before the text is parsed.
 *
 * Invariant: the text stays valid JSON with the same structure; strings and short numbers are untouched.
 */

/**
 * Escapes, ends of strings, numbers. Never a whole string: matching one takes memory for each of its characters, and they
 * may be millions.
 */
const TOKEN = /\\.|"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Longest number that is passed on as it is: every integer of 15 digits is exact. */
const EXACT_LENGTH = 15

/** The JSON text with its long numbers as strings. */
export function quoteLongNumbers(json: string): string {
  let inString = false
  return json.replace(TOKEN, (token) => {
    if (token === '"') inString = !inString
    return inString || token.length <= EXACT_LENGTH ? token : `"${token}"`
  })
}

/** The whole part of a decimal number such as `12`, `1.5` or `1e21`; null when it is none or too large. */
export function wholePart(text: string): bigint | null {
  const match = /^(\d{1,80})(?:\.(\d{0,80}))?(?:[eE]\+?(\d{1,2}))?$/.exec(text)
  if (match === null) return null
  const [, whole, fraction = '', exponent = '0'] = match
  const shift = Number(exponent)
  return BigInt(whole + fraction.padEnd(shift, '0').slice(0, shift))
}
