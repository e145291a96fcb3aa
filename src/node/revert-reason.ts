/**
 * Reads the calls out of a revert text. A receipt's reason is one text (it is hashed), the errors of estimates and calls
 * are nested objects; the frames of the text say the same:
 *
 *     0: Error in the called contract (contract address: 0x…, class hash: 0x…, selector: 0x…):
 *
 * Invariant: a text without frames is passed on whole; the innermost error is what follows the last frame.
 */
import type { CallError } from '../starknet/execution.ts'

const FRAME =
  /^\d+: Error in .* \(contract address: (0x[0-9a-f]+), class hash: (0x[0-9a-f]+), selector: (0x[0-9a-f]+|UNKNOWN)\):$/

/** The error as calls around a leaf. */
export function readCallError(text: string): CallError {
  const lines = text.split('\n')
  const frames = lines.flatMap((line, index) => {
    const match = FRAME.exec(line)
    return match === null ? [] : [{ match, index }]
  })
  const last = frames.at(-1)
  if (last === undefined) return text
  const leaf = lines.slice(last.index + 1).join('\n')
  return frames.reduceRight<CallError>(
    (error, { match: [, address, classHash, selector] }) => ({
      contractAddress: BigInt(address!),
      classHash: BigInt(classHash!),
      selector: selector === 'UNKNOWN' ? 0n : BigInt(selector!),
      error,
    }),
    leaf,
  )
}
