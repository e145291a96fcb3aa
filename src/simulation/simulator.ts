/**
 * Answers requests: runs transactions on a state that it is handed, with the sequential executor and a virtual machine of
 * its own, and keeps nothing. Between two looks at `isStopped` at most some thousand steps pass.
 */

import { TransactionFault } from '../executor/fault.ts'
import type { VirtualMachine } from '../executor/machine.ts'
import { Overlay } from '../executor/overlay.ts'
import { ExecutionStopped, executeSequentially } from '../executor/sequential.ts'
import { decodeOutcome } from '../starknet/decode-outcome.ts'
import { OUTCOME, REJECTED } from '../starknet/outcome.ts'
import { readerForExecutor } from '../storage/base-reader.ts'
import type { StateReader } from '../storage/chain-store.ts'
import { Draft, type RunOn } from './draft.ts'
import { estimate } from './estimate.ts'
import type { Answers, Kind, Questions, Request } from './request.ts'

export class Simulator {
  readonly #run: RunOn

  constructor(machine: VirtualMachine, isStopped: () => boolean) {
    const overlay = new Overlay()
    this.#run = (input, state) => {
      // A short transaction may end before it looks.
      if (isStopped()) throw new ExecutionStopped()
      return executeSequentially(input, machine, overlay.over(readerForExecutor(state)), isStopped)
    }
  }

  /** The answer; throws `ExecutionStopped` when there is no need of one any more. */
  answer(request: Request, state: StateReader): Answers[Kind] {
    switch (request.kind) {
      case 'sequence':
        return this.#sequence(request, state)
      case 'estimate': {
        const newDraft = () => new Draft(this.#run, request.constants, state)
        return estimate(newDraft, request.transactions)
      }
      case 'validate':
        return this.#validate(request, state)
    }
  }

  #sequence(
    { constants, transactions }: Questions['sequence'],
    state: StateReader,
  ): Answers['sequence'] {
    const draft = new Draft(this.#run, constants, state)
    const outcomes: Int32Array[] = []
    for (const encoded of transactions) {
      const { outcome, keep } = draft.run(encoded)
      // Alone in its buffer, for a view crosses threads with all that is behind it.
      outcomes.push(outcome.slice())
      if (outcome[OUTCOME] === REJECTED) break
      if (outcomes.length < transactions.length) keep()
    }
    return outcomes
  }

  #validate(
    { constants, transactions }: Questions['validate'],
    state: StateReader,
  ): Answers['validate'] {
    return transactions.map((encoded) => {
      try {
        const { results } = this.#run({ constants, transactions: [encoded] }, state)
        const { outcome, rejection, reason } = decodeOutcome(results[0]!)
        if (outcome !== 'REJECTED') return null
        return { kind: rejection ?? 'validation', reason: reason ?? '' }
      } catch (error) {
        if (!(error instanceof TransactionFault)) throw error
        return error.message
      }
    })
  }
}
