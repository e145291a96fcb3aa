/**
 * What a transaction pays for: the work of its validation and execution, priced, and held against its bounds and its
 * sender's balance.
 */
import {
  CALL_RECORD_WORDS,
  EVENT_WORDS,
  EXECUTE_PHASE,
  GAS_CONSUMED,
  HOLES,
  MESSAGE_WORDS,
  PHASE,
  STEPS,
  VALIDATE_PHASE,
  VM_BUILTINS,
} from './call-tree.ts'
import { DECLARE, INVOKE, L1_HANDLER } from './encoded-transaction.ts'
import type { RejectionKind } from './execution.ts'
import { feeOf, type GasPrices, toL1Gas } from './fee.ts'
import { type Gas, gasOf, type Work } from './gas.ts'
import { type BalanceSlots, BLOCKED, balanceOf } from './pre-validation.ts'
import { ETH_CELL, type Run, STRK_CELL } from './run.ts'
import { countChanges } from './state-changes.ts'
import type { TransactionInput } from './transaction-input.ts'
import { clearResources, noResources, resourceNames } from './versioned-constants.ts'

/** Work with its price, until the next is asked for; `fee` may be lowered by a check. */
export interface Charge {
  work: Work
  gas: Gas
  daGas: Gas
  fee: bigint
}

/** A limit that was overrun, and the fee that is charged nevertheless. */
export interface Overrun {
  kind: RejectionKind
  text: string
  fee: bigint
}

const kinds = ['INVOKE', 'DECLARE', 'DEPLOY_ACCOUNT', 'INVOKE', 'L1_HANDLER'] as const

export class Charges {
  /** Felts that the overhead of the system grows with. */
  calldataLength = 0
  readonly #run: Run
  readonly #input: TransactionInput
  /** Root calls by phase, -1 for none. */
  readonly #roots = [-1, -1]
  readonly #ownWork: Work = noWork()
  #balanceSlot = 0

  constructor(run: Run, input: TransactionInput) {
    this.#run = run
    this.#input = input
  }

  begin(): void {
    const { kind, calldataCount, proofFactsCount } = this.#input
    this.calldataLength = kind === DECLARE ? 0 : calldataCount
    if (kind === INVOKE) this.calldataLength += proofFactsCount
    // A message's first felt is its sender.
    if (kind === L1_HANDLER) this.calldataLength = Math.max(0, calldataCount - 1)
    this.#balanceSlot = -1
    this.#roots.fill(-1)
  }

  /** The slot that the fee changes in any case. */
  setBalance(slot: number): void {
    this.#balanceSlot = slot
  }

  /** Adds the root call of a phase. */
  add(call: number): void {
    this.#roots[this.#run.tree.calls[call * CALL_RECORD_WORDS + PHASE]!] = call
  }

  forgetExecution(): void {
    this.#roots[EXECUTE_PHASE] = -1
  }

  /** Charged steps of validation. */
  validationSteps(): number {
    const root = this.#roots[VALIDATE_PHASE]!
    return root < 0 ? 0 : this.#run.tree.calls[root * CALL_RECORD_WORDS + STEPS]!
  }

