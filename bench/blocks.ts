/**
 * `npm run bench -- blocks`: whole blocks, sequential and on 1 and 2 workers, warm, interleaved, medians.
 *
 *     --workload NAME   one workload; all by default        --json FILE     appends the rows to a file
 *     --workers 1,2     numbers of workers                  --bundle FILE   writes a Starknet block for the oracle
 *     --txs N, --runs N                                     --quick         fewer transactions, runs and rounds
 *     --warmup N        rounds before those that count; 20 by default, for a worker is compiled as late as that
 *     --memos warm      keeps what runs remembered; else all threads' memos are emptied before each run
 *
 * A Starknet workload is five blocks of other senders in turn. `--bundle` writes the first.
 * The time of a block is from its encoded transactions to its results and the updated base state. The baseline is the
 * best sequential executor, in the same process and the same minutes.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { numberOf } from '../spec/named.ts'
import type { BlockInput, BlockResult } from '../src/executor/block.ts'
import { executeBlock } from '../src/executor/execute-block.ts'
import { COMPLETED } from '../src/executor/machine.ts'
import { executeSequentially } from '../src/executor/sequential.ts'
import { attachCrypto, type Crypto, createCryptoMemory } from '../src/felt/crypto.ts'
import type { Bundle } from '../src/lab/bundle.ts'
import { bundleJson } from '../src/lab/bundle-json.ts'
import { bundleClasses, bundleInput, bundleState } from '../src/lab/run-bundle.ts'
import {
  buildWorkload,
  type StarknetWorkload,
  starknetWorkloads,
} from '../src/lab/starknet-workloads.ts'
import { iterationsPerMicro } from '../src/lab/work.ts'
import { workloads } from '../src/lab/workloads.ts'
import { loadState } from '../src/mvmemory/memory.ts'
import { UsageError } from '../src/node/usage-error.ts'
import type { MachineKind } from '../workers/machines.ts'
import { Pool } from '../workers/pool.ts'
import { report } from './_rows.ts'

/** A block, the state before it, and what runs it. */
interface Case {
  vm: 'ledger' | 'starknet'
  machine: MachineKind
  messages: unknown[]
  /** Blocks over the same state; every run takes the next. */
  inputs: BlockInput[]
  /** Empties the memos of that many threads, none of which is at work. */
  forget(threads: number): void
  state: { key: Int32Array; after: Int32Array }[]
  bundle: Bundle | null
}

const ACCOUNTS = 10_000
/** Blocks in turn; not a multiple of the columns, so that each executor meets every block. */
const BLOCKS = 5

const cases: Record<string, (transactions: number) => Case> = {
  transfers: (transactions) => starknetCase('transfers', transactions),
  'transfers-signed': (transactions) => starknetCase('transfers-signed', transactions),
  'one-receiver': (transactions) => starknetCase('one-receiver', transactions),
  pool: (transactions) => starknetCase('pool', transactions),
  'ledger-1us': (transactions) => ledgerCase(1, transactions),
  'ledger-10us': (transactions) => ledgerCase(10, transactions),
  'ledger-100us': (transactions) => ledgerCase(100, transactions),
}

function ledgerCase(micros: number, transactions: number): Case {
  const iterations = Math.round(micros * iterationsPerMicro())
  const { input, state } = workloads.random({
    transactions,
    accounts: ACCOUNTS,
    iterations,
    seed: 1,
  })
  return {
    vm: 'ledger',
    machine: { kind: 'ledger' },
    messages: [],
    inputs: [input],
    forget: () => {},
    state,
    bundle: null,
  }
}

function starknetCase(name: StarknetWorkload, transactions: number): Case {
  const bundles = Array.from({ length: BLOCKS }, (_, block) =>
    buildWorkload(name, { transactions, accounts: ACCOUNTS, seed: 1, skip: block * transactions }),
  )
  const bundle = bundles[0]!
  const crypto = createCryptoMemory()
  const kernelsOf: Crypto[] = []
  return {
    vm: 'starknet',
    machine: { kind: 'starknet', crypto, cairo: 'compiled' },
    messages: bundleClasses(bundle),
    inputs: bundles.map(bundleInput),
    forget: (threads) => {
      for (let thread = 0; thread < threads; thread++) {
        // Memos lie in the kernels' memory, where this thread reaches those of the others.
        kernelsOf[thread] ??= attachCrypto(crypto, thread)
        const kernels = kernelsOf[thread]!
        kernels.forgetHashes()
        kernels.forgetBases()
        kernels.forgetEcOps()
      }
    },
    state: bundleState(bundle),
    bundle,
  }
}

