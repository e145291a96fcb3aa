/**
 * Reads the calls out of a revert text. A receipt's reason is one text (it is hashed), the errors of estimates and calls
 * are nested objects; the frames of the text say the same:
 *
 *     0: Error in the called contract (contract address: 0x…, class hash: 0x…, selector: 0x…):
 *     Execution failed. Failure reason:
 *     Error in contract (contract address: 0x…, class hash: 0x…, selector: 0x…):          the same call as the frame above
 *     Error in contract (contract address: 0x…, class hash: 0x…, selector: 0x…):          what it called
 *     0x6e6f ('no').
 *
 * Invariant: a text without frames is passed on whole; the innermost error is what follows the last frame.
 */
import type { CallError } from '../starknet/execution.ts'

const FRAME =
  /^(?:\d+: Error in .*|Error in contract) \((contract address: (0x[0-9a-f]+), class hash: (0x[0-9a-f]+|_), selector: (0x[0-9a-f]+|UNKNOWN))\):$/

const SUMMARY = 'Execution failed. Failure reason:'
/** Of validation, where the panic's summary follows at once. */
const VALIDATION_SUMMARY = /entry point panicked with:$/

/** The error as calls around a leaf. */
export function readCallError(text: string): CallError {
  const lines = text.split('\n')
  const frames: RegExpExecArray[] = []
  let leaf = lines
  lines.forEach((line, index) => {
    const frame = FRAME.exec(line)
    if (frame === null) return
    // A panic's summary begins with the call that the frame before it named already.
    if (frames.at(-1)?.[1] !== frame[1] || lines[index - 1] !== SUMMARY) frames.push(frame)
    leaf = lines.slice(index + 1)
  })
  if (frames.length === 0) return text
  const isPanic = lines.some((line) => line === SUMMARY || VALIDATION_SUMMARY.test(line))
  return frames.reduceRight<CallError>(
    (error, [, , address, classHash, selector]) => ({
      contractAddress: BigInt(address!),
      classHash: classHash === '_' ? 0n : BigInt(classHash!),
      selector: selector === 'UNKNOWN' ? 0n : BigInt(selector!),
      error,
    }),
    isPanic ? panicData(leaf) : leaf.join('\n'),
  )
}

/** What a panic said: the summary ends with it, a full stop and an empty line. */
function panicData(leaf: string[]): string {
  const said = leaf[0] === SUMMARY ? leaf.slice(1) : leaf
  return said.join('\n').replace(/\.\n$/, '')
}
