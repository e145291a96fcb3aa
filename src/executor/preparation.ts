/**
 * Lets the virtual machine get ready for transactions shortly before they start, a few together and each once: what it
 * does better for many at a time. Nothing depends on it, so nobody waits for it, and who is ahead of it goes without.
 *
 *     commit ...... exec ............ prepared ...... added
 *                       running soon           claimed by the next worker that comes by
 */
import type { EngineMemory } from '../mvmemory/memory.ts'
import { LINE } from '../mvmemory/regions.ts'
import { INPUT } from './line.ts'
import type { VirtualMachine } from './machine.ts'
import { NO_PREPARATION } from './policy.ts'

/**
 * Transactions that are prepared together. A batch of 16 Pedersen hashes costs 4 % more than one of 64; more would come too
 * late for the first transactions of a block.
 */
export const TOGETHER = 16

export class Preparation {
  private readonly memory: EngineMemory
  private readonly machine: VirtualMachine
  private readonly offsets = new Int32Array(TOGETHER)

  constructor(memory: EngineMemory, machine: VirtualMachine) {
    this.memory = memory
    this.machine = machine
  }

  /** Prepares the next transactions, if they come soon and nobody else has taken them. */
  claim(): void {
    const { words, layout } = this.memory
    const from = words[layout.prepared]!
    const added = words[layout.added]!
    const active = words[layout.active]!
    if (from >= added || from >= words[layout.exec]! + TOGETHER * active) return
    if (this.machine.prepare === undefined || (words[layout.policy]! & NO_PREPARATION) !== 0) return
    // In a short block each worker has a share.
    const share = Math.min(TOGETHER, Math.ceil(added / active))
    const to = Math.min(from + share, added)
    if (Atomics.compareExchange(words, layout.prepared, from, to) === from) this.prepare(from, to)
  }

  /** Prepares the transactions from `from` up to `to`, at most `TOGETHER`. */
  prepare(from: number, to: number): void {
    const { words, layout } = this.memory
    for (let txIndex = from; txIndex < to; txIndex++) {
      this.offsets[txIndex - from] = words[layout.lines + txIndex * LINE + INPUT]!
    }
    this.machine.prepare?.(words, this.offsets, to - from)
  }
}