/** One line of the table: an executor, and the times it took. */
interface Column {
  workers: number
  micros: number[]
  /** Processor time of all threads together, per transaction. */
  processor: number[]
  executions: number
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      workload: { type: 'string' },
      workers: { type: 'string', default: '1,2' },
      txs: { type: 'string' },
      runs: { type: 'string' },
      warmup: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      bundle: { type: 'string' },
      memos: { type: 'string', default: 'cold' },
    },
  })
  const names = values.workload === undefined ? Object.keys(cases) : values.workload.split(',')
  const transactions = numberOf('txs', values.txs ?? (values.quick ? '200' : '1000'))
  const runs = numberOf('runs', values.runs ?? (values.quick ? '3' : '11'))
  const warmup = numberOf('warmup', values.warmup ?? (values.quick ? '2' : '20'), 0)
  const workers = values.workers.split(',').map((text) => numberOf('workers', text))
  const { memos } = values
  if (memos !== 'cold' && memos !== 'warm') {
    throw new UsageError(`expected memos cold or warm, got '${memos}'`)
  }
  for (const name of names) {
    const build = cases[name]
    if (build === undefined) {
      throw new UsageError(
        `expected a workload, one of ${Object.keys(cases).join(', ')}; got '${name}'`,
      )
    }
    const built = build(transactions)
    if (values.bundle !== undefined) writeBundle(values.bundle, name, built)
    const columns = await measure(built, workers, runs, warmup, memos === 'cold')
    const [sequential] = columns
    const rows = columns.map((column) => ({
      ...rowOf(name, built, column, sequential!),
      ...(built.vm === 'starknet' ? { memos } : {}),
    }))
    report('blocks', rows, values.json === undefined ? [] : ['--json', values.json])
  }
}

/** Times each executor `runs` times, in turns, after `warmup` rounds that do not count. */
async function measure(
  built: Case,
  workers: number[],
  runs: number,
  warmup: number,
  isCold: boolean,
): Promise<Column[]> {
  const pool = await Pool.start({ workers: Math.max(...workers), machine: built.machine })
  try {
    for (const message of built.messages) pool.publish(message)
    loadState(pool.memory, built.state)
    // Main waits while workers run, and would spend that time on marking all of this again and again.
    built.state = []
    built.bundle = null
    const columns = [0, ...workers].map((count) => ({
      workers: count,
      micros: [],
      processor: [],
      executions: 0,
    }))
    let turn = 0
    for (let round = -warmup; round < runs; round++) {
      for (const column of columns) {
        const input = built.inputs[turn++ % built.inputs.length]!
        if (isCold) built.forget(pool.workers + 1)
        await runOnce(input, pool, column, round >= 0)
      }
    }
    return columns
  } finally {
    await pool.stop()
  }
}

async function runOnce(
  input: BlockInput,
  pool: Pool,
  column: Column,
  counts: boolean,
): Promise<void> {
  const before = process.cpuUsage()
  const startMs = performance.now()
  const result: BlockResult =
    column.workers === 0
      ? executeSequentially(input, pool.machine, pool.memory)
      : await executeBlock(input, pool, { workers: column.workers })
  const micros = (performance.now() - startMs) * 1000
  const { user, system } = process.cpuUsage(before)
  if (result.statistics.fallback !== null) throw new Error(result.statistics.fallback)
  if (result.outcomes.some((outcome) => outcome !== COMPLETED)) throw new Error('a rejection')
  // Every run starts from the same state.
  loadState(
    pool.memory,
    result.changes.map((change) => ({ key: change.key, after: change.before })),
  )
  if (!counts) return
  column.micros.push(micros / input.transactions.length)
  column.processor.push((user + system) / input.transactions.length)
  column.executions += result.statistics.executions
}

function rowOf(workload: string, built: Case, column: Column, sequential: Column): object {
  const { workers, micros, processor, executions } = column
  const txs = built.inputs[0]!.transactions.length
  const times = spread(micros)
  return {
    workload,
    vm: built.vm,
    executor: workers === 0 ? 'sequential' : 'parallel',
    workers,
    txs,
    runs: micros.length,
    microsPerTx: times,
    // Of use where others are at work on the same cores.
    processorMicrosPerTx: spread(processor).median,
    executionsPerTx: round(executions / micros.length / txs),
    speedup: round(spread(sequential.micros).median / times.median),
  }
}

function spread(micros: number[]): { min: number; median: number; max: number } {
  const sorted = micros.toSorted((one, other) => one - other)
  const at = (index: number) => round(sorted[index]!)
  return { min: at(0), median: at(sorted.length >> 1), max: at(sorted.length - 1) }
}

function round(number: number): number {
  return Math.round(number * 1000) / 1000
}

function writeBundle(file: string, name: string, { bundle }: Case): void {
  if (bundle === null)
    throw new UsageError(`${name} is no block of Starknet: there is no bundle of it`)
  const description = `${starknetWorkloads[name as StarknetWorkload]}; bench of Fugue`
  writeFileSync(file, `${JSON.stringify(bundleJson(bundle, description))}\n`)
}
