/**
 * Executions that leave nothing behind: `call`, `simulate`, `estimate`. They run on the simulation threads; here requests
 * are put together and answers decoded.
 *
 * Invariant: context and state of a request are those of one moment, in which a thread is free to begin with it.
 */

import { withRoom } from '../simulation/estimate.ts'
import {
  type Answers,
  type Ask,
  type Questions,
  SimulationError,
  type StateId,
  type Unencoded,
} from '../simulation/request.ts'
import type { BlockContext, ExecutionFlags } from '../starknet/block-context.ts'
import { type DecodedExecution, decodeCall, decodeOutcome } from '../starknet/decode-outcome.ts'
import { encodeBlockContext } from '../starknet/encoded-block-context.ts'
import { type CallRequest, encodeCall, encodeTransaction } from '../starknet/encoded-transaction.ts'
import type { CallExecution, GasVector } from '../starknet/execution.ts'
import { addressOf, factsOf } from '../starknet/transaction-facts.ts'
import { transactionHash } from '../starknet/transaction-hash.ts'
import type { StoredClass } from '../storage/chain-store.ts'
import { contextOf } from './block-id.ts'
import type { CasmRegistry } from './casm-registry.ts'
import {
  type BroadcastTransaction,
  type Chain,
  type Moment,
  Refusal,
  type SimulationFlags,
} from './chain.ts'
import { BLOCK_NOT_FOUND, INTERNAL_ERROR, refusal, TRANSACTION_EXECUTION_ERROR } from './errors.ts'

export interface SimulationsParts {
  chain: Pick<Chain, 'store' | 'chainId' | 'preConfirmed' | 'stateOf'>
  registry: CasmRegistry
  /** Makes a class known to the simulation threads. */
  prepareClass(declared: StoredClass): void
  ask: Ask
}

export class Simulations {
  readonly #parts: SimulationsParts

  constructor(parts: SimulationsParts) {
    this.#parts = parts
  }

  /** Runs one entry point, as `starknet_call`. */
  async call(request: CallRequest, at: StateId, signal?: AbortSignal): Promise<CallExecution> {
    const flags = { validate: false, chargeFee: false, strictNonce: false }
    const transactions = [encodeCall(request)]
    const { answer } = await this.#ask('sequence', at, flags, transactions, signal)
    return decodeCall(answer[0]!)
  }

  /** Runs transactions in order, up to the first that is rejected; bounds of 0 count as the largest ones. */
  async simulate(
    transactions: BroadcastTransaction[],
    at: StateId,
    flags: SimulationFlags,
    signal?: AbortSignal,
  ): Promise<{ executions: DecodedExecution[]; before: Moment }> {
    const encoded = this.#prepare(transactions).map(({ transaction, hash, facts }) =>
      encodeTransaction(withRoom(transaction), hash, facts),
    )
    const { answer, before } = await this.#ask(
      'sequence',
      at,
      {
        validate: !flags.skipValidate,
        chargeFee: !flags.skipFeeCharge,
        strictNonce: !flags.skipValidate,
      },
      encoded,
      signal,
    )
    return { executions: answer.map(decodeOutcome), before }
  }

  /** Simulates without charging, up to the first that fails; the gas is what bounds must hold. */
  async estimate(
    transactions: BroadcastTransaction[],
    at: StateId,
    flags: SimulationFlags,
    signal?: AbortSignal,
  ): Promise<{
    estimates: { execution: DecodedExecution; gas: GasVector }[]
    before: Moment
  }> {
    const { answer, before } = await this.#ask(
      'estimate',
      at,
      { validate: !flags.skipValidate, chargeFee: false, strictNonce: !flags.skipValidate },
      this.#prepare(transactions),
      signal,
    )
    const estimates = answer.map(({ outcome, gas }) => ({ execution: decodeOutcome(outcome), gas }))
    return { estimates, before }
  }

  async #ask<K extends 'sequence' | 'estimate'>(
    kind: K,
    at: StateId,
    flags: ExecutionFlags,
    transactions: Questions[K]['transactions'],
    signal: AbortSignal | undefined,
  ): Promise<{ answer: Answers[K]; before: Moment }> {
    const { chain, ask } = this.#parts
    let before: Moment | undefined
    const make = () => {
      before = { context: contextOf(chain, at), state: chain.stateOf(at) }
      return { at, constants: encodeBlockContext(before.context, flags), transactions }
    }
    try {
      const answer = await ask(kind, make as Parameters<typeof ask<K>>[1], signal)
      return { answer, before: before! }
    } catch (error) {
      throw error instanceof SimulationError ? refusalOf(error) : error
    }
  }

  #prepare(transactions: BroadcastTransaction[]): Unencoded[] {
    return transactions.map(({ transaction, contractClass }, index) => {
      const hash = transactionHash(transaction, this.#parts.chain.chainId)
      const address = addressOf(transaction)
      if (transaction.type !== 'DECLARE') {
        return { transaction, hash, facts: factsOf(transaction, address, null) }
      }
      const { classHash, compiledClassHash } = transaction
      const casm = this.#parts.registry.find(compiledClassHash)
      if (casm === null) {
        const text = `no compiled class with hash 0x${compiledClassHash.toString(16)} is known`
        throw failureAt(index, text)
      }
      const declared = { classHash, compiledClassHash, sierra: contractClass, casm, declaredAt: -1 }
      try {
        this.#parts.prepareClass(declared)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        throw failureAt(index, String(error.data ?? error.message))
      }
      return { transaction, hash, facts: factsOf(transaction, address, declared) }
    })
  }
}

/** Fee of an amount of gas at a block's prices; the tip is paid per unit of L2 gas. */
export function feeOf(gas: GasVector, context: BlockContext, tip: bigint): bigint {
  return (
    gas.l1Gas * context.l1GasPrice.fri +
    gas.l1DataGas * context.l1DataGasPrice.fri +
    gas.l2Gas * (context.l2GasPrice.fri + tip)
  )
}

function failureAt(index: number, text: string): Refusal {
  return refusal(TRANSACTION_EXECUTION_ERROR, { transaction_index: index, execution_error: text })
}

function refusalOf({ failure, message }: SimulationError): Refusal {
  return failure === 'gone'
    ? refusal(BLOCK_NOT_FOUND)
    : refusal(INTERNAL_ERROR, { reason: message })
}
