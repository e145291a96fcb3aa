/**
 * The result of one transaction as words: what an executor writes and whoever wants receipts, traces or diffs decodes.
 *
 *     words 0-63   header   outcome, lengths, fee, gas, charged work (offsets below)
 *     then         calls │ events │ messages │ accesses   the tables of `call-tree.ts`
 *                  slots    32 words each: key, cell before, cell after
 *                  cells    felts that the tables name by index
 *                  text     reason, two UTF-16 units a word
 *
 * Writing is copying. The fee income of the sequencer is not known then: two slots are named in the header, and
 * `finishOutcome` puts their cells in when the transaction is committed.
 */
import { CELL_WORDS } from '../felt/cell.ts'
import { KEY_WORDS } from '../state/location.ts'
import type { CachedState } from './cached-state.ts'
import {
  ACCESS_WORDS,
  CALL_RECORD_WORDS,
  type CallTree,
  EVENT_WORDS,
  MESSAGE_WORDS,
  writeWide,
} from './call-tree.ts'
import type { RejectionKind } from './execution.ts'
import type { Gas, Work } from './gas.ts'
import { resourceNames } from './versioned-constants.ts'

/** Outcomes in the header. */
export const SUCCEEDED = 0
export const REVERTED = 1
export const REJECTED = 2

/** Words of the header; names in the order of the layout. Wide numbers take two words. */
export const OUTCOME = 0
/** Index in `rejectionKinds` + 1, 0 for none. */
export const REJECTION = 1
export const KIND = 2
export const CALL_COUNT = 3
export const EVENT_COUNT = 4
export const MESSAGE_COUNT = 5
export const ACCESS_COUNT = 6
export const SLOT_COUNT = 7
export const CELL_COUNT = 8
/** UTF-16 units, -1 for no text. */
export const TEXT_LENGTH = 9
/** Slots of the sequencer's balance whose cells come at commit, -1 for none. */
const DEFERRED_LOW = 10
const DEFERRED_HIGH = 11
/** Four words. */
export const FEE = 12
/** Gas and data availability gas: l1, l1 data, l2, each wide. */
export const GAS = 16
export const DA_GAS = 22
export const SIERRA_GAS = 28
export const REVERTED_GAS = 30
export const REVERTED_STEPS = 32
export const VM_STEPS = 33
export const VM_HOLES = 34
export const HAS_PROOF = 35
export const CALLDATA_LENGTH = 36
export const SIGNATURE_LENGTH = 37
export const CODE_SIZE = 38
export const EVENT_KEYS = 39
export const EVENT_DATA = 40
export const MESSAGES = 41
export const MESSAGE_PAYLOAD = 42
export const CHANGED_STORAGE = 43
export const CHANGED_CONTRACTS = 44
export const CHANGED_CLASSES = 45
export const CHANGED_COMPILED = 46
export const ALLOCATED = 47
export const WORK_BUILTINS = 48
export const OUTCOME_HEADER_WORDS = 64

export const SLOT_WORDS = KEY_WORDS + 2 * CELL_WORDS

export const rejectionKinds: readonly RejectionKind[] = [
  'version',
  'nonce',
  'bounds',
  'balance',
  'validation',
  'classHash',
  'alreadyDeclared',
  'execution',
  'fee',
]

if (WORK_BUILTINS + resourceNames.length > OUTCOME_HEADER_WORDS) {
  throw new Error('expected the builtins of an outcome within its header')
}

/** How a transaction ended, apart from its tables. */
export interface Ending {
  outcome: number
  rejection: RejectionKind | null
  text: string | null
  fee: bigint
  gas: Gas
  daGas: Gas
  work: Work | null
  /** Slots of the deferred fee income, -1 for none. */
  deferredLow: number
  deferredHigh: number
}

/** Words that `writeOutcome` is going to write. */
export function outcomeWords(ending: Ending, tree: CallTree, state: CachedState): number {
  return (
    OUTCOME_HEADER_WORDS +
    tree.callCount * CALL_RECORD_WORDS +
    tree.eventCount * EVENT_WORDS +
    tree.messageCount * MESSAGE_WORDS +
    tree.accessCount * ACCESS_WORDS +
    state.count * SLOT_WORDS +
    tree.cellCount * CELL_WORDS +
    Math.ceil((ending.text ?? '').length / 2)
  )
}

