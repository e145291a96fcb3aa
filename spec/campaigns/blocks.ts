/**
 * `npm run campaign -- blocks [--blocks 10000] [--seed S] [--workers 1,2,3,4] [--kills]`
 *
 * Random blocks of the ledger, each executed sequentially, on virtual workers (reproducible) and on real ones. Ends at the
 * first difference, with the seed of its block. `--kills` terminates a worker in one block of fifty.
 */
import { parseArgs } from 'node:util'
import { executeBlock } from '../../src/executor/execute-block.ts'
import { executeSequentially } from '../../src/executor/sequential.ts'
import { LedgerMachine } from '../../src/lab/ledger.ts'
import { Random } from '../../src/lab/random.ts'
import { createEngineMemory, loadState } from '../../src/mvmemory/memory.ts'
import { Pool } from '../../workers/pool.ts'
import { randomBlock } from '../executor/_blocks.ts'
import { executeVirtually } from '../executor/_virtual.ts'
import { numberOf } from '../named.ts'
import { assertSame } from '../same-as-sequential.ts'

const machine = () => new LedgerMachine()

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      blocks: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(Date.now() & 0xffffff) },
      workers: { type: 'string', default: '1,2,3,4' },
      kills: { type: 'boolean', default: false },
    },
  })
  const seed = numberOf('seed', values.seed, 0)
  const blocks = numberOf('blocks', values.blocks)
  const counts = values.workers.split(',').map((text) => numberOf('workers', text))
  const pools = await Promise.all(
    counts.map((workers) => Pool.start({ workers, machine: { kind: 'ledger' } })),
  )
  const totals = { transactions: 0, executions: 0, aborts: 0, blocked: 0, fallbacks: 0 }
  const oracle = createEngineMemory({ executors: 1 })
  const virtual = createEngineMemory()
  console.log(`blocks: ${values.blocks} from seed ${seed} on ${values.workers} workers`)
  try {
    for (let block = 0; block < blocks; block++) {
      const random = new Random(seed + block)
      const { input, state, advice, text } = randomBlock(random, 300)
      const pool = pools[block % pools.length]!
      const hint = `--seed ${seed + block} --blocks 1 --workers ${pool.workers}: ${text}`
      for (const memory of [oracle, virtual, pool.memory]) loadState(memory, state)
      const expected = executeSequentially(input, machine(), oracle)
      const rehearsed = await executeVirtually(
        input,
        virtual,
        machine,
        pool.workers,
        random,
        advice,
      )
      assertSame(rehearsed, expected, `virtual ${hint}`)
      const running = executeBlock(input, pool, advice)
      const kills = values.kills && random.oneIn(50)
      if (kills) await pool.kill(1 + random.below(pool.workers))
      const actual = await running
      assertSame(actual, expected, hint)
      if (!kills && actual.statistics.fallback !== null) {
        throw new Error(`${actual.statistics.fallback}: ${hint}`)
      }
      totals.transactions += input.transactions.length
      totals.executions += actual.statistics.executions
      totals.aborts += actual.statistics.aborts
      totals.blocked += actual.statistics.blocked
      totals.fallbacks += actual.statistics.fallback === null ? 0 : 1
      if ((block + 1) % 1000 === 0) console.log(`${block + 1} blocks, ${JSON.stringify(totals)}`)
    }
  } finally {
    await Promise.all(pools.map((pool) => pool.stop()))
  }
  console.log(`blocks: no difference in ${values.blocks}; ${JSON.stringify(totals)}`)
}
