/**
 * A list of transactions that run one after the other on a state without changing it: the state of each is what those
 * before it left. Simulations and estimates are made of it.
 */
import type { BlockInput, BlockResult } from '../executor/block.ts'
import type { StateDiff } from '../starknet/execution.ts'
import { emptyStateDiff, stateDiffOfChanges } from '../starknet/state-diff.ts'
import type { StateReader } from '../storage/chain-store.ts'
import { LayeredState } from './layered-state.ts'

/** Runs encoded transactions one by one on a state; nothing is kept. Throws `ExecutionStopped` when it is told to. */
export type RunOn = (input: BlockInput, state: StateReader) => BlockResult

export class Draft {
  readonly #run: RunOn
  readonly #constants: Int32Array
  readonly #state: StateReader
  /** What was kept, over the state of the start. */
  readonly #changed = emptyStateDiff()

  /** `constants`: block context and flags, encoded. */
  constructor(run: RunOn, constants: Int32Array, state: StateReader) {
    this.#run = run
    this.#constants = constants
    this.#state = new LayeredState([this.#changed], state, 0)
  }

  /** Runs a transaction on what was kept so far; its outcome, and `keep` to make its changes part of that. */
  run(encoded: Int32Array): { outcome: Int32Array; keep(): void } {
    const input = { constants: this.#constants, transactions: [encoded] }
    const { results, changes } = this.#run(input, this.#state)
    return {
      outcome: results[0]!,
      keep: () => putOver(this.#changed, stateDiffOfChanges(changes)),
    }
  }
}

/** Writes the cells of a diff over those of another. */
export function putOver(target: StateDiff, diff: StateDiff): void {
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
