/**
 * Decodes what `outcome.ts` wrote, into the types of receipts, traces and diffs. A cold path: felts become bigint here.
 */
import { CELL_WORDS, equalCellWords, isZeroCellWords, readCellWords } from '../felt/cell.ts'
import {
  CLASS_HASH,
  COMPILED_CLASS_HASH,
  KEY_WORDS,
  KIND_SHIFT,
  KIND_WORD,
  kindOf,
  NONCE,
} from '../state/location.ts'
import { syscallNames } from '../vm/host.ts'
import {
  ACCESS_WORDS,
  ADDRESS,
  BUILTINS,
  CALLDATA_LENGTH as CALL_CALLDATA_LENGTH,
  CALL_FAILED,
  CALL_RECORD_WORDS,
  CALLDATA,
  CALLER,
  CLASS,
  ENTRY_TYPE,
  EVENT_WORDS,
  EXECUTE_PHASE,
  FEE_PHASE,
  FLAGS,
  GAS_CONSUMED,
  HOLES,
  INITIAL_GAS,
  LIBRARY_CALL,
  MESSAGE_WORDS,
  PARENT,
  PHASE,
  RESULT,
  RESULT_LENGTH,
  readWide,
  SELECTOR,
  STEP_MODE,
  STEPS,
  SYSCALLS,
  VALIDATE_PHASE,
  VM_BUILTINS,
} from './call-tree.ts'
import type {
  CallExecution,
  CallTrace,
  OrderedEvent,
  OrderedMessage,
  StateDiff,
  TransactionExecution,
} from './execution.ts'
import type { Gas, Work } from './gas.ts'
import * as outcome from './outcome.ts'
import { noResources, resourceNames } from './versioned-constants.ts'

/** A decoded outcome, with the work it was charged for. */
export interface DecodedExecution extends TransactionExecution {
  work: Work
}

/** The outcome of an account transaction. */
export function decodeOutcome(words: Int32Array): DecodedExecution {
  return new Decoder(words).execution()
}

/** The events of an outcome, in the order of the receipt: a part of `decodeOutcome` that costs little. */
export function decodeEvents(words: Int32Array): OrderedEvent[] {
  return new Decoder(words).events()
}

/** The outcome of a `starknet_call`. */
export function decodeCall(words: Int32Array): CallExecution {
  const decoder = new Decoder(words)
  const text = decoder.text()
  const root = decoder.calls()[0]
  return {
    succeeded: words[outcome.OUTCOME] === outcome.SUCCEEDED,
    result: root?.result ?? [],
    error: text === null ? null : reviveError(JSON.parse(text)),
  }
}

/** A `CallError` whose felts are hexadecimal texts. */
type PlainError =
  | string
  | { contractAddress: string; classHash: string; selector: string; error: PlainError }

function reviveError(plain: PlainError): CallExecution['error'] {
  if (typeof plain === 'string') return plain
  return {
    contractAddress: BigInt(plain.contractAddress),
    classHash: BigInt(plain.classHash),
    selector: BigInt(plain.selector),
    error: reviveError(plain.error)!,
  }
}

class Decoder {
  readonly #words: Int32Array
  readonly #calls: number
  readonly #events: number
  readonly #messages: number
  readonly #accesses: number
  readonly #slots: number
  readonly #cells: number
  readonly #text: number

  constructor(words: Int32Array) {
    this.#words = words
    this.#calls = outcome.OUTCOME_HEADER_WORDS
    this.#events = this.#calls + words[outcome.CALL_COUNT]! * CALL_RECORD_WORDS
    this.#messages = this.#events + words[outcome.EVENT_COUNT]! * EVENT_WORDS
    this.#accesses = this.#messages + words[outcome.MESSAGE_COUNT]! * MESSAGE_WORDS
    this.#slots = this.#accesses + words[outcome.ACCESS_COUNT]! * ACCESS_WORDS
    this.#cells = this.#slots + words[outcome.SLOT_COUNT]! * outcome.SLOT_WORDS
    this.#text = this.#cells + words[outcome.CELL_COUNT]! * CELL_WORDS
  }