  /** Prices what was added, and what a reverted execution used. */
  price(revertedSteps: number, revertedSierraGas: number): Charge {
    const { context, constants } = this.#run.block
    const prices = this.#prices()
    const work = this.#work(revertedSteps, revertedSierraGas)
    const { gas, daGas } = gasOf(work, constants, this.#input.mode, context.useKzgDa)
    return { work, gas, daGas, fee: feeOf(gas, prices, this.#run.tip) }
  }

  /** Holds a charge against bounds and balance: the first that is overrun, or null. */
  check(charge: Charge, slots: BalanceSlots): Overrun | typeof BLOCKED | null {
    const overrun = this.checkBounds(charge)
    if (overrun !== null) return overrun
    const { state } = this.#run
    if (!state.load(slots.low) || !state.load(slots.high)) return BLOCKED
    const { low, high } = balanceOf(this.#run, slots)
    if (high > 0n || low >= charge.fee) return null
    const text = `Insufficient fee token balance. Fee: ${charge.fee}, balance: low/high ${low}/${high}.`
    return { kind: 'balance', text, fee: charge.fee }
  }

  /** Holds a charge against the bounds alone. */
  checkBounds({ gas }: Charge): Overrun | null {
    const { prices } = this.#run.block
    const { l1Gas, l2Gas, l1DataGas } = this.#input.bounds
    const none = { l1Gas: 0, l1DataGas: 0, l2Gas: 0 }
    if (l1DataGas === null) {
      const used = toL1Gas(gas, prices)
      if (used <= l1Gas.maxAmount) return null
      const whole = { ...none, l1Gas: Number(l1Gas.maxAmount) }
      return insufficient('L1Gas', l1Gas.maxAmount, used, feeOf(whole, prices, this.#run.tip))
    }
    const checks = [
      ['L1Gas', l1Gas.maxAmount, gas.l1Gas],
      ['L2Gas', l2Gas.maxAmount, gas.l2Gas],
      ['L1DataGas', l1DataGas.maxAmount, gas.l1DataGas],
    ] as const
    for (const [name, bound, used] of checks) {
      if (BigInt(used) <= bound) continue
      const cut: Gas = {
        l1Gas: least(gas.l1Gas, l1Gas.maxAmount),
        l1DataGas: least(gas.l1DataGas, l1DataGas.maxAmount),
        l2Gas: least(gas.l2Gas, l2Gas.maxAmount),
      }
      return insufficient(name, bound, BigInt(used), feeOf(cut, prices, this.#run.tip))
    }
    return null
  }

  /** Messages from L1 are priced in wei. */
  #prices(): GasPrices {
    const { prices, weiPrices } = this.#run.block
    return this.#input.kind === L1_HANDLER ? weiPrices : prices
  }

  #work(revertedSteps: number, revertedSierraGas: number): Work {
    const run = this.#run
    const { tree } = run
    const input = this.#input
    const work = this.#ownWork
    const vm = clearResources(work.vm)
    let sierraGas = 0
    for (const root of this.#roots) {
      if (root < 0) continue
      const at = root * CALL_RECORD_WORDS
      vm.steps += tree.calls[at + STEPS]!
      vm.memoryHoles += tree.calls[at + HOLES]!
      for (let i = 0; i < resourceNames.length; i++) {
        vm.builtins[i]! += tree.calls[at + VM_BUILTINS + i]!
      }
      sierraGas += tree.gas(root, GAS_CONSUMED)
    }
    const feeToken = input.kind === L1_HANDLER ? ETH_CELL : STRK_CELL
    let eventKeys = 0
    let eventData = 0
    for (let i = 0; i < tree.eventCount; i++) {
      eventKeys += tree.events[i * EVENT_WORDS + 3]!
      eventData += tree.events[i * EVENT_WORDS + 4]!
    }
    let messagePayload = 0
    for (let i = 0; i < tree.messageCount; i++) {
      messagePayload += tree.messages[i * MESSAGE_WORDS + 3]!
    }
    work.kind = kinds[input.kind]!
    work.calldataLength = this.calldataLength
    work.signatureLength = input.signatureCount
    work.hasProof = input.proofFactsCount > 0
    work.codeSize = input.codeSize
    work.sierraGas = sierraGas
    work.revertedSteps = revertedSteps
    work.revertedSierraGas = revertedSierraGas
    work.eventKeys = eventKeys
    work.eventData = eventData
    work.messages = tree.messageCount
    work.messagePayload = messagePayload
    work.changes = countChanges(run.state, run.block.cells, feeToken, this.#balanceSlot)
    return work
  }
}

function noWork(): Work {
  return {
    kind: 'INVOKE',
    calldataLength: 0,
    signatureLength: 0,
    hasProof: false,
    codeSize: 0,
    vm: noResources(),
    sierraGas: 0,
    revertedSteps: 0,
    revertedSierraGas: 0,
    eventKeys: 0,
    eventData: 0,
    messages: 0,
    messagePayload: 0,
    changes: { storage: 0, contracts: 0, classHashes: 0, compiledClassHashes: 0, allocated: 0 },
  }
}

function least(used: number, bound: bigint): number {
  return BigInt(used) > bound ? Number(bound) : used
}

function insufficient(name: string, bound: bigint, used: bigint, fee: bigint): Overrun {
  const text = `Insufficient max ${name}: max amount: ${bound}, actual used: ${used}.`
  return { kind: 'fee', text, fee }
}
