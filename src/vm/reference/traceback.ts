/**
 * The callers of a failing instruction: follows the saved frame pointers, oldest first, at most 20.
 */
import type { Frame } from './frame.ts'
import { decode } from './instruction.ts'
import { Fault, isPointer, type Pointer } from './value.ts'

const DEPTH = 20

/** Program counters of the `call` instructions that led to the frame's fp. */
export function traceback(frame: Frame): string[] {
  const callers: string[] = []
  let fp: Pointer = { segment: 1, offset: frame.fp }
  while (callers.length < DEPTH) {
    const returnPc = pointerBefore(frame, fp, 1)
    const callerFp = pointerBefore(frame, fp, 2)
    if (returnPc === null || callerFp === null) break
    if (callerFp.segment === fp.segment && callerFp.offset === fp.offset) break
    fp = callerFp
    const size = [1, 2].find((words) => isCall(frame, returnPc, words))
    // Rust looks two words back only when the word before is a felt.
    if (size === undefined || !isFelt(frame, returnPc, 1)) break
    callers.push(`${returnPc.segment}:${returnPc.offset - size}`)
  }
  return callers.reverse()
}

function pointerBefore(frame: Frame, pointer: Pointer, words: number): Pointer | null {
  const value = valueBefore(frame, pointer, words)
  return value !== undefined && isPointer(value) ? value : null
}

function valueBefore(frame: Frame, pointer: Pointer, words: number) {
  if (pointer.offset < words) return undefined
  return frame.memory.get({ segment: pointer.segment, offset: pointer.offset - words })
}

function isFelt(frame: Frame, pointer: Pointer, words: number): boolean {
  return typeof valueBefore(frame, pointer, words) === 'bigint'
}

function isCall(frame: Frame, returnPc: Pointer, words: number): boolean {
  const word = valueBefore(frame, returnPc, words)
  if (typeof word !== 'bigint') return false
  try {
    const { opcode, res, pcUpdate } = decode(word)
    // A call that computes its target is none to Rust's traceback.
    return opcode === 'call' && res === 'op1' && /^jump/.test(pcUpdate)
  } catch (error) {
    if (error instanceof Fault) return false
    throw error
  }
}
