/**
 * `npm run campaign -- judge`: random blocks against the real Blockifier, field by field, on the states of golden blocks.
 *
 *     --rounds N     rounds over all states, 10 by default        --txs N    transactions of a block, 200 by default
 *     --seed N       first seed; the clock's by default           --on NAME,NAME   golden blocks
 */
import { parseArgs } from 'node:util'
import { judged } from '../starknet/_judge.ts'
import { randomBlock } from '../starknet/_random-block.ts'
import { randomMix } from '../starknet/_random-mix.ts'

const states = [
  '04-deploy-account',
  '05-declare',
  '06-reverts',
  '08-l1-handlers',
  '09-syscalls',
  '10-multicalls',
  '11-mix-200',
  '12-contracts',
  '13-mix-0.13.4',
  '14-mix-0.14.0',
  '15-migration-0.14.1',
  '16-mix-0.14.3',
  '17-mix-0.14.4',
  '18-odd-header',
]

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
  let failed = 0
  for (let round = 0; round < Number(values.rounds); round++) {
    const seed = Number(values.seed) + round
    for (const name of values.on.split(',')) {
      for (const [maker, make] of Object.entries({ calls: randomBlock, mix: randomMix })) {
        const lines = judged(make(name, seed, Number(values.txs)))
        console.log(`${maker} on ${name}, seed ${seed}: ${lines.length} differences`)
        for (const line of lines.slice(0, 10)) console.log(`  ${line.slice(0, 1000)}`)
        if (lines.length > 0) failed++
      }
    }
  }
  if (failed > 0) process.exitCode = 1
}
