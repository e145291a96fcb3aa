/**
 * Validation: resolve each read again and compare. A read holds if it is the same cell, or another with the same bytes.
 */
import type { EngineMemory } from '../mvmemory/memory.ts'
import type { Versions } from '../mvmemory/versions.ts'
import type { Arena } from '../shared/arena.ts'
import { sameCell } from '../shared/words.ts'
import * as Out from './out.ts'
import { NO_VALUE_COMPARISON } from './policy.ts'

export class Validator {
  private readonly words: Int32Array
  private readonly policy: number
  private readonly versions: Versions
  private readonly arena: Arena

  constructor(memory: EngineMemory, versions: Versions, arena: Arena) {
    this.words = memory.words
    this.policy = memory.layout.policy
    this.versions = versions
    this.arena = arena
  }

  /** The first location whose read does not hold, or -1. A read that now meets an ESTIMATE does not hold. */
  failing(txIndex: number, out: number): number {
    const { words, versions, arena } = this
    const compares = (words[this.policy]! & NO_VALUE_COMPARISON) === 0
    const mark = arena.top
    let failing = -1
    let read = out + Out.SETS
    for (let left = words[out + Out.READS]!; left > 0; left--, read += 2) {
      const cell = words[read + 1]!
      const now = versions.resolve(words[read]!, txIndex)
      if (now === cell || (now > 0 && compares && sameCell(words, now, cell))) continue
      failing = words[read]!
      break
    }
    // Sums of deltas were only looked at.
    arena.top = mark
    return failing
  }
}
