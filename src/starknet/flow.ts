/**
 * The order of a transaction: what is checked, run, charged and taken back.
 *
 *     invoke           nonce, bounds, balance ▶ __validate__ ▶ __execute__ ▶ checks ▶ fee        may revert
 *     declare          nonce, bounds, balance ▶ __validate_declare__ ▶ class ▶ checks ▶ fee     may not
 *     deploy_account   nonce, bounds, balance ▶ constructor ▶ __validate_deploy__ ▶ checks ▶ fee
 *
 * A revert takes everything back that __execute__ did, keeps what validation did, and still pays. One object per thread;
 * it keeps nothing from one incarnation to the next.
 */
import { BLOCKED, COMPLETED, REJECTED } from '../executor/machine.ts'
import { FAILED, FAULTED, HALTED, RETURNED } from '../vm/host.ts'
import { EXECUTE_PHASE, GAS_CONSUMED, type TreeMark, VALIDATE_PHASE } from './call-tree.ts'
import { type Charge, Charges } from './charges.ts'
import { storeClass } from './declare.ts'
import { DECLARE, INVOKE, ONLY_VALIDATE, SKIP_VALIDATE } from './encoded-transaction.ts'
import { complete, executionError, reject } from './ending.ts'
import { callEntryPoint, deployContract } from './entry-point.ts'
import type { RejectionKind } from './execution.ts'
import { maximalFee } from './fee.ts'
import { FeeTransfer } from './fee-transfer.ts'
import { overheadSteps } from './gas.ts'
import { REVERTED, SUCCEEDED } from './outcome.ts'
import { panicChain } from './panic-chain.ts'
import {
  type BalanceSlots,
  checkBalance,
  checkBounds,
  checkFacts,
  BLOCKED as NOT_KNOWN,
  type Refusal,
  takeNonce,
} from './pre-validation.ts'
import {
  CONSTRUCTOR_FAILED,
  errorStack,
  panicSummary,
  VALIDATE_PANIC_HEADER,
  VALIDATION_FAILED,
} from './revert-reason.ts'
import { RootCalls } from './root-calls.ts'
import type { Run } from './run.ts'
import type { TransactionInput } from './transaction-input.ts'

const kindNames = ['INVOKE', 'DECLARE', 'DEPLOY_ACCOUNT'] as const

/** 'VALID', the one felt that a validation returns, as a SMALL cell's first long. */
const VALID = 0x56414c4944n

export class Flow {
  readonly #run: Run
  readonly #input: TransactionInput
  readonly #roots: RootCalls
  readonly #charges: Charges
  readonly #fee: FeeTransfer
  /** Whether the fee is charged and its limits apply. */
  #isCharged = false
  #gasLeft = 0
  #maximalFee = 0n
  #balance: BalanceSlots = { low: 0, high: 0 }
  #rejection: Refusal | null = null

  constructor(run: Run, input: TransactionInput) {
    this.#run = run
    this.#input = input
    this.#roots = new RootCalls(run, input)
    this.#charges = new Charges(run, input)
    this.#fee = new FeeTransfer(run, input)
  }

  /** Runs the transaction of `input` on the view of `run`. */
  execute(): number {
    this.#rejection = null
    const status = this.#account()
    if (status !== REJECTED) return status
    const { kind, text } = this.#rejection!
    return reject(this.#run, this.#input.kind, kind, text)
  }

  #account(): number {
    const { kind, form } = this.#input
    this.#begin()
    const refused = this.#preValidate()
    if (refused !== COMPLETED) return refused
    if (kind === INVOKE) {
      return (form & ONLY_VALIDATE) !== 0 ? this.#validateOnly() : this.#invoke()
    }
    return kind === DECLARE ? this.#declare() : this.#deployAccount()
  }

