/**
 * Random blocks for specs and campaigns: a seed gives a shape, a size, advice and a state.
 */
import type { Advice } from '../../src/executor/execute-block.ts'
import * as Policy from '../../src/executor/policy.ts'
import {
  BALANCES,
  COLLECTED_HIGH,
  COLLECTED_LOW,
  COUNTERS,
  ledgerKey,
  NONCES,
  SLOTS,
  smallCell,
} from '../../src/lab/ledger.ts'
import type { Random } from '../../src/lab/random.ts'
import { type Workload, workloadNames, workloads } from '../../src/lab/workloads.ts'

export const switches = Object.entries(Policy)

export interface RandomBlock extends Workload {
  text: string
  advice: Advice
}

/** Half of the blocks are mixed ones; sizes, accounts, window, policy and the state before vary. */
export function randomBlock(random: Random, most: number, mostAccounts = 40): RandomBlock {
  const name = random.oneIn(2) ? 'mixed' : random.pick(workloadNames)
  const transactions = 1 + random.below(random.pick([4, 20, most]))
  const accounts = 1 + random.below(random.pick([2, 6, mostAccounts]))
  const iterations = random.pick([0, 10, 300, 3000])
  const seed = random.word()
  const window = random.pick([1, 2, 3, 8, 16, 1000])
  let policy = 0
  if (random.oneIn(2)) {
    for (const [, bit] of switches) if (random.oneIn(4)) policy |= bit
  }
  const workload = workloads[name]({ transactions, accounts, iterations, seed })
  const shape = `${name} ${transactions} txs, ${accounts} accounts, ${iterations} iterations`
  const text = `${shape}, seed ${seed}, window ${window}, policy ${policy}`
  const state = [...wholeState(2 * transactions + accounts + 2, random), ...workload.state]
  return { input: workload.input, state, text, advice: { window, policy } }
}

/** A few transactions that all want the same, for schedulers that choose every step. */
export function denseBlock(random: Random): RandomBlock {
  const name = random.pick([
    'mixed',
    'hotSlot',
    'hotSlot',
    'random',
    'chain',
    'sameSender',
  ] as const)
  const transactions = 2 + random.below(6)
  const accounts = 1 + random.below(3)
  const seed = random.word()
  const { input, state } = workloads[name]({ transactions, accounts, iterations: 0, seed })
  const window = 2 + random.below(7)
  // Times differ from run to run: the window must not depend on them. Who is patient hardly ever blocks.
  const policy = Policy.NO_DEGRADATION | (random.oneIn(4) ? 0 : Policy.NO_PATIENCE)
  const text = `${name} ${transactions} txs, ${accounts} accounts, window ${window}`
  const before = [...wholeState(2 * transactions + accounts + 2, random), ...state]
  return { input, state: before, text, advice: { window, policy } }
}

/** Every location that a block could touch, so that nothing is left of the block before. */
function wholeState(count: number, random: Random): Workload['state'] {
  const state: Workload['state'] = []
  for (let index = 0; index < count; index++) {
    for (const space of [NONCES, BALANCES, COUNTERS]) {
      state.push({ key: ledgerKey(space, index), after: smallCell(0) })
    }
    for (const space of [SLOTS, COLLECTED_LOW, COLLECTED_HIGH]) {
      state.push({ key: ledgerKey(space, index), after: smallCell(random.below(4)) })
    }
  }
  return state
}
