/**
 * Decodes what `outcome.ts` wrote, into the types of receipts, traces and diffs. A cold path: felts become bigint here.
 */
import { CELL_WORDS, equalCellWords, isZeroCellWords } from '../felt/cell.ts'
import { CLASS_HASH, COMPILED_CLASS_HASH, KEY_WORDS, kindOf, NONCE } from '../state/location.ts'
import { readWide } from './call-tree.ts'
import { builtinsOf, decodeCalls, decodeTrace } from './decode-trace.ts'
import type { CallExecution, OrderedEvent, StateDiff, TransactionExecution } from './execution.ts'
import type { Gas, Work } from './gas.ts'
import * as outcome from './outcome.ts'
import { OutcomeTables } from './outcome-tables.ts'
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
  return new OutcomeTables(words).eventList().map(({ event }) => event)
}

/** The outcome of a `starknet_call`. */
export function decodeCall(words: Int32Array): CallExecution {
  const tables = new OutcomeTables(words)
  const text = tables.text()
  const root = decodeCalls(tables)[0]
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
  readonly #tables: OutcomeTables
  readonly #words: Int32Array

  constructor(words: Int32Array) {
    this.#tables = new OutcomeTables(words)
    this.#words = words
  }

  execution(): DecodedExecution {
    const words = this.#words
    const work = this.#work()
    const rejection = words[outcome.REJECTION]!
    const execution = {
      outcome: (['SUCCEEDED', 'REVERTED', 'REJECTED'] as const)[words[outcome.OUTCOME]!]!,
      reason: this.#tables.text(),
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
      events: this.#tables.eventList().map(({ event }) => event),
      messages: this.#tables.messageList().map(({ message }) => message),
      work,
    }
    // Blocks are sealed and receipts written without these two, which are most of the words.
    const later = { trace: () => decodeTrace(this.#tables), stateDiff: () => this.#diff() }
    return withLater(execution, later)
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
      const at = this.#tables.slot(slot)
      const before = at + KEY_WORDS
      const after = this.#tables.felt(before + CELL_WORDS)
      const address = this.#tables.slotAddress(slot)
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
          cells.set(this.#tables.felt(at + CELL_WORDS), after)
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
      const at = this.#tables.slot(slot)
      const before = at + KEY_WORDS
      if (equalCellWords(words, before, words, before + CELL_WORDS)) continue
      slots.push({
        slot,
        address: this.#tables.slotAddress(slot),
        key: this.#tables.felt(at + CELL_WORDS),
      })
    }
    slots.sort((a, b) => compare(a.address, b.address) || compare(a.key, b.key))
    return slots.map(({ slot }) => slot)
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
}

/** Adds properties that are made when they are first read. */
function withLater<Known extends object, Later extends Record<string, () => unknown>>(
  known: Known,
  later: Later,
): Known & { [Name in keyof Later]: ReturnType<Later[Name]> } {
  for (const [name, make] of Object.entries(later)) {
    Object.defineProperty(known, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = make()
        Object.defineProperty(known, name, { enumerable: true, value })
        return value
      },
    })
  }
  return known as Known & { [Name in keyof Later]: ReturnType<Later[Name]> }
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
