/**
 * `npm run bench -- profile [--block transfer] [--memos cold] [--runs 60] [--json FILE]`: where the microseconds of one
 * transaction go, by phase and by what is at work, as a table and as one row a cell.
 *
 * Nothing in the product counts or times for this. V8 samples stacks while the block runs again and again; each sample is
 * put by its innermost function into a column and by the nearest phase around it into a row. Shares of samples times the
 * median processor time of runs without sampling give microseconds: neither the sampler nor other processes count.
 *
 * What happens before the block, once per transaction, is timed apart: hashing and encoding.
 */
import { Session } from 'node:inspector/promises'
import { parseArgs } from 'node:util'
import { numberOf } from '../spec/named.ts'
import { attachCrypto, createCryptoMemory } from '../src/felt/crypto.ts'
import { useCrypto } from '../src/felt/hash.ts'
import type { Bundle } from '../src/lab/bundle.ts'
import { UsageError } from '../src/node/usage-error.ts'
import { encodeTransaction } from '../src/starknet/encoded-transaction.ts'
import { transactionHash } from '../src/starknet/transaction-hash.ts'
import { median } from './_figures.ts'
import { medianNs, report } from './_rows.ts'
import { type Profile, phases, type Split, splitProfile, works } from './_stacks.ts'
import { WholeRun, wholeBlock, wholeBlocks } from './_whole.ts'

const SAMPLE_MICROS = 100
const WARM_ROUNDS = 10

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      block: { type: 'string', default: 'transfer' },
      memos: { type: 'string', default: 'cold' },
      runs: { type: 'string', default: '60' },
      json: { type: 'string' },
    },
  })
  const { memos } = values
  const runs = numberOf('runs', values.runs)
  if (!(values.block in wholeBlocks)) {
    throw new UsageError(
      `expected a block, one of ${Object.keys(wholeBlocks).join(', ')}; got '${values.block}'`,
    )
  }
  if (memos !== 'cold' && memos !== 'warm') {
    throw new UsageError(`expected memos cold or warm, got '${memos}'`)
  }
  const crypto = attachCrypto(createCryptoMemory(1), 0)
  useCrypto(crypto)
  const { name, bundle } = wholeBlock(values.block as keyof typeof wholeBlocks)
  const block = new WholeRun(bundle, crypto)
  const { split, micros } = await sample(() => block.run(memos).processor, runs)
  const before = await beforeBlock(bundle)
  print(name, memos, split, micros, before)
  const rows = [...split.cells].map(([cell, share]) => ({
    name: `${name}/${memos}/${cell}`,
    microsPerCall: round(share * micros),
  }))
  report('profile', [...rows, ...before], args)
}

/** Shares of phases and columns, and the median of runs that were not sampled, taken in turns. */
async function sample(once: () => number, runs: number): Promise<{ split: Split; micros: number }> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROS })
  // While it is on, what V8 compiles keeps the positions that tell inlined functions apart.
  await session.post('Profiler.start')
  for (let round = 0; round < WARM_ROUNDS; round++) once()
  await session.post('Profiler.stop')
  const bare: number[] = []
  const profiles: Profile[] = []
  for (let turn = 0; turn < Math.max(9, runs / 4); turn++) {
    bare.push(once())
    await session.post('Profiler.start')
    for (let i = 0; i < 4; i++) once()
    profiles.push(((await session.post('Profiler.stop')) as { profile: Profile }).profile)
  }
  session.disconnect()
  return { split: splitProfile(profiles), micros: median(bare) }
}

/** What a transaction costs before its block runs. */
async function beforeBlock({
  transactions,
  context,
}: Bundle): Promise<{ name: string; microsPerCall: number }[]> {
  let turn = 0
  const next = () => transactions[turn++ % transactions.length]!
  const hashNs = await medianNs(() => void transactionHash(next().transaction!, context.chainId))
  const encodeNs = await medianNs(() => {
    const { transaction, hash, facts } = next()
    encodeTransaction(transaction!, hash, facts)
  })
  return [
    { name: 'hash', microsPerCall: round(hashNs / 1000) },
    { name: 'encode', microsPerCall: round(encodeNs / 1000) },
  ]
}

/** The table: microseconds of a transaction by phase and work. */
function print(
  name: string,
  memos: string,
  { cells, samples }: Split,
  micros: number,
  before: { name: string; microsPerCall: number }[],
): void {
  const at = (phase: string, work: string) => (cells.get(`${phase}/${work}`) ?? 0) * micros
  const sum = (figures: number[]) => figures.reduce((total, figure) => total + figure, 0)
  const line = (title: string, figures: number[]) =>
    `| ${[title, ...figures.map((figure) => figure.toFixed(1)), sum(figures).toFixed(1)].join(' | ')} |`
  console.log(`${name}, memos ${memos}: ${micros.toFixed(1)} µs, ${samples} samples`)
  console.log(`| phase | ${works.join(' | ')} | all |`)
  console.log(`|---|${'---|'.repeat(works.length + 1)}`)
  for (const phase of phases)
    console.log(
      line(
        phase,
        works.map((work) => at(phase, work)),
      ),
    )
  console.log(
    line(
      'all',
      works.map((work) => sum(phases.map((phase) => at(phase, work)))),
    ),
  )
  for (const row of before) console.log(`before the block, ${row.name}: ${row.microsPerCall} µs`)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
