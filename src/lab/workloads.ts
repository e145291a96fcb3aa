/**
 * Named shapes of blocks for the ledger, shared by specs, benches and experiments. A shape, a size and a seed give the
 * same block everywhere.
 *
 *     independent   no two transactions share anything          one wave, any number of executors
 *     sameSender    one sender, nonces in order                 a chain through nonce and balance
 *     hotSlot       all count the same counter                  a chain through one location
 *     chain         each pays the next one's sender             a chain of neighbours
 *     random        transfers between random accounts           conflicts as 1 / accounts
 *     zipf          the same, few accounts much more often      a hot spot and a long tail
 *     fees          independent, all add to one number          free when additions commute
 *     mixed         everything, wrong nonces and chaos too      for specs: many ways to be wrong
 */
import type { BlockInput } from '../executor/block.ts'
import {
  BALANCES,
  CHAOS,
  COUNTER,
  encodeLedger,
  type LedgerTransaction,
  ledgerKey,
  NONCES,
  READER,
  smallCell,
  TRANSFER,
} from './ledger.ts'
import { Random } from './random.ts'

export interface Workload {
  input: BlockInput
  /** Cells that the state holds before the block. */
  state: { key: Int32Array; after: Int32Array }[]
}

export interface Shape {
  transactions: number
  /** Accounts, counters or slots, where the shape has a choice. */
  accounts: number
  /** Iterations of work per transaction, see `iterationsPerMicro`. */
  iterations: number
  seed: number
}

const RICH = 1_000_000_000

/** Builders by name. */
export const workloads = {
  independent: (shape: Shape) =>
    transfers(shape, (txIndex) => ({ from: 2 * txIndex, to: 2 * txIndex + 1 })),
  sameSender: (shape: Shape) => transfers(shape, (txIndex) => ({ from: 0, to: 1 + txIndex })),
  hotSlot: (shape: Shape) =>
    build(shape, () => ({ kind: COUNTER, iterations: shape.iterations, from: 0 })),
  chain: (shape: Shape) => transfers(shape, (txIndex) => ({ from: txIndex, to: txIndex + 1 })),
  random: (shape: Shape) =>
    transfers(shape, (_, random) => ({
      from: random.below(shape.accounts),
      to: random.below(shape.accounts),
    })),
  zipf: (shape: Shape) => {
    const draw = zipf(shape.accounts, 1.1)
    return transfers(shape, (_, random) => ({ from: draw(random), to: draw(random) }))
  },
  fees: (shape: Shape) =>
    transfers(shape, (txIndex) => ({ from: 2 * txIndex, to: 2 * txIndex + 1, fee: 3 })),
  mixed: (shape: Shape) => build(shape, mixed(shape)),
}

export type WorkloadName = keyof typeof workloads
export const workloadNames = Object.keys(workloads) as WorkloadName[]

type Draw = (txIndex: number, random: Random) => Partial<LedgerTransaction>

/** Transfers of small amounts between rich accounts, every nonce right. */
function transfers(shape: Shape, draw: Draw): Workload {
  const nonces = new Map<number, number>()
  return build(shape, (txIndex, random) => {
    const drawn = draw(txIndex, random)
    const from = drawn.from ?? 0
    const nonce = nonces.get(from) ?? 0
    nonces.set(from, nonce + 1)
    const { iterations } = shape
    return { kind: TRANSFER, iterations, amount: 1 + random.below(9), nonce, ...drawn }
  })
}

/** Some of everything; accounts are poor, one nonce in eight is wrong, two numbers are collected. */
function mixed({ accounts, iterations }: Shape): Draw {
  const nonces = new Map<number, number>()
  return (_, random) => {
    const seed = random.word()
    const collector = random.oneIn(9) ? 1 : 0
    const fee = random.oneIn(3) ? 0 : random.oneIn(4) ? -1 - random.below(99) : 1 + random.below(99)
    const common = { iterations, seed, collector, fee }
    switch (random.below(8)) {
      case 0:
        return { kind: COUNTER, from: random.below(accounts), ...common }
      case 1:
        return { kind: READER, from: random.below(accounts), ...common }
      case 2:
      case 3:
      case 4: {
        const amount = 1 + random.below(12)
        return { kind: CHAOS, from: accounts, to: 1 + random.below(3), amount, ...common }
      }
      default: {
        const from = random.below(accounts)
        const nonce = nonces.get(from) ?? 0
        const wrong = random.oneIn(8)
        if (!wrong) nonces.set(from, nonce + 1)
        const to = random.oneIn(6) ? from : random.below(accounts)
        const amount = random.below(40)
        return { kind: TRANSFER, from, to, amount, nonce: nonce + (wrong ? 1 : 0), ...common }
      }
    }
  }
}

function build(shape: Shape, draw: Draw): Workload {
  const random = new Random(shape.seed)
  const transactions: Int32Array[] = []
  const payers = new Set<number>()
  let poor = false
  for (let txIndex = 0; txIndex < shape.transactions; txIndex++) {
    const transaction = { kind: TRANSFER, seed: random.word(), ...draw(txIndex, random) }
    if (transaction.kind === TRANSFER) payers.add(transaction.from ?? 0)
    if (transaction.kind === CHAOS) poor = true
    transactions.push(encodeLedger(transaction))
  }
  const state = [...payers].flatMap((account) => [
    { key: ledgerKey(NONCES, account), after: smallCell(0) },
    { key: ledgerKey(BALANCES, account), after: smallCell(poor ? 50 : RICH) },
  ])
  return { input: { constants: new Int32Array(0), transactions }, state }
}

/** Draws 0 .. count-1 with weights 1 / (index + 1) ^ exponent. */
function zipf(count: number, exponent: number): (random: Random) => number {
  const sums = new Float64Array(count)
  let sum = 0
  for (let index = 0; index < count; index++) {
    sum += 1 / (index + 1) ** exponent
    sums[index] = sum
  }
  return (random) => {
    const target = ((random.word() >>> 0) / 2 ** 32) * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! <= target) low = middle + 1
      else high = middle
    }
    return low
  }
}
