/**
 * `npm run campaign -- judge`: random blocks against the real Blockifier, field by field, on the states of golden blocks.
 *
 *     --rounds N     rounds over all states, 10 by default        --txs N    transactions of a block, 200 by default
 *     --seed N       first seed; the clock's by default           --on NAME,NAME   golden blocks
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UsageError } from '../../src/node/usage-error.ts'
import { goldenBlocks, goldenPath } from '../golden.ts'
import { numberOf } from '../named.ts'
import { judged } from '../starknet/_judge.ts'
import { randomBlock } from '../starknet/_random-block.ts'
import { randomMix } from '../starknet/_random-mix.ts'
import { oraclePath } from '../vectors.ts'

/** Not those without calls of accounts to change: transfers alone, nonces alone, rejections. */
const states = goldenBlocks.filter((name) => !/^0[1237]/.test(name))

export function run(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '10' },
      txs: { type: 'string', default: '200' },
      seed: { type: 'string', default: String(Date.now() & 0xffffff) },
      on: { type: 'string', default: states.join(',') },
    },
  })
  const [rounds, size, first] = [
    numberOf('rounds', values.rounds),
    numberOf('txs', values.txs),
    numberOf('seed', values.seed, 0),
  ]
  const absent = [oraclePath, ...values.on.split(',').map(goldenPath)].find(
    (path) => !existsSync(path),
  )
  if (absent !== undefined) throw new UsageError(`this needs ${absent}, which is absent`)
  let failed = 0
  for (let round = 0; round < rounds; round++) {
    const seed = first + round
    for (const name of values.on.split(',')) {
      for (const [maker, make] of Object.entries({ calls: randomBlock, mix: randomMix })) {
        const lines = judged(make(name, seed, size))
        console.log(`${maker} on ${name}, seed ${seed}: ${lines.length} differences`)
        for (const line of lines.slice(0, 10)) console.log(`  ${line.slice(0, 1000)}`)
        if (lines.length > 0) failed++
      }
    }
  }
  if (failed > 0) process.exitCode = 1
}