  #begin(): void {
    const run = this.#run
    const { bounds, mode, tip } = this.#input
    const { constants, flags } = run.block
    run.tip = constants.enableTip ? tip : 0n
    this.#maximalFee = maximalFee(bounds, run.tip)
    // Whether there is anything to charge is asked with the tip, whatever the version.
    this.#isCharged = flags.chargeFee && (this.#maximalFee > 0n || maximalFee(bounds, tip) > 0n)
    const most = constants.executeMaxSierraGas + constants.validateMaxSierraGas
    const bound = bounds.l2Gas.maxAmount
    // Who estimates need not state a bound: it would be the answer.
    const isBound = mode === 'all' && (flags.chargeFee || bound > 0n)
    this.#gasLeft = isBound && bound < BigInt(most) ? Number(bound) : most
    this.#charges.begin()
    this.#balance = this.#fee.balanceSlots()
    this.#charges.setBalance(this.#balance.low)
  }

  #preValidate(): number {
    const run = this.#run
    const input = this.#input
    const kind = kindNames[input.kind]!
    const refusal =
      takeNonce(run, input) ??
      (this.#isCharged
        ? (checkBounds(run, input, kind, this.#charges.calldataLength) ??
          checkBalance(run, input.bounds, this.#balance, this.#maximalFee))
        : null) ??
      checkFacts(run, input)
    if (refusal === null) return COMPLETED
    if (refusal === NOT_KNOWN) return BLOCKED
    this.#rejection = refusal
    return REJECTED
  }

  #invoke(): number {
    const run = this.#run
    const validated = this.#validate()
    if (validated !== COMPLETED) return validated
    const { constants } = run.block
    const { calldataLength } = this.#charges
    const spent =
      this.#charges.validationSteps() + overheadSteps('INVOKE', calldataLength, constants)
    const steps = Math.max(0, this.#stepLimit(constants.invokeMaxSteps) - spent)
    const gas = Math.min(this.#gasLeft, constants.executeMaxSierraGas)
    const writes = run.state.mark()
    const tree = run.tree.mark()
    run.beginPhase(EXECUTE_PHASE, false, gas, steps)
    const call = this.#roots.execute()
    const ended = callEntryPoint(run, call, gas)
    if (ended === HALTED) return BLOCKED
    if (ended === RETURNED) {
      this.#charges.add(call)
      return this.#settle(writes, tree, gas, steps)
    }
    const reason = executionError(run, call, ended)
    this.#takeBack(writes, tree)
    const charge = this.#charges.price(steps - run.stepsLeft, gas - run.seenGas)
    const check = this.#isCharged ? this.#charges.check(charge, this.#balance) : null
    if (check === NOT_KNOWN) return BLOCKED
    if (check !== null) charge.fee = check.fee
    return this.#pay(REVERTED, reason, charge)
  }

  /** A successful execution: reverted still if it used more than its sender allowed or owns. */
  #settle(writes: number, tree: TreeMark, gas: number, steps: number): number {
    const run = this.#run
    const charge = this.#charges.price(0, 0)
    const check = this.#isCharged ? this.#charges.check(charge, this.#balance) : null
    if (check === NOT_KNOWN) return BLOCKED
    if (check === null) return this.#pay(SUCCEEDED, null, charge)
    this.#takeBack(writes, tree)
    const reverted = this.#charges.price(steps - run.stepsLeft, gas - run.seenGas)
    reverted.fee = check.fee
    return this.#pay(REVERTED, check.text, reverted)
  }

  #takeBack(writes: number, tree: TreeMark): void {
    this.#run.state.undo(writes)
    this.#run.tree.cut(tree)
    this.#charges.forgetExecution()
  }

  #declare(): number {
    const validated = this.#validate()
    if (validated !== COMPLETED) return validated
    const refusal = storeClass(this.#run, this.#input)
    if (refusal === NOT_KNOWN) return BLOCKED
    if (refusal !== null) return this.#refuse(refusal.kind, refusal.text)
    return this.#settleOrReject()
  }

  #deployAccount(): number {
    const run = this.#run
    const { constants } = run.block
    const gas = Math.min(this.#gasLeft, constants.validateMaxSierraGas)
    run.beginPhase(EXECUTE_PHASE, true, gas, this.#stepLimit(constants.validateMaxSteps))
    const call = this.#roots.deployment()
    const ended = deployContract(run, call, gas)
    if (ended === HALTED) return BLOCKED
    if (ended !== RETURNED) {
      return this.#refuse('execution', errorStack(CONSTRUCTOR_FAILED, run.fault!.text))
    }
    this.#charges.add(call)
    this.#gasLeft -= run.tree.gas(call, GAS_CONSUMED)
    const validated = this.#validate()
    return validated === COMPLETED ? this.#settleOrReject() : validated
  }

  /** Declares and deployments never revert. */
  #settleOrReject(): number {
    const charge = this.#charges.price(0, 0)
    const check = this.#isCharged ? this.#charges.check(charge, this.#balance) : null
    if (check === NOT_KNOWN) return BLOCKED
    if (check !== null) return this.#refuse(check.kind, check.text)
    return this.#pay(SUCCEEDED, null, charge)
  }

  /** What admission asks of an invoke: validation, and that the bounds cover it. */
  #validateOnly(): number {
    const validated = this.#validate()
    if (validated !== COMPLETED) return validated
    const charge = this.#charges.price(0, 0)
    const check = this.#isCharged ? this.#charges.checkBounds(charge) : null
    if (check !== null) return this.#refuse(check.kind, check.text)
    return complete(this.#run, INVOKE, SUCCEEDED, null, charge)
  }

  #validate(): number {
    const run = this.#run
    if (!run.block.flags.validate || (this.#input.form & SKIP_VALIDATE) !== 0) return COMPLETED
    const { constants } = run.block
    const gas = Math.min(this.#gasLeft, constants.validateMaxSierraGas)
    run.beginPhase(VALIDATE_PHASE, true, gas, this.#stepLimit(constants.validateMaxSteps))
    const call = this.#roots.validate()
    const ended = callEntryPoint(run, call, gas)
    if (ended === HALTED) return BLOCKED
    if (ended === FAULTED) {
      return this.#refuse('validation', errorStack(VALIDATION_FAILED, run.fault!.text))
    }
    if (ended === FAILED) {
      const { chain, data } = panicChain(run.tree, call)
      return this.#refuse('validation', panicSummary(VALIDATE_PANIC_HEADER, chain, data))
    }
    const { returned } = run
    if (returned.count !== 1 || returned.cells[0] !== VALID || returned.cells[1] !== 1n) {
      const text = 'The `validate` entry point should return `VALID`. Got '
      return this.#refuse('validation', `${text}${this.#roots.debugResult(call)}.`)
    }
    this.#charges.add(call)
    this.#gasLeft -= run.tree.gas(call, GAS_CONSUMED)
    return COMPLETED
  }

  /** Transfers the fee and writes the result. */
  #pay(how: number, text: string | null, charge: Charge): number {
    const run = this.#run
    let low = -1
    let high = -1
    if (this.#isCharged && charge.fee > 0n) {
      const paid = this.#fee.transfer(
        charge.fee,
        this.#stepLimit(run.block.constants.invokeMaxSteps),
      )
      if (paid === BLOCKED) return BLOCKED
      if (paid === REJECTED) return this.#refuse('fee', this.#fee.error)
      low = this.#fee.deferredLow
      high = this.#fee.deferredHigh
    }
    run.state.publish()
    this.#fee.publish()
    return complete(run, this.#input.kind, how, text, charge, low, high)
  }

  /** Steps that a phase may make, by its own limit and by what the bounds buy. */
  #stepLimit(most: number): number {
    if (!this.#isCharged) return most
    const { bounds, mode } = this.#input
    const { stepGas } = this.#run.block.constants
    const bought =
      mode === 'all' ? bounds.l2Gas.maxAmount / BigInt(stepGas) : bounds.l1Gas.maxAmount * 400n
    return bought < BigInt(most) ? Number(bought) : most
  }

  #refuse(kind: RejectionKind, text: string): number {
    this.#rejection = { kind, text }
    return REJECTED
  }
}
