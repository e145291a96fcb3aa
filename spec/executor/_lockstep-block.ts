/**
 * One dense block in lockstep, compared with the sequential run.
 */
import * as assert from 'uvu/assert'
import type { BlockResult } from '../../src/executor/block.ts'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import type { Random } from '../../src/lab/random.ts'
import { loadState } from '../../src/mvmemory/memory.ts'
import { assertSame } from '../same-as-sequential.ts'
import { denseBlock } from './_blocks.ts'
import type { LockstepPool } from './_lockstep.ts'

export async function runInLockstep(
  pool: LockstepPool,
  random: Random,
  hint: string,
): Promise<BlockResult> {
  const { input, state, advice, text } = denseBlock(random)
  for (const memory of [pool.memory, pool.oracle]) loadState(memory, state)
  pool.seed = random.word()
  const expected = executeSequentially(input, pool.machine, pool.oracle)
  const actual = await executeBlock(input, pool, advice)
  assert.is(actual.statistics.fallback, null, `${hint}: ${text}`)
  assertSame(actual, expected, `${hint}: ${text}`)
  return actual
}