  execution(): DecodedExecution {
    const words = this.#words
    const calls = this.calls()
    const work = this.#work()
    const roots = calls.filter((_, index) => this.#callWord(index, PARENT) < 0)
    const rootOf = (phase: number) =>
      roots.find((root) => this.#callWord(calls.indexOf(root), PHASE) === phase) ?? null
    const rejection = words[outcome.REJECTION]!
    return {
      outcome: (['SUCCEEDED', 'REVERTED', 'REJECTED'] as const)[words[outcome.OUTCOME]!]!,
      reason: this.text(),
      rejection: rejection === 0 ? null : outcome.rejectionKinds[rejection - 1]!,
      actualFee: this.#fee(),
      gas: this.#gas(outcome.GAS),
      daGas: this.#gas(outcome.DA_GAS),
      resources: {
        steps: work.vm.steps,
        memoryHoles: work.vm.memoryHoles,
        builtins: builtinsOf(work.vm.builtins),
        sierraGas: BigInt(work.sierraGas),
        revertedSteps: work.revertedSteps,
        revertedSierraGas: BigInt(work.revertedSierraGas),
      },
      events: this.events(),
      messages: this.#messageList().map(({ message }) => message),
      trace: {
        validate: rootOf(VALIDATE_PHASE),
        execute: rootOf(EXECUTE_PHASE),
        feeTransfer: rootOf(FEE_PHASE),
      },
      stateDiff: this.#diff(),
      work,
    }
  }

  text(): string | null {
    const length = this.#words[outcome.TEXT_LENGTH]!
    if (length < 0) return null
    const units: number[] = []
    for (let i = 0; i < length; i++) {
      const word = this.#words[this.#text + (i >> 1)]!
      units.push((i & 1 ? word >>> 16 : word) & 0xffff)
    }
    return units.map((unit) => String.fromCharCode(unit)).join('')
  }

  /** All calls, those that have inner calls linked to them. */
  calls(): CallTrace[] {
    const count = this.#words[outcome.CALL_COUNT]!
    const calls = Array.from({ length: count }, (_, index) => this.#call(index))
    calls.forEach((call, index) => {
      const parent = this.#callWord(index, PARENT)
      if (parent >= 0) calls[parent]!.calls.push(call)
    })
    for (const { call, event } of this.#eventList()) calls[call]!.events.push(event)
    for (const { call, message } of this.#messageList()) calls[call]!.messages.push(message)
    for (const [index, call] of calls.entries()) {
      const keys = this.#accessedSlots(index).map((slot) =>
        this.#felt(this.#slot(slot) + CELL_WORDS),
      )
      call.accessedStorageKeys = keys.sort(compare)
    }
    return calls
  }

  events(): OrderedEvent[] {
    return this.#eventList().map(({ event }) => event)
  }

  #call(index: number): CallTrace {
    const words = this.#words
    const at = this.#calls + index * CALL_RECORD_WORDS
    const flags = words[at + FLAGS]!
    const counts = (field: number) => words.subarray(at + field, at + field + resourceNames.length)
    return {
      contractAddress: this.#felt(at + ADDRESS),
      entryPointSelector: this.#felt(at + SELECTOR),
      calldata: this.#felts(words[at + CALLDATA]!, words[at + CALL_CALLDATA_LENGTH]!),
      callerAddress: this.#felt(at + CALLER),
      classHash: this.#felt(at + CLASS),
      entryPointType: (['EXTERNAL', 'L1_HANDLER', 'CONSTRUCTOR'] as const)[
        words[at + ENTRY_TYPE]!
      ]!,
      callType: (flags & LIBRARY_CALL) !== 0 ? 'LIBRARY_CALL' : 'CALL',
      result: this.#felts(words[at + RESULT]!, words[at + RESULT_LENGTH]!),
      isReverted: (flags & CALL_FAILED) !== 0,
      calls: [],
      events: [],
      messages: [],
      initialGas: BigInt(readWide(words, at + INITIAL_GAS)),
      gasConsumed: BigInt(readWide(words, at + GAS_CONSUMED)),
      trackedResource: (flags & STEP_MODE) !== 0 ? 'CairoSteps' : 'SierraGas',
      steps: words[at + STEPS]!,
      memoryHoles: words[at + HOLES]!,
      vmBuiltins: builtinsOf(counts(VM_BUILTINS)),
      builtins: builtinsOf(counts(BUILTINS)),
      syscalls: named(
        syscallNames,
        words.subarray(at + SYSCALLS, at + SYSCALLS + syscallNames.length),
      ),
      accessedStorageKeys: [],
    }
  }

  #eventList(): { call: number; event: OrderedEvent }[] {
    const words = this.#words
    return Array.from({ length: words[outcome.EVENT_COUNT]! }, (_, index) => {
      const at = this.#events + index * EVENT_WORDS
      const [call, order, cell, keys, data] = words.subarray(at, at + EVENT_WORDS)
      const event = {
        order: order!,
        fromAddress: this.#felt(this.#calls + call! * CALL_RECORD_WORDS + ADDRESS),
        keys: this.#felts(cell!, keys!),
        data: this.#felts(cell! + keys!, data!),
      }
      return { call: call!, event }
    })
  }

  #messageList(): { call: number; message: OrderedMessage }[] {
    const words = this.#words
    return Array.from({ length: words[outcome.MESSAGE_COUNT]! }, (_, index) => {
      const at = this.#messages + index * MESSAGE_WORDS
      const [call, order, cell, payload] = words.subarray(at, at + MESSAGE_WORDS)
      const message = {
        order: order!,
        fromAddress: this.#felt(this.#calls + call! * CALL_RECORD_WORDS + ADDRESS),
        toAddress: this.#felt(this.#cells + cell! * CELL_WORDS),
        payload: this.#felts(cell! + 1, payload!),
      }
      return { call: call!, message }
    })
  }

  #accessedSlots(call: number): number[] {
    const slots = new Set<number>()
    for (let index = 0; index < this.#words[outcome.ACCESS_COUNT]!; index++) {
      const at = this.#accesses + index * ACCESS_WORDS
      if (this.#words[at] === call) slots.add(this.#words[at + 1]!)
    }
    return [...slots]
  }

  #diff(): StateDiff {
    const words = this.#words
    const diff: StateDiff = {
      storage: new Map(),
      nonces: new Map(),
      deployedContracts: new Map(),
      replacedClasses: new Map(),
      declaredClasses: new Map(),
      migratedCompiledClasses: new Map(),
    }
    if (words[outcome.OUTCOME] === outcome.REJECTED) return diff
    for (const slot of this.#changedSlots()) {
      const at = this.#slot(slot)
      const before = at + KEY_WORDS
      const after = this.#felt(before + CELL_WORDS)
      const address = this.#address(slot)
      const wasZero = isZeroCellWords(words, before)
      switch (kindOf(words, at)) {
        case NONCE:
          diff.nonces.set(address, after)
          break
        case CLASS_HASH:
          ;(wasZero ? diff.deployedContracts : diff.replacedClasses).set(address, after)
          break
        case COMPILED_CLASS_HASH:
          ;(wasZero ? diff.declaredClasses : diff.migratedCompiledClasses).set(address, after)
          break
        default: {
          let cells = diff.storage.get(address)
          if (cells === undefined) diff.storage.set(address, (cells = new Map()))
          cells.set(this.#felt(at + CELL_WORDS), after)
        }
      }
    }
    return diff
  }

  /** Slots whose cell differs from the one before, ascending by address and key. */
  #changedSlots(): number[] {
    const words = this.#words
    const slots: { slot: number; address: bigint; key: bigint }[] = []
    for (let slot = 0; slot < words[outcome.SLOT_COUNT]!; slot++) {
      const at = this.#slot(slot)
      const before = at + KEY_WORDS
      if (equalCellWords(words, before, words, before + CELL_WORDS)) continue
      slots.push({ slot, address: this.#address(slot), key: this.#felt(at + CELL_WORDS) })
    }
    slots.sort((a, b) => compare(a.address, b.address) || compare(a.key, b.key))
    return slots.map(({ slot }) => slot)
  }

  #address(slot: number): bigint {
    const cell = this.#words.slice(this.#slot(slot), this.#slot(slot) + CELL_WORDS)
    cell[KIND_WORD]! &= ~(7 << KIND_SHIFT)
    return readCellWords(cell, 0)
  }

  #work(): Work {
    const words = this.#words
    const kind = words[outcome.KIND]!
    const vm = noResources()
    vm.steps = words[outcome.VM_STEPS]!
    vm.memoryHoles = words[outcome.VM_HOLES]!
    for (let i = 0; i < resourceNames.length; i++) {
      vm.builtins[i] = words[outcome.WORK_BUILTINS + i]!
    }
    return {
      kind: (['INVOKE', 'DECLARE', 'DEPLOY_ACCOUNT', 'INVOKE', 'L1_HANDLER'] as const)[kind]!,
      calldataLength: words[outcome.CALLDATA_LENGTH]!,
      signatureLength: words[outcome.SIGNATURE_LENGTH]!,
      hasProof: words[outcome.HAS_PROOF] === 1,
      codeSize: words[outcome.CODE_SIZE]!,
      vm,
      sierraGas: readWide(words, outcome.SIERRA_GAS),
      revertedSteps: words[outcome.REVERTED_STEPS]!,
      revertedSierraGas: readWide(words, outcome.REVERTED_GAS),
      eventKeys: words[outcome.EVENT_KEYS]!,
      eventData: words[outcome.EVENT_DATA]!,
      messages: words[outcome.MESSAGES]!,
      messagePayload: words[outcome.MESSAGE_PAYLOAD]!,
      changes: {
        storage: words[outcome.CHANGED_STORAGE]!,
        contracts: words[outcome.CHANGED_CONTRACTS]!,
        classHashes: words[outcome.CHANGED_CLASSES]!,
        compiledClassHashes: words[outcome.CHANGED_COMPILED]!,
        allocated: words[outcome.ALLOCATED]!,
      },
    }
  }

