/**
 * A list of transactions that run one after the other on a state without changing it: the state of each is what those
 * before it left. Simulations and estimates are made of it.
 *
 * Such a list may hold minutes of work, and it runs on the thread that answers everybody. So other work gets its turn
 * between two executions, and the list is given up when it takes too long. Readers see the state of the start throughout.
 */
import type { BlockInput, BlockResult } from '../executor/block.ts'
import { Turns } from '../shared/turn.ts'
import type { BlockContext, ExecutionFlags } from '../starknet/block-context.ts'
import { decodeOutcome } from '../starknet/decode-outcome.ts'
import { encodeBlockContext } from '../starknet/encoded-block-context.ts'
import type { StateDiff, TransactionExecution } from '../starknet/execution.ts'
import { emptyStateDiff, stateDiffOfChanges } from '../starknet/state-diff.ts'
import type { StateReader } from '../storage/chain-store.ts'
import { INTERNAL_ERROR, refusal } from './errors.ts'
import { LayeredState } from './layered-state.ts'

/** Runs encoded transactions one by one on a state; nothing is kept. */
export type RunOn = (input: BlockInput, state: StateReader) => BlockResult

/** After so long nobody waits for the answer any more. */
const DEFAULT_LIMIT_MS = 120_000

export class Draft {
  readonly #run: RunOn
  readonly #constants: Int32Array
  readonly #state: StateReader
  /** What was kept, over the state of the start. */
  readonly #changed = emptyStateDiff()
  readonly #limitMs: number
  readonly #nowMs: () => number
  readonly #startMs: number
  readonly #turns: Turns

  constructor(
    run: RunOn,
    context: BlockContext,
    state: StateReader,
    flags: ExecutionFlags,
    limitMs = DEFAULT_LIMIT_MS,
    nowMs = () => performance.now(),
  ) {
    this.#run = run
    this.#constants = encodeBlockContext(context, flags)
    this.#state = new LayeredState([this.#changed], state, context.number)
    this.#limitMs = limitMs
    this.#nowMs = nowMs
    this.#startMs = nowMs()
    this.#turns = new Turns(nowMs)
  }

  /** Runs a transaction on what was kept so far; `keep` makes its changes part of that. */
  async run(encoded: Int32Array): Promise<{ execution: TransactionExecution; keep(): void }> {
    if (this.#nowMs() - this.#startMs > this.#limitMs) {
      const reason = `the transactions were not executed within ${this.#limitMs / 1000} s`
      throw refusal(INTERNAL_ERROR, { reason })
    }
    await this.#turns.give()
    const input = { constants: this.#constants, transactions: [encoded] }
    const { results, changes } = this.#run(input, this.#state)
    const keep = () => putOver(this.#changed, stateDiffOfChanges(changes))
    return { execution: decodeOutcome(results[0]!), keep }
  }

  /** Runs a transaction and keeps its changes. */
  async add(encoded: Int32Array): Promise<TransactionExecution> {
    const { execution, keep } = await this.run(encoded)
    keep()
    return execution
  }
}

/** Writes the cells of a diff over those of another. */
function putOver(target: StateDiff, diff: StateDiff): void {
  for (const [address, cells] of diff.storage) {
    const known = target.storage.get(address)
    if (known === undefined) target.storage.set(address, new Map(cells))
    else put(known, cells)
  }
  put(target.nonces, diff.nonces)
  put(target.deployedContracts, diff.deployedContracts)
  put(target.replacedClasses, diff.replacedClasses)
  put(target.declaredClasses, diff.declaredClasses)
  put(target.migratedCompiledClasses, diff.migratedCompiledClasses)
}

function put(target: Map<bigint, bigint>, cells: ReadonlyMap<bigint, bigint>): void {
  for (const [key, value] of cells) target.set(key, value)
}
