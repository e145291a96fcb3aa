/**
 * What runs without an account: the handler of a message from L1, and `starknet_call`. One call, no nonce, no signature,
 * no fee.
 *
 * A handler that fails, or uses more than handlers may, is reverted and yet in the block, for its message is consumed; one
 * that succeeds although nothing was paid on L1 has no place there.
 */
import { BLOCKED } from '../executor/machine.ts'
import { HALTED, RETURNED } from '../vm/host.ts'
import { structuredError } from './call-error.ts'
import { EXECUTE_PHASE } from './call-tree.ts'
import { Charges } from './charges.ts'
import { CALL, FIELD_MAX_FEE, L1_HANDLER } from './encoded-transaction.ts'
import { complete, executionError, reject } from './ending.ts'
import { callEntryPoint } from './entry-point.ts'
import { REVERTED, SUCCEEDED } from './outcome.ts'
import { RootCalls } from './root-calls.ts'
import type { Run } from './run.ts'
import type { TransactionInput } from './transaction-input.ts'

/** L2 gas of a `starknet_call`: less than the protocol's default, for nobody pays for it and the node waits. */
const CALL_GAS = 1_000_000_000

export class SingleCall {
  readonly #run: Run
  readonly #input: TransactionInput
  readonly #roots: RootCalls
  readonly #charges: Charges

  constructor(run: Run, input: TransactionInput) {
    this.#run = run
    this.#input = input
    this.#roots = new RootCalls(run, input)
    this.#charges = new Charges(run, input)
  }

  /** Runs the CALL or L1_HANDLER of `input`. */
  execute(): number {
    this.#run.tip = 0n
    this.#charges.begin()
    return this.#input.kind === CALL ? this.#call() : this.#handler()
  }

  #call(): number {
    const run = this.#run
    const { constants } = run.block
    run.beginPhase(EXECUTE_PHASE, false, CALL_GAS, constants.invokeMaxSteps)
    const call = this.#roots.call()
    const ended = callEntryPoint(run, call, CALL_GAS)
    if (ended === HALTED) return BLOCKED
    const error = ended === RETURNED ? null : structuredError(run, call, ended)
    return complete(run, CALL, error === null ? SUCCEEDED : REVERTED, error, null)
  }

  #handler(): number {
    const run = this.#run
    const { constants } = run.block
    const gas = constants.l1HandlerMaxL2Gas
    run.beginPhase(EXECUTE_PHASE, false, gas, constants.invokeMaxSteps)
    const writes = run.state.mark()
    const tree = run.tree.mark()
    const call = this.#roots.handler()
    const ended = callEntryPoint(run, call, gas)
    if (ended === HALTED) return BLOCKED
    let reason: string | null = null
    if (ended === RETURNED) {
      this.#charges.add(call)
      const charge = this.#charges.price(0, 0)
      reason = this.#overrun(charge.gas)
      if (reason === null) {
        if (this.#input.felt(FIELD_MAX_FEE) === 0n) {
          const text = `Actual fee (${charge.fee}) exceeded paid fee on L1 (0).`
          return reject(run, L1_HANDLER, 'fee', text)
        }
        run.state.publish()
        charge.fee = 0n
        return complete(run, L1_HANDLER, SUCCEEDED, null, charge)
      }
    } else {
      reason = executionError(run, call, ended)
    }
    run.state.undo(writes)
    run.tree.cut(tree)
    this.#charges.forgetExecution()
    const charge = this.#charges.price(0, 0)
    charge.fee = 0n
    return complete(run, L1_HANDLER, REVERTED, reason, charge)
  }

  #overrun(used: { l1Gas: number; l2Gas: number; l1DataGas: number }): string | null {
    const { l1HandlerMaxL1Gas, l1HandlerMaxL2Gas, l1HandlerMaxL1DataGas } =
      this.#run.block.constants
    const checks = [
      ['L1Gas', l1HandlerMaxL1Gas, used.l1Gas],
      ['L2Gas', l1HandlerMaxL2Gas, used.l2Gas],
      ['L1DataGas', l1HandlerMaxL1DataGas, used.l1DataGas],
    ] as const
    for (const [name, bound, amount] of checks) {
      if (amount > bound) {
        return `Insufficient max ${name}: max amount: ${bound}, actual used: ${amount}.`
      }
    }
    return null
  }
}