/** Writes the outcome of a transaction of `kind` at word `at`. */
export function writeOutcome(
  words: Int32Array,
  at: number,
  kind: number,
  ending: Ending,
  tree: CallTree,
  state: CachedState,
): void {
  words.fill(0, at, at + OUTCOME_HEADER_WORDS)
  words[at + OUTCOME] = ending.outcome
  words[at + REJECTION] =
    ending.rejection === null ? 0 : rejectionKinds.indexOf(ending.rejection) + 1
  words[at + KIND] = kind
  words[at + CALL_COUNT] = tree.callCount
  words[at + EVENT_COUNT] = tree.eventCount
  words[at + MESSAGE_COUNT] = tree.messageCount
  words[at + ACCESS_COUNT] = tree.accessCount
  words[at + SLOT_COUNT] = state.count
  words[at + CELL_COUNT] = tree.cellCount
  words[at + TEXT_LENGTH] = ending.text === null ? -1 : ending.text.length
  words[at + DEFERRED_LOW] = ending.deferredLow
  words[at + DEFERRED_HIGH] = ending.deferredHigh
  writeFee(words, at + FEE, ending.fee)
  writeGas(words, at + GAS, ending.gas)
  writeGas(words, at + DA_GAS, ending.daGas)
  if (ending.work !== null) writeWork(words, at, ending.work)
  let to = at + OUTCOME_HEADER_WORDS
  to = copy(tree.calls, tree.callCount * CALL_RECORD_WORDS, words, to)
  to = copy(tree.events, tree.eventCount * EVENT_WORDS, words, to)
  to = copy(tree.messages, tree.messageCount * MESSAGE_WORDS, words, to)
  to = copy(tree.accesses, tree.accessCount * ACCESS_WORDS, words, to)
  to = writeSlots(words, to, state)
  to = copy(tree.cellWords, tree.cellCount * CELL_WORDS, words, to)
  if (ending.text !== null) writeText(words, to, ending.text)
}

/** Puts the sequencer's balance before and after into the result of a committed transaction. */
export function finishOutcome(words: Int32Array, result: number, delta: number): void {
  const slots =
    result +
    OUTCOME_HEADER_WORDS +
    words[result + CALL_COUNT]! * CALL_RECORD_WORDS +
    words[result + EVENT_COUNT]! * EVENT_WORDS +
    words[result + MESSAGE_COUNT]! * MESSAGE_WORDS +
    words[result + ACCESS_COUNT]! * ACCESS_WORDS
  const low = slots + words[result + DEFERRED_LOW]! * SLOT_WORDS + KEY_WORDS
  const high = slots + words[result + DEFERRED_HIGH]! * SLOT_WORDS + KEY_WORDS
  for (let i = 0; i < CELL_WORDS; i++) {
    words[low + i] = words[delta + i]!
    words[high + i] = words[delta + CELL_WORDS + i]!
    words[low + CELL_WORDS + i] = words[delta + 2 * CELL_WORDS + i]!
    words[high + CELL_WORDS + i] = words[delta + 3 * CELL_WORDS + i]!
  }
}

function writeWork(words: Int32Array, at: number, work: Work): void {
  writeWide(words, at + SIERRA_GAS, work.sierraGas)
  writeWide(words, at + REVERTED_GAS, work.revertedSierraGas)
  words[at + REVERTED_STEPS] = work.revertedSteps
  words[at + VM_STEPS] = work.vm.steps
  words[at + VM_HOLES] = work.vm.memoryHoles
  words[at + HAS_PROOF] = work.hasProof ? 1 : 0
  words[at + CALLDATA_LENGTH] = work.calldataLength
  words[at + SIGNATURE_LENGTH] = work.signatureLength
  words[at + CODE_SIZE] = work.codeSize
  words[at + EVENT_KEYS] = work.eventKeys
  words[at + EVENT_DATA] = work.eventData
  words[at + MESSAGES] = work.messages
  words[at + MESSAGE_PAYLOAD] = work.messagePayload
  words[at + CHANGED_STORAGE] = work.changes.storage
  words[at + CHANGED_CONTRACTS] = work.changes.contracts
  words[at + CHANGED_CLASSES] = work.changes.classHashes
  words[at + CHANGED_COMPILED] = work.changes.compiledClassHashes
  words[at + ALLOCATED] = work.changes.allocated
  for (let i = 0; i < resourceNames.length; i++) {
    words[at + WORK_BUILTINS + i] = work.vm.builtins[i]!
  }
}

function writeSlots(words: Int32Array, at: number, state: CachedState): number {
  let to = at
  for (let slot = 0; slot < state.count; slot++) {
    const key = slot * KEY_WORDS
    for (let i = 0; i < KEY_WORDS; i++) words[to + i] = state.keys[key + i]!
    const cell = slot * CELL_WORDS
    const isKnown = state.isLoaded(slot)
    for (let i = 0; i < CELL_WORDS; i++) {
      words[to + KEY_WORDS + i] = isKnown ? state.before[cell + i]! : 0
      words[to + KEY_WORDS + CELL_WORDS + i] = isKnown ? state.values[cell + i]! : 0
    }
    to += SLOT_WORDS
  }
  return to
}

const feeLongs = new BigUint64Array(2)
const feeWords = new Int32Array(feeLongs.buffer)

function writeFee(words: Int32Array, at: number, fee: bigint): void {
  // A store keeps the low 64 bits.
  feeLongs[0] = fee
  feeLongs[1] = fee >> 64n
  for (let i = 0; i < 4; i++) words[at + i] = feeWords[i]!
}

function writeGas(words: Int32Array, at: number, gas: Gas): void {
  writeWide(words, at, gas.l1Gas)
  writeWide(words, at + 2, gas.l1DataGas)
  writeWide(words, at + 4, gas.l2Gas)
}

function writeText(words: Int32Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i += 2) {
    words[at + i / 2] = text.charCodeAt(i) | ((text.charCodeAt(i + 1) || 0) << 16)
  }
}

function copy(from: Int32Array, count: number, to: Int32Array, at: number): number {
  for (let i = 0; i < count; i++) to[at + i] = from[i]!
  return at + count
}