  #gas(at: number): { l1Gas: bigint; l1DataGas: bigint; l2Gas: bigint } {
    const gas: Gas = {
      l1Gas: readWide(this.#words, at),
      l1DataGas: readWide(this.#words, at + 2),
      l2Gas: readWide(this.#words, at + 4),
    }
    return {
      l1Gas: BigInt(gas.l1Gas),
      l1DataGas: BigInt(gas.l1DataGas),
      l2Gas: BigInt(gas.l2Gas),
    }
  }

  #fee(): bigint {
    let fee = 0n
    for (let i = 3; i >= 0; i--) fee = (fee << 32n) | BigInt(this.#words[outcome.FEE + i]! >>> 0)
    return fee
  }

  #callWord(index: number, field: number): number {
    return this.#words[this.#calls + index * CALL_RECORD_WORDS + field]!
  }

  #slot(slot: number): number {
    return this.#slots + slot * outcome.SLOT_WORDS
  }

  #felt(at: number): bigint {
    return readCellWords(this.#words, at)
  }

  #felts(cell: number, count: number): bigint[] {
    const first = this.#cells + cell * CELL_WORDS
    return Array.from({ length: count }, (_, i) => this.#felt(first + i * CELL_WORDS))
  }
}

function builtinsOf(counts: ArrayLike<number>): Record<string, number> {
  return named(resourceNames, counts)
}

/** The counts that are not 0, by name. */
function named(names: readonly string[], counts: ArrayLike<number>): Record<string, number> {
  const result: Record<string, number> = {}
  names.forEach((name, index) => {
    if (counts[index]! > 0) result[name] = counts[index]!
  })
  return result
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
