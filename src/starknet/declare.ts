/**
 * What a declare does beside its validation: states that a class exists.
 */
import { readCellWords } from '../felt/cell.ts'
import {
  FIELD_CLASS_HASH,
  FIELD_COMPILED_CLASS_HASH,
  FIELD_COMPUTED_CLASS_HASH,
  fieldOffset,
} from './encoded-transaction.ts'
import { BLOCKED, type Refusal } from './pre-validation.ts'
import { longHex } from './revert-reason.ts'
import type { Run } from './run.ts'
import type { TransactionInput } from './transaction-input.ts'

/** Declares the class of the transaction. */
export function storeClass(run: Run, input: TransactionInput): Refusal | typeof BLOCKED | null {
  const { words } = input
  const classHash = readCellWords(words, fieldOffset(FIELD_CLASS_HASH))
  if (run.block.constants.requireBlakeCompiledClassHash) {
    const stated = input.felt(FIELD_COMPILED_CLASS_HASH)
    const computed = input.felt(FIELD_COMPUTED_CLASS_HASH)
    if (stated !== computed) {
      const text =
        `Mismatch compiled class hash for class with hash ${shortHex(classHash)}. ` +
        `Actual: ${shortHex(stated)}, Expected: ${shortHex(computed)}`
      return { kind: 'classHash', text }
    }
  }
  const slot = run.declaredSlot(words, fieldOffset(FIELD_CLASS_HASH))
  if (!run.state.load(slot)) return BLOCKED
  if (!run.isZero(slot)) {
    const text = `Class with hash ${longHex(classHash)} is already declared.`
    return { kind: 'alreadyDeclared', text }
  }
  run.state.write(slot, words, fieldOffset(FIELD_COMPILED_CLASS_HASH))
  return null
}

/** Hexadecimal with at least 62 digits. */
function shortHex(felt: bigint): string {
  return `0x${felt.toString(16).padStart(62, '0')}`
}
